"""A remix that its provider surely didn't take, and can't make, becomes a new video in the same job."""

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from aiohttp import web

from bot.jobs.answers import Answer as Said
from bot.jobs.attempts import Attempt
from bot.jobs.catalogue import Catalogue
from bot.jobs.model import Cause, Charged, Job, Reference, UserId, VideoRequest
from bot.jobs.offered_models import OfferedModel
from bot.jobs.states import State
from bot.jobs.store import attempts, marks
from bot.videos.provider_setup import Abilities
from tests.unit.bot.engine.scheduler_harness import Answer, SchedulerHarness, a_scheduler_harness, answering

FRAME = Reference("f" * 64, "jpg", 5)
MERGED = "a red fox\n\nChange: more"
NO_PATH = answering(404, {"detail": "Not Found"})
NO_METHOD = answering(405, {"detail": "Method Not Allowed"})
GONE = answering(404, {"error": {"code": "video_not_found", "message": "no such video"}})


class Frames:
    """Draws one frame, from the file of a message."""

    def __init__(self) -> None:
        self.drawn: list[str] = []

    async def of_attachment(self, upload: object, _whose: UserId) -> Reference:
        self.drawn.append(str(upload))
        return FRAME


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[SchedulerHarness]:
    """The parent's message has its file, and there is an ffmpeg."""
    async with a_scheduler_harness(tmp_path) as harness:
        picture = tmp_path / "frame.jpg"
        picture.write_bytes(b"frame")
        harness.context.shelf = SimpleNamespace(holds=lambda _: True, path=lambda _: picture)
        harness.context.ffmpeg = SimpleNamespace(available=True)
        harness.context.last_frames = Frames()
        harness.courier.file = "the file"
        yield harness


def remixes_are(harness: SchedulerHarness, answer: Answer) -> None:
    """What the provider answers to remixes; a new video is taken, and the parent is known."""

    async def create(request: web.Request) -> web.StreamResponse:
        return await (answer if request.path.endswith("/remix") else harness.api.taken)(request)

    harness.api.create = create


async def a_remix(harness: SchedulerHarness) -> Job:
    facts = {"remote_id": "video_7", "ended_at": 1.0}
    parent = await harness.delivered(**facts)
    return await harness.accept(request=VideoRequest("more", parent_id=parent.id))


async def attempts_of(harness: SchedulerHarness, job: Job) -> list[Attempt]:
    return await harness.database.read(attempts.find_attempts, job.id)


async def is_learned(harness: SchedulerHarness) -> bool:
    return await harness.database.read(marks.has_no_remix, harness.videos.account, harness.clock.now() - 86_400.0)


@pytest.mark.parametrize(("answer", "status"), [(NO_PATH, 404), (NO_METHOD, 405), (answering(501), 501)])
async def test_a_provider_without_remixes_makes_a_new_video(
    harness: SchedulerHarness, answer: Answer, status: int
) -> None:
    """With the last frame and a prompt that says all, as an attempt of its own; that it has none is remembered."""
    remixes_are(harness, answer)
    job = await a_remix(harness)
    harness.start()
    sent = await harness.is_in(job, State.RENDERING)
    assert (sent.fallback, sent.frame, sent.sent_prompt) == (Cause.UNSUPPORTED, FRAME, MERGED)
    assert (sent.request.model, sent.request.size, sent.request.seconds) == ("gpt-4o-video", "1280x720", "8")
    first, second = await attempts_of(harness, job)
    assert (first.answer, first.status, first.charged, first.is_remix) == (Said.REFUSED, status, Charged.NO, True)
    assert (second.answer, second.is_remix) == (Said.TAKEN, False)
    assert harness.api.keys == [job.idempotency_key, second.idempotency_key]
    assert first.idempotency_key != second.idempotency_key
    assert harness.api.paid == ["more", MERGED]
    assert await is_learned(harness)


async def test_a_lost_source_is_no_lost_ability(harness: SchedulerHarness) -> None:
    """The job goes on as a new video; other videos' remixes are still asked for."""
    remixes_are(harness, GONE)
    job = await a_remix(harness)
    harness.start()
    sent = await harness.is_in(job, State.RENDERING)
    assert sent.fallback is Cause.SOURCE_GONE
    assert not await is_learned(harness)


async def test_a_404_about_a_video_that_is_not_there_proves_nothing(harness: SchedulerHarness) -> None:
    """One person's old video can't take remixes from all others."""
    remixes_are(harness, NO_PATH)
    known = harness.api.poll
    harness.api.poll = lambda request: (GONE if "video_7" in request.path else known)(request)
    job = await a_remix(harness)
    harness.start()
    await harness.is_in(job, State.RENDERING)
    assert not await is_learned(harness)


@pytest.mark.parametrize("status", [502, 504])
async def test_after_doubt_nothing_is_begun(harness: SchedulerHarness, status: int) -> None:
    """The remix may have been taken: the requester is asked."""
    remixes_are(harness, answering(status, "<html>"))
    job = await a_remix(harness)
    harness.start()
    await harness.is_in(job, State.UNCERTAIN)
    assert (len(await attempts_of(harness, job)), harness.api.paid) == (1, ["more"])
    assert harness.context.last_frames.drawn == []


async def test_without_ffmpeg_the_refusal_stays_one(harness: SchedulerHarness) -> None:
    """Nothing could begin the new video."""
    harness.context.ffmpeg = SimpleNamespace(available=False)
    remixes_are(harness, NO_PATH)
    job = await a_remix(harness)
    harness.start()
    ended = await harness.is_in(job, State.REFUSED)
    assert (ended.cause, ended.charged, len(harness.api.paid)) == (Cause.UNSUPPORTED, Charged.NO, 1)


async def test_a_video_that_is_gone_everywhere_ends_it_uncharged(harness: SchedulerHarness) -> None:
    """Neither message nor provider has it."""
    remixes_are(harness, GONE)
    harness.api.poll = GONE
    harness.courier.file = None
    job = await a_remix(harness)
    harness.start()
    ended = await harness.is_in(job, State.FAILED, step_seconds=1.0)
    assert (ended.cause, ended.charged, harness.api.paid) == (Cause.SOURCE_GONE, Charged.NO, ["more"])


async def test_a_model_without_pictures_ends_it_uncharged(harness: SchedulerHarness) -> None:
    """A new video could not begin with the last frame."""
    plain = OfferedModel("gpt-4o-video", "Plain", (), ("1280x720",), ("8",), references=0)
    harness.context.catalogue = Catalogue((plain,))
    remixes_are(harness, NO_PATH)
    job = await a_remix(harness)
    harness.start()
    ended = await harness.is_in(job, State.FAILED)
    assert (ended.cause, ended.charged, harness.api.paid) == (Cause.UNSUPPORTED, Charged.NO, ["more"])


async def test_a_changed_providers_file_begins_an_attempt_of_its_own(harness: SchedulerHarness) -> None:
    """The remix was put off before: the new video is no repeat of it."""
    remixes_are(harness, answering(429, headers={"Retry-After": "30"}))
    job = await a_remix(harness)
    harness.start()
    await harness.until(lambda: harness.api.paid)
    (provider,) = harness.providers
    object.__setattr__(provider, "abilities", Abilities(list=True))
    await harness.is_in(job, State.RENDERING, step_seconds=5.0)
    assert [one.is_remix for one in await attempts_of(harness, job)] == [True, False]
    assert len(set(harness.api.keys)) == 2


async def test_a_frame_that_is_lost_is_drawn_again(harness: SchedulerHarness) -> None:
    """Its file was deleted while the job waited."""
    held = iter([False])
    harness.context.shelf.holds = lambda _: next(held, True)
    parent = await harness.delivered(remote_id="video_7", ended_at=1.0)
    request = VideoRequest("more", "gpt-4o-video", parent_id=parent.id)
    job = await harness.accept(request=request, fallback=Cause.UNSUPPORTED, frame=FRAME)
    harness.start()
    await harness.is_in(job, State.RENDERING)
    assert (len(harness.context.last_frames.drawn), harness.api.paid) == (1, [MERGED])
