"""Reads the Dockerfile: its stages, and what each of them does in order."""

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

DOCKERFILE = Path(__file__).resolve().parents[1] / "Dockerfile"


@dataclass(frozen=True)
class Instruction:
    """One of them; `options` are its `--name=value`, `rest` is what follows these."""

    word: str
    rest: str
    options: dict[str, str]

    @property
    def pairs(self) -> dict[str, str]:
        """The `NAME=value` of an ENV, ARG or LABEL, without quotation marks."""
        parts = (part.partition("=") for part in shlex.split(self.rest))
        return {name: value for name, _, value in parts}


@dataclass(frozen=True)
class Stage:
    """`base` is an image, or the name of an earlier stage; `name` is empty for the image itself."""

    base: str
    name: str
    instructions: tuple[Instruction, ...]

    def said(self, word: str) -> list[Instruction]:
        """The instructions with that word."""
        return [each for each in self.instructions if each.word == word]


def stages(text: str | None = None) -> list[Stage]:
    """The stages of our Dockerfile, or of that text; the last one is the image."""
    found: list[tuple[str, str, list[Instruction]]] = []
    for line in _logical_lines((text or DOCKERFILE.read_text(encoding="utf-8")).splitlines()):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            base, _, name = rest.strip().partition(" AS ")
            found.append((base, name, []))
        elif not found:
            raise ValueError(f"{word} comes before FROM, which is not understood here.")
        else:
            found[-1][2].append(_instruction(word, rest.strip()))
    return [Stage(base, name, tuple(each)) for base, name, each in found]


def _instruction(word: str, rest: str) -> Instruction:
    options: dict[str, str] = {}
    while option := re.match(r"--([a-z-]+)=(\S+)\s+", rest):
        options[option[1]] = option[2]
        rest = rest[option.end() :]
    return Instruction(word, rest, options)


def _logical_lines(lines: Iterable[str]) -> list[str]:
    """Without comments and empty lines; one that ends with a backslash goes on in the next."""
    kept = "\n".join(line for line in lines if line.strip() and not line.lstrip().startswith("#"))
    return re.sub(r"\s*\\\n\s*", " ", kept).splitlines()
