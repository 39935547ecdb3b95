"""Responses of the provider in every form: obeyed, waited for, announced once, paid once, and not shown."""

import json
from collections.abc import Iterator
from dataclasses import replace
from email.utils import formatdate

import pytest

from sandbox.chat import Message
from sandbox.stage import Stage
from sandbox.studio import Fault, Outcome, Request
from tests.e2e import inspection
from tests.e2e.messages import cards_settled, ever_posted, of_kind, time_passes_until, wait_card
from tests.e2e.scene import Scene
from tests.figures import figure

pytestmark = pytest.mark.asyncio(loop_scope="module")

QUIET_SECONDS = 900
TWINS, TWINS_EACH = figure(5, 50), 5
ENVELOPE = {"error": {"message": "<b>on fire</b>", "code": "server_error", "type": "server_error"}}


@pytest.fixture(autouse=True)
def _mended(shared_stage: Stage) -> Iterator[None]:
    """What one test has turned, the next one finds as it was."""
    yield
    shared_stage.studio.faults.clear()
    dials = shared_stage.studio.dials
    dials.content_endpoint, dials.result, dials.statuses["completed"] = True, "foreign_url", "completed"


def creates(scene: Scene, prompt: str) -> list[Request]:
    """The paid requests for that prompt, with any outcome."""
    return inspection.paid_requests(scene.stage, prompt)


async def asked(scene: Scene, prompt: str) -> Message:
    """Ask for a video once the faults of earlier tests are past, and wait for the card."""
    scene.stage.jump(QUIET_SECONDS)
    await scene.ada.slash(scene.channel, "video", prompt=prompt)
    return await wait_card(scene.chat, scene.channel, prompt)


async def delivered(scene: Scene, prompt: str, *, step_seconds: float = 5) -> Message:
    """Wait for that prompt's video while time passes; it was paid for once, and nothing else was said about it."""

    def there() -> list[Message]:
        return [one for one in of_kind(scene.channel, "video") if prompt in one.text]

    await time_passes_until(scene.stage, there, step_seconds=step_seconds)
    await inspection.job(scene.stage, prompt, "delivered")
    await cards_settled(scene.chat, scene.channel)
    [video] = there()
    assert scene.studio.paid(prompt) == 1
    assert not [kind for kind in ("fail", "unsure", "late", "slow") if ever_posted(scene.chat, scene.channel, kind)]
    return video


# ── R1: how long it asks us to wait ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("said", "least_seconds", "most_seconds"),
    [
        ("40", 40, 44), ("0", 1, 2), ("date", 40, 45), ("-5", 2, 60), ("1000000000", 600, 660), ("soon", 2, 60),
    ],
)  # fmt: skip
async def test_retry_after_is_obeyed_in_every_form(
    scene: Scene, said: str, least_seconds: float, most_seconds: float
) -> None:
    """A 429 with seconds, nothing, a date, a negative number, too much or garbage: never sooner, at most a tenth later.

    Meanwhile no other person's paid request is sent either.
    """
    prompt, other = f"Busy {said}", f"Also busy {said}"
    scene.stage.jump(QUIET_SECONDS)
    value = formatdate(scene.stage.clock.now() + 41, usegmt=True) if said == "date" else said
    scene.studio.faults.add("create", Fault.status(429, headers={"Retry-After": value}))
    await scene.ada.slash(scene.channel, "video", prompt=prompt)
    await scene.studio.wait_for(lambda: creates(scene, prompt) and creates(scene, prompt)[0].status == 429)
    await scene.ada.slash(scene.channel, "video", prompt=other)
    await inspection.job(scene.stage, other)
    scene.stage.jump(0.9 * least_seconds)
    await (await scene.ada.slash(scene.channel, "status")).wait_state("message")
    # From here on nothing but real time passes, of which there is little.
    scene.stage.jump(creates(scene, prompt)[0].at + most_seconds - scene.stage.clock.now())
    await scene.studio.wait_for(lambda: len(creates(scene, prompt)) == 2)
    first, second = creates(scene, prompt)
    assert second.at - first.at >= least_seconds
    if least_seconds >= 40:
        await scene.studio.wait_for(lambda: creates(scene, other))
        assert creates(scene, other)[0].at - first.at >= least_seconds
    for one in (prompt, other):
        await time_passes_until(
            scene.stage, lambda one=one: any(one in m.text for m in of_kind(scene.channel, "video")), step_seconds=1
        )
        assert scene.studio.paid(one) == 1


# ── R3: its faults, at either kind of request ──────────────────────────────────────────────────────────────────────

MESSES = {
    "502 html": Fault.status(502, text="<html><h1>Bad gateway</h1></html>"),
    "504 empty": Fault.body(b"", take=False, code=504, content_type=None),
    "502 json": Fault.status(502, json=ENVELOPE),
    "503 html": Fault.status(503, text="<html>busy</html>"),
    "500 html": Fault.status(500, text="<html>on fire</html>"),
    "500 empty": Fault.body(b"", take=False, code=500, content_type=None),
    "500 list": Fault.status(500, json=[1, 2]),
}


@pytest.mark.parametrize("mess", MESSES)
async def test_a_mess_after_a_paid_request_is_reported_and_never_repeated(scene: Scene, mess: str) -> None:
    """The outcome is unknown: one paid request, one question to the requester, no word of the response."""
    prompt = f"Into {mess}"
    scene.studio.faults.add("create", MESSES[mess])
    await asked(scene, prompt)
    await inspection.job(scene.stage, prompt, "uncertain")
    await time_passes_until(scene.stage, lambda: of_kind(scene.channel, "unsure"))
    scene.stage.jump(600)
    assert len(creates(scene, prompt)) == 1
    assert len(ever_posted(scene.chat, scene.channel, "unsure")) == 1
    assert "<h" not in inspection.all_words(scene.stage)
    assert "on fire" not in inspection.all_words(scene.stage)


async def test_a_clean_500_is_repeated_as_often_as_is_set(scene: Scene) -> None:
    """A 500 with an error envelope is the provider's word that nothing was taken: two more tries with the same key."""
    scene.studio.faults.add("create", Fault.status(500, json=ENVELOPE), times=2)
    await asked(scene, "Third time lucky")
    await delivered(scene, "Third time lucky")
    assert len({one.headers["idempotency-key"] for one in creates(scene, "Third time lucky")}) == 1
    assert len(creates(scene, "Third time lucky")) == 3
    assert "on fire" not in inspection.all_words(scene.stage)


@pytest.mark.parametrize("mess", [*MESSES, "500 clean", "429"])
async def test_a_mess_at_a_poll_is_passed_over(scene: Scene, mess: str) -> None:
    """With any fault of polling, three times over, the video arrives and no fault is posted."""
    fault = MESSES.get(mess) or Fault.status(int(mess[:3]), json=ENVELOPE)
    scene.studio.faults.add("poll", fault, times=3)
    await asked(scene, f"Past {mess}")
    await delivered(scene, f"Past {mess}")
    assert "on fire" not in inspection.all_words(scene.stage)


# ── R5: bodies that are none ───────────────────────────────────────────────────────────────────────────────────────

NO_BODIES: dict[str, bytes] = {
    "nothing": b"",
    "cut off": b'{"id": "video_1", "sta',
    "not a number": b'{"id": NaN, "status": NaN}',
    "nested": b"[" * 100_000,
    "a list": b"[]",
    "numbers": b"42",
    "null": b"null",
    "bytes": bytes(range(256)) * 4,
    "a lone surrogate": b'{"id": "\\ud800", "status": "queued"}',
    "endless": b'{"id": "video_1", "junk": "' + b"x" * 50_000_000 + b'"}',
}


@pytest.mark.parametrize("body", NO_BODIES)
async def test_a_2xx_that_cannot_be_read_changes_nothing(scene: Scene, body: str) -> None:
    """As the answer of a poll it is passed over; as the answer of a paid request it is doubtful, and never repeated."""
    prompt = f"Reads {body}"
    scene.studio.faults.add("poll", Fault.body(NO_BODIES[body], take=False), times=2)
    await asked(scene, prompt)
    await delivered(scene, prompt)
    doubtful = f"Paid {body}"
    scene.studio.faults.add("create", Fault.body(NO_BODIES[body]))
    await asked(scene, doubtful)
    await inspection.job(scene.stage, doubtful, "uncertain")
    scene.stage.jump(600)
    await time_passes_until(scene.stage, lambda: of_kind(scene.channel, "unsure"))
    assert len(creates(scene, doubtful)) == 1


# ── R6: one that drips ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_poll_that_hangs_delays_no_other_job(scene: Scene) -> None:
    """The provider takes a poll and never answers: another video is made and posted meanwhile, this one afterwards."""
    scene.studio.dials.next_render.append(Outcome.ok(render_seconds=1))
    scene.studio.faults.add("poll", Fault.hang(take=False))
    await asked(scene, "Hanging")
    await scene.studio.wait_for(lambda: any(one.fault for one in scene.studio.requests if one.operation == "poll"))
    await scene.make("Passing by")
    assert (await inspection.job(scene.stage, "Hanging"))["state"] == "rendering"


# ── R7: words for the state ────────────────────────────────────────────────────────────────────────────────────────

WORDS = (
    "queued", "in_progress", "running", "Processing ", "cancelled?", "paused", "unknown", "", "IN QUEUE", "thinking…",
    "0", "completed soon",
)  # fmt: skip
A_FEW = ("queued", "Processing ", "unknown", "", "thinking…", "completed soon")


@pytest.mark.parametrize("word", figure(A_FEW, WORDS))
async def test_with_any_word_for_running_the_video_is_waited_for(scene: Scene, word: str) -> None:
    """Known or not, the word means that it goes on; the end comes with the next poll that says so."""
    body = json.dumps({"id": "video_x", "status": word}).encode()
    scene.studio.faults.add("poll", Fault.body(body, take=False), times=3)
    await asked(scene, f"Word {word!r}")
    video = await delivered(scene, f"Word {word!r}")
    assert scene.studio.faults.pending("poll") == 0, "the word was read"
    assert of_kind(scene.channel, "video") == ever_posted(scene.chat, scene.channel, "video") == [video]


@pytest.mark.parametrize("word", ["Completed ", "COMPLETED", "succeeded", "success"])
async def test_a_finished_video_has_many_names(scene: Scene, word: str) -> None:
    """A finished video is fetched and posted once, under every name for its state."""
    scene.studio.dials.statuses["completed"] = word
    await asked(scene, f"Done as {word!r}")
    video = await delivered(scene, f"Done as {word!r}")
    assert of_kind(scene.channel, "video") == ever_posted(scene.chat, scene.channel, "video") == [video]


async def test_an_end_is_an_end(scene: Scene) -> None:
    """Seen as completed once, a video that is said to be running again is fetched all the same, and posted once."""
    scene.studio.faults.add("file", Fault.status(403), times=1000)
    scene.studio.dials.content_endpoint = False
    await asked(scene, "There and back")
    await inspection.job(scene.stage, "There and back", "fetching")
    scene.studio.faults.add("poll", Fault.body(b'{"id": "video_x", "status": "processing"}', take=False), times=2)
    await time_passes_until(scene.stage, lambda: not scene.studio.faults.pending("poll"), step_seconds=5)
    assert (await inspection.job(scene.stage, "There and back"))["state"] != "rendering"
    scene.studio.faults.clear("file")
    scene.studio.dials.content_endpoint = True
    await delivered(scene, "There and back")


# ── R8: links ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "url",
    [
        None, "", "/videos/elsewhere.mp4", "ftp://127.0.0.1/v.mp4", "file:///etc/passwd", "javascript:alert(1)",
        "data:text/plain,hello", "http://", "not a link",
    ],
)  # fmt: skip
async def test_a_finished_video_is_fetched_from_any_kind_of_link(scene: Scene, url: str | None) -> None:
    """Without a usable link there is the content endpoint: posted once, without another message."""
    scene.studio.dials.result = "content_only"
    await asked(scene, f"Link {url!r}")
    row = await inspection.job(scene.stage, f"Link {url!r}")
    body = {"id": row["remote_id"] or "video_x", "status": "completed", "url": url}
    scene.studio.faults.add("poll", Fault.body(json.dumps(body).encode(), take=False), times=4)
    await delivered(scene, f"Link {url!r}")


# ── R9: a video that is not known ──────────────────────────────────────────────────────────────────────────────────


async def test_a_blip_of_not_found_is_no_loss(scene: Scene) -> None:
    """Two 404s in a row, and then it is there: no notice."""
    scene.studio.faults.add("poll", Fault.status(404), times=2)
    await asked(scene, "Peekaboo")
    await delivered(scene, "Peekaboo", step_seconds=20)


# ── R16, R17: ids ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.reliability
async def test_an_id_that_is_somebody_elses_is_never_posted_twice(scene: Scene) -> None:
    """Paid requests are answered with the id of another job's video: each is uncertain, announced once."""
    await asked(scene, "The first of that id")
    await delivered(scene, "The first of that id")
    owned = scene.studio.renders[-1].id
    body = json.dumps({"id": owned, "status": "queued"}).encode()
    scene.studio.faults.add("create", Fault.body(body), times=TWINS)
    prompts = [f"Twin {number}" for number in range(TWINS)]
    for number, prompt in enumerate(prompts):
        # A person has ten unended jobs at most.
        person = scene.ada if number % TWINS_EACH else scene.join(f"Ben {number}")
        scene = replace(scene, ada=person)
        await asked(scene, prompt)
        await inspection.job(scene.stage, prompt, "uncertain")
    await time_passes_until(scene.stage, lambda: len(of_kind(scene.channel, "unsure")) == len(prompts))
    scene.stage.jump(QUIET_SECONDS)
    await (await scene.ada.slash(scene.channel, "status")).wait_state("message")
    assert [len(creates(scene, prompt)) for prompt in prompts] == [1] * TWINS
    assert len(ever_posted(scene.chat, scene.channel, "unsure")) == TWINS
    assert len(ever_posted(scene.chat, scene.channel, "video")) == 1
    assert [row["prompt"] for row in inspection.jobs(scene.stage, remote_id=owned)] == ["The first of that id"]


ODD_IDS = (
    "a/b:c=d", "../../etc/passwd", "v?x=1#y", "x" * 1024, "..", ".", "a\\b", "a b", "%2e%2e%2f", "a%00b", "//host/v",
    "\u00e9\u2028\u202e\U0001f98a", "@everyone `x`", "'; DROP TABLE jobs; --", "CON", "-rf", "video_x/content", "7",
    "~",
)  # fmt: skip
NO_IDS: tuple[object, ...] = (
    "", "x" * 1025, "x" * 10_240, "a\nb", "a\x00b", "\x7f", "a\ud800", None, True, 1.5, [], {"id": "video_x"},
)  # fmt: skip


@pytest.mark.reliability
@pytest.mark.parametrize("odd", figure(ODD_IDS[:5], ODD_IDS))
async def test_an_odd_id_is_no_path(scene: Scene, odd: str) -> None:
    """Ids with slashes, dots, marks or a thousand characters are followed, and never become a file's name."""
    prompt = f"Odd {ODD_IDS.index(odd)}"
    scene.studio.faults.add("create", Fault.body(json.dumps({"id": odd, "status": "queued"}).encode()))
    before = len(scene.studio.requests)
    await asked(scene, prompt)
    # The studio itself doesn't know that id.
    await time_passes_until(
        scene.stage, lambda: inspection.jobs(scene.stage, prompt=prompt, state="lost"), step_seconds=20
    )
    [row] = inspection.jobs(scene.stage, prompt=prompt)
    assert row["remote_id"] == odd
    # Jobs of other tests that are in doubt are looked for in the list meanwhile; videos that the studio has are polled.
    others, known = ("create", "list"), tuple(render.id for render in scene.studio.renders)
    requests = [one for one in scene.studio.requests[before:] if one.operation not in others]
    polls = [(one.operation, one.path) for one in requests if not any(known_id in one.path for known_id in known)]
    # Those of the tests before, which are lost, are polled a few more times.
    assert set(polls) <= {("poll", f"/v1/videos/{one}") for one in ODD_IDS}
    assert polls.count(("poll", f"/v1/videos/{odd}")) >= 3
    assert all(file.name.startswith("video-") for file in (scene.stage.bot.data_dir / "videos").iterdir())
    assert len(creates(scene, prompt)) == 1


@pytest.mark.reliability
@pytest.mark.parametrize("number", figure((0, 2, 3), range(len(NO_IDS))))
async def test_an_id_that_cannot_be_asked_for_is_a_doubt(scene: Scene, number: int) -> None:
    """Nothing, too much, a control or no text at all: the id can't be polled, so the requester is asked, once."""
    prompt = f"No id {number}"
    body = json.dumps({"id": NO_IDS[number], "status": "queued"}).encode()
    scene.studio.faults.add("create", Fault.body(body))
    await asked(scene, prompt)
    row = await inspection.job(scene.stage, prompt, "uncertain")
    assert row["remote_id"] is None
    await time_passes_until(scene.stage, lambda: of_kind(scene.channel, "unsure"))
    scene.stage.jump(QUIET_SECONDS)
    await (await scene.ada.slash(scene.channel, "status")).wait_state("message")
    assert len(creates(scene, prompt)) == 1
    assert len(ever_posted(scene.chat, scene.channel, "unsure")) == 1
