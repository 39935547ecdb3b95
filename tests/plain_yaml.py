"""Reads the plain part of YAML that the project's own files keep to, so that tests need no library for them.

That is: mappings and lists by indentation, lists in brackets on one line, texts in a block after `|`, and words with or
without quotation marks. Every value is a text. Anything else is a ValueError with its line: anchors, tags, braces,
texts over several lines without `|`.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_KEY = re.compile(r"""(?P<key>[A-Za-z_][\w./-]*|"[^"]*"):(?:\s+(?P<value>.*))?$""")
_REFUSED = ("&", "*", "!", "{", ">", "%", "@", "`")


def read_yaml(path: Path) -> Any:
    """The document in the file: dictionaries, lists and texts; None for an empty value."""
    reader = _Reader([_Line.of(number, text) for number, text in enumerate(path.read_text().splitlines(), 1)])
    value = reader.block(0)
    if reader.at < len(reader.lines):
        raise ValueError(f"{path.name}, line {reader.lines[reader.at].number}: not understood.")
    return value


@dataclass(frozen=True)
class _Line:
    number: int
    indent: int
    text: str
    raw: str

    @classmethod
    def of(cls, number: int, raw: str) -> "_Line":
        text = _without_comment(raw)
        return cls(number, len(text) - len(text.lstrip()), text.strip(), raw)


class _Reader:
    def __init__(self, lines: list[_Line]) -> None:
        self.lines = lines
        self.at = 0
        self._pass_over()

    def _pass_over(self) -> None:
        """Empty lines and comments."""
        while self.at < len(self.lines) and not self.lines[self.at].text:
            self.at += 1

    def block(self, indent: int) -> Any:
        """The mapping or list whose lines are indented so far."""
        here = self._here(indent)
        if here is None:
            return None
        return self._items(indent) if here.text.startswith("- ") else self._pairs(indent)

    def _here(self, indent: int) -> _Line | None:
        """The next line, if it is indented so far."""
        if self.at == len(self.lines) or self.lines[self.at].indent != indent:
            return None
        return self.lines[self.at]

    def _items(self, indent: int) -> list[Any]:
        found: list[Any] = []
        while (line := self._here(indent)) and line.text.startswith("- "):
            inner = line.text[2:].strip()
            if _KEY.match(inner):
                # A mapping that begins beside the dash.
                self.lines[self.at] = _Line(line.number, indent + 2, inner, line.raw)
                found.append(self._pairs(indent + 2))
            else:
                self._step()
                found.append(self._value(inner, line))
        return found

    def _pairs(self, indent: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while (line := self._here(indent)) and not line.text.startswith("- "):
            match = _KEY.match(line.text)
            if match is None:
                raise ValueError(f"line {line.number}: neither a key nor an item.")
            key = match["key"].strip('"')
            if key in found:
                raise ValueError(f"line {line.number}: {key} occurs twice.")
            self._step()
            found[key] = self._value(match["value"] or "", line)
        return found

    def _value(self, text: str, line: _Line) -> Any:
        if text == "|":
            return self._literal(line.indent)
        if text:
            return _plain(text, line.number)
        deeper = self.lines[self.at].indent if self.at < len(self.lines) else -1
        # A list may be indented as far as its key.
        as_far = deeper == line.indent and self.lines[self.at].text.startswith("- ")
        return self.block(deeper) if deeper > line.indent or as_far else None

    def _literal(self, outer: int) -> str:
        kept: list[str] = []
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if line.raw.strip() and len(line.raw) - len(line.raw.lstrip()) <= outer:
                break
            kept.append(line.raw)
            self.at += 1
        self._pass_over()
        width = min((len(one) - len(one.lstrip()) for one in kept if one.strip()), default=0)
        return "\n".join(one[width:] for one in kept).rstrip("\n") + "\n"

    def _step(self) -> None:
        self.at += 1
        self._pass_over()


def _without_comment(raw: str) -> str:
    """Without what follows a # at its beginning or after a space, outside of quotation marks."""
    quoted = ""
    for place, sign in enumerate(raw):
        if quoted:
            quoted = "" if sign == quoted else quoted
        elif sign in "\"'" and (place == 0 or raw[place - 1] in " [,:"):
            quoted = sign
        elif sign == "#" and (place == 0 or raw[place - 1] == " "):
            return raw[:place].rstrip()
    return raw.rstrip()


def _plain(text: str, number: int) -> Any:
    if text.startswith("["):
        if not text.endswith("]"):
            raise ValueError(f"line {number}: a list in brackets is on one line.")
        return [_plain(one.strip(), number) for one in text[1:-1].split(",") if one.strip()]
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    if text.startswith(_REFUSED) or ": " in text:
        raise ValueError(f"line {number}: {text!r} is more than plain YAML.")
    return text
