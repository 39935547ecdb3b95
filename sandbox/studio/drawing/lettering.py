"""Setting text: which typeface, how large, where lines break."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from PIL import ImageDraw, ImageFont

from sandbox.studio.drawing.palette import Colour

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

# Pillow's own typeface is a subset: ASCII and a few marks.
_OWN_MARKS = frozenset("“”‘’…")
# For all other letters; the names under which systems ship them.
_LATIN_TYPEFACES = ("DejaVuSans.ttf", "Arial.ttf", "Helvetica.ttc")
_WIDE_TYPEFACES = ("NotoSansCJK-Regular.ttc", "msyh.ttc", "Arial Unicode.ttf", "wqy-zenhei.ttc", *_LATIN_TYPEFACES)
_WIDE_START = 0x2E80
_SHADOW = (8, 9, 14)


class Run(NamedTuple):
    """Words of one line that look alike: where they start and how wide they are, in pixels from the line's left."""

    text: str
    x: float
    width: float
    marked: bool


class Stroke(NamedTuple):
    """A level line under or through words."""

    left: int
    right: int
    y: int


@dataclass(frozen=True, slots=True)
class Ink:
    """How text is drawn: its colour, that of its marked words, and by how many pixels it is bolder."""

    plain: Colour
    marked: Colour
    weight: float = 0


@dataclass(frozen=True, slots=True)
class Block:
    """Text broken into lines, in a typeface of one size."""

    lines: tuple[str, ...]
    font: Font
    line_height: int
    words: tuple[str, ...] = ()

    @property
    def height(self) -> int:
        """Pixels from the top of the first line to the bottom of the last."""
        return self.line_height * len(self.lines)


@lru_cache(maxsize=64)
def _font(size: int, names: tuple[str, ...]) -> Font:
    for name in names:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)


def font_for(text: str, size: int) -> Font:
    """A typeface that can show the text, of that many pixels."""
    if all(letter.isascii() or letter in _OWN_MARKS for letter in text):
        return _font(size, ())
    wide = any(ord(letter) >= _WIDE_START for letter in text)
    return _font(size, _WIDE_TYPEFACES if wide else _LATIN_TYPEFACES)


def width_of(text: str, font: Font) -> float:
    """How many pixels a line takes."""
    return font.getlength(text)


def set_text(text: str, *, width: int, height: int, largest: int, smallest: int) -> Block:
    """Break text into lines of at most `width` pixels, as large as fits `height`; the rest is cut."""
    text = " ".join(text.split())
    size = _guessed_size(len(text), width, height, largest, smallest)
    while True:
        font = font_for(text, size)
        line_height = round(size * 1.18)
        lines = _broken(text, font, width)
        if line_height * len(lines) <= height or size <= smallest:
            break
        size = max(smallest, round(size * 0.85))
    room = max(1, height // line_height)
    if len(lines) > room:
        lines = [*lines[: room - 1], shortened(lines[room - 1] + "…", font, width, always=True)]
    return Block(tuple(lines), font, line_height, tuple(text.split()))


def _guessed_size(letters: int, width: int, height: int, largest: int, smallest: int) -> int:
    """Where to start: a size at which the text would fit if its letters were narrow, so that few sizes are tried."""
    narrow = math.sqrt(width * height / max(1, letters) / (1.18 * 0.36))
    return max(smallest, min(largest, round(narrow)))


def shortened(line: str, font: Font, width: float, *, always: bool = False) -> str:
    """The line, cut with an ellipsis if it is wider than `width` pixels (`always`: it has one already)."""
    if width_of(line, font) <= width:
        return line
    body = line.removesuffix("…") if always else line
    while body and width_of(body.rstrip() + "…", font) > width:
        body = body[: max(0, len(body) - 1 - len(body) // 40)]
    return body.rstrip() + "…"


def _broken(text: str, font: Font, width: int) -> list[str]:
    lines: list[str] = []
    line = ""
    for word in text.split():
        for piece in _pieces(word, font, width):
            longer = f"{line} {piece}".strip()
            if line and width_of(longer, font) > width:
                lines.append(line)
                line = piece
            else:
                line = longer
    return [*lines, line] if line else lines or [""]


def _pieces(word: str, font: Font, width: int) -> list[str]:
    """A word that is wider than a line (an address, a script without blanks) in parts that fit."""
    pieces: list[str] = []
    probe = max(1, round(width / max(1.0, width_of("i", font))))
    while len(word) > 1:
        cut = min(probe, len(word))
        while cut > 1 and (wide := width_of(word[:cut], font)) > width:
            cut = max(1, min(cut - 1, int(cut * width / wide)))
        if cut == len(word):
            break
        pieces.append(word[:cut])
        word = word[cut:]
    return [*pieces, word] if word else pieces


def runs_of(block: Block, marks: Sequence[bool]) -> list[list[Run]]:
    """Each line as runs of words that share a mark; `marks` has one for each word of the block's text."""
    if not any(marks):
        return [[Run(line, 0, width_of(line, block.font), False)] for line in block.lines]
    words, flags = iter(block.words), iter(marks)
    word, flag = next(words, ""), next(flags, False)
    lines: list[list[Run]] = []
    for line in block.lines:
        runs: list[Run] = []
        at = 0
        for piece in line.split():
            if runs and runs[-1].marked == flag:
                first = runs.pop()
                piece_of_line = line[at - len(first.text) - 1 : at + len(piece)]
            else:
                first = Run("", width_of(line[:at], block.font), 0, flag)
                piece_of_line = piece
            runs.append(Run(piece_of_line, first.x, width_of(piece_of_line, block.font), flag))
            at += len(piece) + 1
            # A word may be wider than a line: then the next piece is the rest of it.
            word = word[len(piece) :]
            if not word:
                word, flag = next(words, ""), next(flags, False)
        lines.append(runs)
    return lines


def write(draw: ImageDraw.ImageDraw, block: Block, x: int, y: int, ink: Ink, marks: Sequence[bool] = ()) -> int:
    """Draw a block of text with a thin shadow, its marked words in their own colour; returns the y below it."""
    drop = max(1, block.line_height // 24)
    for runs in runs_of(block, marks):
        for run in runs:
            fill = ink.marked if run.marked else ink.plain
            for away, colour in ((drop, _SHADOW), (0, fill)):
                corner = (x + run.x + away, y + away)
                draw.text(corner, run.text, font=block.font, fill=colour, stroke_width=ink.weight, stroke_fill=colour)
        y += block.line_height
    return y


def strokes_of(block: Block, x: int, y: int, marks: Sequence[bool], height: float) -> list[Stroke]:
    """The strokes under or through the marked words, at a height of the line from 0 to 1."""
    return [
        Stroke(round(x + run.x), round(x + run.x + run.width), round(y + block.line_height * (number + height)))
        for number, runs in enumerate(runs_of(block, marks))
        for run in runs
        if run.marked
    ]
