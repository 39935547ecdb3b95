"""One video's measures and colours, and the small label that several of its pictures bear."""

from PIL import ImageDraw

from sandbox.studio.drawing.brief import Brief
from sandbox.studio.drawing.lettering import Block, font_for, width_of
from sandbox.studio.drawing.palette import Colour, Palette, mixed, names_a_mood, palette_of

NIGHT = (8, 9, 14)
QUIET = (206, 206, 212)
_LABEL_UNITS = 5.4


class Layout:
    """Lengths are in hundredths of the short side (`unit`)."""

    def __init__(self, brief: Brief) -> None:
        self.brief = brief
        self.palette: Palette = palette_of(_prompt_of_colours(brief))
        self.unit = min(brief.width, brief.height) / 100
        self.margin = round(self.unit * 6)
        self.wide = brief.width > brief.height

    @property
    def faded(self) -> Colour:
        """The colour of removed words."""
        return mixed(NIGHT, QUIET, 0.55)

    def pixels(self, units: float) -> int:
        """A readable size of letters."""
        return max(8, round(self.unit * units))

    def weight(self, block: Block) -> float:
        """How much bolder a title is; small text stays as it is."""
        return round(block.line_height * 0.012, 2) if block.line_height > self.unit * 6 else 0


def _prompt_of_colours(brief: Brief) -> str:
    """The newest prompt that names a mood, else the first: a remix keeps colours that it doesn't mention."""
    chain = (*brief.ancestors, brief)
    return next((one.prompt for one in reversed(chain) if names_a_mood(one.prompt)), chain[0].prompt)


def chip(draw: ImageDraw.ImageDraw, layout: Layout, text: str, x: int, y: int) -> int:
    """A small filled label; returns its right edge."""
    unit = layout.unit
    font = font_for(text, layout.pixels(3))
    right = x + round(width_of(text, font) + unit * 4)
    half = _LABEL_UNITS / 2
    draw.rounded_rectangle((x, y, right, y + round(unit * _LABEL_UNITS)), unit * half, fill=layout.palette.accent)
    draw.text(((x + right) / 2, y + unit * half), text, font=font, fill=NIGHT, anchor="mm")
    return right
