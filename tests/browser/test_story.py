"""The first minutes of a newcomer, in a real browser: a video from words and a picture, a reply, a remix, rights."""

import json
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, expect

from bot.chat.words import Key, Label
from bot.jobs.reasons import Reason
from tests.browser.files import BOAT, LANTERN
from tests.browser.visit import PHONE, Visit, a_visit
from tests.wording import label_of, rendered, sentence

pytestmark = pytest.mark.asyncio(loop_scope="module")


def warnings_of(visit: Visit) -> list[str]:
    """What the bot has logged as a warning or worse."""
    lines = [json.loads(line) for line in visit.stage.bot.log().splitlines() if line.startswith("{")]
    assert lines
    return [line for line in lines if line["level"] not in ("debug", "info")]


async def a_video(visit: Visit, prompt: str) -> Locator:
    """Ask for a video and wait for it."""
    await visit.visitor.ask_for_video(prompt)
    video = visit.visitor.video(prompt)
    await expect(video).to_be_visible()
    return video


async def test_the_first_minute(browser: Browser, tmp_path: Path) -> None:
    """`/video` with a picture shows a card that tells how far it is, then a video that plays; a reply to it makes the
    next one; and the log of that holds no warning.
    """
    async with a_visit(tmp_path, browser, render_seconds=100, progress="percent") as visit:
        ada = visit.visitor
        await ada.ask_for_video("A paper boat in the rain", picture=BOAT)
        card = ada.message("A paper boat in the rain")
        await expect(card).to_contain_text(rendered(Key.RENDERING))
        await expect(card).to_contain_text(rendered(Key.PICTURES, count=1))
        visit.stage.jump(40)
        await expect(card).to_contain_text(re.compile(r"[45]\d %"))
        visit.stage.jump(70)
        video = ada.video("A paper boat in the rain")
        await expect(video).to_contain_text(rendered(Key.VIDEO_READY))
        await ada.play(video)
        await ada.reply(video, "Now at night, with lanterns")
        await expect(
            ada.message("Now at night, with lanterns", rendered(Key.REMIX_OF_LINKED), rendered(Key.RENDERING))
        ).to_be_visible()
        visit.stage.jump(110)
        remix = ada.video("Now at night, with lanterns")
        await expect(remix).to_contain_text(rendered(Key.REMIX_READY))
        await ada.play(remix)
        await expect(ada.videos()).to_have_count(2)
        assert (visit.paid, visit.videos_posted) == (2, 2)
        assert warnings_of(visit) == []


async def test_the_remix_form(visit: Visit) -> None:
    """The Remix button opens a form; what is written and picked there makes the next video."""
    ada = visit.visitor
    await ada.press(label_of(Label.REMIX), await a_video(visit, "A paper boat"))
    form = visit.page.get_by_role("dialog", name=sentence(Key.FORM_REMIX))
    await form.get_by_label(sentence(Key.FORM_CHANGE)).fill("With a lantern")
    await ada.pick_file(form.get_by_label(sentence(Key.FORM_PICTURES)), LANTERN)
    await expect(form.get_by_text(LANTERN["name"])).to_be_visible()
    await ada.press("Submit", form)
    await expect(form).to_be_hidden()
    await expect(ada.video("With a lantern")).to_be_visible()
    assert [len(render.references) for render in visit.stage.studio.renders] == [0, 1]


async def test_another_persons_delete(visit: Visit) -> None:
    """A person who is neither the requester nor a moderator is refused privately; the video stays. The requester may
    delete it.
    """
    person = visit.visitor
    video = await a_video(visit, "A paper boat")
    await person.become("Ben")
    await person.press(label_of(Label.DELETE), video)
    refusal = person.message(rendered(Reason.NOT_ALLOWED))
    await expect(refusal).to_contain_text("Only you can see this")
    await expect(video).to_be_visible()
    await person.become("Ada")
    await expect(refusal).to_be_hidden()
    await person.press(label_of(Label.DELETE), video)
    await person.press(label_of(Label.DELETE), person.message(rendered(Key.ASK_DELETE)))
    await expect(video).to_be_hidden()


async def test_the_keyboard_alone(visit: Visit) -> None:
    """The whole story without a mouse: command, picture, sending, playing, replying."""
    ada, page, keys = visit.visitor, visit.page, visit.page.keyboard
    await ada.tab_to(ada.composer)
    await keys.type("/vid")
    await expect(page.get_by_role("option").filter(has_text="/video")).to_be_visible()
    await keys.press("Enter")
    bar = page.get_by_role("form", name="/video")
    await expect(bar.get_by_label("prompt", exact=True)).to_be_focused()
    await keys.type("A paper boat")
    await ada.tab_to(ada.button("+ reference", bar))
    await keys.press("Enter")
    async with page.expect_file_chooser() as chooser:
        await keys.press("Enter")
    await (await chooser.value).set_files(BOAT)
    await expect(bar.get_by_text(BOAT["name"])).to_be_visible()
    await ada.tab_to(ada.button("Send command", bar))
    await keys.press("Enter")
    video = ada.video("A paper boat")
    await expect(video).to_be_visible()
    await ada.tab_to(video, back=True)
    await ada.tab_to(video.locator("video"))
    await keys.press("Space")
    await ada.runs(video.locator("video"))
    await ada.tab_to(video, back=True)
    await keys.press("r")
    await expect(page.get_by_text("Replying to")).to_be_visible()
    await keys.type("The same at night")
    await keys.press("Enter")
    remix = ada.video("The same at night")
    await expect(remix).to_contain_text(rendered(Key.REMIX_READY))
    assert [len(render.references) for render in visit.stage.studio.renders] == [1, 0]


async def test_a_phone(browser: Browser, tmp_path: Path) -> None:
    """In a window of 390 pixels everything has room, the side opens over the chat, and the story is the same."""
    async with a_visit(tmp_path, browser, size=PHONE) as visit:
        ada, page = visit.visitor, visit.page
        await ada.ask_for_video("A paper boat", picture=BOAT)
        video = ada.video("A paper boat")
        await expect(video).to_be_visible()
        assert await page.evaluate("document.scrollingElement.scrollWidth") <= PHONE[0]
        box = await video.locator("video").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE[0]
        await ada.play(video)
        await ada.reply(video, "The same at night")
        await expect(ada.video("The same at night")).to_contain_text(rendered(Key.REMIX_READY))
        await ada.press("Places and people")
        await ada.become("Ben")
        # The dark part beside it, which is all that a thumb can reach of that button.
        await ada.button("Close the side").click(position={"x": PHONE[0] - 12, "y": 300})
        await ada.press(label_of(Label.REMIX), ada.video("The same at night"))
        await expect(page.get_by_role("dialog", name=sentence(Key.FORM_REMIX))).to_be_visible()
        assert await page.evaluate("document.scrollingElement.scrollWidth") <= PHONE[0]
