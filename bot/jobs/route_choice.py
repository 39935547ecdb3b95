"""Which of a model's providers takes a job now: the preferred one, unless it is closed for longer than a minute. Pure.

Waiting a little for the preferred provider is cheaper than another one's price, and no provider is flooded by the
short pauses of another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

# A provider that is closed for longer lets the next one take its jobs.
PATIENCE_SECONDS = 60.0


class Reason(Enum):
    """Why that provider."""

    PREFERRED = auto()
    """It is the first one."""
    FAIL_OVER = auto()
    """Those before it are closed for longer than a minute."""
    ALL_CLOSED = auto()
    """All are closed; this one opens first."""
    NO_PROVIDER = auto()
    """None makes videos of that model."""


@dataclass(frozen=True, slots=True)
class RouteFacts:
    """How long one provider has to be waited for: None until one of the person's own requests has ended.

    `is_down`: it counts as down, or as paused by the owner, however soon it is tried again.
    """

    provider: str
    wait_seconds: float | None = 0.0
    is_down: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen provider (None: there is none), how long to wait for it, and why it was chosen."""

    provider: str | None
    wait_seconds: float | None
    reason: Reason


def choose(routes: Sequence[RouteFacts]) -> Choice:
    """The provider for a job; `routes` are those that may take it, the preferred one first."""
    if not routes:
        return Choice(None, 0.0, Reason.NO_PROVIDER)
    for place, route in enumerate(routes):
        if not route.is_down and (route.wait_seconds or 0.0) <= PATIENCE_SECONDS:
            return Choice(route.provider, route.wait_seconds, Reason.FAIL_OVER if place else Reason.PREFERRED)
    soonest = min(routes, key=lambda route: route.wait_seconds or 0.0)
    return Choice(soonest.provider, soonest.wait_seconds, Reason.ALL_CLOSED)
