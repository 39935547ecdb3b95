"""How long such renders usually take: the middle 80 % of the latest ones, as cards show it.

Pure. What is measured, why it is the last fifty, and how often it is right: `docs/facts/pacing.md`, "What people see".
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

RENDERS_MIN = 10
RENDERS_MAX = 50
# The share of renders that are to end before the interval, and of those that are to end after it.
_TAIL = 0.1
# How much each earlier miss moves a tail, and how small they make it together.
_GAIN = 0.01
_TAIL_MIN = 0.02
# Shown to the second below a minute, then to 5 s, from a quarter of an hour on to 30 s.
_STEPS = ((60.0, 1), (900.0, 5))
_STEP_MAX = 30


class UsualTime(NamedTuple):
    """Most renders of a class take at least, and at most, so many seconds from their submission on."""

    low_seconds: int
    high_seconds: int


class PastRender(NamedTuple):
    """How long a render took from its submission until its end was seen, and what was shown as usual meanwhile."""

    took_seconds: float
    shown: UsualTime | None = None


def usual_time(latest: Sequence[PastRender]) -> UsualTime | None:
    """The interval in which the next render ends with a chance of 80 %, from the latest ones of its class.

    None for fewer than ten. Of n renders the k-th quickest is taken as the level k / (n + 1), so that the interval
    holds as often as it says also with few of them. Then each end of it is moved by how often the intervals that were
    shown before missed on that side: so it follows a provider that becomes slower or quicker.
    """
    if len(latest) < RENDERS_MIN:
        return None
    quickest_first = sorted(render.took_seconds for render in latest)
    shown = [(render.took_seconds, render.shown) for render in latest if render.shown is not None]
    low = _quantile(quickest_first, _tail(took < usual.low_seconds for took, usual in shown))
    high = _quantile(quickest_first[::-1], _tail(took > usual.high_seconds for took, usual in shown))
    step = next((step for limit, step in _STEPS if high < limit), _STEP_MAX)
    low_seconds = round(low / step) * step
    return UsualTime(low_seconds, max(round(high / step) * step, low_seconds + step))


def _tail(misses: Iterable[bool]) -> float:
    """The share to leave out on one side: less after more misses there than wanted, more after fewer."""
    return max(_TAIL + _GAIN * sum(_TAIL - miss for miss in misses), _TAIL_MIN)


def _quantile(ordered: Sequence[float], level: float) -> float:
    """The value that the level falls on, counted from the first; between two values in proportion."""
    place = level * (len(ordered) + 1) - 1.0
    before = min(max(int(place), 0), len(ordered) - 1)
    after = min(before + 1, len(ordered) - 1)
    share = min(max(place - before, 0.0), 1.0)
    return ordered[before] + share * (ordered[after] - ordered[before])
