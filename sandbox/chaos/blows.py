"""The decisions of a seed for several processes: which of them, or their database, is struck when, and how. Pure."""

from dataclasses import dataclass
from random import Random
from typing import Literal

What = Literal["process", "database", "both", "pause"]
_WHATS: tuple[What, ...] = ("process", "database", "both", "pause")
_AT_SUBMITTER_SHARE = 0.4
_SHARES = (12, 5, 1, 3)
# At once, after a moment, or when the others have taken over its work.
_PROCESS_DOWN_SECONDS = (0.0, 0.0, 0.5, 2.0, 9.0)
# A restart, or longer than a lease.
_DATABASE_DOWN_SECONDS = (0.0, 0.0, 1.0, 4.5)
_PASSING_SECONDS = (0.0, 0.0, 0.0, 20.0, 125.0)
_HOUR = 3_600.0
_STEPS_SECONDS = (-_HOUR, -300.0, -20.0, 20.0, 300.0, _HOUR)


@dataclass(frozen=True, slots=True)
class PlannedBlow:
    """What is struck, a process by its number or the one that submits; how long after, and for how long; how much time
    passes then.

    Before it a process's wall clock may be set forward or back, until it ends.
    """

    what: What
    process: int
    at_submitter: bool
    after_seconds: float
    process_down_seconds: float
    database_down_seconds: float
    passing_seconds: float
    step: tuple[int, float] | None

    @property
    def kills(self) -> int:
        """How many processes and servers it kills."""
        return {"process": 1, "database": 1, "both": 2, "pause": 0}[self.what]


def a_planned_blow(rng: Random, processes: int) -> PlannedBlow:
    """The next one."""
    return PlannedBlow(
        what=rng.choices(_WHATS, _SHARES)[0],
        process=rng.randrange(processes),
        at_submitter=rng.random() < _AT_SUBMITTER_SHARE,
        after_seconds=rng.uniform(0.0, 2.0),
        process_down_seconds=rng.choice(_PROCESS_DOWN_SECONDS),
        database_down_seconds=rng.choice(_DATABASE_DOWN_SECONDS),
        passing_seconds=rng.choice(_PASSING_SECONDS),
        step=(rng.randrange(processes), rng.choice(_STEPS_SECONDS)) if rng.random() < 0.2 else None,
    )
