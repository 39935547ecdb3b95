"""Every "no" leads on, in a real browser: replies that are asked about, a countdown, Edit & retry, Why?, Edit."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from bot.chat.words import Key, Label
from bot.jobs.reasons import Reason
from tests.browser.visit import Visit, a_visit
from tests.e2e.messages import time_passes_until
from tests.wording import Ending, label_of, rendered, sentence

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_replies_are_counted_down_changed_or_asked_about(browser: Browser, tmp_path: Path) -> None:
    """A reply to one's own video waits, is edited meanwhile and made of its newest words; a question and a reply to
    somebody else's video are asked about.
    """
    settings = {"REPLY_REMIX": "auto", "REPLY_GRACE_SECONDS": "600", "JOB_DEADLINE_SECONDS": "36000"}
    async with a_visit(tmp_path, browser, settings=settings) as visit:
        ada, page = visit.visitor, visit.page
        await ada.ask_for_video("A paper boat")
        boat = ada.video("A paper boat")
        await expect(boat).to_be_visible()
        await ada.reply(boat, "By day, with gulls")
        card = ada.message("By day, with gulls", rendered(Key.GRACE))
        await expect(card.locator("time").last).to_have_text(re.compile(r"^in \d+ minutes$"))
        said = page.get_by_role("listitem", name=re.compile("^Ada")).filter(has_text="gulls").first
        await said.hover()
        await ada.press("Edit", said)
        editor = page.get_by_role("textbox", name=re.compile("Edit"))
        await editor.fill("By night, with lanterns")
        await editor.press("Enter")
        await expect(ada.message("By night, with lanterns", rendered(Key.GRACE))).to_be_visible()
        renders = visit.stage.studio.renders
        await time_passes_until(visit.stage, lambda: len(renders) == 2, step_seconds=60)
        await expect(ada.video("By night, with lanterns")).to_contain_text(rendered(Key.REMIX_READY))
        await ada.reply(boat, "where did you get the idea?")
        question = ada.message(rendered(Key.OFFER_QUESTION))
        await ada.press(label_of(Label.NO_THANKS), question)
        await expect(question).to_be_hidden()
        await ada.become("Ben")
        await ada.reply(boat, "The same boat in the snow")
        await ada.press(label_of(Label.REMIX_THIS), ada.message(rendered(Key.OFFER_QUESTION)))
        await expect(ada.video("The same boat in the snow")).to_be_visible()
        assert [one.prompt for one in visit.stage.studio.renders] == [
            "A paper boat", "By night, with lanterns", "The same boat in the snow",
        ]  # fmt: skip


async def test_a_refusal_leads_to_a_better_prompt(visit: Visit) -> None:
    """The notice repeats no prompt in public; Why? tells the reason privately; the form has the prompt, and what comes
    of it is posted. An empty prompt is answered with Edit.
    """
    ada, page = visit.visitor, visit.page
    await ada.ask_for_video("A forbidden boat")
    notice = ada.message(rendered(Key.FAILURE_PRIVATE))
    await expect(notice).not_to_contain_text("forbidden")
    await ada.press(label_of(Label.WHY), notice)
    reason = ada.message(rendered(Ending.CONTENT))
    await expect(reason).to_contain_text("Only you can see this")
    await expect(reason).to_contain_text("A forbidden boat")
    await ada.press(label_of(Label.EDIT_AND_RETRY), notice)
    form = page.get_by_role("dialog", name=sentence(Key.FORM_VIDEO))
    words = form.get_by_label(sentence(Key.FORM_PROMPT))
    await expect(words).to_have_value("A forbidden boat")
    await words.fill("A paper boat")
    await form.get_by_label(sentence(Key.FORM_LENGTH)).click()
    await page.get_by_role("option", name=rendered(Key.LENGTH_SECONDS, seconds=8)).click()
    await ada.press("Submit", form)
    await expect(ada.video("A paper boat")).to_contain_text(rendered(Key.LENGTH_SECONDS, seconds=8))
    await ada.ask_for_video("\u200b")
    refusal = ada.message(rendered(Reason.PROMPT_EMPTY))
    await expect(refusal).to_contain_text("Only you can see this")
    await ada.press(label_of(Label.EDIT), refusal)
    await form.get_by_label(sentence(Key.FORM_PROMPT)).fill("A paper crane")
    await ada.press("Submit", form)
    await expect(ada.video("A paper crane")).to_be_visible()
    assert visit.paid == 2


async def test_files_come_with_private_answers_and_rights_are_backstage(visit: Visit) -> None:
    """The owner gets a table as a private file; members without the right to commands pay for nothing."""
    person, page = visit.visitor, visit.page
    long = "A paper boat " + "far out at sea " * 120
    await person.ask_for_video(long.strip())
    video = person.video("A paper boat far out")
    await expect(video).to_contain_text("prompt.txt")
    await person.become("Mira")
    await person.begin("owner usage")
    await page.keyboard.press("Enter")
    table = person.message(re.compile(r"\.csv"))
    await expect(table).to_contain_text("Only you can see this")
    backstage = await person.backstage()
    await backstage.get_by_role("switch", name="Members may use commands").uncheck()
    await expect(backstage.get_by_text("may not use commands")).to_be_visible()
    await person.become("Ben")
    await person.press(label_of(Label.MAKE_ANOTHER), video)
    await expect(person.message(rendered(Reason.COMMANDS_DENIED))).to_contain_text("Only you can see this")
    assert visit.paid == 1
