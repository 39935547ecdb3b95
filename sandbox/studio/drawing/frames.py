"""The pictures of one video, one after the other: landscape, title, references, ancestry, time; encodes nothing."""

import math
from collections.abc import Iterator

from PIL import Image, ImageDraw, ImageFilter

from sandbox.studio.drawing.brief import Brief
from sandbox.studio.drawing.lettering import Block, font_for, set_text, shortened, width_of, write
from sandbox.studio.drawing.palette import Palette, palette_of
from sandbox.studio.drawing.pixels import stretched, with_levels
from sandbox.studio.drawing.prints import Print, lay_out, opened, print_of
from sandbox.studio.drawing.scene import Landscape

_OPENING_SHARE = 0.3
_NIGHT = (8, 9, 14)
_QUIET = (206, 206, 212)
_BAR = (150, 150, 158)


def draw_frames(brief: Brief, before: bytes | None = None) -> Iterator[Image.Image]:
    """All pictures of the video, RGB, in order. A remix opens with `before`, its parent's last picture."""
    board = _Board(brief)
    count = brief.frame_count
    opening = None
    opening_count = 0
    if brief.parent and before:
        opening = board.opening(brief.parent, before)
        opening_count = min(count - 1, max(1, round(count * _OPENING_SHARE)))
    for number in range(count):
        moment = number / (count - 1) if count > 1 else 0.0
        picture = opening.copy() if opening and number < opening_count else board.scene(moment)
        board.time_bar(picture, moment)
        yield picture


class _Board:
    """One video's layout. What doesn't move is drawn once and pasted; lengths are in hundredths of the short side."""

    def __init__(self, brief: Brief) -> None:
        self.brief = brief
        self.palette: Palette = palette_of(brief.prompt)
        self.unit = min(brief.width, brief.height) / 100
        self.margin = round(self.unit * 6)
        self.wide = brief.width > brief.height
        self._landscape = Landscape(brief.prompt, self.palette, brief.width, brief.height)
        self._prints = self._lay_out_references()
        self._words = self._make_words()

    def _px(self, units: float) -> int:
        return max(8, round(self.unit * units))

    def scene(self, moment: float) -> Image.Image:
        """The video itself at a moment from 0 to 1."""
        picture = self._landscape.at(moment)
        words, corner = self._words
        picture.paste(words, corner, words)
        for number, card in enumerate(self._prints):
            sway = round(self.unit * 0.9 * math.sin(math.tau * moment + number * 1.3))
            picture.paste(card.image, (card.x, card.y + sway), card.image)
        return picture

    def time_bar(self, picture: Image.Image, moment: float) -> None:
        """Draw how far the video has run, and its time."""
        brief, unit, margin = self.brief, self.unit, self.margin
        draw = ImageDraw.Draw(picture)
        y = brief.height - margin
        font = font_for("0", self._px(3.2))
        total = _clock_face(brief.seconds)
        now = _clock_face(brief.seconds * moment)
        draw.text((brief.width - margin, y), f"{now} / {total}", font=font, fill=self.palette.paper, anchor="rm")
        thick = max(1, round(unit * 0.35))
        right = brief.width - margin - round(width_of(f"{total} / {total}", font) + unit * 3)
        right = max(right, margin + 2 * thick)
        at = margin + round((right - margin) * moment)
        draw.rounded_rectangle((margin, y - thick, right, y + thick), thick, fill=_BAR)
        draw.rounded_rectangle((margin, y - thick, max(at, margin + 2 * thick), y + thick), thick, self.palette.accent)
        knob = unit * 1.2
        draw.ellipse((at - knob, y - knob, at + knob, y + knob), fill=self.palette.paper)

    def opening(self, parent: Brief, before: bytes) -> Image.Image:
        """A remix's first picture: the parent's last one as a print, what it was, and what is asked of it now."""
        brief, unit, margin = self.brief, self.unit, self.margin
        last = opened(before)
        dim = with_levels(stretched(last, (32, 18)), [level // 4 for level in range(256)] * 3)
        picture = stretched(dim.filter(ImageFilter.GaussianBlur(2)), (brief.width, brief.height), fine=True)
        draw = ImageDraw.Draw(picture)
        self._chip(draw, f"REMIX {len(brief.ancestors)}", margin, margin)
        if self.wide:
            box = round(brief.width * 0.42), round(brief.height * 0.60)
            card = print_of(last, box, unit)
            picture.paste(card, (margin, round(brief.height * 0.48 - card.height / 2)), card)
            x, y = margin + card.width + round(unit * 5), round(brief.height * 0.27)
        else:
            card = print_of(last, (brief.width - 2 * margin, round(brief.height * 0.4)), unit)
            picture.paste(card, ((brief.width - card.width) // 2, margin + round(unit * 11)), card)
            x, y = margin, margin + round(unit * 18) + card.height
        width = brief.width - margin - x
        was = set_text(
            parent.prompt, width=width, height=round(unit * 13), largest=self._px(4.4), smallest=self._px(3.4)
        )
        y = write(draw, was, x, y, _QUIET) + round(unit * 2.5)
        draw.rectangle((x, y, x + round(unit * 10), y + round(unit * 0.6)), fill=self.palette.accent)
        y += round(unit * 4)
        now = set_text(brief.prompt, width=width, height=round(unit * 32), largest=self._px(7), smallest=self._px(3.6))
        y = write(draw, now, x, y, self.palette.paper, weight=self._weight) + round(unit * 2)
        if brief.changes:
            said = "\n".join(brief.changes)
            draw.multiline_text(
                (x, y), said, font=font_for(said, self._px(3.2)), fill=self.palette.accent, spacing=unit
            )
        return picture

    @property
    def _weight(self) -> int:
        return max(0, round(self.unit * 0.07))

    def _make_words(self) -> tuple[Image.Image, tuple[int, int]]:
        """Title and facts on nothing, cut to where they are, and where that is."""
        brief, margin, unit = self.brief, self.margin, self.unit
        layer = Image.new("RGBA", (brief.width, round(brief.height * (0.66 if self.wide else 0.48))))
        draw = ImageDraw.Draw(layer)
        width = (round(brief.width * 0.57) if self.wide and self._prints else brief.width - margin) - margin
        x = y = margin
        if brief.parent:
            x = self._chip(draw, f"REMIX {len(brief.ancestors)}", x, y) + round(unit * 2.5)
        facts = f"{brief.model}   {brief.width}x{brief.height}   {brief.seconds:g} s"
        font = font_for(facts, self._px(3.2))
        facts = shortened(facts, font, brief.width - margin - x)
        draw.text((x, y + unit * 2.7), facts, font=font, fill=self.palette.accent, anchor="lm")
        y += round(unit * 9)
        room = layer.height - y - round(unit * (8 if brief.parent else 2))
        title = set_text(brief.prompt, width=width, height=room, largest=self._px(10), smallest=self._px(3.4))
        y = write(
            draw, title, margin, y, self.palette.paper, weight=self._weight if title.line_height > unit * 6 else 0
        )
        self._ancestry(draw, y + round(unit * 2.5), width)
        bounds = layer.getbbox() or (0, 0, 1, 1)
        return layer.crop(bounds), (bounds[0], bounds[1])

    def _ancestry(self, draw: ImageDraw.ImageDraw, y: int, width: int) -> None:
        """One line: where this video comes from, the newest ancestors if there is not room for all."""
        names = [" ".join(ancestor.prompt.split()) for ancestor in self.brief.ancestors[-3:]]
        if not names:
            return
        font = font_for(" ".join(names), self._px(3.2))
        each = (width - self.unit * 10) / len(names) - self.unit * 3
        line = "  /  ".join(shortened(name, font, each) for name in names)
        write(draw, Block((f"from  {line}",), font, 0), self.margin, y, _QUIET)

    def _chip(self, draw: ImageDraw.ImageDraw, text: str, x: int, y: int) -> int:
        """A small filled label; returns its right edge."""
        font = font_for(text, self._px(3))
        right = x + round(width_of(text, font) + self.unit * 4)
        draw.rounded_rectangle((x, y, right, y + round(self.unit * 5.4)), self.unit * 2.7, fill=self.palette.accent)
        draw.text(((x + right) / 2, y + self.unit * 2.7), text, font=font, fill=_NIGHT, anchor="mm")
        return right

    def _lay_out_references(self) -> list[Print]:
        width, height, margin = self.brief.width, self.brief.height, self.margin
        if self.wide:
            area = (round(width * 0.60), margin * 2, width - margin, round(height * 0.78))
        else:
            area = (margin, round(height * 0.50), width - margin, round(height * 0.86))
        return lay_out(self.brief.references, area, self.unit, columns_max=2)


def _clock_face(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
