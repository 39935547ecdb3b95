"""Moving objects in the air and on the water: drops, flakes, leaves, stars, clouds, sparks, birds, glints."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFilter

from sandbox.studio.drawing.palette import Palette, mixed
from sandbox.studio.drawing.pixels import stretched
from sandbox.studio.drawing.signs import Sign

_COUNTS = {
    Sign.RAIN: 90,
    Sign.SNOW: 80,
    Sign.LEAVES: 26,
    Sign.STARS: 70,
    Sign.CLOUDS: 3,
    Sign.WATER: 46,
    Sign.SPARKS: 26,
    Sign.BIRDS: 6,
}
_BEHIND_HILLS = frozenset({Sign.STARS, Sign.CLOUDS, Sign.BIRDS})


@dataclass(frozen=True, slots=True)
class _Speck:
    """One thing in the air: where it starts, how near it is, and what makes it unlike the others; all from 0 to 1."""

    x: float
    y: float
    near: float
    turn: float

    def swing(self, seconds: float, pace: float) -> float:
        """From -1 to 1 and back, in its own time."""
        return math.sin(seconds * pace + self.turn * math.tau)


class Weather:
    """Draws moving objects, at any time in seconds; lengths are in hundredths of the picture's short side."""

    def __init__(
        self, signs: frozenset[Sign], chance: random.Random, palette: Palette, width: int, height: int
    ) -> None:
        self._width, self._height, self._unit = width, height, min(width, height) / 100
        self._palette = palette
        # In the same order for all signs, so that a remix moves what its parent moved.
        specks = {
            sign: [_Speck(chance.random(), chance.random(), chance.random(), chance.random()) for _ in range(count)]
            for sign, count in _COUNTS.items()
        }
        self._specks = {sign: some for sign, some in specks.items() if sign in signs}
        self._cloud = _cloud_mask(chance, round(self._unit * 52), round(self._unit * 17))
        self._ways: dict[Sign, Callable[[ImageDraw.ImageDraw, _Speck, float], None]] = {
            Sign.RAIN: self._drop,
            Sign.SNOW: self._flake,
            Sign.LEAVES: self._leaf,
            Sign.STARS: self._star,
            Sign.WATER: self._glint,
            Sign.SPARKS: self._spark,
            Sign.BIRDS: self._bird,
        }

    def draw_behind(self, picture: Image.Image, seconds: float) -> None:
        """Objects of the sky, before the hills are drawn."""
        for speck in self._specks.get(Sign.CLOUDS, ()):
            x = _around(speck.x + seconds * (0.02 + 0.02 * speck.near), 0.6)
            corner = round(x * self._width), round(self._height * (0.06 + 0.32 * speck.y))
            picture.paste(mixed(self._palette.sky_bottom, self._palette.paper, 0.45), corner, self._cloud)
        self._draw(picture, seconds, behind=True)

    def draw_before(self, picture: Image.Image, seconds: float) -> None:
        """Objects that are nearer than the hills."""
        self._draw(picture, seconds, behind=False)

    def _draw(self, picture: Image.Image, seconds: float, *, behind: bool) -> None:
        draw = ImageDraw.Draw(picture, "RGBA")
        for sign, specks in self._specks.items():
            way = self._ways.get(sign)
            if way and (sign in _BEHIND_HILLS) == behind:
                for speck in specks:
                    way(draw, speck, seconds)

    def _drop(self, draw: ImageDraw.ImageDraw, speck: _Speck, seconds: float) -> None:
        fallen = _around(speck.y + seconds * (0.9 + 0.7 * speck.near), 0.1)
        x, y = _around(speck.x - fallen * 0.10, 0.1) * self._width, fallen * self._height
        long = self._unit * (3 + 4 * speck.near)
        wide = max(1, round(self._unit * 0.22))
        draw.line(
            (x, y, x - long * 0.16, y + long), fill=(*self._palette.paper, 50 + round(70 * speck.near)), width=wide
        )

    def _flake(self, draw: ImageDraw.ImageDraw, speck: _Speck, seconds: float) -> None:
        fallen = _around(speck.y + seconds * (0.08 + 0.12 * speck.near), 0.05)
        x = _around(speck.x + 0.025 * speck.swing(seconds, 1.4), 0.05) * self._width
        size = self._unit * (0.35 + 0.6 * speck.near)
        _dot(draw, x, fallen * self._height, size, (*self._palette.paper, 120 + round(120 * speck.near)))

    def _leaf(self, draw: ImageDraw.ImageDraw, speck: _Speck, seconds: float) -> None:
        fallen = _around(speck.y + seconds * (0.10 + 0.08 * speck.near), 0.1)
        x = _around(speck.x + 0.05 * speck.swing(seconds, 1.1) - seconds * 0.03, 0.1) * self._width
        angle = speck.turn * math.tau + seconds * (1 + 2 * speck.near)
        long, wide = self._unit * (1.1 + 0.8 * speck.near), self._unit * 0.6 * math.cos(angle * 0.7)
        across, down = math.cos(angle), math.sin(angle)
        y = fallen * self._height
        corners = [
            (x + long * across, y + long * down),
            (x - wide * down, y + wide * across),
            (x - long * across, y - long * down),
            (x + wide * down, y - wide * across),
        ]
        draw.polygon(corners, fill=(*mixed(self._palette.accent, self._palette.sun, speck.near), 220))

    def _star(self, draw: ImageDraw.ImageDraw, speck: _Speck, seconds: float) -> None:
        bright = 0.35 + 0.65 * abs(speck.swing(seconds, 0.8 + speck.near))
        size = self._unit * (0.15 + 0.22 * speck.near)
        x, y = speck.x * self._width, speck.y**1.3 * self._height * 0.62
        _dot(draw, x, y, size, (*self._palette.paper, round(235 * bright)))

    def _glint(self, draw: ImageDraw.ImageDraw, speck: _Speck, seconds: float) -> None:
        depth = speck.y
        y = self._height * (0.81 + 0.18 * depth)
        half = self._unit * (1 + 5 * depth) * (0.4 + 0.6 * speck.swing(seconds, 1.5 + speck.near))
        x = _around(speck.x + seconds * 0.015, 0.1) * self._width
        if half > self._unit * 0.3:
            fill = (*mixed(self._palette.sun, self._palette.paper, 0.3), 60 + round(70 * speck.near))
            draw.line((x - half, y, x + half, y), fill=fill, width=max(1, round(self._unit * 0.3)))

    def _spark(self, draw: ImageDraw.ImageDraw, speck: _Speck, seconds: float) -> None:
        risen = 1 - _around(1 - speck.y + seconds * (0.05 + 0.08 * speck.near), 0.1)
        x = (speck.x + 0.02 * speck.swing(seconds, 1.6)) * self._width
        y, size = risen * self._height, self._unit * (0.35 + 0.45 * speck.near)
        glow = 0.55 + 0.45 * speck.swing(seconds, 3)
        warm = mixed(self._palette.accent, (255, 214, 120), 0.6)
        _dot(draw, x, y, size * 3.4, (*warm, round(26 * glow)))
        _dot(draw, x, y, size * 2, (*warm, round(60 * glow)))
        _dot(draw, x, y, size, (255, 240, 205, round(120 + 130 * glow)))

    def _bird(self, draw: ImageDraw.ImageDraw, speck: _Speck, seconds: float) -> None:
        x = _around(speck.x + seconds * (0.05 + 0.05 * speck.near), 0.1) * self._width
        y = (0.12 + 0.3 * speck.y + 0.01 * speck.swing(seconds, 1.3)) * self._height
        span, flap = self._unit * (1.6 + 1.6 * speck.near), speck.swing(seconds, 8)
        wing = span * (0.25 + 0.45 * flap)
        ends = [(x - span, y - wing), (x - span * 0.45, y - wing * 0.7), (x, y), (x + span * 0.45, y - wing * 0.7)]
        draw.line(
            [*ends, (x + span, y - wing)], fill=(*self._palette.sky_top, 230), width=max(1, round(self._unit * 0.4))
        )


def _around(share: float, margin: float) -> float:
    """The share of the way, from 0 to 1 and over and over, with a margin at both ends where nothing is visible."""
    return share * (1 + 2 * margin) % (1 + 2 * margin) - margin


def _dot(draw: ImageDraw.ImageDraw, x: float, y: float, size: float, fill: tuple[int, int, int, int]) -> None:
    draw.ellipse((x - size, y - size, x + size, y + size), fill=fill)


def _cloud_mask(chance: random.Random, width: int, height: int) -> Image.Image:
    """A soft, flat heap: a few discs drawn small and blurred."""
    small = Image.new("L", (138, 45))
    draw = ImageDraw.Draw(small)
    for step in range(6):
        size = chance.uniform(7, 13)
        x, y = 24 + step * 18 + chance.uniform(-5, 5), 31 - size * 0.6
        draw.ellipse((x - size * 1.5, y - size * 0.8, x + size * 1.5, y + size * 0.8), fill=92)
    draw.rounded_rectangle((14, 26, 124, 35), 5, fill=92)
    return stretched(small.filter(ImageFilter.GaussianBlur(3.2)), (width, height), fine=True)
