"""The pictures of the private lists: /status, /history and Details, as their reader sees them."""

import tempfile
from pathlib import Path

from playwright.async_api import Browser, Locator, expect

from bot.chat.words import Key, Label
from tests.browser.visit import Visit, a_visit, picture_of
from tests.e2e.inspection import until
from tests.e2e.scene import WITH_FFMPEG
from tests.wording import label_of, rendered

SIZE = (900, 1100)
# As in the demo, but without waiting for the render.
DIALS = {"frames_per_second": 12.0, "default_size": "1280x720", "progress": "percent", "render_seconds": 300.0}
LIMITS = {"MAX_ACTIVE_JOBS_PER_USER": "3", "MAX_JOBS_PER_USER_PER_DAY": "25"}
PROMPTS = ("A lighthouse in a storm", "Jellyfish dance in a deep blue sea", "A paper boat sails down a rainy street")
CHANGE = "The same paper boat at midnight, past lit windows"


async def take_lists(browser: Browser, folder: Path, *, dark: bool) -> list[Path]:
    """Three of the answers; returns what was written."""
    mood = "dark" if dark else "light"
    taken: list[Path] = []

    async def shot(name: str, message: Locator) -> None:
        taken.append(await picture_of(message, folder / f"{name}-{mood}.png"))

    with tempfile.TemporaryDirectory(prefix="video-bot-") as place:
        async with a_visit(Path(place), browser, size=SIZE, dark=dark, settings=WITH_FFMPEG | LIMITS, **DIALS) as visit:
            ada = visit.visitor
            for prompt in PROMPTS:
                await ada.ask_for_video(prompt)
                await _finished(visit, prompt)
            await ada.reply(ada.video(PROMPTS[-1]), CHANGE)
            await _finished(visit, CHANGE)
            await ada.press(label_of(Label.DETAILS), ada.video(CHANGE))
            await shot("details", ada.message(rendered(Key.SETTINGS_SENT)))
            await ada.press("Send command", await ada.begin("history"))
            history = ada.message(rendered(Key.LIST_TITLE), PROMPTS[0])
            await shot("history", history)
            await ada.ask_for_video("A heron wades through reeds at dawn")
            await expect(ada.message("A heron wades", rendered(Key.RENDERING))).to_be_visible()
            visit.stage.jump(120)
            await ada.press("Send command", await ada.begin("status"))
            await shot("status", ada.message(rendered(Key.LEFT)))
    return taken


async def _finished(visit: Visit, prompt: str) -> None:
    card = visit.visitor.message(prompt, rendered(Key.ASKED_BY))
    await expect(card).to_contain_text(rendered(Key.RENDERING))
    visit.stage.jump(DIALS["render_seconds"] + 10)
    await expect(visit.visitor.video(prompt)).to_be_visible()
    await expect(card).to_be_hidden()
    # Its first frame is drawn in the background, and shown in each list that is opened after that.
    frames, made = visit.stage.bot.data_dir / "frames", len(visit.stage.renders)
    await until(visit.stage, lambda: len(list(frames.glob("frame-*.jpg"))) == made, "a first frame of each video")
