"""What people can break backstage, and what they then see: a lost answer, a killed bot."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Error, expect

from bot.chat.words import Key, Label
from tests.browser.visit import Visit, a_visit
from tests.wording import label_of, rendered

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_lost_answer_of_discord(visit: Visit) -> None:
    """Discord takes the video but its answer is lost: it is there once, and was paid for once."""
    ada = visit.visitor
    await ada.ask_for_video("A paper boat")
    await expect(ada.video("A paper boat")).to_be_visible()
    await ada.lose("Discord", "new message")
    await ada.ask_for_video("A paper crane")
    await expect(visit.page.get_by_text("No faults are planned.").last).to_be_visible()
    await visit.let_pass_until(lambda: visit.videos_posted >= 2)
    await expect(ada.video("A paper crane")).to_be_visible()
    await expect(ada.videos()).to_have_count(2)
    assert (visit.paid, visit.videos_posted) == (2, 2)
    backstage = await ada.backstage()
    await backstage.get_by_role("tab", name="Counters").click()
    await expect(backstage.get_by_text("Nothing was paid or posted twice.")).to_be_visible()


async def test_a_lost_answer_to_the_paid_request(visit: Visit) -> None:
    """The provider takes the video but its answer is lost: the person is asked, and nothing is paid for twice."""
    ada = visit.visitor
    await ada.lose("The provider", "create or remix")
    await ada.ask_for_video("A paper boat")
    await expect(ada.message(rendered(Key.UNSURE))).to_be_visible()
    await ada.press(label_of(Label.DISMISS))
    await expect(ada.message(rendered(Key.ANSWER_DISMISSED))).to_contain_text("Only you can see this")
    assert visit.paid == 1


async def test_the_bot_is_killed_in_mid_render(browser: Browser, tmp_path: Path) -> None:
    """Killed while a video renders and started again, the bot goes on: the video comes, and is paid for once."""
    async with a_visit(tmp_path, browser, render_seconds=60) as visit:
        ada = visit.visitor
        await ada.ask_for_video("A paper boat")
        await expect(ada.message("A paper boat")).to_contain_text(rendered(Key.RENDERING))
        backstage = await ada.backstage()
        await ada.press("Kill", backstage)
        await expect(backstage.get_by_text("Killed", exact=True)).to_be_visible()
        await expect(visit.page.get_by_text("Bot not running")).to_be_visible()
        await ada.press("+1 min", backstage)
        await ada.press("Start", backstage)
        await ada.sees_bot_online()
        await expect(ada.video("A paper boat")).to_contain_text(rendered(Key.VIDEO_READY))
        await expect(ada.videos()).to_have_count(1)
        assert (visit.paid, visit.videos_posted) == (1, 1)
        assert visit.stage.bot.lives == 2


async def test_commands_that_come_while_one_types_are_offered(browser: Browser, tmp_path: Path) -> None:
    """The list says that there are none yet, and shows them as soon as the bot has registered them."""
    async with a_visit(tmp_path, browser, with_bot=False) as visit:
        await visit.visitor.composer.press_sequentially("/vid")
        await expect(visit.page.get_by_text("There are no commands here (yet).")).to_be_visible()
        await visit.stage.start_bot()
        await expect(visit.page.get_by_role("option").filter(has_text="/video")).to_be_visible()


async def test_what_goes_wrong_in_the_browser_is_noticed(visit: Visit) -> None:
    """A wish for something outside, an error and an exception of the page would fail any of these tests."""
    page = visit.page
    await page.evaluate("new Image().src = 'http://outside.invalid/picture.png'")
    await page.evaluate("console.error('so wrong')")
    # The second timer is the later one: a page that is left before has thrown nothing.
    await page.evaluate("new Promise(done => { setTimeout(() => { throw new Error('thrown') }); setTimeout(done) })")
    with pytest.raises(Error):
        await page.goto("http://outside.invalid/")
    for sign in ("outside.invalid/picture.png", "error: so wrong", "thrown", "asked outside: http://outside.invalid/"):
        assert any(sign in one for one in visit.troubles), visit.troubles
    visit.troubles.clear()
