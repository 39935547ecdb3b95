"""A better prompt, in a real browser: seen, edited and used by the names of the buttons."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from bot.chat.words import Key, Label
from bot.jobs.reasons import Reason
from tests.browser.improving_pictures import PROMPT, SETTINGS
from tests.browser.visit import WIDE, a_visit
from tests.wording import label_of, rendered, sentence

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_visitor_chooses_between_two_prompts(browser: Browser, tmp_path: Path) -> None:
    """The better one comes back in the form, and becomes the video; with the chat model down the own one goes on."""
    async with a_visit(tmp_path, browser, size=WIDE, settings=SETTINGS) as visit:
        ada, better = visit.visitor, f"{PROMPT}{visit.stage.studio.dials.better_words}"
        await ada.ask_for_video(PROMPT, improve="True")
        offer = ada.message(rendered(Key.IMPROVED_OFFER))
        await expect(offer).to_contain_text(better)
        await expect(offer).to_contain_text("Only you can see this")
        await ada.press(label_of(Label.EDIT), offer)
        form = visit.page.get_by_role("dialog", name=sentence(Key.FORM_VIDEO))
        await expect(form.get_by_label(sentence(Key.FORM_PROMPT))).to_have_value(better)
        await ada.press("Submit", form)
        await expect(ada.video(better)).to_be_visible()
        await ada.lose("The provider", "better prompt", "Server error")
        await ada.ask_for_video("A tin robot", improve="True")
        failed = ada.message(rendered(Reason.NOT_IMPROVED))
        await ada.press(label_of(Label.USE_MINE), failed)
        await expect(ada.video("A tin robot")).to_be_visible()
        assert visit.paid == 2
