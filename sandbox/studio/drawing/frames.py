"""The pictures of one video, one after the other: opening, landscape, title, references, time."""

import hashlib
import math
from collections.abc import Iterator

from PIL import Image, ImageDraw, ImageOps

from sandbox.studio.drawing.brief import Brief
from sandbox.studio.drawing.layout import NIGHT, QUIET, Layout, chip
from sandbox.studio.drawing.lettering import Block, Ink, font_for, set_text, shortened, width_of, write
from sandbox.studio.drawing.opening import Opening
from sandbox.studio.drawing.pixels import stretched
from sandbox.studio.drawing.prints import Print, lay_out, opened
from sandbox.studio.drawing.scene import Landscape
from sandbox.studio.drawing.signs import signs_of
from sandbox.studio.drawing.wording import missing_in

_BAR = (150, 150, 158)
_SHADE = 150
_SHADE_STEPS = 24


def draw_frames(brief: Brief, before: bytes | None = None) -> Iterator[Image.Image]:
    """All pictures of the video, RGB, in order. A remix opens with `before`, its parent's last picture."""
    board = _Board(brief)
    count = brief.frame_count
    opening = Opening(board.layout, brief.parent, before) if brief.parent and before and count > 1 else None
    for number in range(count):
        moment = number / (count - 1) if count > 1 else 0.0
        if opening and number < opening.count:
            picture = opening.at(number, board.landscape(moment))
        else:
            picture = board.scene(moment)
        board.time_bar(picture, moment)
        yield picture


class _Board:
    """One video's scene. Its still parts are drawn once and pasted."""

    def __init__(self, brief: Brief) -> None:
        self.brief = brief
        self.layout = Layout(brief)
        self.unit, self.margin = self.layout.unit, self.layout.margin
        self._landscape = Landscape(
            hashlib.sha256(brief.origin.prompt.encode()).digest(),
            self.layout.palette,
            signs_of(brief),
            (brief.width, brief.height),
            opened(brief.backdrop) if brief.backdrop else None,
        )
        self._prints = self._lay_out_references()
        self._words = self._make_words()

    def landscape(self, moment: float) -> Image.Image:
        """The scene at a moment from 0 to 1, without its words and prints."""
        return self._landscape.at(moment, moment * self.brief.seconds)

    def scene(self, moment: float) -> Image.Image:
        """The video itself at a moment from 0 to 1."""
        picture = self.landscape(moment)
        words, corner = self._words
        picture.paste(words, corner, words)
        for number, card in enumerate(self._prints):
            turn = math.tau * moment * self.brief.seconds / 4 + number * 1.3
            away = round(self.unit * 0.5 * math.cos(turn)), round(self.unit * 1.1 * math.sin(turn))
            picture.paste(card.image, (card.x + away[0], card.y + away[1]), card.image)
        return picture

    def time_bar(self, picture: Image.Image, moment: float) -> None:
        """Draw the elapsed part of the video, and its time."""
        brief, unit, margin, palette = self.brief, self.unit, self.margin, self.layout.palette
        draw = ImageDraw.Draw(picture)
        y = brief.height - margin
        font = font_for("0", self.layout.pixels(3.2))
        total = _clock_face(brief.seconds)
        now = _clock_face(brief.seconds * moment)
        draw.text((brief.width - margin, y), f"{now} / {total}", font=font, fill=palette.paper, anchor="rm")
        thick = max(1, round(unit * 0.35))
        right = brief.width - margin - round(width_of(f"{total} / {total}", font) + unit * 3)
        right = max(right, margin + 2 * thick)
        at = margin + round((right - margin) * moment)
        draw.rounded_rectangle((margin, y - thick, right, y + thick), thick, fill=_BAR)
        draw.rounded_rectangle((margin, y - thick, max(at, margin + 2 * thick), y + thick), thick, palette.accent)
        knob = unit * 1.2
        draw.ellipse((at - knob, y - knob, at + knob, y + knob), fill=palette.paper)

    def _make_words(self) -> tuple[Image.Image, tuple[int, int]]:
        """Title and facts on nothing but a soft shade, cut to where they are, and where that is."""
        brief, layout, margin, unit = self.brief, self.layout, self.margin, self.unit
        layer = Image.new("RGBA", (brief.width, round(brief.height * (0.66 if layout.wide else 0.48))))
        width = (round(brief.width * 0.57) if layout.wide and self._prints else brief.width - margin) - margin
        top = margin + round(unit * 9)
        room = layer.height - top - round(unit * (8 if brief.parent else 2))
        title = set_text(brief.prompt, width=width, height=room, largest=layout.pixels(10), smallest=layout.pixels(3.4))
        _shade(layer, min(layer.height, top + title.height + round(unit * 14)))
        draw = ImageDraw.Draw(layer)
        x = margin
        if brief.parent:
            x = chip(draw, layout, f"REMIX {len(brief.ancestors)}", x, margin) + round(unit * 2.5)
        facts = f"{brief.model}   {brief.width}x{brief.height}   {brief.seconds:g} s"
        font = font_for(facts, layout.pixels(3.2))
        facts = shortened(facts, font, brief.width - margin - x)
        draw.text((x, margin + unit * 2.7), facts, font=font, fill=layout.palette.accent, anchor="lm")
        new = missing_in(brief.prompt, brief.parent.prompt) if brief.parent else ()
        ink = Ink(layout.palette.paper, layout.palette.accent, layout.weight(title))
        y = write(draw, title, margin, top, ink, new)
        self._ancestry(draw, y + round(unit * 2.5), width)
        bounds = layer.getbbox() or (0, 0, 1, 1)
        return layer.crop(bounds), (bounds[0], bounds[1])

    def _ancestry(self, draw: ImageDraw.ImageDraw, y: int, width: int) -> None:
        """One line: the video's ancestors, the newest ones if there is not room for all."""
        names = [" ".join(ancestor.prompt.split()) for ancestor in self.brief.ancestors[-3:]]
        if not names:
            return
        font = font_for(" ".join(names), self.layout.pixels(3.2))
        each = (width - self.unit * 10) / len(names) - self.unit * 3
        line = "  /  ".join(shortened(name, font, each) for name in names)
        write(draw, Block((f"from  {line}",), font, 0), self.margin, y, Ink(QUIET, QUIET))

    def _lay_out_references(self) -> list[Print]:
        width, height, margin = self.brief.width, self.brief.height, self.margin
        if self.layout.wide:
            area = (round(width * 0.60), margin * 2, width - margin, round(height * 0.78))
        else:
            area = (margin, round(height * 0.50), width - margin, round(height * 0.86))
        return lay_out(self.brief.references, area, self.unit, columns_max=2)


def _shade(layer: Image.Image, height: int) -> None:
    """Darken the upper part, less and less down to that height, so that words are readable before any sky."""
    strip = Image.new("L", (1, _SHADE_STEPS))
    for step in range(_SHADE_STEPS):
        strip.putpixel((0, step), round(_SHADE * (1 - (step / (_SHADE_STEPS - 1)) ** 2)))
    layer.paste((*NIGHT, 255), (0, 0, layer.width, height))
    layer.putalpha(ImageOps.expand(stretched(strip, (layer.width, height)), (0, 0, 0, layer.height - height)))


def _clock_face(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
