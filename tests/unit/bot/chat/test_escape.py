"""Foreign text can be read and does nothing."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.escape import NO_TEXT, clip, discord_length, plain, quote
from tests.figures import figure
from tests.unit.bot.chat.markup_judge import read

NASTY = [
    "@everyone @here",
    "<@42> <@!42> <@&43> <#44>",
    "<t:1700000000:R>",
    "</video:123>",
    "<:smile:1> <a:wave:2> :smile:",
    "[click](https://evil.test) <https://evil.test> https://evil.test",
    "```\n@everyone\n```",
    "``@everyone``",
    "` @everyone `",
    "`",
    "``````",
    "\\",
    "\\`@everyone\\`",
    "\u1fef @everyone \u1fef",  # NFC turns this into a back-tick
    "\u202egnp.exe",
    "a\u200bb\u2060c\ufeffd\u00ade",
    "# heading\n> quote\n- list\n-# small\n||spoiler|| **b** __u__ ~~s~~ *i*",
    "Z" + "\u0301\u0489" * 200,
    "\x00\x1b[31mred\x07\r\nnext",
    "\ud800 alone",
    "👨\u200d👩\u200d👧 ❤\ufe0f",
    "\U000e0041\U000e0042",
]
foreign = st.one_of(
    st.text(st.characters()),
    st.lists(st.sampled_from([*NASTY, "`", "\\", "@", "<", ">", "\n", " "]), max_size=8).map("".join),
)


@pytest.mark.reliability
@settings(max_examples=figure(200, 2_000))
@given(foreign)
def test_quoted_text_is_one_code_span_and_nothing_else(text: str) -> None:
    """For any input Discord sees one code span: no mention, link, timestamp, command, emoji or markup."""
    shown = quote(text)
    assert read(f"Say {shown} now") == [("code", shown)]
    assert read(f"{shown} and {quote('other')}") == [("code", shown), ("code", "`other`")]


@pytest.mark.reliability
@settings(max_examples=figure(200, 2_000))
@given(foreign)
def test_nothing_unseen_or_steering_is_left(text: str) -> None:
    """No control, format or bidi character, no line break, no lone surrogate and no pile of marks comes through."""
    shown = plain(text, 300)
    assert shown == shown.strip()
    assert "  " not in shown
    assert not {"Cc", "Cf", "Cs", "Zl", "Zp"} & {unicodedata.category(character) for character in shown}
    shown.encode()
    marks = 0
    for character in shown:
        marks = marks + 1 if unicodedata.category(character) in {"Mn", "Me"} else 0
        assert marks <= 3


@given(foreign, st.integers(1, 60))
def test_shown_text_is_never_empty_and_never_too_long(text: str, limit: int) -> None:
    """The limit holds in Discord's own units, and there is always something to see."""
    assert 0 < discord_length(plain(text, limit)) <= limit
    assert discord_length(quote(text, limit)) <= limit + 2


@given(foreign)
def test_harmless_text_is_not_harmed_again(text: str) -> None:
    """Text that went through the door once is the same after a second time."""
    once = plain(text, 300)
    assert plain(once, 300) == once


@pytest.mark.parametrize("text", ["", "   ", "\u200b\u200d", "\u3164", "\u2800\u2800", "\u0301\u0301", "\n\t"])
def test_invisible_text_becomes_a_visible_word(text: str) -> None:
    """A prompt of nothing but blanks or unseen characters is shown as a placeholder."""
    assert plain(text, 300) == NO_TEXT
    assert quote(text) == f"`{NO_TEXT}`"


def test_ordinary_text_stays_as_it_is() -> None:
    """Letters of any script, marks that belong to them and emoji come through unchanged."""
    for text in ("a red fox, 8 s", "Tiếng Việt", "नमस्ते दुनिया", "שָׁלוֹם", "日本語", "🦊🎬"):
        assert plain(text, 300) == unicodedata.normalize("NFC", text)


def test_an_emoji_counts_twice_when_text_is_clipped() -> None:
    """The ellipsis fits into the limit, and no emoji is cut in half."""
    assert clip("🦊🦊🦊", 6) == "🦊🦊🦊"
    assert clip("🦊🦊🦊", 5) == "🦊🦊…"
    assert clip("🦊🦊🦊", 4) == "🦊…"
    assert clip("one two", 5) == "one…"


def test_the_judge_sees_what_is_not_escaped() -> None:
    """The parser these tests rely on does find trouble in raw text."""
    assert {kind for kind, _ in read("\n".join(NASTY[:6]))} >= {
        "everyone",
        "mention",
        "timestamp",
        "command",
        "emoji",
        "masked link",
        "link",
    }
