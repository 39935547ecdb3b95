"""What the schedule of polls costs and brings, simulated: `tests.bench.pacing` has the schedules."""

from random import Random
from typing import NamedTuple

from tests.bench import pacing
from tests.bench.report import Report, Scale

_JOBS = 20_000
_FIXED_SECONDS = (2.0, 3.0, 5.0, 7.5, 10.0, 15.0, 20.0)
_PRICES = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0)
_FIRST = "the very first"
_FIRST_LATE_SECONDS = 4.0
_AFTER_50 = "{}, after 50"
# Polls per job, mean and 95th percentile of the delay in seconds.
_POINT = (11.5, 5.2, 10.0)


class Goal(NamedTuple):
    """Of delay x polls, with its name in reasons.toml."""

    most: float
    reason: str


# Except for the first person, who minds the delay alone.
_GOALS = {
    _AFTER_50.format(pacing.WIDE.name): Goal(56.0, "delay x polls near the limit"),
    _AFTER_50.format(pacing.NARROW.name): Goal(25.0, "delay x polls near the limit"),
    _AFTER_50.format(pacing.LONG.name): Goal(125.0, "12 % above the limit for narrow classes"),
    f"{pacing.WIDE.name}, progress in steps of 1 %": Goal(12.0, "delay x polls with progress"),
}


async def measure(scale: Scale) -> Report:
    """Log-normal renders, against a loop of 5 s and others: after 50 of them, the first ten, the very first."""
    report = Report()
    number = max(500, round(_JOBS * scale.share))
    others = {_AFTER_50.format(one.name): _instead(one, number) for one in (pacing.WIDE, pacing.NARROW)}
    for name, ours, limit, loop in pacing.rows(jobs=number):
        if _FIRST in name:
            report.row(
                f"s late: {name}",
                peer=f"{loop.delay_seconds:.1f}",
                goal=f"{_FIRST_LATE_SECONDS:.0f}",
                today=f"{ours.delay_seconds:.1f}",
                reached=ours.delay_seconds <= _FIRST_LATE_SECONDS,
                reason="the first person 4 s late",
            )
            continue
        goal = _GOALS.get(name)
        if goal is None and "first 10" in name:
            goal = Goal(loop.product, "the first ten no worse than a loop")
        report.row(
            f"delay × polls per job (polls, delay in s): {name}",
            limit="–" if limit is None else f"{limit:.1f}",
            peer=f"{loop.product:.1f}{others.get(name, '')}",
            goal="–" if goal is None else f"{goal.most:.0f}",
            today=f"{ours.product:.1f} ({ours.polls:.1f}, {ours.delay_seconds:.1f})",
            reached=None if goal is None else ours.product <= goal.most,
            reason="" if goal is None else goal.reason,
        )
        if name == _AFTER_50.format(pacing.WIDE.name):
            _point(report, name, ours, number)
    _draw(report, pacing.WIDE.draw(Random(1), number))
    return report


def _instead(renders: pacing.Renders, number: int) -> str:
    """What other schedules cost: that of the provider's package, and the usual advice for faults."""
    jobs = renders.draw(Random(1), number)
    sdk = pacing.blind(pacing.every(1.0), jobs).product
    backoff = pacing.blind(pacing.backing_off(2.0, 1.5, 30.0), jobs).product
    return f", `openai` {sdk:.1f}, backoff {backoff:.0f}"


def _point(report: Report, name: str, ours: pacing.Result, number: int) -> None:
    """What the default price of a poll comes to, against the 10 s that the provider's page advises."""
    page = pacing.blind(pacing.every(10.0), pacing.WIDE.draw(Random(1), number))
    report.row(
        f"polls, mean delay and its 95th percentile in s: {name}",
        peer=", ".join(f"{one:.1f}" for one in page),
        goal=", ".join(f"{one:.1f}" for one in _POINT),
        today=", ".join(f"{one:.1f}" for one in ours),
        reached=all(found <= most for found, most in zip(ours, _POINT, strict=True)),
        reason="delay x polls near the limit",
    )


def _draw(report: Report, jobs: list[float]) -> None:
    """Points for the plot of delay against polls."""
    limit = pacing.WIDE.limit()
    for seconds in _FIXED_SECONDS:
        found = pacing.blind(pacing.every(seconds), jobs)
        report.point("delay", "every so many seconds", found.polls, found.delay_seconds)
        report.point("delay", "limit", found.polls, limit / found.polls)
    fit = pacing.learned(pacing.WIDE, 1)
    for price in _PRICES:
        found = pacing.blind(pacing.by_history(fit, price=price), jobs)
        report.point("delay", "this bot", found.polls, found.delay_seconds)
