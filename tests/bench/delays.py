"""What the schedule of polls costs and brings, simulated: `tests.bench.pacing` has the schedules."""

from random import Random

from bot.jobs.pacing import PRICE, Bounds, History, next_gap
from bot.settings import Settings
from tests.bench import pacing
from tests.bench.report import Report, Scale

_JOBS = 30_000
_SEEDS = range(1, 6)
_RENDER_SEED = 1_001
_FIXED_SECONDS = (2.0, 3.0, 5.0, 7.5, 10.0, 15.0, 20.0)
_PRICES = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0)
_CLIP_SECONDS = 20.0
_LOOP_SECONDS = 5.0
_GOALS = {0.54: "56", 0.2: "25"}


def _bounds() -> Bounds:
    """Those that an operator gets who sets nothing."""
    fields = Settings.model_fields
    return Bounds(float(fields["poll_min_seconds"].default), float(fields["poll_max_seconds"].default))


def _first_person(jobs: list[float]) -> tuple[float, float]:
    """How late the first of a new deployment get their clips, blind and with progress."""
    fit, bounds = History().fit(None, None, None), _bounds()
    blind = pacing.blind(lambda age: next_gap(fit, bounds, age).seconds, jobs)
    guided = pacing.guided(fit, bounds, pacing.CURVES["linear"], 1, jobs)
    return blind.delay_seconds, guided.delay_seconds


async def measure(scale: Scale) -> Report:
    """Log-normal renders around two minutes, then clips of twenty seconds that nothing is known about."""
    report = Report()
    number = max(500, round(_JOBS * scale.share))
    for sigma, goal in _GOALS.items():
        jobs = pacing.renders(Random(_RENDER_SEED), sigma, number)
        fixed = pacing.blind(lambda _age: _LOOP_SECONDS, jobs)
        ours = pacing.by_history(sigma, _SEEDS, _bounds(), PRICE, jobs)
        metric = f"polls × mean delay per job, spread {sigma}, no progress (polls, delay in s)"
        today = f"{ours.product:.1f} ({ours.looks:.1f}, {ours.delay_seconds:.1f})"
        report.row(metric, limit=f"{pacing.limit(sigma):.1f}", peer=f"{fixed.product:.1f}", goal=goal, today=today)
        if sigma == 0.54:
            _draw(report, sigma, jobs)
    jobs = pacing.renders(Random(_RENDER_SEED), 0.54, max(200, number // 20))
    guided = pacing.guided(pacing.learned(0.54, 1), _bounds(), pacing.CURVES["linear"], 1, jobs)
    report.row("the same with real progress in steps of 1 %", peer="70", goal="12", today=f"{guided.product:.1f}")
    clips = [_CLIP_SECONDS * took / pacing.MEDIAN_SECONDS for took in pacing.renders(Random(_RENDER_SEED), 0.2, 500)]
    blind, with_progress = _first_person(clips)
    loop = pacing.blind(lambda _age: _LOOP_SECONDS, clips)
    report.row(
        "first person of a new deployment, clips of 20 s: s late, without / with progress",
        peer=f"{loop.delay_seconds:.1f}",
        goal="4",
        today=f"{blind:.1f} / {with_progress:.1f}",
    )
    return report


def _draw(report: Report, sigma: float, jobs: list[float]) -> None:
    """Points for the plot of delay against polls."""
    limit = pacing.limit(sigma)
    for seconds in _FIXED_SECONDS:
        found = pacing.blind(lambda _age, gap=seconds: gap, jobs)
        report.point("delay", "every so many seconds", found.looks, found.delay_seconds)
        report.point("delay", "limit", found.looks, limit / found.looks)
    for price in _PRICES:
        found = pacing.by_history(sigma, _SEEDS[:2], _bounds(), price, jobs)
        report.point("delay", "this bot", found.looks, found.delay_seconds)
