"""What the bot makes of a Discord that does not tell all, or says no in its own way."""

import asyncio
from pathlib import Path

import pytest
from aiohttp import web

from bot.chat.custom_ids import Action
from sandbox.chat import Fault, Message
from sandbox.chat.gateway import Gateway
from sandbox.studio import Fault as StudioFault
from tests.e2e import inspection
from tests.e2e.messages import actions, ever_posted, is_card, of_kind, press, reached, time_passes_until, wait_kind
from tests.e2e.outage_scene import posts
from tests.e2e.restart_scene import a_scene, kill
from tests.e2e.scene import Scene

TWELVE_MEGABYTES = 12.0
"""Over Discord's 10 MiB, and far under what a boosted server takes."""


async def test_a_video_that_is_due_before_the_gateway_has_sent_its_server_is_posted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P2: how much its server takes is not known yet after a restart: the video is uploaded, and Discord decides."""
    serve, may_connect = Gateway.serve, asyncio.Event()
    may_connect.set()

    async def held(self: Gateway, http: web.Request) -> web.StreamResponse:
        await may_connect.wait()
        return await serve(self, http)

    monkeypatch.setattr(Gateway, "serve", held)
    async with a_scene(tmp_path, result="content_only", megabytes=TWELVE_MEGABYTES) as scene:
        guild = scene.chat.add_guild("Boosted", premium_tier=2)
        guild.join(scene.ada)
        channel = guild.add_channel("videos")
        scene.chat.faults.add("message_create", Fault.rate_limited(600.0), only_if=lambda r: bool(r.files))
        await scene.ada.slash(channel, "video", prompt="A heron at dawn")
        await scene.chat.wait_for(lambda: scene.chat.faults.struck, what="the first try")
        await inspection.job(scene.stage, "A heron at dawn", "posting")
        await kill(scene)
        scene.stage.jump(700)
        may_connect.clear()
        starting = asyncio.create_task(scene.stage.start_bot())
        video = await wait_kind(scene.chat, channel, "video")
        assert len(video.attachments) == 1
        may_connect.set()
        await starting


async def test_a_provider_that_stumbles_when_it_is_asked_for_the_link_is_asked_again(tmp_path: Path) -> None:
    """P2: a video over the limit is linked, however often the provider has to be asked where it is."""
    async with a_scene(tmp_path, result="foreign_url", megabytes=TWELVE_MEGABYTES) as scene:
        fetching = scene.studio.gate("file", "after_take")
        await scene.ada.slash(scene.channel, "video", prompt="A heron at dawn")
        await reached(fetching)
        # Links to this machine are never posted.
        scene.studio.dials.public_files_url = "https://files.example.com"
        scene.studio.faults.add("poll", StudioFault.status(503), times=3)
        fetching.open()
        video = await time_passes_until(scene.stage, lambda: of_kind(scene.channel, "video"), step_seconds=5)
        assert "http" in video[0].text
        assert ever_posted(scene.chat, scene.channel, "fail") == []


async def test_a_withheld_videos_card_with_a_lost_response_is_found_again(tmp_path: Path) -> None:
    """P3: *Don't post* came before the card; its posting has an unknown outcome, the bot is killed: it exists once."""
    async with a_scene(tmp_path, render_seconds=3_000.0) as scene:
        scene.chat.faults.add("message_create", Fault.rate_limited(40.0))
        await scene.ada.slash(scene.channel, "video", prompt="A heron at dawn")
        job = await inspection.job(scene.stage, "A heron at dawn", "rendering")
        listed = await (await scene.ada.slash(scene.channel, "status")).wait_state("message")
        await (await press(scene.ada, listed, Action.WITHHOLD, job["id"])).wait_state("message")
        scene.chat.faults.add("message_create", Fault.drop(after=True))
        card = (await time_passes_until(scene.stage, lambda: cards(scene), step_seconds=5))[0]
        await inspection.until(scene.stage, lambda: len(scene.chat.faults.struck) == 2, "the lost answer")
        await kill(scene)
        scene.stage.jump(300)
        await scene.stage.start_bot()
        await time_passes_until(scene.stage, lambda: posts(scene.stage, kind="card", state="sent"), step_seconds=5)
        assert cards(scene) == [card]
        assert actions(card) == [Action.POST_IT]
        await (await press(scene.ada, card, Action.POST_IT)).wait_state("message")
        await time_passes_until(scene.stage, lambda: actions(card) == [Action.WITHHOLD])
        scene.stage.jump(3_000)
        await scene.video()
        await scene.chat.wait_gone(card)


def cards(scene: Scene) -> list[Message]:
    """The cards that stand in the channel."""
    return [one for one in scene.channel.messages if is_card(one)]
