"""The moving landscape behind the words: a sky, a travelling sun, three rows of hills or houses."""

import math
import random
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFilter, ImageOps

from sandbox.studio.drawing.palette import Colour, Palette, mixed
from sandbox.studio.drawing.pixels import stretched, with_levels
from sandbox.studio.drawing.signs import Sign
from sandbox.studio.drawing.weather import Weather

_PAINTED_SHARE = 0.62
_PAINTED_LIGHT = 0.72
_PAN_SHARE = 0.12


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of hills: a mask wider than the picture, that slides by `travel` pixels from start to end."""

    mask: Image.Image
    colour: Colour
    top: int
    travel: int


class Landscape:
    """Draws the background of any moment; its still parts are drawn once.

    Equal seeds give the same hills and houses, for all colours and weathers. The sky is painted from the `backdrop`, if
    there is one.
    """

    def __init__(
        self,
        seed: bytes,
        palette: Palette,
        signs: frozenset[Sign],
        size: tuple[int, int],
        backdrop: Image.Image | None = None,
    ) -> None:
        self.width, self.height = size
        chance = random.Random(seed)
        self._palette = palette
        self._pan = round(self.width * _PAN_SHARE) if backdrop else 0
        self._sky = _sky(palette, self.width + self._pan, self.height, backdrop)
        self._sun = _sun_mask(round(min(size) * 0.62), crescent=Sign.STARS in signs)
        self._from_left = chance.random() < 0.5
        self._rows = _rows(chance, palette, self.width, self.height, signs)
        self._weather = Weather(signs, chance, palette, self.width, self.height)

    def at(self, moment: float, seconds: float) -> Image.Image:
        """The picture at a moment from 0 (start) to 1 (end), that many seconds after the start; free to be drawn on."""
        left = round(self._pan * (moment if self._from_left else 1 - moment))
        picture = self._sky.crop((left, 0, left + self.width, self.height))
        way = moment if self._from_left else 1 - moment
        sun_x = round(self.width * (0.16 + 0.68 * way) - self._sun.width / 2)
        sun_y = round(self.height * (0.66 - 0.11 * math.sin(math.pi * (0.1 + 0.8 * moment))) - self._sun.height / 2)
        self._weather.draw_behind(picture, seconds)
        picture.paste(self._palette.sun, (sun_x, sun_y), self._sun)
        for row in self._rows:
            left = round(row.travel * moment)
            mask = row.mask.crop((left, 0, left + self.width, row.mask.height))
            picture.paste(row.colour, (0, row.top), mask)
        self._weather.draw_before(picture, seconds)
        return picture


def _sky(palette: Palette, width: int, height: int, backdrop: Image.Image | None) -> Image.Image:
    """A sky, made small and stretched: cheap, and smooth. A backdrop shines through it."""
    strip = Image.new("RGB", (1, 32))
    for row in range(32):
        strip.putpixel((0, row), mixed(palette.sky_top, palette.sky_bottom, (row / 31) ** 2.2))
    sky = stretched(strip, (width, height), fine=True)
    if backdrop is None:
        return sky
    small = ImageOps.fit(backdrop, (72, max(1, round(72 * height / width))), Image.Resampling.BILINEAR)
    small = with_levels(small, [round(level * _PAINTED_LIGHT) for level in range(256)] * 3)
    return Image.blend(sky, stretched(small, (width, height), fine=True), _PAINTED_SHARE)


def _sun_mask(size: int, *, crescent: bool) -> Image.Image:
    """A disc, or a moon, with a wide, faint glow."""
    fading = [max(0, round((150 - level) * 0.62)) for level in range(256)]
    mask = stretched(with_levels(Image.radial_gradient("L"), fading), (size, size))
    disc_size = round(size * (0.24 if crescent else 0.30))
    disc = Image.new("L", (disc_size * 2, disc_size * 2))
    pen = ImageDraw.Draw(disc)
    pen.ellipse((2, 2, disc_size * 2 - 3, disc_size * 2 - 3), fill=215)
    if crescent:
        away = round(disc_size * 0.62)
        pen.ellipse((2 + away, 2 - away // 3, disc_size * 2 - 3 + away, disc_size * 2 - 3 - away // 3), fill=0)
    disc = stretched(disc, (disc_size, disc_size))
    corner = (size - disc_size) // 2
    mask.paste(235, (corner, corner), disc)
    return mask


def _rows(chance: random.Random, palette: Palette, width: int, height: int, signs: frozenset[Sign]) -> tuple[_Row, ...]:
    """Three rows from far to near; a city has houses in the middle, and water, if any, is in front."""
    rows: list[_Row] = []
    for nearness, colour in enumerate(palette.hills, start=1):
        rolls = random.Random(chance.random())
        if nearness == 2 and Sign.CITY in signs:
            rows += _houses(rolls, palette, width, height)
        elif nearness == 3 and Sign.WATER in signs:
            rows.append(_water(mixed(colour, palette.sky_bottom, 0.35), width, height))
        else:
            rows.append(_hills(rolls, colour, width, height, nearness))
    return tuple(rows)


def _hills(chance: random.Random, colour: Colour, width: int, height: int, nearness: int) -> _Row:
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


def _houses(chance: random.Random, palette: Palette, width: int, height: int) -> list[_Row]:
    """A row of houses, and the lights in their windows, which slide along with them."""
    travel, unit = round(width * 0.14), min(width, height) / 100
    top, wide = round(height * 0.52), width + travel
    walls, lights = Image.new("L", (wide, height - top)), Image.new("L", (wide, height - top))
    wall, light = ImageDraw.Draw(walls), ImageDraw.Draw(lights)
    left, pane = 0.0, max(1.0, unit * 0.8)
    while left < wide:
        right = left + unit * chance.uniform(6, 13)
        roof = unit * chance.uniform(2, 18)
        wall.rectangle((left, roof, right, walls.height), fill=255)
        if chance.random() < 0.4:
            wall.polygon(((left, roof), ((left + right) / 2, roof - unit * 3), (right, roof)), fill=255)
        for row in range(int((walls.height - roof) / (pane * 4))):
            for column in range(max(1, int((right - left) / (pane * 2.6)) - 1)):
                x, y = left + pane * (1.3 + column * 2.6), roof + pane * (2 + row * 4)
                if chance.random() < 0.42:
                    light.rectangle((x, y, x + pane, y + pane * 1.7), fill=chance.choice((110, 170, 230)))
        left = right + (unit * 2 if chance.random() < 0.2 else 0)
    warm = mixed(palette.sun, (255, 214, 120), 0.7)
    return [_Row(walls, palette.hills[1], top, travel), _Row(lights, warm, top, travel)]


def _water(colour: Colour, width: int, height: int) -> _Row:
    """A level surface, with an edge as thin as a far shore's."""
    top = round(height * 0.80)
    return _Row(Image.new("L", (width, height - top), 235), colour, top, 0)
