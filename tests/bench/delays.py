"""What the schedule of polls costs and brings, simulated: `tests.bench.pacing` has the schedules."""

from random import Random

from tests.bench import pacing
from tests.bench.report import Report, Scale

_JOBS = 20_000
_FIXED_SECONDS = (2.0, 3.0, 5.0, 7.5, 10.0, 15.0, 20.0)
_PRICES = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0)
_FIRST = "the very first"
# Of delay x polls, except for the first person, who minds the delay alone.
_GOALS = {
    f"{pacing.WIDE.name}, after 50": "56",
    f"{pacing.NARROW.name}, after 50": "25",
    f"{pacing.WIDE.name}, progress in steps of 1 %": "12",
}


async def measure(scale: Scale) -> Report:
    """Log-normal renders, against a loop of 5 s: after 50 of them, the first ten, the very first."""
    report = Report()
    number = max(500, round(_JOBS * scale.share))
    for name, ours, limit, loop in pacing.rows(jobs=number):
        if _FIRST in name:
            late = f"{ours.delay_seconds:.1f}"
            report.row(f"s late: {name}", peer=f"{loop.delay_seconds:.1f}", goal="4", today=late)
            continue
        goal = _GOALS.get(name, f"{loop.product:.0f}" if "first 10" in name else "–")
        today = f"{ours.product:.1f} ({ours.polls:.1f}, {ours.delay_seconds:.1f})"
        known = "–" if limit is None else f"{limit:.1f}"
        metric = f"delay × polls per job (polls, delay in s): {name}"
        report.row(metric, limit=known, peer=f"{loop.product:.1f}", goal=goal, today=today)
    _draw(report, pacing.WIDE.draw(Random(1), number))
    return report


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
