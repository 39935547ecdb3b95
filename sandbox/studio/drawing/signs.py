"""The objects that a prompt's words bring into the scene: rain, snow, stars, a city, water and so on."""

import re
from enum import StrEnum

from sandbox.studio.drawing.brief import Brief


class Sign(StrEnum):
    """An object in a landscape."""

    RAIN = "rain"
    SNOW = "snow"
    LEAVES = "leaves"
    STARS = "stars"
    CLOUDS = "clouds"
    CITY = "city"
    WATER = "water"
    SPARKS = "sparks"
    BIRDS = "birds"


# One of each group at a time: what falls, the sky, what is in the middle, in front, and what rises or flies.
_GROUPS: tuple[dict[Sign, str], ...] = (
    {
        Sign.RAIN: "rain rainy raining storm drizzle wet",
        Sign.SNOW: "snow snowy snowing winter ice frost blizzard christmas",
        Sign.LEAVES: "leaf leaves autumn fall forest garden tree trees petal petals blossom flower flowers rose wind",
    },
    {
        Sign.STARS: "night midnight star stars starry space moon moonlight galaxy planet mars cosmos sci-fi",
        Sign.CLOUDS: "day noon morning sunny sun dawn sunrise cloud clouds sky summer meadow dusk sunset evening",
    },
    {Sign.CITY: "city street town house houses window windows building skyline neon cyberpunk tower roof village"},
    {Sign.WATER: "sea ocean water river lake beach boat ship harbour canal wave waves fish whale underwater"},
    {
        Sign.SPARKS: "fire lantern lanterns candle candles firefly fireflies magic magical dream lights glow spark",
        Sign.BIRDS: "bird birds gull gulls crow crows owl eagle swallow swallows goose geese",
    },
)
_NAMED = tuple({word: sign for sign, words in group.items() for word in words.split()} for group in _GROUPS)
_USUAL = Sign.CLOUDS


def signs_of(brief: Brief) -> frozenset[Sign]:
    """The objects that its prompt names; if it names none, those of its parent, since a remix changes only what it
    mentions.
    """
    found = _named(brief)
    return frozenset(found.values()) if found else frozenset({_USUAL})


def _named(brief: Brief) -> dict[int, Sign]:
    known = _named(brief.parent) if brief.parent else {}
    for word in re.findall(r"[a-z-]+", brief.prompt.lower()):
        for group, names in enumerate(_NAMED):
            if word in names:
                known[group] = names[word]
    return known
