"""Backoff: how long to wait after a fault before a retry.

For faults only. A growing gap between polls of a render is two to three times worse than an even one (see
`docs/facts/pacing.md`).
"""

import random
from collections.abc import Callable

Draw = Callable[[float, float], float]

_SHORTEST_SECONDS = 2.0
_DOUBLINGS_MAX = 30
_ASKED_SHORTEST_SECONDS = 1.0
# The one cap on waits that the other side requests.
ASKED_LONGEST_SECONDS = 600.0
_ASKED_SPREAD = 0.1
# The longest of all waits that are stored.
LONGEST_WAIT_SECONDS = ASKED_LONGEST_SECONDS * (1.0 + _ASKED_SPREAD)


def full_jitter(tries: int, *, max_seconds: float, draw: Draw = random.uniform) -> float:
    """Seconds to wait after so many tries in a row failed (from 1): a random time up to 2 s doubled per try (full
    jitter).

    Never more than `max_seconds`. The whole range is used, so that tries which failed together don't come back
    together. `draw(low, high)` is the source of chance, such as the `uniform` of a `Random`.
    """
    doublings = min(max(tries, 1), _DOUBLINGS_MAX)
    longest_seconds = min(_SHORTEST_SECONDS * 2.0**doublings, max_seconds)
    return draw(min(_SHORTEST_SECONDS, longest_seconds), longest_seconds)


def capped(asked_seconds: float) -> float:
    """A wait that the provider requested, from 0 to 600 s: the one cap on all of them."""
    return min(max(asked_seconds, 0.0), ASKED_LONGEST_SECONDS)


def bounded(asked_seconds: float) -> float:
    """A wait that the other side requested, bounded: at most 600 s, and at least a second.

    "At once" would be a tight loop.
    """
    return max(capped(asked_seconds), _ASKED_SHORTEST_SECONDS)


def obeyed(asked_seconds: float, draw: Draw = random.uniform) -> float:
    """A wait that the other side requested, obeyed: never less, at most a tenth more (see `bounded`)."""
    seconds = bounded(asked_seconds)
    return draw(seconds, seconds * (1.0 + _ASKED_SPREAD))
