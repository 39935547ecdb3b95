"""The moving landscape behind the words: a sky, a travelling sun, three rows of hills; knows no text."""

import hashlib
import math
import random
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFilter

from sandbox.studio.drawing.palette import Colour, Palette
from sandbox.studio.drawing.pixels import stretched, with_levels


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of hills: a mask wider than the picture, that slides by `travel` pixels from start to end."""

    mask: Image.Image
    colour: Colour
    top: int
    travel: int


class Landscape:
    """Draws the background of any moment; what doesn't move is drawn once."""

    def __init__(self, seed: str, palette: Palette, width: int, height: int) -> None:
        self.width, self.height = width, height
        chance = random.Random(hashlib.sha256(seed.encode()).digest())
        self._palette = palette
        self._sky = _gradient(palette.sky_top, palette.sky_bottom, width, height)
        self._sun = _sun_mask(round(min(width, height) * 0.62))
        self._from_left = chance.random() < 0.5
        self._rows = tuple(
            _row(chance, colour, width, height, nearness) for nearness, colour in enumerate(palette.hills, start=1)
        )

    def at(self, moment: float) -> Image.Image:
        """The picture at a moment from 0 (start) to 1 (end); a fresh image, free to be drawn on."""
        picture = self._sky.copy()
        way = moment if self._from_left else 1 - moment
        sun_x = round(self.width * (0.16 + 0.68 * way) - self._sun.width / 2)
        sun_y = round(self.height * (0.66 - 0.11 * math.sin(math.pi * (0.1 + 0.8 * moment))) - self._sun.height / 2)
        picture.paste(self._palette.sun, (sun_x, sun_y), self._sun)
        for row in self._rows:
            left = round(row.travel * moment)
            mask = row.mask.crop((left, 0, left + self.width, row.mask.height))
            picture.paste(row.colour, (0, row.top), mask)
        return picture


def _gradient(top: Colour, bottom: Colour, width: int, height: int) -> Image.Image:
    """A sky, made small and stretched: cheap, and smooth."""
    strip = Image.new("RGB", (1, 32))
    for row in range(32):
        share = (row / 31) ** 2.2
        strip.putpixel((0, row), tuple(round(a + (b - a) * share) for a, b in zip(top, bottom, strict=True)))
    return stretched(strip, (width, height), fine=True)


def _sun_mask(size: int) -> Image.Image:
    """A disc with a wide, faint glow."""
    fading = [max(0, round((150 - level) * 0.62)) for level in range(256)]
    mask = stretched(with_levels(Image.radial_gradient("L"), fading), (size, size))
    disc_size = round(size * 0.30)
    disc = Image.new("L", (disc_size * 2, disc_size * 2))
    ImageDraw.Draw(disc).ellipse((2, 2, disc_size * 2 - 3, disc_size * 2 - 3), fill=215)
    disc = stretched(disc, (disc_size, disc_size))
    corner = (size - disc_size) // 2
    mask.paste(215, (corner, corner), disc)
    return mask


def _row(chance: random.Random, colour: Colour, width: int, height: int, nearness: int) -> _Row:
    """Hills as a mask drawn at half size and stretched, which softens their edge."""
    travel = round(width * 0.07 * nearness)
    top = round(height * (0.50 + 0.10 * nearness))
    tall = height - top
    half_width, half_tall = (width + travel) // 2 + 1, tall // 2 + 1
    waves = [(chance.uniform(1.2, 2.2) * (step + 1), chance.uniform(0, math.tau), 0.5**step) for step in range(3)]
    ridge: list[tuple[float, float]] = []
    for x in range(0, half_width + 6, 6):
        along = x / half_width
        lift = sum(weight * math.sin(math.tau * along * pace * 0.7 + shift) for pace, shift, weight in waves)
        ridge.append((x, (0.5 - 0.28 * lift) * min(half_tall, height * 0.1)))
    mask = Image.new("L", (half_width, half_tall))
    ImageDraw.Draw(mask).polygon([(0, half_tall), *ridge, (half_width, half_tall)], fill=255)
    mask = mask.filter(ImageFilter.BoxBlur(1.2))
    return _Row(stretched(mask, (half_width * 2, half_tall * 2)), colour, top, travel)
