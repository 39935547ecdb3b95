"""Fills the gaps of sentences, so that no language can forget to make foreign text harmless; it knows no sentence.

A gap without a mark takes a number, or text that is then shown as foreign text. The marks:

    {x!b} bytes      {x!d} a duration in seconds      {x!t} a moment, in the reader's own time ("in 5 minutes")
    {x!c} a duration in seconds, as clocks show it ("1:50")
    {x!a} an age in seconds ("5 min. ago"), where Discord renders no moments
    {x!m} a person   {x!o} texts to choose from       {x!p} permissions      {x!v} markup of our own, as it is
    {x!n} foreign text where Discord renders no markup (labels, titles, footers)

Numbers, lists and units are written as Unicode's CLDR has them for the language (Babel).
"""

import re
import string
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, cast

from babel import Locale
from babel.dates import format_timedelta
from babel.lists import format_list
from babel.numbers import format_decimal
from babel.units import format_unit

from bot.chat.escape import plain, quote
from bot.chat.words._language import Sentence

_SHOWN_CHARACTERS = 100
_CHOICES_SHOWN = 10
_KIB = 1024
_GAP = re.compile(r"\{[^{}]*\}")
_NO_BRACES = str.maketrans("", "", "{}")
_DURATION_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


# What a sentence names without being given it, as text of our own: `labels.retry`, `permissions.connect`, `/video`.
Words = Callable[[str], str | None]


class _Ours(str):
    """Text of our own, which goes into a gap as it is."""

    __slots__ = ()


def fill(sentence: Sentence, named: Mapping[str, object], formats: Locale, ours: Words) -> str:
    """The sentence with its gaps filled: with what is named, else with words of `ours`.

    Raises KeyError for a missing name, TypeError for a value of a wrong kind.
    """
    return _Filler(formats, ours).vformat(_form(sentence, named, formats), (), named)


def plain_text(sentence: Sentence) -> str:
    """The sentence with its gaps left open: what is said of one that can't be filled in any language."""
    text = sentence if isinstance(sentence, str) else str(sentence.get("other", ""))
    return _GAP.sub("…", text).translate(_NO_BRACES).strip() or "…"


def _form(sentence: Sentence, named: Mapping[str, object], formats: Locale) -> str:
    """The plural form that the number asks for."""
    if isinstance(sentence, str):
        return sentence
    form = formats.plural_form(_number(named[sentence["by"]]))
    return sentence.get(form) or sentence["other"]


def size_text(size_bytes: int, formats: Locale) -> str:
    """A number of bytes for people, in the units that Discord shows: `20 MB`, `1.5 MB`, `0 bytes`."""
    if size_bytes < _KIB:
        return format_unit(size_bytes, "digital-byte", "long", locale=formats)
    amount, unit = size_bytes / _KIB, "kilobyte"
    for larger in ("megabyte", "gigabyte"):
        if amount >= 1000:
            amount, unit = amount / _KIB, larger
    return format_unit(round(amount, 1 if amount < 100 else None), f"digital-{unit}", "short", locale=formats)


def duration_text(seconds: float, formats: Locale) -> str:
    """A duration for people, in its two largest units: `45 sec`, `2 min 5 sec`, `1 hr 5 min`."""
    rest = max(0, round(seconds))
    parts: list[tuple[int, str]] = []
    for unit, length in _DURATION_UNITS:
        count, rest = divmod(rest, length)
        if count or parts:
            parts.append((count, unit))
    shown = [part for part in parts[:2] if part[0]] or [(0, "second")]
    texts = [format_unit(count, f"duration-{unit}", "short", locale=formats) for count, unit in shown]
    return format_list(texts, "unit-narrow", locale=formats)


def clock_text(seconds: float) -> str:
    """A duration as clocks show it in every language: `0:08`, `1:50`, `1:05:00`."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class _Filler(string.Formatter):
    def __init__(self, formats: Locale, ours: Words) -> None:
        self.formats = formats
        self.ours = ours

    def convert_field(self, value: Any, conversion: str | None) -> Any:
        return value if isinstance(value, _Ours) else MARKS[conversion](value, self)

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:  # noqa: ARG002  # the signature of string.Formatter
        # Plain names only: no attribute or index of a value is reachable from a sentence.
        if field_name in kwargs:
            return kwargs[field_name], field_name
        text = self.ours(field_name if field_name.startswith("/") else f"labels.{field_name}")
        if text is None:
            raise KeyError(field_name)
        return _Ours(text), field_name


def _default(value: object, filler: _Filler) -> str:
    if isinstance(value, int | float):
        return format_decimal(value, locale=filler.formats)
    return quote(_text(value), _SHOWN_CHARACTERS)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a gap for text cannot take {type(value).__name__}")
    return str(value)


def _number(value: object) -> float:
    if not isinstance(value, int | float):
        raise TypeError(f"a gap for a number cannot take {type(value).__name__}")
    return value


def _texts(value: object) -> list[str]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise TypeError(f"a gap for several texts cannot take {type(value).__name__}")
    return [_text(one) for one in cast("Iterable[object]", value)]


def _age(seconds: float, filler: _Filler) -> str:
    # A timedelta of zero is taken for the future.
    ago = timedelta(seconds=-max(1, round(seconds)))
    return format_timedelta(ago, add_direction=True, format="short", locale=filler.formats)


def _choices(value: object, filler: _Filler) -> str:
    texts = [quote(one, _SHOWN_CHARACTERS) for one in _texts(value)]
    if len(texts) > _CHOICES_SHOWN:
        return ", ".join([*texts[:_CHOICES_SHOWN], "…"])
    return format_list(texts, "or", locale=filler.formats)


def _permissions(value: object, filler: _Filler) -> str:
    names = [filler.ours(f"permissions.{one}") or plain(one, _SHOWN_CHARACTERS) for one in _texts(value)]
    return format_list([f"**{name}**" for name in dict.fromkeys(names)], locale=filler.formats)


MARKS: dict[str | None, Callable[[object, _Filler], str]] = {
    None: _default,
    "b": lambda value, filler: size_text(int(_number(value)), filler.formats),
    "d": lambda value, filler: duration_text(_number(value), filler.formats),
    "c": lambda value, _: clock_text(_number(value)),
    "a": lambda value, filler: _age(_number(value), filler),
    "t": lambda value, _: f"<t:{int(_number(value))}:R>",
    "m": lambda value, _: f"<@{int(_number(value))}>",
    "o": _choices,
    "p": _permissions,
    "v": lambda value, _: _text(value),
    "n": lambda value, _: plain(_text(value), _SHOWN_CHARACTERS),
}
