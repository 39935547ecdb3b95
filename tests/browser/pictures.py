"""Takes the pictures of the documents from the page as it is, by playing stories there: `make pictures`."""

import asyncio
import io
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter
from playwright.async_api import Browser, FilePayload, expect

from bot.chat.words import Key
from tests.browser.chromium import MISSING, find_chromium
from tests.browser.fallback_pictures import take_fallback
from tests.browser.fitting_pictures import take_fitting
from tests.browser.improving_pictures import take_improving
from tests.browser.ladder_pictures import take_ladder
from tests.browser.list_pictures import take_lists
from tests.browser.visit import WIDE, Visit, a_browser, a_visit, stop_in_the_middle
from tests.e2e.scene import WITH_FFMPEG
from tests.wording import rendered

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
PROMPT = "A paper boat sails down a rainy street at dusk"
CHANGE = "A paper boat sails down a snowy street at midnight, past lit windows"
# As in the demo, but without waiting for the render.
DIALS = {"frames_per_second": 12.0, "default_size": "1280x720", "progress": "percent", "render_seconds": 300.0}


def paper_boat() -> FilePayload:
    """A paper boat on water, as somebody might have photographed it."""
    wide, high = 960, 540
    image = Image.new("RGB", (wide, high), "#31465e")
    draw = ImageDraw.Draw(image)
    draw.ellipse((640, 40, 860, 260), fill="#e9b872")
    image = image.filter(ImageFilter.GaussianBlur(26))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 350, wide, high), fill="#1d5a78")
    for row in range(9):
        y = 362 + row * 20
        draw.line((40 + row * 37 % 210, y, 420 + row * 61 % 380, y), fill="#2f7698", width=3)
    draw.polygon(((300, 330), (660, 330), (570, 410), (390, 410)), fill="#f6f1e6")
    draw.polygon(((480, 140), (480, 326), (345, 326)), fill="#ece1cb")
    draw.polygon(((490, 170), (490, 326), (610, 326)), fill="#d9c8a6")
    draw.polygon(((390, 410), (570, 410), (545, 440), (415, 440)), fill="#12445e")
    data = io.BytesIO()
    image.save(data, "PNG")
    return {"name": "paper-boat.png", "mimeType": "image/png", "buffer": data.getvalue()}


async def take_pictures(folder: Path) -> list[Path]:
    """All pictures, light and dark; returns what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    taken: list[Path] = []
    async with a_browser() as browser:
        for dark in (False, True):
            taken += await _story(browser, folder, dark=dark)
            taken += await take_lists(browser, folder, dark=dark)
            taken += await take_ladder(browser, folder, dark=dark)
            taken += await take_improving(browser, folder, dark=dark)
            taken += await take_fallback(browser, folder, dark=dark)
            taken += await take_fitting(browser, folder, dark=dark)
    return taken


async def _story(browser: Browser, folder: Path, *, dark: bool) -> list[Path]:
    """A remix in the chat, the slash bar, and backstage."""
    mood = "dark" if dark else "light"
    with tempfile.TemporaryDirectory(prefix="video-bot-") as place:
        async with a_visit(Path(place), browser, size=WIDE, dark=dark, settings=WITH_FFMPEG, **DIALS) as visit:
            ada = visit.visitor
            bar = await ada.begin("video")
            await bar.get_by_label("prompt", exact=True).fill(PROMPT)
            await ada.press("+ reference", bar)
            await ada.pick_file(ada.button("reference Choose, drop or paste a file", bar), paper_boat())
            await (await ada.add_option(bar, "seconds")).focus()
            await expect(visit.page.get_by_role("option", name="8")).to_be_visible()
            taken = [await _shot(visit, folder / f"command-{mood}.png")]
            await ada.press("Leave this command", bar)
            await ada.ask_for_video(PROMPT, picture=paper_boat())
            await _rendered(visit, PROMPT)
            await ada.reply(ada.video(PROMPT), CHANGE)
            await _rendered(visit, CHANGE)
            taken.append(await _shot(visit, folder / f"chat-{mood}.png"))
            await ada.backstage()
            taken.append(await _shot(visit, folder / f"backstage-{mood}.png"))
    return taken


async def _rendered(visit: Visit, prompt: str) -> None:
    """Let the render finish, and wait until its card is deleted and its video is where its words are readable."""
    card = visit.visitor.message(prompt, rendered(Key.ASKED_BY))
    await expect(card).to_contain_text(rendered(Key.RENDERING))
    visit.stage.jump(DIALS["render_seconds"] + 10)
    video = visit.visitor.video(prompt)
    await expect(video).to_be_visible()
    await expect(card).to_be_hidden()
    await stop_in_the_middle(video)


async def _shot(visit: Visit, path: Path) -> Path:
    """Take the picture, with the pointer out of the way."""
    await visit.page.mouse.move(0, 0)
    await visit.page.screenshot(path=path, scale="css", animations="disabled", caret="hide")
    return path


def main() -> int:
    """Take them all; 0 when they are there."""
    if find_chromium() is None:
        print(MISSING, file=sys.stderr)  # noqa: T201  # it is a command
        return 1
    for path in asyncio.run(take_pictures(FOLDER)):
        print(path.relative_to(Path.cwd()))  # noqa: T201  # it is a command
    return 0


if __name__ == "__main__":
    sys.exit(main())
