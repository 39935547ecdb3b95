"""Killed at any point, the bot goes on where it was: 0 lost, 0 charged twice, 0 posted twice, by the fakes' counts."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sandbox.bot_process import BotProcess
from sandbox.chaos.rows import read_rows
from sandbox.chat import Message
from tests.e2e import ledger
from tests.e2e.scenes import Scene, a_stage, picture
from tests.e2e.sightings import ever, of_kind, reached, time_passes_until, wait_card, wait_kind

SMALL = {"default_size": "160x90", "frames_per_second": 1}
NINE_MEGABYTES = 9.0
"""Under Discord's 10 MiB, and far more than what the sockets hold, so that a kill finds it on the way."""


@asynccontextmanager
async def a_scene(folder: Path, settings: dict[str, str] | None = None, **turned: object) -> AsyncIterator[Scene]:
    """A bot of this test's own, and Ada in a channel."""
    async with a_stage(folder, settings=settings, **(SMALL | turned)) as stage:
        guild = stage.chat.add_guild("Night Shift")
        ada = stage.chat.add_person("Ada")
        guild.join(ada)
        yield Scene(stage, guild, guild.add_channel("videos"), ada)
        assert "Traceback" not in stage.bot.log()
        assert not list(stage.bot.data_dir.rglob("*.part"))


async def kill(scene: Scene) -> None:
    """As a power cut would."""
    await scene.stage.bot.kill()
    await scene.chat.bot_gone()


def sent(scene: Scene, kind: str) -> int:
    """How many messages of that kind the bot ever posted, those included that are gone."""
    return len(ever(scene.chat, scene.channel, kind))


def submissions(scene: Scene) -> int:
    """How many paid requests the provider has seen, whatever became of them."""
    return sum(request.operation in {"create", "remix"} for request in scene.studio.requests)


async def rests(scene: Scene, *, step_seconds: float = 1.0) -> None:
    """Return when nothing runs any more: no card stands (it may take time that passes)."""
    await time_passes_until(
        scene.stage,
        lambda: not any(not m.deleted for m in ever(scene.chat, scene.channel, "card")),
        step_seconds=step_seconds,
    )


async def delivered_once(scene: Scene, prompt: str) -> Message:
    """Wait for the video of that prompt; it was paid for once, posted once, and nothing else was said."""

    def video() -> Message | None:
        return next((m for m in of_kind(scene.channel, "video") if prompt in m.text), None)

    found = await time_passes_until(scene.stage, video, step_seconds=10)
    await rests(scene)
    assert [m for m in ever(scene.chat, scene.channel, "video") if prompt in m.text] == [found]
    assert len([m for m in ever(scene.chat, scene.channel, "card") if prompt in m.text]) <= 1
    assert scene.studio.paid(prompt) == 1
    assert (sent(scene, "fail"), sent(scene, "unsure")) == (0, 0)
    return found


async def test_killed_while_the_card_is_on_its_way(tmp_path: Path) -> None:
    """Discord has the card, the bot died before the answer: there is one card, and one video in its place."""
    async with a_scene(tmp_path, render_seconds=60.0) as scene:
        gate = scene.chat.gate("message_create", "after")
        await scene.ada.slash(scene.channel, "video", prompt="A heron at dawn")
        await gate.wait_reached()
        await ledger.job(scene.stage, "A heron at dawn", "rendering")
        await kill(scene)
        gate.open()
        await scene.stage.start_bot()
        await delivered_once(scene, "A heron at dawn")
        assert sent(scene, "card") == 1


async def test_a_card_is_cleared_away_even_if_its_video_was_there_first(tmp_path: Path) -> None:
    """The card's answer was lost and the job ended before the card was looked for: it goes all the same."""
    async with a_scene(tmp_path) as scene:
        # discord.py sends a channel's very first messages one by one; from then on one may overtake another.
        first = await scene.make("A first heron")
        gate = scene.chat.gate("message_create", "after")
        await scene.ada.slash(scene.channel, "video", prompt="A heron at dawn")
        await gate.wait_reached()
        await scene.video(after=first)
        await ledger.job(scene.stage, "A heron at dawn", "delivered")
        await kill(scene)
        gate.open()
        await scene.stage.start_bot()
        await delivered_once(scene, "A heron at dawn")
        assert sent(scene, "card") == 2


async def test_killed_between_accepting_and_submitting(tmp_path: Path) -> None:
    """A job that waited for a place at the provider is submitted in its turn by the next life, once."""
    async with a_scene(tmp_path, {"MAX_RENDERING_JOBS": "1"}, render_seconds=60.0) as scene:
        await scene.ada.slash(scene.channel, "video", prompt="A heron at dawn")
        await ledger.job(scene.stage, "A heron at dawn", "rendering")
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


@pytest.mark.parametrize("taken", [False, True], ids=["before the provider took it", "after the provider took it"])
async def test_killed_in_the_paid_request(tmp_path: Path, taken: bool) -> None:
    """P1: nobody knows whether the provider took it, so nothing is sent again; the person is told, once, to the end."""
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
        lost = await wait_kind(scene.chat, scene.channel, "fail")
        assert scene.ada.id in lost.pinged
        await rests(scene)
        assert (submissions(scene), scene.studio.paid("A heron at dawn")) == (1, int(taken))
        assert (sent(scene, "unsure"), sent(scene, "fail"), sent(scene, "video")) == (1, 1, 0)


async def test_killed_while_it_renders(tmp_path: Path) -> None:
    """P2: a render that goes on while the bot is dead is looked for by the next life, and posted."""
    async with a_scene(tmp_path, render_seconds=600.0) as scene:
        await scene.ada.slash(scene.channel, "video", prompt="A heron at dawn", reference=picture())
        await wait_card(scene.chat, scene.channel, "Rendering")
        await kill(scene)
        scene.stage.jump(900)
        await scene.stage.start_bot()
        await delivered_once(scene, "A heron at dawn")


async def test_killed_when_it_had_seen_the_end(tmp_path: Path) -> None:
    """The provider said "completed" to a bot that died: the next life hears it again."""
    async with a_scene(tmp_path, render_seconds=600.0) as scene:
        await scene.ada.slash(scene.channel, "video", prompt="A heron at dawn")
        await wait_card(scene.chat, scene.channel, "Rendering")
        scene.stage.jump(600)
        await scene.studio.wait_for(lambda: scene.studio.renders[0].ended_at)
        gate = scene.studio.gate("look", "after_take")
        await reached(gate)
        await kill(scene)
        gate.open()
        await scene.stage.start_bot()
        await delivered_once(scene, "A heron at dawn")


async def at_once(is_so: Callable[[], object]) -> None:
    """Return in the very turn of the loop in which it is so: the servers get no turn to go on."""
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110  # files and requests ring no bell, and the very turn counts
            await asyncio.sleep(0)  # one turn of the loop


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


async def test_killed_in_the_middle_of_the_upload(tmp_path: Path) -> None:
    """Half a message was never posted; the next life posts it, from the file that is still there."""
    async with a_scene(tmp_path, megabytes=NINE_MEGABYTES) as scene:
        await scene.ada.slash(scene.channel, "video", prompt="A heron at dawn")
        await at_once(lambda: sum(one.kind == "message_create" for one in scene.chat.requests) == 2)
        await kill(scene)
        assert sent(scene, "video") == 0
        await scene.stage.start_bot()
        await delivered_once(scene, "A heron at dawn")
        assert sum(one.operation == "file" for one in scene.studio.requests) == 1


async def test_killed_between_download_and_post(tmp_path: Path) -> None:
    """Three videos on their way to Discord and a fourth that waits behind them: all are posted, none fetched twice."""
    async with a_scene(tmp_path, render_seconds=600.0) as scene:
        prompts = [f"Heron number {number}" for number in range(4)]
        for prompt in prompts:
            await scene.ada.slash(scene.channel, "video", prompt=prompt)
            await wait_card(scene.chat, scene.channel, prompt)
            await ledger.job(scene.stage, prompt, "rendering")
        gates = [scene.chat.gate("message_create") for _ in range(3)]
        scene.stage.jump(600)
        for gate in gates:
            await gate.wait_reached()
        await wait_card(scene.chat, scene.channel, "Posting")
        await scene.studio.wait_for(lambda: sum(one.operation == "file" for one in scene.studio.requests) == 4)
        await scene.chat.wait_for(lambda: len(list(scene.stage.bot.data_dir.rglob("video-*.mp4"))) == 4)
        await kill(scene)
        for gate in gates:
            gate.drop()
        await scene.stage.start_bot()
        for prompt in prompts:
            await delivered_once(scene, prompt)
        assert sum(one.operation == "file" for one in scene.studio.requests) <= 5


@pytest.mark.parametrize(
    ("window_seconds", "pause_seconds"),
    [(180.0, 0.0), (180.0, 130.0), (0.0, 130.0)],
    ids=["at once", "when the nonce may be forgotten", "when the nonce is forgotten"],
)
async def test_killed_when_discord_had_the_video(tmp_path: Path, window_seconds: float, pause_seconds: float) -> None:
    """P3: Discord has the video, the bot died before the answer: with or without the nonce, it stands there once."""
    async with a_scene(tmp_path, render_seconds=600.0) as scene:
        scene.chat.nonce_window_seconds = window_seconds
        await scene.ada.slash(scene.channel, "video", prompt="A heron at dawn")
        await wait_card(scene.chat, scene.channel, "Rendering")
        gate = scene.chat.gate("message_create", "after")
        scene.stage.jump(600)
        await gate.wait_reached()
        await kill(scene)
        gate.open()
        scene.stage.jump(pause_seconds)
        await scene.stage.start_bot()
        video = await delivered_once(scene, "A heron at dawn")
        reply = await scene.ada.reply(video, "Make it rain a little")
        assert (await delivered_once(scene, "Make it rain a little")).reply_to is reply


@pytest.mark.parametrize("window_seconds", [180.0, 0.0], ids=["with the nonce", "without the nonce"])
async def test_killed_while_the_failure_notice_is_on_its_way(tmp_path: Path, window_seconds: float) -> None:
    """P3: a failure is told once, also if the bot dies before it knows that it was told."""
    async with a_scene(tmp_path, render_seconds=600.0) as scene:
        scene.chat.nonce_window_seconds = window_seconds
        await scene.ada.slash(scene.channel, "video", prompt="A doomed balloon")
        await wait_card(scene.chat, scene.channel, "Rendering")
        gate = scene.chat.gate("message_create", "after")
        scene.stage.jump(600)
        await gate.wait_reached()
        await kill(scene)
        gate.open()
        scene.stage.jump(130)
        await scene.stage.start_bot()
        await rests(scene)
        assert (sent(scene, "fail"), scene.studio.paid("A doomed balloon")) == (1, 1)


async def test_killed_before_the_failure_notice_was_sent(tmp_path: Path) -> None:
    """P2: a failure that the bot died of telling is told by the next life."""
    async with a_scene(tmp_path, render_seconds=600.0) as scene:
        await scene.ada.slash(scene.channel, "video", prompt="A doomed balloon")
        await wait_card(scene.chat, scene.channel, "Rendering")
        gate = scene.chat.gate("message_create", "before")
        scene.stage.jump(600)
        await gate.wait_reached()
        await kill(scene)
        gate.drop()
        assert sent(scene, "fail") == 0
        await scene.stage.start_bot()
        notice = await wait_kind(scene.chat, scene.channel, "fail")
        assert scene.ada.id in notice.pinged
        await rests(scene)
        assert sent(scene, "fail") == 1


async def test_killed_while_it_told_of_a_late_video(tmp_path: Path) -> None:
    """P2, P3: the requester hears once that it is late, whichever life says so, and gets the video hours later."""
    async with a_scene(tmp_path, render_seconds=20_000.0) as scene:
        await scene.ada.slash(scene.channel, "video", prompt="A heron at dawn")
        await wait_card(scene.chat, scene.channel, "Rendering")
        gate = scene.chat.gate("message_create", "after")
        scene.stage.jump(3_600)
        await gate.wait_reached()
        await kill(scene)
        gate.open()
        scene.stage.jump(130)
        await scene.stage.start_bot()
        notice = await wait_kind(scene.chat, scene.channel, "late")
        assert scene.ada.id in notice.pinged
        scene.stage.jump(17_000)
        await delivered_once(scene, "A heron at dawn")
        assert sent(scene, "late") == 1


async def test_a_form_that_was_open_works_after_a_restart(tmp_path: Path) -> None:
    """The options and the picture given before the form wait in the draft, whichever life reads it."""
    async with a_scene(tmp_path) as scene:
        cat = picture()
        call = await scene.ada.slash(scene.channel, "video", seconds="8", reference=cat)
        form = await call.wait_form()
        await scene.chat.wait_for(lambda: list(scene.stage.bot.data_dir.rglob("*.png")), what="the picture to be kept")
        await draft_is_whole(scene)
        await kill(scene)
        await scene.stage.start_bot()
        field = next(name for name, one in form.fields.items() if one.kind == "text")
        sent_in = await scene.ada.submit(form, {field: "A heron at dawn"})
        await sent_in.wait_state("deleted")
        await delivered_once(scene, "A heron at dawn")
        [render] = scene.studio.renders
        assert (render.seconds, [one.data for one in render.references]) == ("8", [cat.data])


async def draft_is_whole(scene: Scene) -> None:
    """Return when the picture of the draft is noted in the database: a form shown before that may ask again."""
    database = scene.stage.bot.data_dir / "bot.db"
    await scene.chat.wait_for(
        lambda: all(row["pictures_awaited"] == 0 for row in read_rows(database, "SELECT * FROM drafts")) or None,
        what="the draft to be whole",
    )


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
        await wait_card(scene.chat, scene.channel, "Rendering")
        second = await two_lives_at_once(scene)
        assert await second.ended() not in {0, 78}
        assert len(second.log().strip().splitlines()) == 1
        scene.stage.jump(600)
        await delivered_once(scene, "A heron at dawn")
        assert scene.chat.sessions_opened == 1
