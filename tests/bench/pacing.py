"""How good the schedule of polls is, against the theoretical limit and a loop of 5 s: `python -m tests.bench.pacing`.

Nothing here is asserted, and pytest does not collect it. `rows` has the figures that `make bench` shows. All
schedules of a block see the same renders. Delay is from the end of a render to the poll that finds it.
"""

import argparse
import bisect
import math
import sys
import timeit
from collections.abc import Callable, Iterator, Sequence
from random import Random
from statistics import NormalDist
from typing import NamedTuple

from bot.jobs.pacing import Bounds, next_gap, track
from bot.jobs.render_times import History, LogNormal, RenderClass
from bot.settings import Settings

KIND = RenderClass("gpt-4o-video", "1280x720", "8")
SIBLING = RenderClass("gpt-4o-video", "1280x720", "4")
# Those of an operator who sets nothing.
_DEFAULTS = [Settings.model_fields[f"poll_{bound}_seconds"].default for bound in ("min", "max")]
BOUNDS = Bounds(*map(float, _DEFAULTS))
LEARNED_FROM = 50
LOOP_SECONDS = 5.0
# What a render that is that share done may say about itself.
CURVES: dict[str, Callable[[float], float]] = {
    "linear": lambda share: share,
    "fast, then slow (x^0.7)": lambda share: share**0.7,
    "slow, then fast (x^1.3)": lambda share: share**1.3,
    "very fast, then slow (x^0.3)": lambda share: share**0.3,
    "stops at 90 from half-time": lambda share: min(2.0 * share, 0.9),
}


class Renders(NamedTuple):
    """Log-normal render times."""

    name: str
    median_seconds: float
    sigma: float

    def draw(self, random: Random, count: int) -> list[float]:
        return [random.lognormvariate(math.log(self.median_seconds), self.sigma) for _ in range(count)]

    def limit(self) -> float:
        """Half the square of the integral of sqrt(density * tail): no schedule blind to progress gets below it."""
        width, total = 0.002, 0.0
        for step in range(int(16.0 / width)):
            # In z = ln(t / median) / sigma, dt = sigma t dz and density = normal density / (sigma t).
            z = -8.0 + width * (step + 0.5)
            took_seconds = self.median_seconds * math.exp(self.sigma * z)
            tail = math.erfc(z / math.sqrt(2.0)) / 2.0
            total += math.sqrt(NormalDist().pdf(z) * tail * self.sigma * took_seconds) * width
        return total * total / 2.0


WIDE = Renders("around 120 s, sigma 0.54", 120.0, 0.54)
NARROW = Renders("around 120 s, sigma 0.2", 120.0, 0.2)
# Renders of 5-second videos took 83 to 253 s at one gateway (docs/facts/provider.md, "Time").
RECORDED = Renders("as recorded, 83 to 253 s", 145.0, 0.28)
SHORT = Renders("around 20 s, sigma 0.54", 20.0, 0.54)
SHORT_NARROW = Renders("around 20 s, sigma 0.2", 20.0, 0.2)
LONG = Renders("around 600 s, sigma 0.2", 600.0, 0.2)


class Result(NamedTuple):
    """The cost and the delay of a schedule, per job."""

    polls: float
    delay_seconds: float
    p95_seconds: float

    @property
    def product(self) -> float:
        return self.polls * self.delay_seconds


class Row(NamedTuple):
    """One line of the table: what is polled, our result, and the product (delay x polls) of limit and peer."""

    name: str
    ours: Result
    limit: float | None
    loop: Result


def judge(found: Sequence[tuple[int, float]]) -> Result:
    delays = sorted(delay for _polls, delay in found)
    polls = sum(polls for polls, _delay in found)
    return Result(polls / len(found), sum(delays) / len(delays), delays[int(0.95 * len(delays))])


def mean(results: Sequence[Result]) -> Result:
    return Result(*(sum(column) / len(results) for column in zip(*results, strict=True)))


def ages_of(gap_after: Callable[[float], float]) -> Iterator[float]:
    """The ages at which a schedule that knows no progress polls: the same for every job."""
    age_seconds = 0.0
    while True:
        age_seconds += gap_after(age_seconds)
        yield age_seconds


def blind(gap_after: Callable[[float], float], jobs: Sequence[float]) -> Result:
    polled_at = [0.0]
    for age_seconds in ages_of(gap_after):
        polled_at.append(age_seconds)
        if age_seconds > max(jobs):
            break
    found = [(bisect.bisect_left(polled_at, took), took) for took in jobs]
    return judge([(polls, polled_at[polls] - took) for polls, took in found])


def every(seconds: float) -> Callable[[float], float]:
    return lambda _age_seconds: seconds


def by_history(fit: LogNormal, bounds: Bounds = BOUNDS, price: float = 0.5) -> Callable[[float], float]:
    return lambda age_seconds: next_gap(fit, bounds, age_seconds, price=price).seconds


def backing_off(first_seconds: float, factor: float, longest_seconds: float) -> Callable[[float], float]:
    """The usual advice for faults, used for completion: the gap after a poll at that age."""
    gap_seconds = first_seconds / factor

    def gap_after(_age_seconds: float) -> float:
        nonlocal gap_seconds
        gap_seconds = min(gap_seconds * factor, longest_seconds)
        return gap_seconds

    return gap_after


def guided(
    fit: LogNormal, curve: Callable[[float], float], step: int, jobs: Sequence[float], bounds: Bounds = BOUNDS
) -> Result:
    """Renders that report their progress in steps of so many percent."""
    found: list[tuple[int, float]] = []
    for took_seconds in jobs:
        polls, known = 0, None
        age_seconds = 0.0
        while True:
            expects = not fit.is_guess
            age_seconds += next_gap(fit, bounds, age_seconds, progress=known, expects_progress=expects).seconds
            polls += 1
            if age_seconds >= took_seconds:
                break
            percent = int(100.0 * curve(age_seconds / took_seconds)) // step * step
            known = track(known, age_seconds, percent)
        found.append((polls, age_seconds - took_seconds))
    return judge(found)


def deployment(
    renders: Renders, count: int, random: Random, history: History | None = None
) -> tuple[History, list[tuple[int, float]]]:
    """One render after the other, each learned as the bot sees it: up to the poll that found the end.

    Returns the history, and each render's polls and delay.
    """
    history, found = history or History(), []
    for took_seconds in renders.draw(random, count):
        gap_after = by_history(history.fit(KIND))
        polls, running_at_seconds, age_seconds = 1, 0.0, gap_after(0.0)
        while age_seconds < took_seconds:
            polls, running_at_seconds, age_seconds = polls + 1, age_seconds, age_seconds + gap_after(age_seconds)
        found.append((polls, age_seconds - took_seconds))
        history = history.with_render(KIND, age_seconds, running_at_seconds)
    return history, found


def learned(renders: Renders, seed: int, history: History | None = None) -> LogNormal:
    return deployment(renders, LEARNED_FROM, Random(seed), history)[0].fit(KIND)


def after(renders: Renders, seeds: Sequence[int], jobs: Sequence[float], *, sibling: bool = False) -> Result:
    """Averaged over what several deployments learned from 50 renders.

    With a sibling, they know 50 renders of another length before, which took half as long.
    """
    found: list[Result] = []
    for seed in seeds:
        history = History()
        for took_seconds in renders.draw(Random(seed + 500), LEARNED_FROM if sibling else 0):
            history = history.with_render(SIBLING, took_seconds / 2.0)
        found.append(blind(by_history(learned(renders, seed, history)), jobs))
    return mean(found)


def first(renders: Renders, count: int, seeds: Sequence[int]) -> tuple[Result, Result]:
    """The first renders of many deployments, ours and the loop's."""
    ours = [found for seed in seeds for found in deployment(renders, count, Random(seed))[1]]
    jobs = [took_seconds for seed in seeds for took_seconds in renders.draw(Random(seed), count)]
    return judge(ours), blind(every(LOOP_SECONDS), jobs)


def rows(seed: int = 1, jobs: int = 20_000) -> list[Row]:
    """The figures of `make bench`: the product, the limit, and the loop that the provider's page shows."""
    seeds, table = range(seed, seed + 10), list[Row]()
    for renders in (WIDE, NARROW, RECORDED, LONG):
        sample = renders.draw(Random(seed + 1000), jobs)
        loop = blind(every(LOOP_SECONDS), sample)
        table.append(Row(f"{renders.name}, after 50", after(renders, seeds, sample), renders.limit(), loop))
        if renders is NARROW:
            ours = after(renders, seeds, sample, sibling=True)
            table.append(Row(f"{renders.name}, after 50 and 50 of a sibling", ours, renders.limit(), loop))
    fit, sample = learned(WIDE, seed), WIDE.draw(Random(seed + 1000), max(jobs // 10, 100))
    for step in (1, 10):
        ours, loop = guided(fit, CURVES["linear"], step, sample), blind(every(LOOP_SECONDS), sample)
        table.append(Row(f"{WIDE.name}, progress in steps of {step} %", ours, None, loop))
    many = range(seed, seed + max(jobs // 50, 20))
    for renders in (SHORT, SHORT_NARROW, WIDE, NARROW, LONG):
        ours, loop = first(renders, 10, many)
        table.append(Row(f"{renders.name}, the first 10 of a deployment", ours, renders.limit(), loop))
    clips = SHORT_NARROW.draw(Random(seed), max(jobs // 10, 100))
    loop, nothing = blind(every(LOOP_SECONDS), clips), History().fit(KIND)
    ours = blind(by_history(nothing), clips)
    table.append(Row(f"{SHORT_NARROW.name}, the very first", ours, SHORT_NARROW.limit(), loop))
    ours = guided(nothing, CURVES["linear"], 1, clips)
    table.append(Row(f"{SHORT_NARROW.name}, the very first, progress in steps of 1 %", ours, None, loop))
    return table


def write(text: str) -> None:
    sys.stdout.write(text + "\n")


def write_result(name: str, result: Result) -> None:
    polls, delay, p95 = result
    write(f"  {name:<52}{polls:>8.1f}{delay:>9.2f}{p95:>8.2f}{result.product:>10.1f}")


def write_head(title: str) -> None:
    write(f"\n{title}\n  {'schedule':<52}{'polls':>8}{'delay s':>9}{'p95 s':>8}{'product':>10}")


def without_progress(renders: Renders, seeds: Sequence[int], jobs: Sequence[float]) -> None:
    write_head(f"{renders.name}, no progress; no such schedule has a product below {renders.limit():.1f}")
    for seconds in (5.0, 10.0):
        write_result(f"every {seconds:g} s", blind(every(seconds), jobs))
    write_result("backoff 2 s x 1.5 up to 30 s", blind(backing_off(2.0, 1.5, 30.0), jobs))
    write_result("backoff 1 s x 2 up to 60 s", blind(backing_off(1.0, 2.0, 60.0), jobs))
    fits = [learned(renders, seed) for seed in seeds]
    for bounds in (BOUNDS, Bounds(2.0, 30.0)):
        for price in (0.1, 0.5, 2.0):
            name = f"ours, {bounds.min_seconds:g} to {bounds.max_seconds:g} s, price {price:g}"
            result = mean([blind(by_history(fit, bounds, price), jobs) for fit in fits])
            write_result(name + (" (default price)" if price == 0.5 else ""), result)


def with_progress(renders: Renders, seed: int, jobs: Sequence[float]) -> None:
    write_head(f"{renders.name}, with progress")
    fit = learned(renders, seed)
    for step in (1, 10, 25):
        for name, curve in CURVES.items():
            write_result(f"{step} % steps, {name}", guided(fit, curve, step, jobs))


def write_rows(table: Sequence[Row]) -> None:
    write(f"\n  {'delay x polls':<68}{'limit':>8}{'ours':>8}{'loop':>8}{'ours/limit':>12}{'late s':>8}{'loop':>7}")
    for name, ours, limit, loop in table:
        ratio = "" if limit is None else f"{ours.product / limit:.2f}"
        shown = "" if limit is None else f"{limit:.1f}"
        late = f"{ours.delay_seconds:>8.1f}{loop.delay_seconds:>7.1f}"
        write(f"  {name:<68}{shown:>8}{ours.product:>8.1f}{loop.product:>8.1f}{ratio:>12}{late}")


def main() -> None:
    arguments = argparse.ArgumentParser(description="Print the costs and delays of the schedule of polls.")
    arguments.add_argument("--seed", type=int, default=1, help="the first of all seeds")
    arguments.add_argument("--jobs", type=int, default=100_000, help="simulated renders per schedule without progress")
    given = arguments.parse_args()
    seeds = range(given.seed, given.seed + 10)
    write(f"Renders: seed {given.seed + 1000}. Learned from {LEARNED_FROM} renders: seeds {list(seeds)}.")
    write_rows(rows(given.seed, given.jobs // 5))
    for renders in (WIDE, NARROW):
        without_progress(renders, seeds, renders.draw(Random(given.seed + 1000), given.jobs))
    with_progress(WIDE, seeds[0], WIDE.draw(Random(given.seed + 1000), given.jobs // 50))
    fit, times = learned(WIDE, seeds[0]), 2000
    for age_seconds in (0.0, 60.0, 150.0, 5000.0):
        took = min(timeit.repeat(lambda: next_gap(fit, BOUNDS, age_seconds), number=times, repeat=5)) / times  # noqa: B023  # called at once
        write(f"{'' if age_seconds else chr(10)}one decision at age {age_seconds:g} s: {took * 1e6:.0f} us")


if __name__ == "__main__":
    main()
