"""How good the schedule of looks is, against fixed gaps and against what theory allows: `python -m tests.bench.pacing`.

Nothing here is asserted, and pytest does not collect it. Simulated renders are log-normal around 120 s; every schedule
of a block sees the same ones, and the seeds are printed. Delay is from the end of a render to the look that finds it.
"""

import argparse
import bisect
import math
import sys
import timeit
from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple

from bot.jobs.pacing import Bounds, History, LogNormal, next_gap, track

MEDIAN_SECONDS = 120.0
JOBS_TO_LEARN_FROM = 200
BOUNDS = Bounds(1.0, 60.0)
PRODUCT_BOUNDS = Bounds(2.0, 30.0)
# What a render that is that share done may say about itself.
CURVES: dict[str, Callable[[float], float]] = {
    "linear": lambda share: share,
    "fast, then slow (x^0.7)": lambda share: share**0.7,
    "slow, then fast (x^1.3)": lambda share: share**1.3,
    "very fast, then slow (x^0.3)": lambda share: share**0.3,
    "stands at 90 from half-time": lambda share: min(2.0 * share, 0.9),
}


class Result(NamedTuple):
    """What a schedule costs and what it brings, per job."""

    looks: float
    delay_seconds: float
    p95_seconds: float

    @property
    def product(self) -> float:
        return self.looks * self.delay_seconds


def renders(random: Random, sigma: float, jobs: int) -> list[float]:
    return [random.lognormvariate(math.log(MEDIAN_SECONDS), sigma) for _ in range(jobs)]


def learned(sigma: float, seed: int) -> LogNormal:
    history = History()
    for took_seconds in renders(Random(seed), sigma, JOBS_TO_LEARN_FROM):
        history = history.with_render(None, None, None, took_seconds)
    return history.fit(None, None, None)


def limit(sigma: float) -> float:
    """Half the square of the integral of sqrt(density * tail): no schedule blind to progress gets below it."""
    width, total = 0.002, 0.0
    for step in range(int(16.0 / width)):
        # In z = ln(t / median) / sigma, dt = sigma t dz and density = normal density / (sigma t).
        z = -8.0 + width * (step + 0.5)
        took_seconds = MEDIAN_SECONDS * math.exp(sigma * z)
        normal = math.exp(-z * z / 2.0) / math.sqrt(2.0 * math.pi)
        tail = math.erfc(z / math.sqrt(2.0)) / 2.0
        total += math.sqrt(normal * tail * sigma * took_seconds) * width
    return total * total / 2.0


def judge(found: Sequence[tuple[int, float]]) -> Result:
    delays = sorted(delay for _looks, delay in found)
    looks = sum(looks for looks, _delay in found)
    return Result(looks / len(found), sum(delays) / len(delays), delays[int(0.95 * len(delays))])


def blind(gap_after: Callable[[float], float], jobs: Sequence[float]) -> Result:
    """A schedule that knows no progress looks at the same ages at every job."""
    looks_at, age_seconds = [0.0], 0.0
    while age_seconds <= max(jobs):
        age_seconds += gap_after(age_seconds)
        looks_at.append(age_seconds)
    found = [(bisect.bisect_left(looks_at, took), took) for took in jobs]
    return judge([(looks, looks_at[looks] - took) for looks, took in found])


def guided(fit: LogNormal, bounds: Bounds, curve: Callable[[float], float], step: int, jobs: Sequence[float]) -> Result:
    found: list[tuple[int, float]] = []
    for took_seconds in jobs:
        looks, known = 0, None
        age_seconds = 0.0
        while True:
            age_seconds += next_gap(fit, bounds, age_seconds, progress=known).seconds
            looks += 1
            if age_seconds >= took_seconds:
                break
            percent = int(100.0 * curve(age_seconds / took_seconds)) // step * step
            known = track(known, age_seconds, percent)
        found.append((looks, age_seconds - took_seconds))
    return judge(found)


def mean(results: Sequence[Result]) -> Result:
    return Result(*(sum(column) / len(results) for column in zip(*results, strict=True)))


def by_history(sigma: float, seeds: Sequence[int], bounds: Bounds, price: float, jobs: Sequence[float]) -> Result:
    """Averaged over what was learned from several sets of 200 renders."""

    def one(fit: LogNormal) -> Result:
        return blind(lambda age_seconds: next_gap(fit, bounds, age_seconds, price=price).seconds, jobs)

    return mean([one(learned(sigma, seed)) for seed in seeds])


def backing_off(first_seconds: float, factor: float, longest_seconds: float) -> Callable[[float], float]:
    """The usual advice for faults, used for completion: the gap after a look at that age."""
    gap_seconds = first_seconds / factor

    def gap_after(_age_seconds: float) -> float:
        nonlocal gap_seconds
        gap_seconds = min(gap_seconds * factor, longest_seconds)
        return gap_seconds

    return gap_after


def say(text: str) -> None:
    sys.stdout.write(text + "\n")


def row(name: str, result: Result) -> None:
    say(
        f"  {name:<52}{result.looks:>8.1f}{result.delay_seconds:>9.2f}{result.p95_seconds:>8.2f}{result.product:>10.1f}"
    )


def head(title: str) -> None:
    say(f"\n{title}\n  {'schedule':<52}{'looks':>8}{'delay s':>9}{'p95 s':>8}{'product':>10}")


def without_progress(sigma: float, seeds: Sequence[int], jobs: Sequence[float]) -> None:
    head(f"sigma {sigma}, no progress; no such schedule has a product below {limit(sigma):.1f}")
    for seconds in (5.0, 10.0):
        row(f"every {seconds:g} s", blind(lambda _age, gap=seconds: gap, jobs))
    row("back-off 2 s x 1.5 up to 30 s", blind(backing_off(2.0, 1.5, 30.0), jobs))
    row("back-off 1 s x 2 up to 60 s", blind(backing_off(1.0, 2.0, 60.0), jobs))
    for bounds in (BOUNDS, PRODUCT_BOUNDS):
        for price in (0.1, 0.5, 2.0):
            name = f"ours, {bounds.min_seconds:g} to {bounds.max_seconds:g} s, price {price:g}"
            row(name + (" (default price)" if price == 0.5 else ""), by_history(sigma, seeds, bounds, price, jobs))


def with_progress(sigma: float, seed: int, jobs: Sequence[float]) -> None:
    head(f"sigma {sigma}, with progress")
    fit = learned(sigma, seed)
    for bounds in (BOUNDS, PRODUCT_BOUNDS):
        for step in (1, 10, 25):
            for name, curve in CURVES.items():
                kind = f"{bounds.min_seconds:g} to {bounds.max_seconds:g} s, {step} % steps, {name}"
                row(kind, guided(fit, bounds, curve, step, jobs))


def main() -> None:
    arguments = argparse.ArgumentParser(description="Print what the schedule of looks costs and brings.")
    arguments.add_argument("--seed", type=int, default=1, help="the first of all seeds")
    arguments.add_argument("--jobs", type=int, default=100_000, help="simulated renders per schedule without progress")
    given = arguments.parse_args()
    seeds = range(given.seed, given.seed + 10)
    say(f"Renders: seed {given.seed + 1000}. Learned from {JOBS_TO_LEARN_FROM} renders: seeds {list(seeds)}.")
    for sigma in (0.54, 0.2):
        without_progress(sigma, seeds, renders(Random(given.seed + 1000), sigma, given.jobs))
    with_progress(0.54, seeds[0], renders(Random(given.seed + 1000), 0.54, given.jobs // 50))
    fit, times = learned(0.54, seeds[0]), 2000
    for age_seconds in (0.0, 60.0, 150.0, 5000.0):
        took = min(timeit.repeat(lambda: next_gap(fit, BOUNDS, age_seconds), number=times, repeat=5)) / times  # noqa: B023  # called at once
        say(f"{'' if age_seconds else chr(10)}one decision at age {age_seconds:g} s: {took * 1e6:.0f} us")


if __name__ == "__main__":
    main()
