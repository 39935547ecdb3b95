"""What an answer of the provider means for a job: ended, asked about, waited for, or carried on."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from bot.jobs.alerts import AlertKind
from bot.jobs.database import StoreUnavailableError
from bot.jobs.model import Cause, Charged, Job, VideoRequest
from bot.jobs.states import State
from tests.encoded_videos import encoded
from tests.unit.bot.engine.scheduler_harness import Answer, SchedulerHarness, a_scheduler_harness, answering, file_of
from tests.unit.bot.media.samples import WEBM, mp4


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[SchedulerHarness]:
    async with a_scheduler_harness(tmp_path) as harness:
        yield harness


def err(message: str, **more: object) -> dict[str, object]:
    return {"error": {"message": message, **more}}


def saying(**body: object) -> Answer:
    """A poll's answer with the id that was asked about."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.json_response({"id": request.path.rpartition("/")[2], **body})

    return answer


async def submitted(harness: SchedulerHarness, answer: Answer, *states: State) -> Job:
    """A job whose create is answered so, once it is in one of the states."""
    harness.api.create = answer
    job = await harness.accept()
    harness.start()
    return await harness.is_in(job, *states, step_seconds=2.0)


async def rendering(harness: SchedulerHarness) -> Job:
    """A job that the provider has taken, with the loop running."""
    job = await harness.accept(
        State.RENDERING, remote_id="video_1", submitted_at=harness.clock.now(), charged=Charged.UNKNOWN
    )
    harness.start()
    return job


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, {"code": "relay_failed", "message": 'Post "https://up.example/v1/videos": EOF', "data": None}),
        (500, err("timed out after 60 s while waiting for the upstream")),
        (501, {"code": "bad_upstream_answer", "message": "the upstream's answer is no JSON: invalid character '<'"}),
        (400, err("context deadline exceeded")),
        (429, err("upstream connection reset by peer")),
        (200, err("the upstream's answer has no id")),
    ],
)
async def test_an_open_outcome_is_one_request_and_a_question(
    harness: SchedulerHarness, status: int, body: object
) -> None:
    """Words that leave it open whether the upstream took the request: never sent again, the requester is asked."""
    job = await submitted(harness, answering(status, body), State.UNCERTAIN)
    harness.clock.jump(600.0)
    await harness.until(lambda: len(harness.api.paid) == 1)
    assert job.charged is Charged.UNKNOWN


async def test_a_plain_500_is_sent_again_as_often_as_set(harness: SchedulerHarness) -> None:
    """Two repeats by default, then the job ends, uncharged."""
    job = await submitted(harness, answering(500), State.FAILED)
    assert (len(harness.api.paid), job.cause, job.charged) == (3, Cause.PROVIDER, Charged.NO)


async def test_no_repeat_is_made_where_none_is_allowed(tmp_path: Path) -> None:
    """VIDEOS_RETRY_SERVER_ERRORS=0: a plain 500 is sent once, and the requester is asked."""
    async with a_scheduler_harness(tmp_path, retry_server_errors=0) as harness:
        await submitted(harness, answering(500), State.UNCERTAIN)
        harness.clock.jump(60.0)
        assert len(harness.api.paid) == 1


@pytest.mark.parametrize(
    ("status", "body", "cause", "field", "code"),
    [
        (404, err("The model 'x' does not exist", code="model_not_found"), Cause.MODEL, "model", "model_not_found"),
        (503, err("no channel for x", code="model_not_found"), Cause.MODEL, "model", "model_not_found"),
        (403, err("This key may not use x", param="model", type="denied"), Cause.MODEL, "model", "denied"),
        (400, err("use '5' or '10'", param="seconds", code="invalid_value"), Cause.LENGTH, "seconds", "invalid_value"),
        (403, {"errors": ["flagged"], "name": "content_moderation"}, Cause.CONTENT, None, "content_moderation"),
    ],
)
async def test_a_refusal_ends_the_job_with_cause_field_and_code(
    harness: SchedulerHarness, status: int, body: object, cause: Cause, field: str | None, code: str
) -> None:
    """One request, no pause for anybody, nothing charged; the owner hears of a model that isn't there."""
    job = await submitted(harness, answering(status, body), State.REFUSED)
    assert (job.cause, job.field, job.provider_code, job.charged) == (cause, field, code, Charged.NO)
    assert len(harness.api.paid) == 1
    assert harness.throttle.account.trouble is None
    assert harness.rung == ([AlertKind.MODEL] if cause is Cause.MODEL else [])
    harness.api.create = harness.api.taken
    await harness.is_in(await harness.accept(), State.RENDERING, step_seconds=1)
    # The next job of that model is the end.
    assert harness.alerts.ended == harness.rung


@pytest.mark.parametrize(
    "body",
    [
        {"success": False, "message": "Insufficient balance"},
        {"task_id": "", "base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}},
    ],
)
async def test_no_credit_under_a_200_is_waited_for_and_said(harness: SchedulerHarness, body: object) -> None:
    """It is no doubt: the job waits for credit, and the owner is alerted."""
    harness.api.create = answering(200, body)
    job = await harness.accept()
    harness.start()
    await harness.until(lambda: harness.rung == [AlertKind.ACCOUNT])
    waiting = await harness.is_in(job, State.ACCEPTED)
    assert (waiting.waiting_for, waiting.charged) == (Cause.CREDIT, Charged.NO)
    assert harness.alerts.ended == []
    harness.api.create = harness.api.taken
    await harness.is_in(job, State.RENDERING, step_seconds=60)
    assert harness.alerts.ended == [AlertKind.ACCOUNT]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "body", "state", "cause"),
    [
        (400, {"code": "content_moderated", "error": "the video was refused"}, State.FAILED, Cause.CONTENT),
        (200, err("refused", code="content_policy_violation"), State.FAILED, Cause.CONTENT),
        (400, {"code": "task_not_exist", "message": "no such task", "data": None}, State.LOST, Cause.LOST),
        (200, {"code": 404, "message": "task not found"}, State.LOST, Cause.LOST),
        (500, err("x", code="video_not_found"), State.LOST, Cause.LOST),
        (400, err("the video has expired"), State.LOST, Cause.EXPIRED),
    ],
)
async def test_error_words_on_polls_end_the_job(
    harness: SchedulerHarness, status: int, body: object, state: State, cause: Cause
) -> None:
    """Seen on several polls, never on one; and the provider counts as well."""
    harness.api.poll = answering(status, body)
    job = await harness.is_in(await rendering(harness), state, step_seconds=5.0)
    assert (job.cause, job.charged) == (cause, Charged.UNKNOWN)
    assert len(harness.api.polled) >= 3
    assert not harness.throttle.is_open


@pytest.mark.parametrize(("status", "body"), [(202, b""), (204, b""), (200, b'{"code":"success","data":null}')])
async def test_polls_without_a_body_mean_still_running(harness: SchedulerHarness, status: int, body: bytes) -> None:
    """However many: the breaker stays closed, and the video is posted when it is ready."""
    answers = 0

    async def nothing(_: web.Request) -> web.StreamResponse:
        nonlocal answers
        answers += 1
        return web.Response(status=status, body=body)

    harness.api.poll = nothing
    job = await rendering(harness)
    await harness.until(lambda: answers >= 8, "eight polls", step_seconds=2.0)
    assert not harness.throttle.is_open
    harness.api.poll, harness.api.content = saying(status="completed"), file_of(mp4())
    await harness.is_in(job, State.POSTING, step_seconds=5.0)


@pytest.mark.parametrize(
    ("video", "content", "cause"),
    [
        ({"status": "done", "video": {"respect_moderation": False}}, err("not found"), Cause.CONTENT),
        ({"status": "completed"}, err("blocked", code="content_policy_violation"), Cause.CONTENT),
        ({"status": "completed", "expires_at": 1_000}, err("no longer available"), Cause.EXPIRED),
        ({"status": "completed"}, err("Downloads expire after 1 hours."), Cause.EXPIRED),
    ],
)
async def test_a_video_that_is_never_handed_over_ends(
    harness: SchedulerHarness, video: dict[str, Any], content: object, cause: Cause
) -> None:
    """Completed, but held back by the content rules or expired: an end of its own, once every way has failed."""
    harness.api.poll, harness.api.content = saying(**video), answering(404, content)
    job = await harness.is_in(await rendering(harness), State.FAILED, step_seconds=5.0)
    assert (job.cause, job.charged) == (cause, Charged.YES)


@pytest.mark.parametrize(
    ("video", "status"), [({}, 404), ({"expires_at": 1_000}, 503), ({"video": {"respect_moderation": True}}, 404)]
)
async def test_a_video_that_may_still_be_handed_over_is_fetched_again(
    harness: SchedulerHarness, video: dict[str, Any], status: int
) -> None:
    """A bare 404 and a server in trouble say nothing final."""
    harness.api.poll, harness.api.content = saying(status="completed", **video), answering(status)
    job = await rendering(harness)

    async def is_tried() -> bool:
        return (await harness.job(job)).fetch_tries >= 2

    await harness.until(is_tried, "two tries", step_seconds=5.0)
    harness.api.content = file_of(mp4())
    await harness.is_in(job, State.POSTING, step_seconds=30.0)


async def test_a_webm_is_posted_as_one(harness: SchedulerHarness) -> None:
    """On disk its name is the old one, which outlives the process; the name that people see tells what it is."""
    harness.api.poll, harness.api.content = saying(status="completed"), file_of(WEBM)
    job = await harness.is_in(await rendering(harness), State.POSTING, step_seconds=5.0)
    assert await harness.fetcher.shown_name(job.video_name) == f"video-{job.id}.webm"
    assert harness.fetcher.path(job.video_name).name == f"video-{job.id}.mp4"


@pytest.mark.parametrize(
    ("more", "micros"),
    [({"usage": {"cost": 0.25}}, 250_000), ({"outputs": {"cost": "1.5"}}, 1_500_000), ({"cost": 0.1}, 100_000)],
)
async def test_a_reported_cost_is_kept(harness: SchedulerHarness, more: dict[str, Any], micros: int) -> None:
    """Of a finished video as of one that failed."""
    harness.api.poll = saying(status="failed", error="boom", **more)
    job = await harness.is_in(await rendering(harness), State.FAILED, step_seconds=5.0)
    assert (job.cost_micros, job.charged) == (micros, Charged.YES)


async def test_what_the_provider_reports_about_a_video_is_kept(harness: SchedulerHarness) -> None:
    """Its settings may be others than were requested."""
    harness.api.poll = saying(status="completed", size="1280x704", seconds="8")
    job = await harness.is_in(await rendering(harness), State.FETCHING, State.POSTING, step_seconds=5.0)
    assert dict(job.reported) == {"size": "1280x704", "seconds": "8"}


async def test_what_the_provider_reports_with_the_request_is_kept(harness: SchedulerHarness) -> None:
    """The card names it from the moment on that the provider has taken the request."""
    answer = saying(status="queued", model="m-1", size="640x480", seconds="4")
    taken = await submitted(harness, answer, State.RENDERING)
    assert dict(taken.reported) == {"model": "m-1", "size": "640x480", "seconds": "4"}


async def test_a_later_report_changes_what_it_names(harness: SchedulerHarness) -> None:
    """What was reported with the request stays where the finished video doesn't name it."""
    harness.api.poll = saying(status="completed", width=1280, height=704)
    earlier = (("model", "m-1"), ("size", "640x480"), ("seconds", "4"))
    job = await harness.accept(State.RENDERING, remote_id="video_1", submitted_at=harness.clock.now(), reported=earlier)
    harness.start()
    done = await harness.is_in(job, State.FETCHING, State.POSTING, step_seconds=5.0)
    assert dict(done.reported) == {"width": "1280", "height": "704", "model": "m-1", "seconds": "4"}


@pytest.mark.parametrize(
    ("size", "seconds", "said", "kept"),
    [
        (None, None, {}, {"measured_size": "128x72", "measured_seconds": "1.0"}),
        (None, "1", {"size": "small"}, {"size": "small", "measured_size": "128x72", "measured_seconds": "1.0"}),
        (None, None, {"size": "128x72", "seconds": 1}, {"size": "128x72", "seconds": "1"}),
        ("128x72", "1", {}, {}),
    ],
)
async def test_the_file_is_read_for_what_was_neither_requested_nor_reported(
    harness: SchedulerHarness, size: str | None, seconds: str | None, said: dict[str, Any], kept: dict[str, str]
) -> None:
    """Size in pixels and length of a video whose provider chose them and names none."""
    harness.api.poll, harness.api.content = saying(status="completed", **said), file_of(encoded("plays.mp4"))
    request = VideoRequest("a red fox", "gpt-4o-video", size, seconds)
    job = await harness.accept(State.RENDERING, remote_id="video_1", submitted_at=harness.clock.now(), request=request)
    harness.start()
    made = await harness.is_in(job, State.POSTING, step_seconds=5.0)
    assert dict(made.reported) == kept


async def test_the_id_of_a_paid_video_is_logged_when_it_cannot_be_stored(harness: SchedulerHarness) -> None:
    """On a full disk the log is the only place left for it."""
    write: Callable[..., Any] = harness.database.write
    full = False

    async def taken(request: web.Request) -> web.StreamResponse:
        nonlocal full
        full = True
        return await harness.api.taken(request)

    async def broken(*args: Any, **changes: Any) -> Any:
        if full:
            raise StoreUnavailableError("The database could not do this: disk full.")
        return await write(*args, **changes)

    harness.api.create, harness.database.write = taken, broken
    with capture_logs() as log:
        await harness.accept()
        full = False
        harness.start()

        def is_logged() -> bool:
            return any(entry.get("remote_id") == "video_1" and entry["log_level"] == "error" for entry in log)

        await harness.until(is_logged, "the id in the log", step_seconds=1.0)
        full = False


@pytest.mark.parametrize("cost", [0, "0.00", 0.0])
async def test_a_cost_of_nothing_is_none_until_the_video_is_made(harness: SchedulerHarness, cost: object) -> None:
    """Servers fill the field with a zero meanwhile: the estimate stays. A finished video may have been free."""
    harness.api.create = answering(200, {"id": "video_1", "status": "queued", "usage": {"cost": cost}})
    job = await harness.accept(price_micros=400_000, currency="USD")
    harness.start()
    job = await harness.is_in(job, State.RENDERING, step_seconds=1.0)
    assert (job.cost_micros, job.price_micros) == (None, 400_000)
    harness.api.poll = answering(200, {"id": "video_1", "status": "completed", "usage": {"cost": cost}})
    job = await harness.is_in(job, State.FETCHING, State.FAILED, State.POSTING, step_seconds=5.0)
    assert job.cost_micros == 0


@pytest.mark.parametrize("cost", ["٣", "1_000", "1,5", "$3", "0x10", "1e400", "nan", -1, True, 10**400, "", [3]])
async def test_a_cost_that_is_no_plain_number_is_none(harness: SchedulerHarness, cost: object) -> None:
    """Python alone would read the first two."""
    harness.api.create = answering(200, {"id": "video_1", "status": "queued", "usage": {"cost": cost}})
    job = await harness.accept()
    harness.start()
    assert (await harness.is_in(job, State.RENDERING, step_seconds=1.0)).cost_micros is None
