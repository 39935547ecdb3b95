"""The slash bar with a model that takes a first and a last picture."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from bot.chat.words import Key, Label
from bot.jobs.reasons import Reason
from tests.browser.files import BOAT, LANTERN
from tests.browser.visit import a_visit
from tests.e2e.test_last_pictures import MODELS, PROVIDERS
from tests.wording import label_of, rendered, sentence

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_visitor_chooses_the_last_picture(browser: Browser, tmp_path: Path) -> None:
    """It is an option of its own; alone it is refused, and the form brings the first one."""
    async with a_visit(tmp_path, browser, providers=PROVIDERS, with_bot=False) as visit:
        visit.stage.models = MODELS
        await visit.stage.start_bot()
        ada, choose = visit.visitor, re.compile("Choose, drop or paste a file")
        await ada.open(visit.address)
        bar = await ada.begin("video")
        await bar.get_by_label("prompt", exact=True).fill("A boat becomes a lantern")
        await (await ada.add_option(bar, "model")).click()
        await visit.page.get_by_role("option", name="Framed", exact=True).click()
        await ada.press("+ last_picture", bar.get_by_role("group", name="Further options"))
        await ada.pick_file(ada.button(choose, bar), LANTERN)
        await ada.press("Send command", bar)
        refused = ada.message("A boat becomes a lantern", rendered(Reason.LAST_WITHOUT_FIRST))
        await ada.press(label_of(Label.EDIT), refused)
        form = visit.page.get_by_role("dialog")
        await expect(form).to_contain_text(rendered(Key.FORM_LAST_KEPT))
        await ada.pick_file(form.get_by_label(sentence(Key.FORM_PICTURES)), BOAT)
        await ada.press("Submit", form)
        await expect(ada.video("A boat becomes a lantern")).to_contain_text(rendered(Key.FRAMES_PAIR))
        [render] = visit.stage.studios["second"].renders
        assert [one.field for one in render.references] == ["first_frame", "last_frame"]
        assert [one.data for one in render.references] == [BOAT["buffer"], LANTERN["buffer"]]
