"""What bad input, a provider that says no, and a limit that is reached lead to: one sentence, no job, no charge."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.reasons import Reason
from sandbox.chat import File, Message
from sandbox.stage import Stage
from sandbox.studio import Fault, Outcome
from tests.e2e import inspection
from tests.e2e.messages import actions, of_kind, press, wait_kind
from tests.e2e.scene import Scene, a_stage, picture
from tests.wording import Ending, says

pytestmark = pytest.mark.asyncio(loop_scope="module")

LARGEST_BYTES = 20_000
CANARY = "CANARY-7f3a"
COLOURS = ("red", "green", "blue", "white")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"/>'
NOT_PICTURES = {
    "a GIF": b"GIF89a" + bytes(100),
    "a page": b"<!doctype html><title>cat</title>",
    "a drawing in text": SVG,
    "a program": b"MZ" + bytes(200),
    "half a header": b"\x89PNG\r\n\x1a\n",
    "a broken JPEG": b"\xff\xd8\xff\xe0nothing more",
    "a video": b"\x00\x00\x00\x18ftypmp42" + bytes(100),
}
BROKEN = {"half a header", "a broken JPEG", "a GIF"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """The bot of this file takes small pictures only, so that a large one is cheap."""
    settings = {"REFERENCE_MAX_BYTES": str(LARGEST_BYTES)}
    async with a_stage(tmp_path_factory.mktemp("stage"), settings=settings) as stage:
        yield stage
        assert await stage.bot.terminate() == 0
        assert "Traceback" not in stage.bot.log(), stage.bot.log()


@asynccontextmanager
async def a_scene(folder: Path, **settings: str) -> AsyncIterator[Scene]:
    """A scene whose bot has settings of its own."""
    async with a_stage(folder, settings=settings) as stage:
        guild = stage.chat.add_guild("Settings")
        ada = stage.chat.add_person("Ada")
        guild.join(ada)
        yield Scene(stage, guild, guild.add_channel("videos"), ada)


def sized(size_bytes: int) -> File:
    """A picture that is as large as that."""
    data = picture().data
    return File("large.png", data + bytes(size_bytes - len(data)), content_type="image/png")


def assert_nothing_happened(scene: Scene, posts_before: int = 0) -> None:
    """No job of Ada's is stored, nothing was charged, and nothing was public."""
    assert inspection.jobs_of(scene.stage, scene.ada) == []
    assert not any("Bad" in request.fields.get("prompt", "") for request in scene.studio.requests)
    assert len(inspection.public(scene.stage, scene.channel)) == posts_before


# ── prompt, model, size, length ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("prompt", ["Bad" + "x" * 3998, "Bad" + "🦊" * 3998, "Bad" * 2000])
async def test_a_prompt_over_the_limit_is_refused(scene: Scene, prompt: str) -> None:
    """A prompt of more than 4,000 characters, past Discord's own check, gets one sentence with both numbers."""
    text = await inspection.refusal(await scene.ada.forge_slash(scene.channel, "video", prompt=prompt))
    assert says(text, Reason.PROMPT_TOO_LONG, given=len(prompt), limit=4000)
    form = await (await scene.ada.slash(scene.channel, "video")).wait_form()
    text = await inspection.refusal(await scene.ada.forge_submit(form, {"prompt": prompt}))
    assert says(text, Reason.PROMPT_TOO_LONG, given=len(prompt), limit=4000)
    assert_nothing_happened(scene)


async def test_a_prompt_of_exactly_the_limit_is_taken_whole(scene: Scene) -> None:
    """4,000 characters are taken and arrive at the provider uncut."""
    prompt = "Long enough " + "é" * 3988
    assert len(prompt) == 4000
    await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt=prompt))
    assert (await inspection.sent(scene.stage, prompt)).status == 200


@pytest.mark.parametrize("prompt", ["   ", "\n\t ", "\u00a0\u2003"])
async def test_an_empty_prompt_is_refused(scene: Scene, prompt: str) -> None:
    """A prompt of blanks alone is refused, from the command and from the form."""
    assert says(
        await inspection.refusal(await scene.ada.slash(scene.channel, "video", prompt=prompt)), Reason.PROMPT_EMPTY
    )
    form = await (await scene.ada.slash(scene.channel, "video")).wait_form()
    assert says(await inspection.refusal(await scene.ada.forge_submit(form, {"prompt": prompt})), Reason.PROMPT_EMPTY)
    assert_nothing_happened(scene)


@pytest.mark.parametrize(
    ("option", "value", "choices"),
    [
        ("size", "640x480", ["1280x720", "1920x1080", "1080x1920"]),
        ("size", "1280x720 ", ["1280x720"]),
        ("seconds", "7", ["4", "8", "12"]),
        ("seconds", "999999999", ["4", "8", "12"]),
        ("seconds", "-4", ["4", "8", "12"]),
        ("model", "the-expensive-one", ["gpt-4o-video"]),
        ("model", "@everyone [x](https://example.com) `", ["gpt-4o-video"]),
        ("size", "9" * 6000, ["1280x720"]),
    ],
)
async def test_a_value_outside_the_catalogue_is_refused(
    scene: Scene, option: str, value: str, choices: list[str]
) -> None:
    """A size, length or model that is not offered, past Discord's own check, is refused with what is offered."""
    with_prompt = await scene.ada.forge_slash(scene.channel, "video", prompt="Bad value", **{option: value})
    for call in (with_prompt, await scene.ada.forge_slash(scene.channel, "video", **{option: value})):
        text = await inspection.refusal(call)
        assert all(f"`{choice}`" in text for choice in choices)
        if "@everyone" in value:
            # Shown as code, so that it neither pings nor links.
            assert "`@everyone [x](https://example.com)" in text
            assert call.answer.message is not None
            assert not call.answer.message.mention_everyone
    assert_nothing_happened(scene)


async def test_a_remix_with_a_value_outside_the_catalogue_is_refused(scene: Scene) -> None:
    """/remix checks size, length and model like /video."""
    await scene.make("A good parent")
    await inspection.job(scene.stage, "A good parent", "delivered")
    for option, value in (("size", "1x1"), ("seconds", "5"), ("model", "none")):
        call = await scene.ada.forge_slash(scene.channel, "remix", prompt="Bad remix", **{option: value})
        assert says(await inspection.refusal(call), Reason.MODEL_UNKNOWN, Reason.SECONDS_UNKNOWN, Reason.SIZE_UNKNOWN)
    assert len(inspection.jobs_of(scene.stage, scene.ada)) == 1
    assert not inspection.paid_requests(scene.stage, "Bad remix")


# ── pictures ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("what", NOT_PICTURES)
async def test_a_file_that_is_not_what_it_says_is_refused(scene: Scene, what: str) -> None:
    """A file that only claims to be a picture is refused with its name and a way on; a broken one is damaged."""
    fake = File("holiday.png", NOT_PICTURES[what], content_type="image/png")
    text = await inspection.refusal(await scene.ada.slash(scene.channel, "video", prompt="Bad file", reference=fake))
    assert "holiday.png" in text
    assert says(text, Reason.REFERENCE_DAMAGED if what in BROKEN else Reason.REFERENCE_TYPE)
    assert_nothing_happened(scene)


async def test_one_bad_file_among_good_ones_is_named(scene: Scene) -> None:
    """Of several pictures the bad one is named, and nothing is made of the others."""
    call = await scene.ada.slash(
        scene.channel, "video", prompt="Bad third", reference=picture(), reference_2=picture("blue"),
        reference_3=File("third.webp", SVG, content_type="image/webp"),
    )  # fmt: skip
    assert "third.webp" in await inspection.refusal(call)
    assert_nothing_happened(scene)


async def test_an_empty_file_is_refused(scene: Scene) -> None:
    """A file without a byte is refused with its name."""
    empty = File("empty.png", b"", content_type="image/png")
    text = await inspection.refusal(await scene.ada.slash(scene.channel, "video", prompt="Bad file", reference=empty))
    assert "empty.png" in text
    assert says(text, Reason.REFERENCE_EMPTY)
    assert_nothing_happened(scene)


async def test_a_file_over_reference_max_bytes_is_refused_without_being_fetched(scene: Scene) -> None:
    """One byte over the limit is too much and is not fetched at all; a file of exactly the limit is taken."""
    fetched = sum(request.kind == "attachment" for request in scene.chat.requests)
    large = sized(LARGEST_BYTES + 1)
    text = await inspection.refusal(await scene.ada.slash(scene.channel, "video", prompt="Bad size", reference=large))
    assert "large.png" in text
    assert says(text, Reason.REFERENCE_TOO_LARGE, limit_bytes=LARGEST_BYTES)
    assert sum(request.kind == "attachment" for request in scene.chat.requests) == fetched
    assert_nothing_happened(scene)
    just = sized(LARGEST_BYTES)
    await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt="Just small enough", reference=just))
    # Data behind a picture's end is cut.
    assert (await inspection.sent(scene.stage, "Just small enough")).files[0].data == picture().data


async def test_a_picture_of_too_many_pixels_is_refused(scene: Scene) -> None:
    """A small file that would unpack into a huge picture is refused."""
    header = picture().data
    huge = header[:16] + (30_000).to_bytes(4) + (30_000).to_bytes(4) + header[24:]
    bomb = File("bomb.png", huge, content_type="image/png")
    text = await inspection.refusal(await scene.ada.slash(scene.channel, "video", prompt="Bad pixels", reference=bomb))
    assert "bomb.png" in text
    assert says(text, Reason.REFERENCE_DIMENSIONS)
    assert_nothing_happened(scene)


async def test_five_pictures_are_refused(scene: Scene) -> None:
    """Five pictures in a form are one too many; those of a form replace the command's, so they are counted alone."""
    five = [picture(colour) for colour in ("red", "green", "blue", "white", "black")]
    form = await (await scene.ada.slash(scene.channel, "video")).wait_form()
    call = await scene.ada.forge_submit(form, {"prompt": "Bad five", "references": five})
    assert says(await inspection.refusal(call), Reason.REFERENCES_TOO_MANY, limit=4)

    form = await (await scene.ada.slash(scene.channel, "video", reference=five[0], reference_2=five[1])).wait_form()
    assert form.fields["references"].max_values == 4
    call = await scene.ada.forge_submit(form, {"prompt": "Bad five", "references": five})
    assert says(await inspection.refusal(call), Reason.REFERENCES_TOO_MANY, limit=4)
    assert_nothing_happened(scene)


@pytest.mark.parametrize("new", [[], ["black"]], ids=["kept", "replaced"])
async def test_four_pictures_by_the_command_are_kept_or_replaced_by_the_forms(scene: Scene, new: list[str]) -> None:
    """With four pictures given already the form says that they are kept; a new one replaces them all."""
    given = {f"reference{end}": picture(colour) for end, colour in zip(("", "_2", "_3", "_4"), COLOURS, strict=True)}
    form = await (await scene.ada.slash(scene.channel, "video", **given)).wait_form()
    assert says(form.fields["references"].description, Key.FORM_PICTURES_KEPT, count=4)
    prompt = f"Four or {len(new)}"
    filled: dict[str, object] = {"prompt": prompt}
    if new:
        filled["references"] = [picture(colour) for colour in new]
    await inspection.accepted(
        await scene.ada.submit(
            form, {"prompt": prompt} | ({"references": [picture(one) for one in new]} if new else {})
        )
    )
    wanted = [picture(colour).data for colour in new or COLOURS]
    assert [one.data for one in (await inspection.sent(scene.stage, prompt)).files] == wanted


async def test_a_bad_file_given_with_a_form_is_refused_when_the_form_is_sent(scene: Scene) -> None:
    """Files are fetched when the form comes back: what is wrong is said privately, with *Edit*, which leaves it out."""
    fake = File("holiday.png", SVG, content_type="image/png")
    form = await (await scene.ada.slash(scene.channel, "video", reference=fake)).wait_form()
    call = await scene.ada.submit(form, {"prompt": "Bad file"})
    text = await inspection.refusal(call)
    assert "holiday.png" in text
    assert says(text, Reason.REFERENCE_TYPE)
    assert_nothing_happened(scene)
    edited = await (await press(scene.ada, await call.wait_state("message"), Action.EDIT)).wait_form()
    assert edited.fields["prompt"].value == "Bad file"
    assert says(edited.fields["references"].description, Key.FORM_PICTURES_DROPPED)


@pytest.mark.parametrize(
    ("files", "refused"),
    [
        ([File("note.png", SVG, content_type="image/png")], Reason.REFERENCE_TYPE),
        ([File("empty.png", b"", content_type="image/png")], Reason.REFERENCE_EMPTY),
        ([sized(LARGEST_BYTES + 1)], Reason.REFERENCE_TOO_LARGE),
        ([picture()] * 5, Reason.REFERENCES_TOO_MANY),
    ],
)
async def test_a_replys_bad_files_get_one_answer_without_ping(scene: Scene, files: list[File], refused: Reason) -> None:
    """Errors of a reply's files are posted once, as a reply to it without a ping; no job is stored."""
    prompt = f"A video whose reply meets {refused.name}"
    video = await scene.make(prompt)
    await inspection.job(scene.stage, prompt, "delivered")
    reply = await scene.ada.reply(video, "Bad reply with a picture", files=files)

    def answers() -> list[Message]:
        return [message for message in scene.channel.messages if message.reply_to is reply]

    await scene.chat.wait_for(answers)
    assert [says(message.content, refused) for message in answers()] == [True]
    assert not answers()[0].pinged
    assert len(inspection.jobs_of(scene.stage, scene.ada)) == 1
    assert not inspection.paid_requests(scene.stage, "Bad reply with a picture")


# ── videos that there are not ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "name",
    [
        "ZZZZZZZZ",
        "not an id at all",
        "video_000000000000000000000000",
        "https://discord.com/channels/1/2/3",
        f"https://discord.com/channels/{9**20}/{9**20}/99999999999999999999",
        "https://example.com/channels/1/2/3",
        "' OR 1=1 --",
        "%",
        "🦊" * 500,
        "x" * 6000,
        "a\x00b",
    ],
)
async def test_an_unknown_video_is_refused_with_a_way_to_find_one(scene: Scene, name: str) -> None:
    """Text that names no video gets the same answer everywhere, by /remix with and without a prompt and by /status."""
    for call in (
        await scene.ada.slash(scene.channel, "remix", prompt="Bad name", video=name),
        await scene.ada.slash(scene.channel, "remix", video=name),
        await scene.ada.slash(scene.channel, "status", video=name),
    ):
        assert says(await inspection.refusal(call), Reason.VIDEO_UNKNOWN)
    assert_nothing_happened(scene)


async def test_a_video_that_is_not_finished_cannot_be_remixed(scene: Scene) -> None:
    """A video that still renders, or failed, is refused for remixing with what to do."""
    scene.studio.dials.next_render.append(Outcome.hang())
    await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt="Never ready"))
    running = await inspection.job(scene.stage, "Never ready", "rendering")
    await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt="Ready never, doomed"))
    failed = await inspection.job(scene.stage, "Ready never, doomed", "failed")
    for row in (running, failed):
        for name in (row["id"], row["remote_id"]):
            call = await scene.ada.slash(scene.channel, "remix", prompt="Bad parent", video=name)
            text = await inspection.refusal(call)
            assert says(text, Reason.VIDEO_UNFINISHED)
            assert row["id"] in text
    assert len(inspection.jobs_of(scene.stage, scene.ada)) == 2
    assert not inspection.paid_requests(scene.stage, "Bad parent")


# ── a provider that says no ────────────────────────────────────────────────────────────────────────────────────────


def envelope(code: str, message: str = "", param: str | None = None) -> dict:
    """OpenAI's error with words that must not be shown."""
    return {"error": {"message": f"{message} {CANARY}", "type": CANARY, "param": param, "code": code}}


async def failure_notice(scene: Scene) -> Message:
    """The public notice that the job failed: the only one in that channel."""
    notice = await wait_kind(scene.chat, scene.channel, "fail")
    assert of_kind(scene.channel, "fail") == [notice]
    return notice


async def reason(scene: Scene, notice: Message, prompt: str) -> str:
    """Why the job failed: said in the notice, or, where it shows neither prompt nor reason, privately by *Why?*."""
    if Action.WHY not in actions(notice):
        assert {Action.RETRY, Action.EDIT_RETRY} & set(actions(notice))
        return notice.content
    assert actions(notice) == [Action.EDIT_RETRY, Action.WHY]
    assert says(notice.content, Key.FAILURE_PRIVATE)
    assert prompt not in notice.text
    assert not says(notice.text, Ending.CONTENT, Ending.CONTENT_PROMPT, Ending.CONTENT_PICTURE)
    answer = await (await press(scene.ada, notice, Action.WHY)).wait_state("message")
    assert answer.ephemeral
    return answer.text


@pytest.mark.parametrize(
    ("status", "body", "cause"),
    [
        (400, envelope("content_policy_violation"), Ending.CONTENT),
        (400, envelope("invalid_prompt"), Ending.CONTENT_PROMPT),
        (403, envelope("image_content_policy_violation"), Ending.CONTENT_PICTURE),
        (400, envelope("invalid_value", param="size"), Ending.SIZE),
        (400, envelope("x", "image must match the requested width and height"), Ending.SIZE_PICTURE),
        (422, envelope("something_else"), Ending.INPUT),
        (404, envelope("model_not_found", param="model"), Ending.MODEL),
        (413, envelope("request_too_large"), Ending.SIZE_PICTURE),
    ],
)
async def test_a_provider_that_refuses_is_translated_into_plain_words(
    scene: Scene, status: int, body: dict, cause: Ending
) -> None:
    """A no of the provider becomes one notice, and the cause is said in our words; its own are never shown."""
    scene.studio.faults.add("create", Fault.status(status, json=body))
    renders = len(scene.studio.renders)
    prompt = f"Refused with {status} {body['error']['code']}"
    await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt=prompt))
    notice = await failure_notice(scene)
    assert says(await reason(scene, notice, prompt), cause)
    assert notice.pinged == {scene.ada.id}
    assert len(scene.studio.renders) == renders
    assert len(inspection.paid_requests(scene.stage, prompt)) == 1
    status_answer = await (await scene.ada.slash(scene.channel, "status")).wait_state("message")
    assert prompt in status_answer.text
    assert CANARY not in inspection.all_words(scene.stage)


@pytest.mark.parametrize(
    ("outcome", "cause"),
    [
        (Outcome.fail(message=CANARY), Ending.CONTENT),
        (Outcome.fail(code="insufficient_quota", message=CANARY), Ending.CREDIT),
        (Outcome.fail(code="processing_error", message=CANARY), Ending.PROVIDER),
        (Outcome.fail("object_without_code", message=f"blocked by moderation {CANARY}"), Ending.CONTENT),
        (Outcome.fail("string", message=CANARY), Ending.PROVIDER),
        (Outcome.fail("none"), Ending.PROVIDER),
    ],
)
async def test_a_render_that_fails_is_translated_into_plain_words(
    scene: Scene, outcome: Outcome, cause: Ending
) -> None:
    """A failed render becomes one notice with the cause in our words; the provider's own are never shown."""
    scene.studio.dials.next_render.append(outcome)
    prompt = f"Fails {outcome.error}".replace(CANARY, "so")[:60]
    await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt=prompt))
    (row,) = inspection.jobs_of(scene.stage, scene.ada)
    notice = await failure_notice(scene)
    assert says(await reason(scene, notice, row["prompt"]), cause)
    assert CANARY not in inspection.all_words(scene.stage)


async def test_a_provider_with_a_fault_of_its_own_is_asked_again_and_then_named(scene: Scene) -> None:
    """A clean 500 is asked again twice with the same key; then the notice names the fault without its words."""
    scene.studio.faults.add("create", Fault.status(500, json=envelope("server_error")), times=3)
    await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt="Three times no"))

    def answered() -> int:
        return sum(one.status == 500 for one in inspection.paid_requests(scene.stage, "Three times no"))

    for times in (1, 2):
        await scene.studio.wait_for(lambda times=times: answered() == times)
        await inspection.job(scene.stage, "Three times no", "accepted")
        scene.stage.jump(5)
    notice = await failure_notice(scene)
    assert actions(notice) == [Action.RETRY, Action.EDIT_RETRY]
    assert says(notice.content, Ending.PROVIDER)
    requests = inspection.paid_requests(scene.stage, "Three times no")
    assert len({request.headers["idempotency-key"] for request in requests}) == 1
    assert len(requests) == 3
    assert scene.studio.paid("Three times no") == 0
    assert CANARY not in inspection.all_words(scene.stage)


async def test_trouble_while_polling_and_fetching_is_never_quoted(scene: Scene) -> None:
    """Faults of polls and downloads are overcome in silence: the video comes, and no word of them is shown."""
    scene.studio.faults.add("poll", Fault.status(500, json=envelope("server_error")))
    scene.studio.faults.add("poll", Fault.status(502, text=f"<h1>{CANARY}</h1>"))
    scene.studio.faults.add("file", Fault.status(403, text=f"<Error>{CANARY}</Error>"))
    await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt="Through thick and thin"))
    scene.stage.jump(60)
    await scene.studio.wait_for(lambda: scene.studio.faults.pending("poll") == 0)
    scene.stage.jump(60)
    await scene.video()
    assert scene.studio.paid("Through thick and thin") == 1
    assert CANARY not in inspection.all_words(scene.stage)


async def test_without_credit_jobs_wait_new_ones_are_refused_and_the_deadline_ends_them(tmp_path: Path) -> None:
    """Out of credit: the job waits and says so, new commands get a sentence, the deadline ends it uncharged."""
    async with a_scene(tmp_path) as scene:
        no_credit = Fault.status(402, json=envelope("insufficient_balance"))
        scene.studio.faults.add("create", no_credit, times=100)
        await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt="On credit"))
        card = await scene.chat.wait_message(scene.channel, lambda m: says(m.text, Key.WAITING_CREDIT))
        assert "On credit" in card.text
        text = await inspection.refusal(await scene.ada.slash(scene.channel, "video", prompt="Bad moment"))
        assert says(text, Reason.ACCOUNT_PAUSED)
        text = await inspection.refusal(await scene.ada.slash(scene.channel, "video"))
        assert says(text, Reason.ACCOUNT_PAUSED)
        assert len(inspection.jobs(scene.stage)) == 1
        scene.stage.jump(3700)
        notice = await failure_notice(scene)
        assert actions(notice) == [Action.RETRY]
        assert says(notice.content, Ending.CREDIT)
        assert scene.studio.renders == []
        assert CANARY not in inspection.all_words(scene.stage)
        scene.studio.faults.clear()
        await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt="Paid again"))
        await scene.video()


# ── limits ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_active_jobs_are_limited_also_for_commands_at_once(tmp_path: Path) -> None:
    """Eight commands at the same moment make as many jobs as may be under way; a late job frees its place."""
    async with a_scene(tmp_path, MAX_ACTIVE_JOBS_PER_USER="2") as scene:
        scene.studio.dials.next_render += [Outcome.hang(), Outcome.hang()]
        calls = [await scene.ada.slash(scene.channel, "video", prompt=f"At once {n}") for n in range(8)]
        answers = await asyncio.gather(*(call.wait_state("message", "deleted") for call in calls))
        assert [answer.state for answer in answers].count("deleted") == 2
        for answer in answers:
            if answer.state == "message":
                assert answer.ephemeral
                assert says(answer.content, Reason.ACTIVE_LIMIT, limit=2)
        await inspection.until(
            scene.stage,
            lambda: [row["state"] for row in inspection.jobs(scene.stage)] == ["rendering"] * 2,
            "rendering",
        )
        assert len(scene.studio.renders) == 2

        ben = scene.join("Ben")
        await inspection.accepted(await ben.slash(scene.channel, "video", prompt="Ben's are counted apart"))
        await inspection.refusal(await scene.ada.slash(scene.channel, "video", prompt="A third"))
        scene.stage.jump(3700)
        await inspection.until(
            scene.stage, lambda: all(row["late_at"] for row in inspection.jobs_of(scene.stage, scene.ada)), "lateness"
        )
        await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt="Since they are late"))
        await inspection.sent(scene.stage, "Since they are late")


async def test_jobs_of_a_day_are_limited_failed_ones_apart_and_free_again_after_24_hours(tmp_path: Path) -> None:
    """Two videos in any 24 hours: failed ones don't count, the refusal says when, and then there is room again."""
    async with a_scene(tmp_path, MAX_JOBS_PER_USER_PER_DAY="2") as scene:
        await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt="A doomed one"))
        await inspection.job(scene.stage, "A doomed one", "failed")
        await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt="A forbidden one"))
        await inspection.job(scene.stage, "A forbidden one", "refused")
        await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt="The first"))
        first = await inspection.job(scene.stage, "The first", "delivered")
        scene.stage.jump(3600)
        calls = [await scene.ada.slash(scene.channel, "video", prompt=f"One of six {n}") for n in range(6)]
        answers = await asyncio.gather(*(call.wait_state("message", "deleted") for call in calls))
        assert [answer.state for answer in answers].count("deleted") == 1
        text = await inspection.refusal(await scene.ada.slash(scene.channel, "video", prompt="Too many"))
        assert says(text, Reason.DAILY_LIMIT, limit=2)
        assert f"<t:{int(first['accepted_at'] + 86_400)}:R>" in text
        await inspection.until(
            scene.stage, lambda: len(inspection.jobs(scene.stage, state="delivered")) == 2, "the second video"
        )

        scene.stage.jump(first["accepted_at"] + 86_390 - scene.stage.clock.now())
        await inspection.refusal(await scene.ada.slash(scene.channel, "video", prompt="Ten seconds early"))
        scene.stage.jump(11)
        await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt="A day later"))
        await inspection.sent(scene.stage, "A day later")
        await inspection.refusal(await scene.ada.slash(scene.channel, "video", prompt="And one more"))
        assert scene.studio.paid("Too many") + scene.studio.paid("Ten seconds early") == 0
