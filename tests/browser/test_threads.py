"""Threads in a real browser: opened under a video, talked in with mentions and replies, put away and locked."""

import pytest
from playwright.async_api import expect

from bot.chat.words import Key, Label
from sandbox.chat.permissions import Permission
from tests.browser.visit import Visit
from tests.wording import label_of, rendered

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_thread_goes_on_with_a_video(visit: Visit) -> None:
    """A mention remixes the video it was opened on, a reply its remix; managers put the thread away and delete it."""
    ada, page = visit.visitor, visit.page
    await ada.ask_for_video("A paper boat")
    boat = ada.video("A paper boat")
    await ada.press(label_of(Label.OPEN_THREAD), boat)
    await expect(ada.message(rendered(Key.ANSWER_THREAD))).to_contain_text("Only you can see this")
    await boat.get_by_role("button", name="A paper boat").click()
    await expect(page.get_by_role("heading", name="A paper boat", level=2)).to_be_visible()
    await ada.composer.press_sequentially("@Vid")
    await page.get_by_role("option", name="Video Bot").click()
    await ada.composer.press_sequentially("By night, with many lanterns")
    await ada.composer.press("Enter")
    remix = ada.video("By night, with many lanterns")
    await expect(remix).to_contain_text(rendered(Key.REMIX_READY))
    await expect(remix.get_by_role("button", name=label_of(Label.OPEN_THREAD))).to_be_hidden()
    await ada.write("What a lovely boat that is")
    await ada.reply(remix, "With a hundred gulls")
    await expect(ada.video("With a hundred gulls")).to_contain_text(rendered(Key.REMIX_READY))
    assert visit.paid == 3

    async def change(*names: str) -> None:
        for name in names:
            await ada.press("Thread options")
            await page.get_by_role("menu", name="Thread").get_by_role("menuitem", name=name).click()

    await ada.become("Mira")
    await change("Archive thread", "Lock thread")
    await expect(page.get_by_role("heading", name="A paper boat (archived, locked)")).to_be_visible()
    await change("Unlock thread", "Reopen thread")
    await expect(page.get_by_role("heading", name="(archived")).to_be_hidden()
    await change("Delete thread")
    await expect(page.get_by_role("heading", name="videos", level=2)).to_be_visible()
    await expect(ada.button("Thread options")).to_be_hidden()


async def test_the_right_that_is_missing_is_said(visit: Visit) -> None:
    """Privately, and no thread is opened."""
    ada = visit.visitor
    await ada.ask_for_video("A paper boat")
    boat = ada.video("A paper boat")
    await expect(boat).to_be_visible()
    visit.demo_world.start_channel.overwrite(visit.stage.chat.bot_user, deny=Permission.CREATE_PUBLIC_THREADS)
    await ada.press(label_of(Label.OPEN_THREAD), boat)
    await expect(ada.message("Create Public Threads")).to_contain_text("Only you can see this")
    await expect(boat.get_by_role("button", name="A paper boat")).to_be_hidden()
