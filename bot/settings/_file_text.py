"""Writes TOML: values, comments and tables of a providers file. Every foreign text becomes a string on one line."""

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

from bot.jobs.offered_models import Option, Price

# A larger providers file is refused.
FILE_MAX_BYTES = 1024 * 1024


def quoted(text: str) -> str:
    """A TOML string. What isn't printable is left out: no line can end in it."""
    printable = "".join(character for character in text if character.isprintable())
    escaped = printable.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def key(name: str) -> str:
    """A name in a path of tables: bare where TOML allows it."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else quoted(name)


def listed(values: Iterable[object]) -> str:
    """A TOML list of texts, or of numbers as they are."""
    return f"[{', '.join(quoted(value) if isinstance(value, str) else str(value) for value in values)}]"


def pair(name: str, value: str, note: str = "") -> str:
    """One line, with a comment behind it."""
    return f"{name} = {value}  # {note}" if note else f"{name} = {value}"


def numbers(lengths: Sequence[str]) -> list[float | int]:
    """Lengths as the numbers of TOML."""
    return [int(length) if length.isdecimal() else float(length) for length in lengths]


def commented(lines: Iterable[str]) -> list[str]:
    """The same lines as comments."""
    return [f"# {line}".rstrip() for line in lines]


def price_line(price: Price) -> str:
    """A price as one line of TOML, always a comment: nothing here is a price that was checked."""
    fields = [f"currency = {quoted(price.currency)}"]
    for name in ("per_video", "per_second"):
        amount: Decimal | None = getattr(price, name)
        if amount is not None:
            fields.append(f"{name} = {quoted(f'{amount:f}')}")
    if price.sizes:
        sizes = ", ".join(f"{quoted(size)} = {quoted(f'{amount:f}')}" for size, amount in price.sizes.items())
        fields.append(f"sizes = {{ {sizes} }}")
    return f"# price = {{ {', '.join(fields)} }}"


def option_lines(path: str, option: Option) -> list[str]:
    """One option as a table. Its price factor is a comment, like the price that it multiplies."""
    lines = ["", f"[{path}.options.{key(option.name)}]", pair("type", quoted(option.type))]
    lines += [pair("wire", quoted(option.wire)), pair("description", quoted(option.description))]
    if option.choices:
        lines.append(pair("choices", listed(option.choices)))
    for name in ("minimum", "maximum", "max_length"):
        bound: int | None = getattr(option, name)
        if bound is not None:
            lines.append(pair(name, str(bound)))
    match option.default:
        case None:
            pass
        case bool():
            lines.append(pair("default", str(option.default).lower()))
        case int():
            lines.append(pair("default", str(option.default)))
        case str():
            lines.append(pair("default", quoted(option.default)))
    if option.price_factor != 1:
        lines.append(f"# price_factor = {quoted(f'{option.price_factor:f}')}")
    return lines
