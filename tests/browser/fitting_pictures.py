"""The picture of a picture that is fitted: the question before it, and the video that starts from it."""

import io
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter
from playwright.async_api import Browser, FilePayload, expect

from bot.chat.words import Key, Label
from bot.jobs.reasons import Reason
from tests.browser.visit import Visit, a_visit, stop_in_the_middle
from tests.wording import label_of, rendered, sentence

SIZE = (900, 1000)
PROMPT = "The lighthouse begins to shine"
TALL = "720x1280"
SETTINGS = {"VIDEOS_REFERENCE_FIT": "", "VIDEOS_SIZES": f"1280x720,{TALL}"}
DIALS = {"frames_per_second": 12.0, "default_size": "1280x720", "alike": False}


def lighthouse() -> FilePayload:
    """A wide picture of a lighthouse, as somebody might have photographed it."""
    image = Image.new("RGB", (960, 540), "#27415c")
    draw = ImageDraw.Draw(image)
    draw.ellipse((560, 60, 700, 200), fill="#f2d493")
    image = image.filter(ImageFilter.GaussianBlur(18))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 420, 960, 540), fill="#123a4c")
    draw.polygon(((180, 440), (420, 440), (380, 400), (220, 400)), fill="#3b3f38")
    for row, colour in enumerate(("#d8523c", "#f3ece0") * 3):
        top = 160 + 40 * row
        draw.polygon(
            ((282 - row * 3, top), (318 + row * 3, top), (321 + row * 3, top + 40), (279 - row * 3, top + 40)), colour
        )
    draw.rectangle((276, 130, 324, 160), fill="#f7c65b")
    draw.polygon(((270, 130), (330, 130), (300, 104)), fill="#8b2f26")
    data = io.BytesIO()
    image.save(data, "PNG")
    return {"name": "lighthouse.png", "mimeType": "image/png", "buffer": data.getvalue()}


async def ask_for_a_tall_video(visit: Visit) -> None:
    """`/video` with the wide picture and the tall size."""
    size = sentence(Key.CHOICE_PORTRAIT, size=TALL)
    await visit.visitor.ask_for_video(PROMPT, picture=lighthouse(), size=size)


async def take_fitting(browser: Browser, folder: Path, *, dark: bool) -> list[Path]:
    """The question with *Show all of it*, and the video below it; returns what was written."""
    with tempfile.TemporaryDirectory(prefix="video-bot-") as place:
        async with a_visit(Path(place), browser, size=SIZE, dark=dark, settings=SETTINGS, **DIALS) as visit:
            ada = visit.visitor
            await ask_for_a_tall_video(visit)
            question = ada.message(rendered(Reason.PICTURE_CROPPED))
            await expect(question).to_be_visible()
            path = folder / f"fitted-question-{'dark' if dark else 'light'}.png"
            await visit.page.mouse.move(0, 0)
            await question.screenshot(path=path, scale="css", animations="disabled", caret="hide")
            await ada.press(label_of(Label.SHOW_ALL), question)
            video = ada.video(PROMPT)
            await expect(video).to_be_visible()
            await stop_in_the_middle(video)
            shown = path.with_name(path.name.replace("question-", ""))
            await visit.page.mouse.move(0, 0)
            await video.screenshot(path=shown, scale="css", animations="disabled", caret="hide")
            return [path, shown]
