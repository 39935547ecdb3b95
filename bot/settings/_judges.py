"""Judges of single values in a TOML document: each returns the value that was meant, or raises ValueError."""

import re
import unicodedata
from collections.abc import Callable, Collection
from decimal import Decimal
from typing import TypeVar

from babel.numbers import is_currency

from bot.chat.unseen import count_seen
from bot.jobs.catalogue import Catalogue

# What `line` allows.
LINE_ALLOWED = "a line of 1 to {} characters, with no blanks around it"
_T = TypeVar("_T", bound=str)
# Costs are stored in millionths (docs/decisions/0005-money.md).
_DECIMAL = re.compile(r"\d{1,6}(?:\.\d{1,6})?", re.ASCII)


def flag(value: object) -> bool:
    """`true` or `false`."""
    if isinstance(value, bool):
        return value
    raise ValueError("no switch")


def whole(low: int, high: int) -> Callable[[object], int]:
    """A whole number within those bounds."""

    def judge(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError("no such number")
        return value

    return judge


def look(text: str) -> str:
    """What texts have in common that people can't tell apart by case and width."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def line(most: int) -> Callable[[object], str]:
    """1 to `most` printable characters that can be seen, without blanks around them."""

    def judge(value: object) -> str:
        if not isinstance(value, str) or not value.isprintable() or value != value.strip() or not count_seen(value):
            raise ValueError("no line of text")
        if len(value) > most:
            raise ValueError("too long")
        return value

    return judge


def one_of(words: Collection[_T]) -> Callable[[object], _T]:
    """One of these words, written exactly so."""

    def judge(value: object) -> _T:
        for word in words:
            if value == word:
                return word
        raise ValueError("another word")

    return judge


def matching(pattern: str) -> Callable[[object], str]:
    """A text that matches as a whole."""

    def judge(value: object) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value, re.ASCII):
            raise ValueError("another form")
        return value

    return judge


def currency(value: object) -> str:
    """The ISO code of a currency that is or was in use, by Babel's list."""
    if not isinstance(value, str) or not is_currency(value):
        raise ValueError("no currency")
    return value


def size(value: object) -> str:
    """`1280x720`, or with a capital X."""
    return Catalogue.of(("model",), (value if isinstance(value, str) else "",), ("1",)).sizes[0]


def seconds(value: object) -> str:
    """A number, as the text in which lengths are kept: `8`, `2.5`."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 10_000:
        raise ValueError("no length")
    text = str(int(value)) if value == int(value) else str(value)
    return Catalogue.of(("model",), ("1x1",), (text,)).seconds[0]


def decimal(value: object) -> Decimal:
    """A number below a million as a text, exact to millionths: `"0.10"`."""
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        raise ValueError("no decimal number as a text")
    return Decimal(value)
