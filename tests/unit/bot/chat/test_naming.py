"""A prompt has the names that a person reads, and nothing that Discord would turn into something."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.naming import Names, readable
from bot.jobs.column_values import fitted
from bot.jobs.tables import jobs
from tests.figures import figure

NAMES = Names(
    person={1: "Bob", 3: "<@1>", 4: "\u3164"}.get,
    role={5: "Painters", 6: "Videos"}.get,
    channel={7: "general"}.get,
    own=frozenset({2, 6}),
)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("put <@1> in a <:tophat:1087>", "put Bob in a tophat"),
        ("<@2> make it night", "make it night"),
        ("<@!2>make it night <@&6>", "make it night"),
        ("make <@&5> dance in <#7>", "make Painters dance in general"),
        ("like <@99> and <#98> and <@&97>", "like and and"),
        ("<a:wave:3> at <t:0:R>", "wave at 1 January 1970 00:00 UTC"),
        ("</owner pause:4> <id:guide>", "/owner pause"),
        ("a  b\n\n  c ", "a  b\n\n  c "),
        (" two  spaces <@1> and  two \n", " two  spaces Bob and  two \n"),
        ("one  <@99>  two\n<@99>\nthree", "one   two\n\nthree"),
        ("<@2> <@2>\nmake it night", "make it night"),
        ("one <@2> <@1>", "one Bob"),
        ("say <@4>hello", "say hello"),
        ("<@3>", "@1"),
        ("<@<@1>2> and <@<@9>1>", "<@Bob2> and"),
        ("<t:9999999999999>", ""),
        ("1 < 2 > 0 <3 <@x> <:a>", "1 < 2 > 0 <3 <@x> <:a>"),
        ("a\0 \ud83e\udd8a \ud83e\ud83e.\udd8a", "a 🦊 \ufffd\ufffd.\ufffd"),
    ],
)
def test_what_a_person_reads(text: str, wanted: str) -> None:
    """Names for ids; the bot itself and what is unknown are left out; the rest stays as it is."""
    assert readable(text, NAMES) == wanted


def test_ids_nested_deeply_cost_no_time() -> None:
    """The longest text that is read, made of ids within ids, is done at once, and none of them is left."""
    began_at = time.process_time()
    left = readable("<@" * 8000 + "1>" * 8000, Names())
    assert time.process_time() - began_at < 1.0
    assert "<" not in left


@given(st.text(st.sampled_from("a\0\ud83e\udd8a🦊<@1> "), max_size=60))
def test_a_prompt_can_be_stored(text: str) -> None:
    """On both databases, for any text that Discord lets through; it does not grow."""
    left = readable(text, Names())
    assert fitted(jobs.c.prompt, left) == left
    assert len(left) <= len(text)


@settings(max_examples=figure(150, 3000), deadline=None)
@given(st.text(st.sampled_from("<>@!&#:at/id 123\n"), max_size=60))
def test_no_id_of_discords_is_left(text: str) -> None:
    """For any text, no whole mention, emoji or timestamp is in the prompt, and nothing raises."""
    left = readable(text, Names())
    assert not re.search(r"<@[!&]?\d{1,20}>|<#\d{1,20}>|<a?:\w{1,40}:\d+>|<t:\d{1,13}>", left)
