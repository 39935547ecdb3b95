"""What a card says of time: what is usual, what is slower than that, and a bar that never falls."""

import asyncio
import re
from pathlib import Path

import pytest

from bot.chat.words import Key
from sandbox.chat import Message
from tests.e2e.messages import ever_posted, of_kind, time_passes_until, wait_card
from tests.e2e.restart_scene import a_scene, kill
from tests.wording import says


def percents(card: Message) -> list[int]:
    """Every progress that the card has shown, in order."""
    return [int(found) for version in card.history for found in re.findall(r"(\d+) %", str(version.embeds))]


@pytest.mark.slow
@pytest.mark.both_databases
async def test_a_card_says_what_is_usual_once_ten_are_known(tmp_path: Path) -> None:
    """Ten renders make a class known: the next card shows it, and once it is over that it is slower, also restarted."""
    async with a_scene(tmp_path, render_seconds=30.0) as scene:
        people = [scene.join(name) for name in ("Ben", "Cleo")]
        await asyncio.gather(
            *(one.slash(scene.channel, "video", prompt=f"Heron {n}") for one in people for n in range(5))
        )
        await scene.chat.wait_for(lambda: len(scene.studio.renders) == 10, what="ten renders")
        scene.stage.jump(40)
        await scene.chat.wait_for(lambda: len(of_kind(scene.channel, "video")) == 10, what="ten videos")
        assert not any(says(one.text, Key.USUALLY) for one in ever_posted(scene.chat, scene.channel, "card"))
        scene.studio.dials.render_seconds = 600.0
        await scene.ada.slash(scene.channel, "video", prompt="A late heron")
        card = await wait_card(scene.chat, scene.channel, lambda m: says(m.text, Key.USUALLY))
        usual = re.search(r"usually 0:(\d\d)–0:(\d\d)", card.text)
        assert usual is not None
        assert 30 <= int(usual[1]) < int(usual[2]) < 60
        assert not says(card.text, Key.RENDERING_LATE)
        await kill(scene)
        scene.stage.jump(60)
        await scene.stage.start_bot()
        await scene.chat.wait_for(lambda: says(card.text, Key.RENDERING_LATE), what="a card that is slower than usual")
        assert usual[0] in card.text
        edits = card.edits
        scene.stage.jump(60)
        await kill(scene)
        await scene.stage.start_bot()
        scene.stage.jump(600)
        await scene.chat.wait_for(lambda: len(of_kind(scene.channel, "video")) == 11, what="the late video")
        assert card.edits <= edits + 2, "only that it is being downloaded and posted"


@pytest.mark.slow
async def test_a_bar_never_falls(tmp_path: Path) -> None:
    """Not when the provider's number does, from one poll to the next, nor after a restart."""
    async with a_scene(tmp_path, render_seconds=1_000.0, progress="percent") as scene:
        await scene.ada.slash(scene.channel, "video", prompt="A heron to and fro")
        card = await wait_card(scene.chat, scene.channel, lambda m: says(m.text, Key.RENDERING))
        (render,) = scene.studio.renders
        scene.stage.jump(500)
        await scene.chat.wait_for(lambda: percents(card)[-1:] >= [50], what="half of the way")
        furthest = percents(card)[-1]
        render.render_seconds = 10_000.0
        polls = len(scene.studio.requests)
        await time_passes_until(scene.stage, lambda: len(scene.studio.requests) > polls + 3)
        assert percents(card)[-1] >= furthest
        await kill(scene)
        await scene.stage.start_bot()
        polls = len(scene.studio.requests)
        await time_passes_until(scene.stage, lambda: len(scene.studio.requests) > polls + 3)
        render.render_seconds = 800.0
        scene.stage.jump(100)
        await scene.chat.wait_for(lambda: percents(card)[-1] > furthest, what="more than before")
        assert percents(card) == sorted(percents(card))
