"""Killed at any point, the bot goes on where it was: 0 lost, 0 charged twice, 0 posted twice, by the fakes' counts."""

from pathlib import Path

import pytest

from bot.chat.words import Key
from sandbox.bot_process import BotProcess
from sandbox.chat.faults import When
from sandbox.studio.faults import Moment
from tests.e2e import inspection
from tests.e2e.messages import of_kind, reached, time_passes_until, wait_card, wait_kind
from tests.e2e.restart_scene import NINE_MEGABYTES, a_scene, at_once, delivered_once, kill, rests, sent, submissions
from tests.e2e.scene import Scene, picture
from tests.wording import says


@pytest.mark.reliability(runs=100)
@pytest.mark.parametrize(
    ("kind", "when"),
    [("callback", "after"), ("attachment", "before")],
    ids=["acknowledged a moment ago", "fetching the picture"],
)
async def test_killed_between_acknowledging_and_storing(tmp_path: Path, kind: str, when: When) -> None:
    """P1: a request that was acknowledged but not stored is gone afterwards: no row, no charge, no public message."""
    async with a_scene(tmp_path) as scene:
        gate = scene.chat.gate(kind, when)
        given = {"reference": picture()} if kind == "attachment" else {}
        call = await scene.ada.slash(scene.channel, "video", prompt="A heron at dawn", **given)
        await gate.wait_reached()
        # If the first process stored too early, its row would precede this one.
        await scene.join("Ben").slash(scene.channel, "video", prompt="A heron at dusk")
        await inspection.job(scene.stage, "A heron at dusk")
        await kill(scene)
        gate.open()
        assert call.answer.state == "thinking"
        assert inspection.jobs_of(scene.stage, scene.ada) == []
        await scene.stage.start_bot()
        # Long enough for anything that the next process would do by itself.
        scene.stage.jump(600)
        await scene.make("A heron at noon", by=scene.join("Carol"))
        assert inspection.jobs_of(scene.stage, scene.ada) == []
        assert inspection.paid_requests(scene.stage, "A heron at dawn") == []
        assert scene.studio.paid("A heron at dawn") == 0
        assert not any("A heron at dawn" in post.text for post in inspection.public(scene.stage, scene.channel))


@pytest.mark.reliability(runs=100)
@pytest.mark.both_databases
async def test_killed_between_accepting_and_submitting(tmp_path: Path) -> None:
    """A job that waited for a place at the provider is submitted in its turn by the next life, once."""
    async with a_scene(tmp_path, {"MAX_RENDERING_JOBS": "1"}, render_seconds=60.0) as scene:
        await scene.ada.slash(scene.channel, "video", prompt="A heron at dawn")
        await inspection.job(scene.stage, "A heron at dawn", "rendering")
        await scene.ada.slash(scene.channel, "video", prompt="A second heron")
        await wait_card(scene.chat, scene.channel, "A second heron")
        await kill(scene)
        assert scene.studio.paid("A second heron") == 0
        await scene.stage.start_bot()
        await delivered_once(scene, "A second heron")
        await delivered_once(scene, "A heron at dawn")


async def test_killed_in_a_replys_grace(tmp_path: Path) -> None:
    """The grace of a reply goes on over the restart, and then it is a remix like any other."""
    async with a_scene(tmp_path, {"REPLY_GRACE_SECONDS": "60"}) as scene:
        video = await scene.make("A heron at dawn")
        await scene.ada.reply(video, "Make it rain a little")
        await wait_card(scene.chat, scene.channel, "Make it rain a little")
        await kill(scene)
        await scene.stage.start_bot()
        await wait_kind(scene.chat, scene.channel, "card")
        assert scene.studio.paid("Make it rain a little") == 0
        await delivered_once(scene, "Make it rain a little")


@pytest.mark.reliability(runs=100)
@pytest.mark.parametrize("taken", [False, True], ids=["before the provider took it", "after the provider took it"])
async def test_killed_in_the_paid_request(tmp_path: Path, taken: bool) -> None:
    """P1: the outcome is unknown, so nothing is sent again; the requester gets one question, to the end."""
    async with a_scene(tmp_path) as scene:
        gate = scene.studio.gate("create", "after_take" if taken else "before_take")
        await scene.ada.slash(scene.channel, "video", prompt="A heron at dawn")
        await reached(gate)
        await kill(scene)
        gate.cut()
        for _ in range(2):
            await scene.stage.start_bot()
            notice = await wait_kind(scene.chat, scene.channel, "unsure")
            assert scene.ada.id in notice.pinged
            await kill(scene)
        await scene.stage.start_bot()
        scene.stage.jump(86_400)
        [lost] = await time_passes_until(scene.stage, lambda: of_kind(scene.channel, "fail"), step_seconds=10)
        assert scene.ada.id in lost.pinged
        await rests(scene)
        assert (submissions(scene), scene.studio.paid("A heron at dawn")) == (1, int(taken))
        assert (sent(scene, "unsure"), sent(scene, "fail"), sent(scene, "video")) == (1, 1, 0)


@pytest.mark.reliability(runs=50)
@pytest.mark.parametrize("moment", ["before_take", "after_take"], ids=["asking", "answered"])
async def test_killed_in_a_poll(tmp_path: Path, moment: Moment) -> None:
    """P2: a poll that was cut off is made again by the next life, once; no other poll is more than without the kill."""
    settings = {"POLL_MIN_SECONDS": "300", "POLL_MAX_SECONDS": "300"}
    async with a_scene(tmp_path, settings, render_seconds=500.0) as scene:
        gate = scene.studio.gate("poll", moment)
        await scene.ada.slash(scene.channel, "video", prompt="A heron at dawn")
        await inspection.job(scene.stage, "A heron at dawn", "rendering")
        await wait_card(scene.chat, scene.channel, lambda m: says(m.text, Key.RENDERING))
        scene.stage.jump(300)
        await time_passes_until(scene.stage, gate.reached.is_set)
        await kill(scene)
        gate.cut()
        await scene.stage.start_bot()
        await scene.studio.wait_for(lambda: looks_answered(scene) == 1)
        # The next poll is due in 300 s: less than that gives time for a poll too many.
        scene.stage.jump(200)
        await scene.studio.wait_for(lambda: scene.studio.renders[0].ended_at)
        await (await scene.ada.slash(scene.channel, "status")).wait_state("message")
        assert polls(scene) == 2
        scene.stage.jump(100)
        await delivered_once(scene, "A heron at dawn")
        # The one that was cut off and its repetition, and the one that saw the end.
        assert polls(scene) == 3


def polls(scene: Scene) -> int:
    """How often the provider was polled about a render, with any outcome."""
    return sum(request.operation == "poll" for request in scene.studio.requests)


def looks_answered(scene: Scene) -> int:
    """How often it could say so."""
    return sum(request.operation == "poll" and request.status == 200 for request in scene.studio.requests)


@pytest.mark.reliability
@pytest.mark.both_databases
async def test_killed_while_it_renders(tmp_path: Path) -> None:
    """P2: a render that goes on while the bot is dead is looked for by the next life, and posted."""
    async with a_scene(tmp_path, render_seconds=600.0) as scene:
        await scene.ada.slash(scene.channel, "video", prompt="A heron at dawn", reference=picture())
        await wait_card(scene.chat, scene.channel, lambda m: says(m.text, Key.RENDERING))
        await kill(scene)
        scene.stage.jump(900)
        await scene.stage.start_bot()
        await delivered_once(scene, "A heron at dawn")


@pytest.mark.reliability(runs=100)
@pytest.mark.both_databases
async def test_killed_when_it_had_seen_the_end(tmp_path: Path) -> None:
    """The provider said "completed" to a bot that died: the next life hears it again."""
    settings = {"POLL_MIN_SECONDS": "300", "POLL_MAX_SECONDS": "300"}
    async with a_scene(tmp_path, settings, render_seconds=100.0) as scene:
        gate = scene.studio.gate("poll", "after_take")
        await scene.ada.slash(scene.channel, "video", prompt="A heron at dawn")
        await wait_card(scene.chat, scene.channel, lambda m: says(m.text, Key.RENDERING))
        scene.stage.jump(100)
        await scene.studio.wait_for(lambda: scene.studio.renders[0].ended_at)
        # The first poll comes after 300 s, so that it is the one that sees the end.
        scene.stage.jump(200)
        await time_passes_until(scene.stage, gate.reached.is_set)
        await kill(scene)
        gate.open()
        await scene.stage.start_bot()
        await delivered_once(scene, "A heron at dawn")


@pytest.mark.reliability(runs=100)
async def test_killed_in_the_middle_of_the_download(tmp_path: Path) -> None:
    """Half a video is thrown away by the next life, which fetches the whole one."""
    async with a_scene(tmp_path, megabytes=NINE_MEGABYTES) as scene:
        await scene.ada.slash(scene.channel, "video", prompt="A heron at dawn")
        await at_once(lambda: list(scene.stage.bot.data_dir.rglob("*.part")))
        await kill(scene)
        assert list(scene.stage.bot.data_dir.rglob("*.part"))
        await scene.stage.start_bot()
        video = await delivered_once(scene, "A heron at dawn")
        assert video.attachments[0].size_bytes == NINE_MEGABYTES * 1_000_000


async def test_a_form_that_was_open_works_after_a_restart(tmp_path: Path) -> None:
    """The options and the picture given before the form wait in the draft, whichever life reads it."""
    async with a_scene(tmp_path) as scene:
        cat = picture()
        call = await scene.ada.slash(scene.channel, "video", seconds="8", reference=cat)
        form = await call.wait_form()
        await kill(scene)
        await scene.stage.start_bot()
        field = next(name for name, one in form.fields.items() if one.kind == "text")
        sent_in = await scene.ada.submit(form, {field: "A heron at dawn"})
        await sent_in.wait_state("deleted")
        await delivered_once(scene, "A heron at dawn")
        [render] = scene.studio.renders
        assert (render.seconds, [one.data for one in render.references]) == ("8", [cat.data])


async def two_lives_at_once(scene: Scene) -> BotProcess:
    """A second process on the same data folder, while the first one lives."""
    stage = scene.stage
    addresses = {"--discord-api": stage.chat.api_base, "--gateway": stage.chat.gateway_url}
    second = BotProcess(stage.folder / "second", stage.clock, addresses)
    await second.start(
        {
            "DISCORD_TOKEN": stage.chat.bot_token,
            "VIDEOS_API_KEY": stage.studio.api_key,
            "VIDEOS_API_BASE_URL": stage.studio.base_url,
            **stage.settings,
            "DATA_DIR": str(stage.bot.data_dir),
        }
    )
    return second


async def test_a_second_process_leaves_and_harms_nothing(tmp_path: Path) -> None:
    """Two processes on one data folder: the second says in one line why it leaves, the first one's job is untouched."""
    async with a_scene(tmp_path, render_seconds=600.0) as scene:
        await scene.ada.slash(scene.channel, "video", prompt="A heron at dawn")
        await wait_card(scene.chat, scene.channel, lambda m: says(m.text, Key.RENDERING))
        second = await two_lives_at_once(scene)
        assert await second.ended() not in {0, 78}
        assert len(second.log().strip().splitlines()) == 1
        scene.stage.jump(600)
        await delivered_once(scene, "A heron at dawn")
        assert scene.chat.sessions_opened == 1
