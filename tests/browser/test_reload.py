"""Reloading the page in the middle of something loses nothing of it."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from bot.chat.words import Key, Label
from tests.browser.files import BOAT, LANTERN
from tests.browser.visit import Visit, a_visit
from tests.wording import label_of, rendered, sentence

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_with_a_form_open(visit: Visit) -> None:
    """The form is there again, with what was written and picked, and can be sent."""
    ada, page = visit.visitor, visit.page
    await ada.ask_for_video("A paper boat")
    await ada.press(label_of(Label.REMIX), ada.video("A paper boat"))
    form = page.get_by_role("dialog", name=sentence(Key.FORM_REMIX))
    await form.get_by_label(sentence(Key.FORM_CHANGE)).fill("With a lantern")
    await ada.pick_file(form.get_by_label(sentence(Key.FORM_PICTURES)), LANTERN)
    await expect(form.get_by_text(LANTERN["name"])).to_be_visible()
    await page.reload()
    await expect(form.get_by_label(sentence(Key.FORM_CHANGE))).to_have_value("With a lantern")
    await expect(form.get_by_text(LANTERN["name"])).to_be_visible()
    await ada.press("Submit", form)
    await expect(ada.video("With a lantern")).to_be_visible()
    assert [len(render.references) for render in visit.stage.studio.renders] == [0, 1]


async def test_with_a_file_picked(visit: Visit) -> None:
    """A half-filled command is there again, with its words and its file, and can be sent; so is a draft with a file."""
    ada, page = visit.visitor, visit.page
    bar = await ada.begin("video")
    await bar.get_by_label("prompt", exact=True).fill("A paper boat")
    await ada.press("+ reference", bar)
    await ada.pick_file(ada.button(re.compile("Choose, drop or paste a file"), bar), BOAT)
    await expect(bar.get_by_text(BOAT["name"])).to_be_visible()
    await page.reload()
    await expect(bar.get_by_label("prompt", exact=True)).to_have_value("A paper boat")
    await expect(bar.get_by_text(BOAT["name"])).to_be_visible()
    await ada.press("Send command", bar)
    await expect(ada.video("A paper boat")).to_be_visible()
    assert [len(render.references) for render in visit.stage.studio.renders] == [1]
    await ada.composer.fill("Look at this")
    await ada.pick_file(ada.button("Attach files"), LANTERN)
    await expect(page.get_by_text(LANTERN["name"])).to_be_visible()
    await page.reload()
    await expect(ada.composer).to_have_value("Look at this")
    await ada.press("Send message")
    said = ada.message("Look at this")
    await expect(ada.button(re.compile(re.escape(LANTERN["name"])), said)).to_be_visible()


async def test_with_a_card_running(browser: Browser, tmp_path: Path) -> None:
    """The card is there again and goes on to tell how far it is; the video comes."""
    async with a_visit(tmp_path, browser, render_seconds=100, progress="percent") as visit:
        ada = visit.visitor
        await ada.ask_for_video("A paper boat")
        card = ada.message("A paper boat")
        await expect(card).to_contain_text(rendered(Key.RENDERING))
        await visit.page.reload()
        await expect(card).to_contain_text(rendered(Key.RENDERING))
        visit.stage.jump(40)
        await expect(card).to_contain_text(re.compile(r"[45]\d %"))
        visit.stage.jump(70)
        await expect(ada.video("A paper boat")).to_be_visible()


async def test_with_a_video_playing(browser: Browser, tmp_path: Path) -> None:
    """The video is where it was, and continues from there."""
    async with a_visit(tmp_path, browser) as visit:
        ada = visit.visitor
        await ada.ask_for_video("A paper boat", seconds=sentence(Key.LENGTH_SECONDS, seconds=8))
        video = await ada.play(ada.video("A paper boat"))
        await ada.runs(video, until=1.5)
        await visit.page.reload()
        await expect(video).to_have_js_property("paused", value=True)
        await visit.page.wait_for_function("() => document.querySelector('video')?.currentTime >= 0.5")
        await ada.play(ada.video("A paper boat"))
