"""What a measure returns: rows for the tables of docs/performance.md, and points for its plots."""

import math
import statistics
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

_PARTS = 5


class Row(NamedTuple):
    """One metric: what can't be beaten, what a user would pick instead, what we want, what was measured.

    `reached` is None where there is no goal; `reason` is a name in reasons.toml.
    """

    metric: str
    limit: str
    peer: str
    goal: str
    today: str
    reached: bool | None = None
    reason: str = ""


@cache
def reasons() -> dict[str, str]:
    """Why a goal may not be reached, by its name."""
    return tomllib.loads(Path(__file__).with_name("reasons.toml").read_text(encoding="utf-8"))


@dataclass
class Report:
    """The rows of one measure, and the series of points by plot and name; `failed` says why it ended early."""

    rows: list[Row] = field(default_factory=list)
    series: dict[str, dict[str, list[tuple[float, float]]]] = field(default_factory=dict)
    failed: str = ""

    def row(
        self,
        metric: str,
        *,
        limit: str = "–",
        peer: str = "–",
        goal: str = "–",
        today: str,
        reached: bool | None = None,
        reason: str = "",
    ) -> None:
        """Add a row. One with a goal says whether it was reached, and has a reason for the case that it wasn't."""
        if reached is not None and reason not in reasons():
            raise ValueError(f"reasons.toml has no {reason!r}")
        self.rows.append(Row(metric, limit, peer, goal, today, reached, reason))

    def point(self, plot: str, name: str, x: float, y: float) -> None:
        self.series.setdefault(plot, {}).setdefault(name, []).append((x, y))


@dataclass(frozen=True)
class Scale:
    """How far a run goes: numbers of jobs, and how long and how often it measures, as a share of the usual."""

    counts: tuple[int, ...] = (100, 1_000, 10_000)
    share: float = 1.0

    @property
    def most(self) -> int:
        return self.counts[-1]

    def seconds(self, usual: float) -> float:
        return max(0.5, usual * self.share)

    def times(self, usual: int) -> int:
        return max(2, round(usual * self.share))


FULL = Scale()
TINY = Scale(counts=(10,), share=0.02)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that so many are not above; infinite without values."""
    ranked = sorted(values)
    return ranked[max(0, math.ceil(share * len(ranked)) - 1)] if ranked else float("inf")


def p50_p99(seconds: Sequence[float]) -> str:
    """Both in milliseconds; the first with the range of the medians of five parts of the run."""
    parts = extent([1000 * percentile(part, 0.5) for part in split(seconds)], 1)
    p50, p99 = (1000 * percentile(seconds, share) for share in (0.5, 0.99))
    return f"{p50:.1f}{parts and ' '}{parts} / {p99:.1f}"


def within(seconds: Sequence[float], p50_ms: float, p99_ms: float) -> bool:
    return 1000 * percentile(seconds, 0.5) <= p50_ms and 1000 * percentile(seconds, 0.99) <= p99_ms


def split(values: Sequence[float], parts: int = _PARTS) -> list[Sequence[float]]:
    """Its parts one after the other, as equal as may be; none is empty."""
    number = len(values)
    return [values[number * part // parts : number * (part + 1) // parts] for part in range(parts) if number >= parts]


def extent(values: Sequence[float], digits: int = 0) -> str:
    """The smallest and the largest value, in brackets."""
    return f"[{min(values):,.{digits}f}–{max(values):,.{digits}f}]" if values else ""


def spread(values: Sequence[float], digits: int = 0) -> str:
    """The median, and the range of several."""
    return f"{median(values):,.{digits}f} {extent(values, digits) if len(values) > 1 else ''}".rstrip()


def median(values: Sequence[float]) -> float:
    return statistics.median(values) if values else float("nan")


def count(number: int) -> str:
    return f"{number:,}"
