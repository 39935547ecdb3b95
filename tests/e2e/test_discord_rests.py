"""Discord, or a network before it, wants to be left alone or is silent: it is asked rarely, and all comes once."""

import asyncio
from pathlib import Path

import pytest

from sandbox.chat import Fault
from sandbox.studio import Fault as StudioFault
from tests.e2e import inspection
from tests.e2e.messages import time_passes_until
from tests.e2e.outage_scene import FOR_EVER, MANY, RENDER, a_scene, at_the_provider, passes, rendering, videos
from tests.figures import figure
from tests.unit.bot.media.samples import mp4

ASKED_FOR = figure(16, 40)
DUE = figure(ASKED_FOR, 1_000)


@pytest.mark.reliability
async def test_a_network_that_refuses_everything_is_asked_once_in_ten_minutes(tmp_path: Path) -> None:
    """D9: with six videos due, one request goes out per ten minutes over all loops; afterwards all arrive once."""
    async with a_scene(tmp_path, MANY, render_seconds=RENDER) as scene:
        prompts = [f"Heron number {number}" for number in range(100, 106)]
        for prompt in prompts:
            await rendering(scene, prompt)
        kinds = ("message_create", "message_edit", "message_delete", "message_get", "history", "dm_open")
        scene.chat.faults.add(kinds, Fault.status(429), times=FOR_EVER)
        scene.stage.jump(RENDER)
        await inspection.until(
            scene.stage, lambda: len(inspection.jobs(scene.stage, state="posting")) == 6, "six videos"
        )
        await scene.chat.wait_for(lambda: scene.chat.faults.struck, what="the first refusal")
        for _ in range(120):
            scene.stage.jump(30)
            await asyncio.sleep(0.02)
        # What was on its way at first, of three uploads and twice eight others; then an hour of one in ten minutes.
        assert len(scene.chat.faults.struck) <= 19 + 6
        scene.chat.faults.clear()
        for prompt in prompts:
            await time_passes_until(
                scene.stage, lambda p=prompt: inspection.jobs(scene.stage, prompt=p, state="delivered"), step_seconds=30
            )
            assert len(videos(scene, prompt)) == 1


@pytest.mark.reliability
async def test_a_long_global_rest_is_waited_for_and_delays_only(tmp_path: Path) -> None:
    """D9: Discord's own global limit, of a moment and of minutes, delays the video; it is posted once."""
    async with a_scene(tmp_path, render_seconds=RENDER) as scene:
        await rendering(scene, "A heron at dawn")
        scene.chat.faults.add("message_create", Fault.rate_limited(0.05, global_=True), times=3)
        scene.chat.faults.add("message_create", Fault.rate_limited(240.0, global_=True))
        scene.stage.jump(RENDER)
        await scene.chat.wait_for(lambda: len(scene.chat.faults.struck) == 4, what="all four limits")
        await time_passes_until(scene.stage, lambda: inspection.jobs(scene.stage, state="delivered"), step_seconds=20)
        assert len(videos(scene, "A heron at dawn")) == 1


@pytest.mark.reliability
async def test_forty_videos_due_while_discord_is_silent_are_asked_for_rarely_and_come_once(tmp_path: Path) -> None:
    """D8: all fall due in more than ten minutes of silence: one probe per 15 s, and each is posted once afterwards.

    Those beyond forty are stored as due; the fetched file is small, so only the bot's work counts.
    """
    # Those put there count as submitted just now.
    room = {"MAX_RENDERING_JOBS": "1100", "MAX_SUBMITS_PER_MINUTE": "2000"}
    settings = MANY | room | {"POLL_MIN_SECONDS": "1", "POLL_MAX_SECONDS": "60"}
    async with a_scene(tmp_path, settings, start=False, render_seconds=RENDER) as scene:
        prompts = [f"Heron number {number}." for number in range(DUE)]
        await at_the_provider(scene, prompts[ASKED_FOR:])
        scene.studio.faults.add("file", StudioFault.body(mp4(), take=False, content_type="video/mp4"), times=FOR_EVER)
        await scene.stage.start_bot()
        for prompt in prompts[:ASKED_FOR]:
            await scene.ada.slash(scene.channel, "video", prompt=prompt)
        await inspection.until(
            scene.stage, lambda: len(inspection.jobs(scene.stage, state="rendering")) == DUE, "all renders"
        )
        kinds = ("message_create", "message_edit", "message_delete", "message_get", "history", "dm_open")
        scene.chat.faults.add(kinds, Fault.status(503), times=FOR_EVER)
        scene.stage.jump(RENDER)
        silent_since = scene.stage.clock.monotonic()
        await passes(scene, lambda: len(inspection.jobs(scene.stage, state="posting")) == DUE, step_seconds=1)
        for _ in range(120):
            scene.stage.jump(5)
            await asyncio.sleep(0.02)
        silent_seconds = scene.stage.clock.monotonic() - silent_since
        # What was on its way at first, five until nothing is asked, the cards, and then the probes.
        assert len(scene.chat.faults.struck) <= 19 + 5 + ASKED_FOR + silent_seconds / 15
        scene.chat.faults.clear()
        await passes(scene, lambda: len(inspection.jobs(scene.stage, state="delivered")) == DUE, step_seconds=2)
        assert [len(videos(scene, prompt)) for prompt in prompts] == [1] * DUE
        assert len(scene.studio.renders) == DUE
        assert all(scene.studio.paid(prompt) == 1 for prompt in prompts[:ASKED_FOR])
