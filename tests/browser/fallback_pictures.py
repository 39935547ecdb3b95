"""The picture of a remix that was made as a new video, from the last frame of the old one."""

import tempfile
from pathlib import Path

from playwright.async_api import Browser

from bot.chat.words import Key
from tests.browser.visit import WIDE, a_visit, picture_of, stop_in_the_middle
from tests.e2e.scene import WITH_FFMPEG
from tests.wording import rendered

PROMPT = "A lighthouse on a cliff at dusk"
CHANGE = "Let a storm come up"
DIALS = {"frames_per_second": 12.0, "default_size": "1280x720"}


async def take_fallback(browser: Browser, folder: Path, *, dark: bool) -> list[Path]:
    """The message of the new video; returns what was written."""
    with tempfile.TemporaryDirectory(prefix="video-bot-") as place:
        async with a_visit(Path(place), browser, size=WIDE, dark=dark, settings=WITH_FFMPEG, **DIALS) as visit:
            ada = visit.visitor
            await ada.ask_for_video(PROMPT)
            await stop_in_the_middle(ada.video(PROMPT))
            visit.stage.studio.dials.remix = "no_path"
            await ada.reply(ada.video(PROMPT), CHANGE)
            video = ada.video(CHANGE, rendered(Key.FALLBACK_OF_LINKED))
            await stop_in_the_middle(video)
            return [await picture_of(video, folder / f"fallback-remix-{'dark' if dark else 'light'}.png")]
