"""Whether a value fits its column: SQLite takes any value in any column, PostgreSQL doesn't."""

import json
import math
from typing import Any

import sqlalchemy as sa


def fitted(column: sa.Column[Any], value: object) -> object:
    """The value with the column's own type, from a typed row or a raw one of SQLite.

    Raises ValueError, which names what is wrong and never the value: it may be a prompt.
    """
    kind = column.type
    if value is None:
        if not column.nullable:
            raise ValueError("is missing")
        return None
    if isinstance(kind, sa.JSON):
        return _list(value)
    if isinstance(kind, sa.Boolean):
        return _boolean(value)
    if isinstance(kind, sa.Float):
        return _number(value)
    if isinstance(kind, sa.Integer):
        return _integer(value, 63 if isinstance(kind, sa.BigInteger) else 31)
    if isinstance(kind, sa.LargeBinary):
        return _of(bytes, value)
    return _text(value, kind.length if isinstance(kind, sa.String) else None)


def _text(value: object, length: int | None) -> str:
    text = _of(str, value)
    if "\0" in text:
        raise ValueError("has a NUL character")
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError("is not valid Unicode")
    if length is not None and len(text) > length:
        raise ValueError(f"has {len(text)} characters, {length} are allowed")
    return text


def _list(value: object) -> object:
    try:
        read = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError("is not valid JSON") from None
    return _of(list, read)


def _boolean(value: object) -> bool:
    if value not in (0, 1):
        raise ValueError("is neither true nor false")
    return bool(value)


def _number(value: object) -> float:
    number = float(_of(int, value) if isinstance(value, int) else _of(float, value))
    if not math.isfinite(number):
        raise ValueError("is not a finite number")
    return number


def _integer(value: object, bits: int) -> int:
    number = _of(int, value)
    if not -(2**bits) <= number < 2**bits:
        raise ValueError("is too large a number")
    return number


def _of(kind: type[Any], value: object) -> Any:
    if type(value) is not kind:
        raise ValueError(f"is {type(value).__name__}, not {kind.__name__}")
    return value
