"""Which replies are a remix, which are asked about, and which are only talk: the rule that keeps talk from costing."""

from dataclasses import replace

import pytest

from bot.engine.requests.reply_rule import Mode, Reaction, Reply, Right, decide, may_lead_on
from bot.jobs.model import MessageId, Upload, UserId
from tests.unit.bot.jobs.samples import HERE

PICTURE = Upload("https://cdn.test/a.png", "a.png", 3)
DOCUMENT = Upload("https://cdn.test/a.pdf", "a.pdf", 3)


def reply(text: str, *, pictures: int = 0, readable: bool = True) -> Reply:
    return Reply(
        id=MessageId(2),
        to=MessageId(1),
        user_id=UserId(3),
        place=HERE,
        locale="en",
        text=text,
        prompt=text,
        uploads=(PICTURE,) * pictures,
        readable=readable,
    )


@pytest.mark.parametrize("text", ["make it snow", "mach es bunter bitte", "雪を 降らせて ください", "1 2 3", "a b c"])
def test_three_words_are_a_remix(text: str) -> None:
    """Any language, figures too."""
    assert decide(reply(text), "on", own=False) is Reaction.REMIX


@pytest.mark.parametrize("text", ["snow", "wow!", "so cool 🎉", "ok.", "雪", "7"])
def test_one_or_two_words_are_asked_about(text: str) -> None:
    """They may be talk: a button comes first."""
    assert decide(reply(text), "on", own=False) is Reaction.ASK


def test_one_word_with_a_picture_is_a_remix() -> None:
    """A reply with a picture is meant as one."""
    assert decide(reply("snow", pictures=1), "on", own=False) is Reaction.REMIX


@pytest.mark.parametrize("text", ["", " ", "👍", "!!! ???", "…", "___", "🎉 🎉 🎉 🎉", "\u200b"])
def test_no_letter_or_digit_is_no_prompt(text: str) -> None:
    """Ignored; with pictures the button with the form comes."""
    assert decide(reply(text), "on", own=False) is Reaction.IGNORE
    assert decide(reply(text, pictures=2), "on", own=False) is Reaction.OFFER_FORM


@pytest.mark.parametrize("mode", ["on", "ask"])
@pytest.mark.parametrize("pictures", [0, 1])
def test_what_cannot_be_read_is_offered_the_form(mode: Mode, pictures: int) -> None:
    """With the ping off no text and no files arrive: only the form can know them."""
    assert decide(reply("", pictures=pictures, readable=False), mode, own=True) is Reaction.OFFER_FORM


@pytest.mark.parametrize(("text", "pictures"), [("make it snow now", 0), ("snow", 0), ("make it snow", 2)])
def test_every_reply_is_asked_about_if_set_so(text: str, pictures: int) -> None:
    """REPLY_REMIX=ask."""
    assert decide(reply(text, pictures=pictures), "ask", own=True) is Reaction.ASK


@pytest.mark.parametrize("readable", [True, False])
@pytest.mark.parametrize("text", ["make it snow now", "snow", "", "👍"])
@pytest.mark.parametrize("pictures", [0, 1])
def test_nothing_happens_if_switched_off(text: str, pictures: int, readable: bool) -> None:
    """REPLY_REMIX=off."""
    assert decide(reply(text, pictures=pictures, readable=readable), "off", own=True) is Reaction.IGNORE


@pytest.mark.parametrize("text", ["make it snow now", "ein Fuchs im Schnee", "把它变成夜晚的样子"])
def test_auto_starts_ones_own_and_asks_about_others(text: str) -> None:
    """REPLY_REMIX=auto."""
    assert decide(reply(text), "auto", own=True) is Reaction.REMIX
    assert decide(reply(text), "auto", own=False) is Reaction.ASK
    assert decide(reply(text, pictures=1), "auto", own=False) is Reaction.ASK


@pytest.mark.parametrize("mode", ["auto", "on", "ask"])
@pytest.mark.parametrize("text", ["haha that is so good, where did you get the idea?", "how did you make this one"])
def test_questions_are_asked_about(text: str, mode: Mode) -> None:
    """Also about one's own video, and with a picture."""
    assert decide(reply(text), mode, own=True) is Reaction.ASK
    assert decide(reply(text, pictures=1), mode, own=True) is Reaction.ASK


@pytest.mark.parametrize("text", ["<:kekw:1087>", "1️⃣ 0️⃣ 0️⃣", "<@1> <@2> <@3>", "https://tenor.com/view/a", "\u3164"])
def test_what_a_person_sees_no_words_in_is_ignored(text: str) -> None:
    """Nothing is started or asked; with pictures the form is offered."""
    for mode in ("auto", "on", "ask"):
        assert not may_lead_on(reply(text), mode)
        assert decide(reply(text), mode, own=True) is Reaction.IGNORE
        assert decide(reply(text, pictures=1), mode, own=True) is Reaction.OFFER_FORM


def test_other_files_lead_to_nothing_and_are_no_pictures() -> None:
    """A voice message, a GIF, a clip or a document alone is talk; beside pictures it is left out."""
    only = replace(reply(""), others=(DOCUMENT,))
    assert decide(only, "on", own=True) is Reaction.IGNORE
    assert replace(only, uploads=(PICTURE,)).files == (PICTURE,)
    assert decide(replace(reply("so cool"), others=(DOCUMENT,)), "on", own=True) is Reaction.ASK


@pytest.mark.parametrize("text", ["make it snow now", "snow", "why?"])
def test_a_right_that_is_not_known_is_shown_by_the_button(text: str) -> None:
    """Then the form is offered, whose press says what the person may do; talk stays talk."""
    assert decide(replace(reply(text), right=Right.UNKNOWN), "auto", own=True) is Reaction.OFFER_FORM
    assert decide(replace(reply("👍"), right=Right.UNKNOWN), "auto", own=True) is Reaction.IGNORE


@pytest.mark.parametrize(
    "text",
    [
        "lol lol lol", "No, no, NO no!", "ha ha ha ha", "哈哈哈哈哈哈", "хаха хаха хаха", "草草草草草草",
        "lol how did it do that", "Wait, what is that thing", "so how did you make this", "omg can you do that again",
    ],
)  # fmt: skip
def test_laughter_and_questions_that_begin_late_are_asked_about(text: str) -> None:
    """Repeated words say little, and words that only lead in hide no question."""
    assert decide(reply(text), "auto", own=True) is Reaction.ASK


@pytest.mark.parametrize(
    "text", ["so much snow everywhere", "no people, no cars", "wow effect with fireworks", "1 fox in 2 hats"]
)
def test_prompts_that_resemble_talk_are_made(text: str) -> None:
    """They are no questions, and have words enough."""
    assert decide(reply(text), "auto", own=True) is Reaction.REMIX
