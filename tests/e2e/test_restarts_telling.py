"""Killed while it tells of a job at Discord: the card, the video or the notice is there once, and nothing is lost."""

from pathlib import Path

import pytest

from bot.chat.words import Key
from tests.e2e import inspection
from tests.e2e.messages import wait_card, wait_kind
from tests.e2e.restart_scene import NINE_MEGABYTES, a_scene, at_once, delivered_once, kill, rests, sent
from tests.wording import says


async def test_killed_while_the_card_is_on_its_way(tmp_path: Path) -> None:
    """Discord has the card, the bot died before the answer: there is one card, and one video in its place."""
    async with a_scene(tmp_path, render_seconds=60.0) as scene:
        gate = scene.chat.gate("message_create", "after")
        await scene.ada.slash(scene.channel, "video", prompt="A heron at dawn")
        await gate.wait_reached()
        await inspection.job(scene.stage, "A heron at dawn", "rendering")
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
        await inspection.job(scene.stage, "A heron at dawn", "delivered")
        await kill(scene)
        gate.open()
        await scene.stage.start_bot()
        await delivered_once(scene, "A heron at dawn")
        assert sent(scene, "card") == 2


@pytest.mark.reliability(runs=100)
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


@pytest.mark.reliability(runs=100)
async def test_killed_between_download_and_post(tmp_path: Path) -> None:
    """Three videos on their way to Discord and a fourth that waits behind them: all are posted, none fetched twice."""
    async with a_scene(tmp_path, render_seconds=600.0) as scene:
        prompts = [f"Heron number {number}" for number in range(4)]
        for prompt in prompts:
            await scene.ada.slash(scene.channel, "video", prompt=prompt)
            await wait_card(scene.chat, scene.channel, prompt)
            await inspection.job(scene.stage, prompt, "rendering")
        gates = [scene.chat.gate("message_create") for _ in range(3)]
        scene.stage.jump(600)
        for gate in gates:
            await gate.wait_reached()
        await wait_card(scene.chat, scene.channel, lambda m: says(m.text, Key.POSTING))
        await inspection.until(
            scene.stage, lambda: len(inspection.jobs(scene.stage, state="posting")) == 4, "four to be posting"
        )
        await kill(scene)
        for gate in gates:
            gate.drop()
        await scene.stage.start_bot()
        for prompt in prompts:
            await delivered_once(scene, prompt)
        assert sum(one.operation == "file" for one in scene.studio.requests) == 4


@pytest.mark.reliability(runs=100)
@pytest.mark.parametrize(
    ("window_seconds", "pause_seconds"),
    [(180.0, 0.0), (180.0, 130.0), (0.0, 130.0)],
    ids=["at once", "when the nonce may be forgotten", "when the nonce is forgotten"],
)
async def test_killed_when_discord_had_the_video(tmp_path: Path, window_seconds: float, pause_seconds: float) -> None:
    """P3: Discord has the video, the bot died before the response: with or without the nonce, it exists once."""
    async with a_scene(tmp_path, render_seconds=600.0) as scene:
        scene.chat.nonce_window_seconds = window_seconds
        await scene.ada.slash(scene.channel, "video", prompt="A heron at dawn")
        await wait_card(scene.chat, scene.channel, lambda m: says(m.text, Key.RENDERING))
        gate = scene.chat.gate("message_create", "after")
        scene.stage.jump(600)
        await gate.wait_reached()
        await kill(scene)
        gate.open()
        scene.stage.jump(pause_seconds)
        await scene.stage.start_bot()
        video = await delivered_once(scene, "A heron at dawn")
        scene.studio.dials.render_seconds = 1.0
        reply = await scene.ada.reply(video, "Make it rain a little")
        assert (await delivered_once(scene, "Make it rain a little")).reply_to is reply


@pytest.mark.parametrize("window_seconds", [180.0, 0.0], ids=["with the nonce", "without the nonce"])
async def test_killed_while_the_failure_notice_is_on_its_way(tmp_path: Path, window_seconds: float) -> None:
    """P3: a failure is announced once, also if the bot dies before it knows that the notice was posted."""
    async with a_scene(tmp_path, render_seconds=600.0) as scene:
        scene.chat.nonce_window_seconds = window_seconds
        await scene.ada.slash(scene.channel, "video", prompt="A doomed balloon")
        await wait_card(scene.chat, scene.channel, lambda m: says(m.text, Key.RENDERING))
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
    """P2: a failure notice that the bot died of posting is posted by the next process."""
    async with a_scene(tmp_path, render_seconds=600.0) as scene:
        await scene.ada.slash(scene.channel, "video", prompt="A doomed balloon")
        await wait_card(scene.chat, scene.channel, lambda m: says(m.text, Key.RENDERING))
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


async def test_killed_while_it_announced_a_late_video(tmp_path: Path) -> None:
    """P2, P3: the requester hears once that it is late, whichever life says so, and gets the video hours later."""
    async with a_scene(tmp_path, render_seconds=20_000.0) as scene:
        await scene.ada.slash(scene.channel, "video", prompt="A heron at dawn")
        await wait_card(scene.chat, scene.channel, lambda m: says(m.text, Key.RENDERING))
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
