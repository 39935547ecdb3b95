"""The colours of a prompt: from the words that name a mood, else from the prompt itself."""

import colorsys
import hashlib
import re
from dataclasses import dataclass

Colour = tuple[int, int, int]

# Hue of the sky's lower edge, in degrees of the colour circle.
_MOODS = {
    "orange autumn fall fire desert fox tiger sand": 24,
    "sunset sunrise lantern lanterns dawn dusk warm evening": 12,
    "yellow sunny sun summer gold golden lemon bee": 44,
    "green forest garden jungle tree leaf leaves meadow frog grass": 138,
    "teal lagoon mint turquoise": 172,
    "sea ocean water underwater beach river lake fish whale": 196,
    "blue sky rain snow winter ice mist cold": 212,
    "night midnight city cyberpunk neon sci-fi space moon stars": 256,
    "purple violet magic dream lavender": 278,
    "pink rose flower flowers blossom candy": 330,
    "red blood mars rose love heart": 354,
}
_HUES = {word: hue for words, hue in _MOODS.items() for word in words.split()}


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one video, as RGB."""

    sky_top: Colour
    sky_bottom: Colour
    sun: Colour
    hills: tuple[Colour, Colour, Colour]
    paper: Colour
    accent: Colour


def names_a_mood(prompt: str) -> bool:
    """Whether a word of the prompt decides the colours."""
    return any(word in _HUES for word in _words(prompt))


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """The colour between two, with that share (0 to 1) of the other."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def palette_of(prompt: str) -> Palette:
    """The palette of a prompt; the same prompt always has the same one."""
    digest = hashlib.sha256(prompt.encode()).digest()
    named = next((_HUES[word] for word in _words(prompt) if word in _HUES), None)
    hue = (digest[0] * 360 / 256) if named is None else named + digest[0] % 13 - 6
    turn = 38 if digest[1] % 2 else -38
    return Palette(
        sky_top=_colour(hue + turn, 0.55, 0.13),
        sky_bottom=_colour(hue, 0.66, 0.52),
        sun=_colour(hue + 14, 1.0, 0.82),
        hills=(_colour(hue, 0.42, 0.34), _colour(hue + turn / 2, 0.46, 0.22), _colour(hue + turn, 0.52, 0.11)),
        paper=(250, 248, 242),
        accent=_colour(hue + 24, 0.90, 0.74),
    )


def _words(prompt: str) -> list[str]:
    return re.findall(r"[a-z-]+", prompt.lower())


def _colour(hue: float, saturation: float, lightness: float) -> Colour:
    red, green, blue = colorsys.hls_to_rgb((hue % 360) / 360, lightness, saturation)
    return round(red * 255), round(green * 255), round(blue * 255)
