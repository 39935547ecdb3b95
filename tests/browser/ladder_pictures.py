"""The pictures of the delivery ladder: one message for each way in which a video reaches its requester."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Locator, expect

from bot.chat.words import Key
from bot.chat.words._endings import Ending
from sandbox.chat import Fault, Guild
from tests.browser.visit import WIDE, Visit, a_visit, picture_of, stop_in_the_middle
from tests.e2e.scene import WITH_FFMPEG
from tests.encoded_videos import encoded
from tests.wording import Named, rendered

PUBLIC = "https://files.example.com"
# As in the demo, but without waiting for the render.
DIALS = {"frames_per_second": 12.0, "default_size": "1280x720", "render_seconds": 300.0}


async def take_ladder(browser: Browser, folder: Path, *, dark: bool) -> list[Path]:
    """A picture of each way's message; returns what was written."""
    mood = "dark" if dark else "light"
    taken: list[Path] = []

    async def shot(name: str, message: Locator) -> None:
        taken.append(await picture_of(message, folder / f"ladder-{name}-{mood}.png"))

    async with _a_world(browser, dark=dark) as (visit, guild):
        dials, ada = visit.stage.studio.dials, visit.visitor
        file = visit.stage.folder / "hevc.mp4"
        file.write_bytes(encoded("hevc.mp4", size="640x360"))
        dials.file = file
        await shot("convert", await _delivered(visit, "A test card, from an HEVC camera", Key.MADE_CONVERTED))
        dials.file, dials.megabytes = None, 30.0
        await shot("fit", await _delivered(visit, "A red fox trots through snow", Key.MADE_FITTED))
        dials.megabytes = None
        await _rendering(visit, "A lighthouse in a storm")
        drawn = await visit.stage.studio.video(visit.stage.studio.renders[-1])
        # Refused as it is, and at half its size.
        guild.upload_limit_override_bytes = drawn.stat().st_size * 3 // 10
        visit.stage.jump(DIALS["render_seconds"] + 10)
        await shot("smaller", await _shown(visit, "A lighthouse in a storm", Key.MADE_SMALLER))
        guild.upload_limit_override_bytes = None
        # What was learned there counts no more.
        guild.boost(2)
        refused = Fault.error(400, 20009)
        visit.stage.chat.faults.add("message_create", refused, only_if=lambda one: bool(one.files))
        dials.public_files_url = PUBLIC
        await shot("link", await _delivered(visit, "A ballet of jellyfish", Key.WATCH_UNTIL, playing=False))
        dials.public_files_url = None
        await _enter(visit, "Storyboard", "Storyboard")
        await _rendering(visit, "A night train over a bridge")
        next(one for one in guild.channels.values() if one.is_thread).delete()
        visit.stage.jump(DIALS["render_seconds"] + 10)
        await ada.press("videos")
        await shot("parent", await _shown(visit, "A night train over a bridge", Key.MOVED_PARENT))
        channel = visit.demo_world.start_channel
        await _rendering(visit, "Paper boats in the rain")
        channel.overwrite(visit.stage.chat.bot_user, deny=1 << 15)  # Attach Files
        visit.stage.jump(DIALS["render_seconds"] + 10)
        await ada.press("Direct messages")
        await shot("dm", await _shown(visit, "Paper boats in the rain", Key.MOVED_ACCESS))
        channel.overwrite(visit.stage.chat.bot_user)
        await _enter(visit, "Night Shift", "videos")
        await _rendering(visit, "A garden at night")
        visit.demo_world.personas[0].person.user.dms_open = False
        channel.overwrite(visit.stage.chat.bot_user, deny=1 << 15)
        visit.stage.jump(DIALS["render_seconds"] + 10)
        notice = await _shown(visit, "A garden at night", Ending.UNPOSTED_PERMISSION, playing=False)
        await shot("kept", notice)
    return taken


@asynccontextmanager
async def _a_world(browser: Browser, *, dark: bool) -> AsyncIterator[tuple[Visit, Guild]]:
    with tempfile.TemporaryDirectory(prefix="video-bot-") as place:
        async with a_visit(Path(place), browser, size=WIDE, dark=dark, settings=WITH_FFMPEG, **DIALS) as visit:
            guild = visit.demo_world.start_channel.guild
            assert guild is not None
            yield visit, guild


async def _enter(visit: Visit, pressed: str, channel: str) -> None:
    """Go to a channel or thread; returns when what is written goes there."""
    await visit.visitor.press(pressed)
    await expect(visit.page.get_by_placeholder(f"#{channel}")).to_be_visible()


async def _rendering(visit: Visit, prompt: str) -> None:
    await visit.visitor.ask_for_video(prompt)
    card = visit.visitor.message(prompt, rendered(Key.ASKED_BY))
    await expect(card).to_contain_text(rendered(Key.RENDERING))


async def _delivered(visit: Visit, prompt: str, said: Named, *, playing: bool = True) -> Locator:
    await _rendering(visit, prompt)
    visit.stage.jump(DIALS["render_seconds"] + 10)
    return await _shown(visit, prompt, said, playing=playing)


async def _shown(visit: Visit, prompt: str, said: Named, *, playing: bool = True) -> Locator:
    """The message, once it says that; its video shows a picture of its middle."""
    message = visit.visitor.message(prompt, rendered(said), playing=playing)
    await expect(message).to_be_visible()
    if playing:
        await stop_in_the_middle(message)
    return message
