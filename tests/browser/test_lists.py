"""The private lists in a real browser: everything is found by what is written on it."""

import pytest
from playwright.async_api import expect

from bot.chat.words import Key, Label
from tests.browser.visit import Visit
from tests.wording import label_of, rendered, sentence

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_everything_is_found_by_its_label(visit: Visit) -> None:
    """Details, its family, /status with Refresh, /history with a search and pages, and /help."""
    ada = visit.visitor
    for number in range(6):
        await ada.ask_for_video(f"Paper boat {number}")
        await expect(ada.video(f"Paper boat {number}")).to_be_visible()
    await ada.press(label_of(Label.DETAILS), ada.video("Paper boat 5"))
    details = ada.message(rendered(Key.SETTINGS_SENT))
    await expect(details).to_contain_text(rendered(Key.REMOTE_ID))
    await expect(details).to_contain_text("Only you can see this")

    bar = await ada.begin("status")
    await ada.press("Send command", bar)
    status = ada.message(rendered(Key.LEFT))
    await expect(status).to_contain_text(rendered(Key.LEFT_ACTIVE))
    await ada.press(label_of(Label.REFRESH), status)
    await ada.press(label_of(Label.OLDER), status)
    await expect(ada.message("Paper boat 0", rendered(Key.LEFT))).to_be_visible()

    bar = await ada.begin("history")
    await bar.get_by_label("search", exact=True).fill("PAPER")
    await ada.press("Send command", bar)
    history = ada.message(rendered(Key.HISTORY_FOUND))
    await expect(history).to_contain_text("Paper boat 5")
    await ada.press(label_of(Label.OLDER), history)
    await expect(history).to_contain_text("Paper boat 0")
    await expect(history).not_to_contain_text("Paper boat 5")
    await ada.press(label_of(Label.DETAILS), history)
    await expect(ada.message(rendered(Key.SETTINGS_SENT), "Paper boat 0")).to_be_visible()

    await ada.press(label_of(Label.EDIT_AND_MAKE_ANOTHER), details)
    form = ada.page.get_by_role("dialog", name=sentence(Key.FORM_VIDEO))
    await expect(form.get_by_label(sentence(Key.FORM_PROMPT))).to_have_value("Paper boat 0")
    await form.get_by_label(sentence(Key.FORM_LENGTH)).click()
    await ada.page.get_by_role("option", name=rendered(Key.LENGTH_SECONDS, seconds=8)).click()
    await ada.press("Submit", form)
    await expect(ada.video("Paper boat 0", rendered(Key.LENGTH_SECONDS, seconds=8))).to_be_visible()
    assert visit.paid == 7

    bar = await ada.begin("help")
    await ada.press("Send command", bar)
    # The page draws the lines as a list.
    await expect(ada.message(sentence(Key.HELP_CHARGE).removeprefix("- "))).to_be_visible()
