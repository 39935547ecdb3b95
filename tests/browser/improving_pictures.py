"""The picture of a prompt and its better version, as the person who chooses sees them."""

import tempfile
from pathlib import Path

from playwright.async_api import Browser

from bot.chat.words import Key
from tests.browser.visit import a_visit, picture_of
from tests.wording import rendered

SIZE = (900, 900)
SETTINGS = {"PROMPT_MODEL": "studio-text"}
PROMPT = "A paper boat sails down a rainy street at dusk"


async def take_improving(browser: Browser, folder: Path, *, dark: bool) -> list[Path]:
    """The private answer to `/video` with `improve`; returns what was written."""
    with tempfile.TemporaryDirectory(prefix="video-bot-") as place:
        async with a_visit(Path(place), browser, size=SIZE, dark=dark, settings=SETTINGS) as visit:
            ada = visit.visitor
            await ada.ask_for_video(PROMPT, improve="True")
            path = folder / f"improved-{'dark' if dark else 'light'}.png"
            return [await picture_of(ada.message(rendered(Key.IMPROVED_OFFER)), path)]
