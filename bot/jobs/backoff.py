"""How long to wait after a fault, before the same thing is tried again. It must not know what failed.

For faults only: waiting longer and longer for a render to finish is two to three times worse than looking evenly (see
`docs/facts/pacing.md`).
"""

import random
from collections.abc import Callable

Draw = Callable[[float, float], float]

_SHORTEST_SECONDS = 2.0
_DOUBLINGS_MAX = 30
_ASKED_SHORTEST_SECONDS = 1.0
# The one cap on what the other side may ask for.
ASKED_LONGEST_SECONDS = 600.0
_ASKED_SPREAD = 0.1
# The longest of all waits that are stored.
LONGEST_WAIT_SECONDS = ASKED_LONGEST_SECONDS * (1.0 + _ASKED_SPREAD)


def full_jitter(tries: int, *, max_seconds: float, draw: Draw = random.uniform) -> float:
    """Seconds to wait after so many tries in a row went wrong (from 1): anywhere from 2 s to 2 s doubled per try.

    Never more than `max_seconds`. The whole range is drawn from, so that those who failed together do not come back
    together. `draw(low, high)` is the source of chance, such as the `uniform` of a `Random`.
    """
    doublings = min(max(tries, 1), _DOUBLINGS_MAX)
    longest_seconds = min(_SHORTEST_SECONDS * 2.0**doublings, max_seconds)
    return draw(min(_SHORTEST_SECONDS, longest_seconds), longest_seconds)


def bounded(asked_seconds: float) -> float:
    """Seconds to wait when the other side said how long: at most 600 s, and a second at least.

    "At once" would be a tight loop.
    """
    return min(max(asked_seconds, _ASKED_SHORTEST_SECONDS), ASKED_LONGEST_SECONDS)


def obeyed(asked_seconds: float, draw: Draw = random.uniform) -> float:
    """Seconds to wait when the other side said how long: never less, at most a tenth more (see `bounded`)."""
    seconds = bounded(asked_seconds)
    return draw(seconds, seconds * (1.0 + _ASKED_SPREAD))
