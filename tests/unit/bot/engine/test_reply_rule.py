"""Which replies are a remix, which are asked about, and which are only talk: the rule that keeps talk from costing."""

from typing import Literal

import pytest

from bot.engine.replies import Reaction, Reply, decide
from bot.jobs.model import MessageId, Upload, UserId
from tests.unit.bot.jobs.samples import HERE

PICTURE = Upload("https://cdn.test/a.png", "a.png", 3)
Mode = Literal["on", "ask", "off"]


def reply(text: str, *, pictures: int = 0, readable: bool = True) -> Reply:
    return Reply(
        id=MessageId(2),
        to=MessageId(1),
        user_id=UserId(3),
        place=HERE,
        locale="en",
        text=text,
        uploads=(PICTURE,) * pictures,
        readable=readable,
        to_video=None,
        no_place=None,
    )


@pytest.mark.parametrize("text", ["make it snow", "mach es bunter bitte", "雪を 降らせて ください", "1 2 3", "a b c"])
def test_three_words_are_a_remix(text: str) -> None:
    """Any language, figures too."""
    assert decide(reply(text), "on") is Reaction.REMIX


@pytest.mark.parametrize("text", ["snow", "wow!", "so cool 🎉", "ok.", "雪", "7"])
def test_one_or_two_words_are_asked_about(text: str) -> None:
    """They may be talk: a button comes first."""
    assert decide(reply(text), "on") is Reaction.ASK


def test_one_word_with_a_picture_is_a_remix() -> None:
    """Whoever brings a picture means it."""
    assert decide(reply("snow", pictures=1), "on") is Reaction.REMIX


@pytest.mark.parametrize("text", ["", " ", "👍", "!!! ???", "…", "___", "🎉 🎉 🎉 🎉", "\u200b"])
def test_no_letter_or_digit_is_no_prompt(text: str) -> None:
    """Ignored; with pictures the button with the form comes."""
    assert decide(reply(text), "on") is Reaction.IGNORE
    assert decide(reply(text, pictures=2), "on") is Reaction.OFFER_FORM


@pytest.mark.parametrize("mode", ["on", "ask"])
@pytest.mark.parametrize("pictures", [0, 1])
def test_what_cannot_be_read_is_offered_the_form(mode: Mode, pictures: int) -> None:
    """With the ping off no text and no files arrive: only the form can know them."""
    assert decide(reply("", pictures=pictures, readable=False), mode) is Reaction.OFFER_FORM


@pytest.mark.parametrize(("text", "pictures"), [("make it snow now", 0), ("snow", 0), ("make it snow", 2)])
def test_every_reply_is_asked_about_if_set_so(text: str, pictures: int) -> None:
    """REPLY_REMIX=ask."""
    assert decide(reply(text, pictures=pictures), "ask") is Reaction.ASK


@pytest.mark.parametrize("readable", [True, False])
@pytest.mark.parametrize("text", ["make it snow now", "snow", "", "👍"])
@pytest.mark.parametrize("pictures", [0, 1])
def test_nothing_happens_if_switched_off(text: str, pictures: int, readable: bool) -> None:
    """REPLY_REMIX=off."""
    assert decide(reply(text, pictures=pictures, readable=readable), "off") is Reaction.IGNORE
