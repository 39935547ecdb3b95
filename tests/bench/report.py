"""What a measure returns: rows for the tables of docs/performance.md, and points for its plots."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Row(NamedTuple):
    """One metric: what can't be beaten, what a user would pick instead, what we want, what was measured."""

    metric: str
    limit: str
    peer: str
    goal: str
    today: str


@dataclass
class Report:
    """The rows of one measure, and the series of points by plot and name."""

    rows: list[Row] = field(default_factory=list)
    series: dict[str, dict[str, list[tuple[float, float]]]] = field(default_factory=dict)

    def row(self, metric: str, *, limit: str = "–", peer: str = "–", goal: str = "–", today: str) -> None:
        self.rows.append(Row(metric, limit, peer, goal, today))

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
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else float("inf")


def p50_p99(seconds: Sequence[float]) -> str:
    """Both in milliseconds."""
    return f"{1000 * percentile(seconds, 0.5):.1f} / {1000 * percentile(seconds, 0.99):.1f}"


def median(values: Sequence[float]) -> float:
    return statistics.median(values) if values else float("nan")


def count(number: int) -> str:
    return f"{number:,}"
