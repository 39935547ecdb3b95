"""Fills the gaps of sentences, so that no language can forget to make foreign text harmless; it knows no sentence.

A gap without a mark takes a whole number, or text that is then shown as foreign text. The marks:

    {x!b} bytes      {x!d} a duration in seconds      {x!t} a moment, in the reader's own time ("in 5 minutes")
    {x!m} a person   {x!o} texts to choose from       {x!p} permissions      {x!v} markup of our own, as it is
    {x!n} foreign text where Discord renders no markup (labels, titles, footers)
"""

import string
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from bot.chat.escape import plain, quote

_SHOWN_CHARACTERS = 100
_CHOICES_SHOWN = 10
_KIB = 1024

# As Discord's own settings name them (docs/facts/discord.md, "Permissions").
_PERMISSIONS = {
    "view_channel": "View Channel",
    "read_messages": "View Channel",
    "send_messages": "Send Messages",
    "send_messages_in_threads": "Send Messages in Threads",
    "attach_files": "Attach Files",
    "embed_links": "Embed Links",
    "read_message_history": "Read Message History",
    "connect": "Connect",
}


def fill(sentence: str, named: Mapping[str, object]) -> str:
    """The sentence with its gaps filled. Raises KeyError for a missing name, TypeError for a value of a wrong kind."""
    return _Filler().vformat(sentence, (), named)


def size_text(size_bytes: int) -> str:
    """A number of bytes for people, in the units that Discord shows: `20 MB`, `1.5 MB`, `0 bytes`."""
    if size_bytes < _KIB:
        return f"{size_bytes} bytes"
    amount = float(size_bytes)
    for unit in ("KB", "MB"):
        amount /= _KIB
        if amount < 1000:
            return f"{_short(amount)} {unit}"
    return f"{_short(amount / _KIB)} GB"


def duration_text(seconds: float) -> str:
    """A duration for people, in its two largest units: `45 s`, `2 min 5 s`, `1 h 5 min`, `2 d 3 h`."""
    whole = max(0, round(seconds))
    minutes, rest_seconds = divmod(whole, 60)
    hours, rest_minutes = divmod(minutes, 60)
    days, rest_hours = divmod(hours, 24)
    if days:
        return _pair(days, "d", rest_hours, "h")
    if hours:
        return _pair(hours, "h", rest_minutes, "min")
    return _pair(minutes, "min", rest_seconds, "s") if minutes else f"{whole} s"


class _Filler(string.Formatter):
    def convert_field(self, value: Any, conversion: str | None) -> Any:
        return _CONVERSIONS[conversion](value)

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:  # noqa: ARG002  # the signature of string.Formatter
        # Plain names only: no attribute or index of a value is reachable from a sentence.
        return kwargs[field_name], field_name


def _default(value: object) -> str:
    if isinstance(value, int):
        return str(value)
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


def _choices(value: object) -> str:
    texts = [quote(one, _SHOWN_CHARACTERS) for one in _texts(value)]
    if len(texts) > _CHOICES_SHOWN:
        return ", ".join([*texts[:_CHOICES_SHOWN], "…"])
    return _joined(texts, "or")


def _permissions(value: object) -> str:
    names = [_PERMISSIONS.get(one) or plain(one, _SHOWN_CHARACTERS).replace("_", " ").title() for one in _texts(value)]
    return _joined([f"**{name}**" for name in dict.fromkeys(names)], "and")


def _joined(texts: list[str], word: str) -> str:
    if len(texts) < 2:
        return "".join(texts)
    return f"{', '.join(texts[:-1])} {word} {texts[-1]}"


def _short(amount: float) -> str:
    return f"{amount:.1f}".removesuffix(".0") if amount < 100 else f"{amount:.0f}"


def _pair(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large} {large_unit} {small} {small_unit}" if small else f"{large} {large_unit}"


_CONVERSIONS: dict[str | None, Callable[[object], str]] = {
    None: _default,
    "b": lambda value: size_text(int(_number(value))),
    "d": lambda value: duration_text(_number(value)),
    "t": lambda value: f"<t:{int(_number(value))}:R>",
    "m": lambda value: f"<@{int(_number(value))}>",
    "o": _choices,
    "p": _permissions,
    "v": _text,
    "n": lambda value: plain(_text(value), _SHOWN_CHARACTERS),
}
