"""What counts as words and as a question, so that talk never costs money; and what counts as an empty prompt."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.talk import count_words, is_question
from bot.chat.unseen import count_seen
from tests.figures import figure

UNSEEN = [
    *"\u200b\u200c\u200d\u2060\ufeff\u00ad\u2800\u3164\u115f\u1160\uffa0\u17b4\u180e\u034f\u061c\ufffc\ue000\ufe0f",
    *("\u0301", "\u20dd", "\U000e0041", "\U000e0100", "\U0001d173", "\u2028", "\u3000", "\x00", " ", "\n"),
]
WORDLESS = [
    *("<:kekw:1087000000000000001>", "<a:wave:2>", "<:a:1><:b:2>", ":joy:", ":thumbsup::skin-tone-2:"),
    *("1️⃣", "1\u20e3", "#️⃣*️⃣", "ℹ️", "ℹ", "Ⓜ️", "㊗️", "🔟", "©️", "™️"),
    *("👍", "👋🏿", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪🇺🇸", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "❤️‍🔥"),
    *("<@1>", "<@!2>", "<@&3>", "<#4>", "</video:5>", "</owner pause:6>", "@everyone", "@here"),
    *("<t:1700000000>", "<t:1700000000:R>", "<id:customize>", "<id:guide>", "<id:linked-roles>"),
    *(
        "https://tenor.com/view/fox-123",
        "<https://a.test/b?c=d>",
        "www.a.test",
        "tenor.com/view/x",
        "[](https://a.test)",
    ),
    *("!!!", "…", "___", "||", "**", ":D", ";-)", "xD", "<3", "</3", "D:", "T_T", "o_O", "^_^", "uwu", "-_-"),
    *(r"¯\_(ツ)_/¯", "(づ｡◕‿‿◕｡)づ", "ʕ•ᴥ•ʔ", "ಠ_ಠ", "(ノಠ益ಠ)ノ彡┻━┻"),
    *UNSEEN,
]


@pytest.mark.parametrize("text", WORDLESS, ids=ascii)
def test_what_is_no_word(text: str) -> None:
    """Each alone, and three of them, say nothing."""
    assert count_words(text) == 0
    assert count_words(f"{text} {text} {text}") == 0


@pytest.mark.slow
@settings(max_examples=figure(150, 3000), deadline=None)
@given(st.lists(st.sampled_from(WORDLESS), min_size=1, max_size=6), st.sampled_from([" ", "  ", "\n"]))
def test_no_mix_of_them_is_a_word(parts: list[str], between: str) -> None:
    """In any order and number they still say nothing, and ask nothing but with a question mark."""
    assert count_words(between.join(parts)) == 0
    assert not is_question(between.join(parts))


@settings(max_examples=figure(100, 2000), deadline=None)
@given(st.lists(st.sampled_from(WORDLESS), max_size=3), st.integers(1, 5))
def test_words_count_among_them(parts: list[str], words: int) -> None:
    """Words are counted in any surroundings."""
    noise = " ".join(parts)
    assert count_words(f"{noise} {'snow ' * words} {noise}") == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("make it snow", 3),
        ("put <@1> in a <:tophat:1>", 3),
        ("look at https://a.test/b-c-d", 2),
        ("make🔥it🔥night", 3),
        ("ma\u200bke i\u00adt", 2),
        ("don't", 1),
        ("at 12:30:45", 2),
        ("10/10", 1),
        ("сделай ночь", 2),
        ("밤으로 바꿔 주세요", 3),
        ("雪", 1),
        ("太好看了", 2),
        ("把它变成夜晚", 3),
        ("かわいい", 2),
        ("雪を降らせてください", 4),
        ("สวยมาก", 2),
        ("ทำให้เป็นกลางคืน", 4),
        ("اجعلها ليلا", 2),
    ],
)
def test_words_in_every_script(text: str, words: int) -> None:
    """Also where a script has no spaces."""
    assert count_words(text) == words


@pytest.mark.parametrize(
    "text",
    [
        *(
            "where did you get the idea?",
            "haha that is so good, where did you get the idea? 😂",
            "really?!",
            "为什么？",
        ),
        *("هل هذا حقيقي؟", "how is this made", "what a fox", "is it real", "can you do cats", "when did you make this"),
        *(
            "warum ist das so",
            "pourquoi ça",
            "¿y esto",
            "これは何ですか",
            "好看吗",
            "do you like it",
            '"why?"',
            "is this ai",
        ),
    ],
)
def test_questions(text: str) -> None:
    """By their mark, or by how they begin."""
    assert is_question(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "make it snow",
            "do it at night",
            "have him jump",
            "will smith eats pasta",
            "when the fox jumps, let it snow",
        ),
        *("see https://a.test/?q=why and copy it", "τι ωραία;", "whatever the fox does, add snow", "", "?".join("ab")),
    ],
)
def test_no_questions(text: str) -> None:
    """Requests that only resemble one; the Greek mark is a semicolon."""
    assert not is_question(text)


@settings(max_examples=figure(150, 3000), deadline=None)
@given(st.lists(st.sampled_from(UNSEEN), max_size=8).map("".join))
def test_unseen_is_empty(text: str) -> None:
    """Nothing to see is no prompt, in any mixture; one letter is, and only it is counted."""
    assert count_seen(text) == 0
    assert count_seen(f"{text} 🦊 {text}") >= 1


def test_seen_is_counted() -> None:
    """Unseen characters are not counted, spaces and new emoji are."""
    assert count_seen("a\u200b b\u2060") == 3
    assert count_seen("\U0001fae9") == 1
