"""The slash bar with two models of different options."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, expect

from bot.chat.words import Label
from bot.jobs.reasons import Reason
from tests.browser.visit import a_visit
from tests.browser.visitor import Visitor
from tests.e2e import inspection
from tests.e2e.test_model_options import MODELS, PROVIDERS
from tests.wording import label_of, rendered

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def pick(ada: Visitor, bar: Locator, option: str, value: str) -> None:
    """Add an option and pick one of the values that come up."""
    await (await ada.add_option(bar, option)).click()
    await ada.page.get_by_role("option", name=value, exact=True).click()


async def test_a_visitor_chooses_what_a_model_offers(browser: Browser, tmp_path: Path) -> None:
    """Its options are fields by their names, with choices, bounds and suggestions; what it lacks is refused with a way
    on.
    """
    async with a_visit(tmp_path, browser, providers=PROVIDERS, with_bot=False) as visit:
        visit.stage.models = MODELS
        await visit.stage.start_bot()
        ada = visit.visitor
        await ada.open(visit.address)
        bar = await ada.begin("video")
        await bar.get_by_label("prompt", exact=True).fill("A paper boat")
        await pick(ada, bar, "model", "Cinema 2 (default)")
        await pick(ada, bar, "size", "640x360 (landscape)")
        seed = await ada.add_option(bar, "seed")
        await seed.fill("101")
        await ada.press("Send command", bar)
        await expect(bar.get_by_text("Must be at most 100.")).to_be_visible()
        await seed.fill("7")
        await pick(ada, bar, "sound", "True")
        await ada.press("Send command", bar)
        video = ada.video("A paper boat")
        for words in ("Cinema 2", "640x360", "seed: 7", "sound: on"):
            await expect(video).to_contain_text(words)
        sent = (await inspection.sent(visit.stage, "A paper boat")).fields
        assert (sent["seed"], sent["generate_audio"], sent["size"]) == (7, True, "640x360")

        bar = await ada.begin("video")
        await bar.get_by_label("prompt", exact=True).fill("A paper crane")
        await pick(ada, bar, "model", "Cartoon")
        await pick(ada, bar, "sound", "True")
        await pick(ada, bar, "style", "ink")
        await ada.press("Send command", bar)
        refused = ada.message("A paper crane", rendered(Reason.OPTION_UNKNOWN))
        await expect(refused).to_contain_text("Cinema 2")
        await ada.press(label_of(Label.EDIT), refused)
        form = visit.page.get_by_role("dialog")
        await expect(form).to_contain_text("style: ink")
        await ada.press("Submit", form)
        await expect(ada.video("A paper crane")).to_contain_text("style: ink")
        assert visit.paid == 2
