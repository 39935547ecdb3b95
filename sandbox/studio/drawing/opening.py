"""The beginning of a remix: its parent's last picture, the old and the new prompt, and the way into the new scene."""

from PIL import Image, ImageDraw, ImageFilter, ImageOps

from sandbox.studio.drawing.brief import Brief
from sandbox.studio.drawing.layout import NIGHT, QUIET, Layout, chip
from sandbox.studio.drawing.lettering import Ink, Stroke, font_for, set_text, strokes_of, write
from sandbox.studio.drawing.palette import mixed
from sandbox.studio.drawing.pixels import stretched, with_levels
from sandbox.studio.drawing.prints import opened, print_edge, print_of
from sandbox.studio.drawing.wording import missing_in

_SHARE = 0.4
_LONGEST_SECONDS = 3.5
_WAY_SECONDS = 0.55


class Opening:
    """The first pictures of a remix; `count` of them, in which `way` of them lead over into the scene."""

    def __init__(self, layout: Layout, parent: Brief, before: bytes) -> None:
        brief = layout.brief
        rate = brief.frame_count / brief.seconds
        wanted = min(brief.frame_count * _SHARE, _LONGEST_SECONDS * rate)
        self.count = min(brief.frame_count - 1, max(1, round(wanted)))
        self._way = min(round(_WAY_SECONDS * rate), self.count // 3)
        self._layout = layout
        self._last = opened(before)
        self._ground = self._dimmed()
        self._lines: list[Stroke] = []
        self._still, self._window = self._draw(parent)

    def at(self, number: int, scene: Image.Image) -> Image.Image:
        """The opening's picture with that number; the last few grow into `scene`, which may be drawn over."""
        resting = self.count - self._way
        if number < resting:
            return self._with_lines(min(1.0, 1.5 * number / max(1, resting - 1)))
        gone = (number - resting + 1) / (self._way + 1)
        return self._grown(gone * gone * (3 - 2 * gone), scene)

    def _with_lines(self, share: float) -> Image.Image:
        """The new words, underlined; the lines light up as far as that share of the way."""
        picture = self._still.copy()
        draw = ImageDraw.Draw(picture)
        thick = max(1, round(self._layout.unit * 0.5))
        accent = self._layout.palette.accent
        left_over = share * sum(line.right - line.left for line in self._lines)
        for line in self._lines:
            lit = line.left + max(0, min(line.right - line.left, round(left_over)))
            draw.rectangle((line.left, line.y, line.right, line.y + thick - 1), mixed(NIGHT, accent, 0.45))
            if lit > line.left:
                draw.rectangle((line.left, line.y, lit, line.y + thick - 1), accent)
            left_over -= line.right - line.left
        return picture

    def _grown(self, share: float, scene: Image.Image) -> Image.Image:
        """The parent's picture between its print and the whole picture, fading into the scene."""
        brief = self._layout.brief
        whole = ImageOps.contain(self._last, (brief.width, brief.height)).size
        left, top = (brief.width - whole[0]) / 2, (brief.height - whole[1]) / 2
        ends = zip(self._window, (left, top, left + whole[0], top + whole[1]), strict=True)
        box = tuple(round(start + (end - start) * share) for start, end in ends)
        picture = Image.blend(self._ground, scene, share)
        window = (box[0], box[1], max(box[2], box[0] + 1), max(box[3], box[1] + 1))
        grown = stretched(self._last, (window[2] - window[0], window[3] - window[1]))
        picture.paste(Image.blend(grown, scene.crop(window), share * share), window)
        return picture

    def _dimmed(self) -> Image.Image:
        """The parent's picture as a dark, soft background."""
        brief = self._layout.brief
        small = stretched(self._last, (32, 18)).filter(ImageFilter.GaussianBlur(2))
        dim = with_levels(small, [round(level * 0.38) for level in range(256)] * 3)
        return stretched(dim, (brief.width, brief.height), fine=True)

    def _draw(self, parent: Brief) -> tuple[Image.Image, tuple[int, int, int, int]]:
        """The still part of the opening, and the position of the parent's picture in it."""
        layout, brief, unit, margin = self._layout, self._layout.brief, self._layout.unit, self._layout.margin
        picture = self._ground.copy()
        draw = ImageDraw.Draw(picture)
        chip(draw, layout, f"REMIX {len(brief.ancestors)}", margin, margin)
        if layout.wide:
            card = print_of(self._last, (round(brief.width * 0.44), round(brief.height * 0.62)), unit)
            corner = margin, round(brief.height * 0.5 - card.height / 2)
            x = margin + card.width + round(unit * 5)
            room = round(brief.height * 0.70)
        else:
            card = print_of(self._last, (brief.width - 2 * margin, round(brief.height * 0.4)), unit)
            corner = (brief.width - card.width) // 2, margin + round(unit * 11)
            x = margin
            room = brief.height - corner[1] - card.height - margin * 3
        picture.paste(card, corner, card)
        middle = round(brief.height * 0.5) if layout.wide else None
        top = corner[1] + card.height + round(unit * 6)
        self._write(draw, parent, (x, top if middle is None else middle), room, centred=layout.wide)
        edge, shadow = print_edge(unit)
        left, upper = corner[0] + edge, corner[1] + edge
        right, lower = corner[0] + card.width - edge - shadow, corner[1] + card.height - edge - shadow
        return picture, (left, upper, right, lower)

    def _write(
        self, draw: ImageDraw.ImageDraw, parent: Brief, at: tuple[int, int], room: int, *, centred: bool
    ) -> None:
        """The old prompt with removed words struck through, the new one with added words marked, and other changes."""
        layout, brief, unit = self._layout, self._layout.brief, self._layout.unit
        x, y = at
        width = brief.width - layout.margin - x
        gap, rest = round(unit * 3.2), round(unit * 4.6) * len(brief.changes)
        smallest = layout.pixels(3.4)
        high = round((room - rest) * 0.34)
        was = set_text(parent.prompt, width=width, height=high, largest=layout.pixels(4.2), smallest=smallest)
        high = room - rest - was.height - gap
        now = set_text(brief.prompt, width=width, height=high, largest=layout.pixels(6.6), smallest=smallest)
        if centred:
            y -= round((was.height + gap + now.height + rest) / 2)
        going = missing_in(parent.prompt, brief.prompt)
        below = write(draw, was, x, y, Ink(QUIET, layout.faded), going)
        for line in strokes_of(was, x, y, going, 0.56):
            thick = max(1, round(unit * 0.25))
            draw.rectangle((line.left, line.y, line.right, line.y + thick - 1), layout.faded)
        coming = missing_in(brief.prompt, parent.prompt)
        top = below + gap
        below = write(draw, now, x, top, Ink(layout.palette.paper, layout.palette.accent, layout.weight(now)), coming)
        self._lines = strokes_of(now, x, top, coming, 0.99)
        if brief.changes:
            said = "\n".join(brief.changes)
            font = font_for(said, layout.pixels(3.2))
            draw.multiline_text((x, below + unit * 2), said, font=font, fill=layout.palette.accent, spacing=unit)
