"""The characters that a person can't see: blanks, format characters, fillers. Pure, and the one list of them."""

import unicodedata

# Letters and symbols that are drawn as nothing (docs/facts/discord.md, "Text").
BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_IGNORABLE_RANGES = (
    (0x034F, 0x034F),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x2065, 0x2065),
    (0xFE00, 0xFE0F),
    (0xFFF0, 0xFFF8),
    (0x16FE4, 0x16FE4),
    (0x1BCA0, 0x1BCA3),
    (0x1D159, 0x1D159),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)
_OBJECT_REPLACEMENT = "\ufffc"
_CONTROL = frozenset({"Cc", "Cf"})
_MARKS = frozenset({"Mn", "Me", "Mc"})
# Private use and halves of pairs: no font draws them alike, most draw nothing.
_MEANINGLESS = frozenset({"Co", "Cs"})


def is_ignorable(character: str) -> bool:
    """Whether the character is a control or never drawn: controls, format characters, selectors, tags, fillers."""
    if unicodedata.category(character) in _CONTROL:
        return True
    code = ord(character)
    return code >= _IGNORABLE_RANGES[0][0] and any(first <= code <= last for first, last in _IGNORABLE_RANGES)


def is_blank(character: str) -> bool:
    """Whether the character is drawn as empty space."""
    return character.isspace() or character in BLANKS


def without_ignorable(text: str) -> str:
    """The text without invisible characters; blanks of any kind, line breaks too, become plain spaces."""
    return "".join(" " if is_blank(one) else one for one in text if is_blank(one) or not is_ignorable(one))


def count_seen(text: str) -> int:
    """How many characters of the text a person can see, the spaces between them included.

    Marks without a base, private-use characters and surrogates are invisible, so they alone make no text.
    """
    drawn = without_ignorable(text).strip()
    return len(drawn) if any(map(_is_seen, drawn)) else 0


def _is_seen(character: str) -> bool:
    if character.isspace() or character == _OBJECT_REPLACEMENT or ord(character) & 0xFFFE == 0xFFFE:
        return False
    return unicodedata.category(character) not in _MARKS | _MEANINGLESS
