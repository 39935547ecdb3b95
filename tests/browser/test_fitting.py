"""A picture that would lose more than half of itself, in a real browser: shown whole by the name of the button."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from bot.chat.words import Key, Label
from bot.jobs.reasons import Reason
from tests.browser.fitting_pictures import PROMPT, SETTINGS, ask_for_a_tall_video
from tests.browser.visit import WIDE, a_visit
from tests.wording import label_of, rendered, sentence

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_visitor_has_all_of_a_picture_shown(browser: Browser, tmp_path: Path) -> None:
    """The question is private and keeps the prompt; **Edit** leads to the form, and the button to one video."""
    async with a_visit(tmp_path, browser, size=WIDE, settings=SETTINGS) as visit:
        ada = visit.visitor
        await ask_for_a_tall_video(visit)
        question = ada.message(rendered(Reason.PICTURE_CROPPED))
        await expect(question).to_contain_text(PROMPT)
        await expect(question).to_contain_text("Only you can see this")
        assert visit.paid == 0
        await ada.press(label_of(Label.EDIT), question)
        form = visit.page.get_by_role("dialog", name=sentence(Key.FORM_VIDEO))
        await expect(form.get_by_label(sentence(Key.FORM_PROMPT))).to_have_value(PROMPT)
        await ada.press("Cancel", form)
        await ada.press(label_of(Label.SHOW_ALL), question)
        await expect(ada.video(PROMPT)).to_be_visible()
        assert visit.paid == 1
