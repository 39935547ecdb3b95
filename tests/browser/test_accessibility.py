"""axe-core looks at the page in its main states, light and dark: nothing serious or critical."""

from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from bot.chat.words import Key, Label
from tests.browser.files import BOAT
from tests.browser.visit import PHONE, WIDE, a_visit
from tests.figures import figure
from tests.wording import label_of, rendered, sentence

pytestmark = pytest.mark.asyncio(loop_scope="module")
GRAVE = ("serious", "critical")
LOOKS = [(WIDE, False), (WIDE, True), (PHONE, False), (PHONE, True)]


async def faults_of(page: Page, state: str) -> list[str]:
    """What axe-core finds grave, with the elements it means."""
    results = await Axe().run(page)
    return [
        f"{state}: {one['id']} ({one['impact']}): {node['html'][:160]} {node.get('failureSummary', '')}"
        for one in results.response["violations"]
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]


@pytest.mark.reliability
@pytest.mark.parametrize(("size", "dark"), figure(LOOKS[::3], LOOKS), ids=str)
async def test_nothing_grave(browser: Browser, tmp_path: Path, size: tuple[int, int], *, dark: bool) -> None:
    """The chat with a card, a video and a private message, the slash bar, a form, backstage: all can be used by all."""
    async with a_visit(tmp_path, browser, size=size, dark=dark) as visit:
        ada, page = visit.visitor, visit.page
        faults = await faults_of(page, "empty chat")
        await ada.ask_for_video("A paper boat", picture=BOAT)
        video = ada.video("A paper boat")
        await expect(video).to_be_visible()
        await ada.ask_for_video("A forbidden boat")
        await expect(ada.message(rendered(Key.FAILURE_PRIVATE))).to_be_visible()
        bar = await ada.begin("status")
        await ada.press("Send command", bar)
        await expect(ada.message(rendered(Key.LIST_TITLE))).to_contain_text("Only you can see this")
        faults += await faults_of(page, "chat")
        await video.hover()
        await ada.press("More", video)
        faults += await faults_of(page, "menu")
        await page.keyboard.press("Escape")
        await ada.composer.press_sequentially("/")
        await expect(page.get_by_role("option").first).to_be_visible()
        faults += await faults_of(page, "commands")
        await ada.composer.fill("")
        bar = await ada.begin("video")
        await ada.add_option(bar, "size")
        await expect(page.get_by_role("option").first).to_be_visible()
        faults += await faults_of(page, "slash bar")
        await ada.press("Leave this command", bar)
        await ada.press(label_of(Label.REMIX), video)
        form = page.get_by_role("dialog", name=sentence(Key.FORM_REMIX))
        await ada.press("Submit", form)
        await expect(form.get_by_text("This field is required.")).to_be_visible()
        faults += await faults_of(page, "form")
        await ada.press("Cancel", form)
        backstage = await ada.backstage()
        for tab in await backstage.get_by_role("tab").all():
            await tab.click()
            faults += await faults_of(page, f"backstage, {await tab.inner_text()}")
        assert not faults, "\n".join(faults)
