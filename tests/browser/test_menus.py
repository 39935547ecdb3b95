"""The menu of a message, in a real browser: its picture is animated, its video remixed, its details shown."""

import pytest
from playwright.async_api import Locator, expect

from bot.chat.words import Key, Label
from bot.jobs.reasons import Reason
from tests.browser.files import BOAT
from tests.browser.visit import Visit
from tests.wording import label_of, rendered, sentence

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_message_s_menu_leads_to_videos(visit: Visit) -> None:
    """Ben's picture becomes Ada's video, which is remixed and looked at; a message without a video is refused."""
    ada, page = visit.visitor, visit.page

    async def use(message: Locator, label: Label) -> None:
        await message.click(button="right")
        await page.get_by_role("menu", name="Message").get_by_role("menuitem", name=label_of(label)).click()

    await ada.become("Ben")
    await ada.pick_file(ada.button("Attach files"), BOAT)
    await ada.write("Look at this boat")
    await ada.become("Ada")
    picture = ada.message("Look at this boat")
    await use(picture, Label.MENU_ANIMATE)
    form = page.get_by_role("dialog", name=sentence(Key.FORM_VIDEO))
    await expect(form.get_by_text(sentence(Key.FORM_PICTURES_KEPT, count=1))).to_be_visible()
    await form.get_by_label(sentence(Key.FORM_PROMPT)).fill("The boat sails off")
    await ada.press("Submit", form)
    video = ada.video("The boat sails off")
    await expect(video).to_contain_text(rendered(Key.PICTURES, count=1))
    await use(video, Label.MENU_REMIX)
    remix = page.get_by_role("dialog", name=sentence(Key.FORM_REMIX))
    await remix.get_by_label(sentence(Key.FORM_CHANGE)).fill("By night")
    await ada.press("Submit", remix)
    await expect(ada.video("By night")).to_contain_text(rendered(Key.REMIX_READY))
    await use(video, Label.MENU_DETAILS)
    await expect(ada.message(rendered(Key.REMOTE_ID))).to_contain_text("Only you can see this")
    await use(picture, Label.MENU_REMIX)
    await expect(ada.message(rendered(Reason.MENU_NO_VIDEO))).to_contain_text("Only you can see this")
    assert visit.paid == 2
