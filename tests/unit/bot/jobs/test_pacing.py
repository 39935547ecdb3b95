"""When to look again at a rendering job."""

import bisect
import math
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.jobs.pacing import (
    PRICE,
    PRIOR,
    Bounds,
    History,
    LogNormal,
    ProgressTrack,
    Why,
    fault_gap,
    late_gap,
    next_gap,
    price_for,
    track,
)

BOUNDS = Bounds(2.0, 30.0)
WIDE = Bounds(0.01, 3600.0)
KIND = ("gpt-4o-video", "1280x720", "8")

bounds = st.tuples(st.floats(0.01, 300.0), st.floats(0.01, 300.0)).map(lambda pair: Bounds(min(pair), max(pair)))
fits = st.builds(LogNormal, st.floats(0.01, 1e6), st.floats(0.02, 5.0))
ages = st.one_of(st.floats(-1e4, 1e4), st.floats(0.0, 1e12))
tracks = st.one_of(st.none(), st.builds(ProgressTrack, st.integers(0, 100), st.floats(0.0, 1e9)))
prices = st.floats(1e-3, 1e12)


def learned(*took_seconds: float) -> History:
    history = History()
    for seconds in took_seconds:
        history = history.with_render(*KIND, seconds)
    return history


def renders(median_seconds: float, sigma: float, jobs: int, seed: int = 1) -> list[float]:
    random = Random(seed)
    return [random.lognormvariate(math.log(median_seconds), sigma) for _ in range(jobs)]


def integral(fit: LogNormal, since_seconds: float, until_seconds: float, price: float) -> float:
    steps = 4000
    width = (until_seconds - since_seconds) / steps
    points = (since_seconds + width * (step + 0.5) for step in range(steps))
    return width * sum(math.sqrt(fit.hazard(point) / (2.0 * price)) for point in points)


@settings(deadline=None)
@given(fits, bounds, ages, tracks, prices)
def test_gap_is_always_within_the_bounds(
    fit: LogNormal, bounds: Bounds, age_seconds: float, progress: ProgressTrack | None, price: float
) -> None:
    """For any history, age and progress, a job in time is polled within the bounds."""
    gap = next_gap(fit, bounds, age_seconds, progress=progress, price=price)
    assert bounds.min_seconds <= gap.seconds <= bounds.max_seconds


@settings(deadline=None)
@given(fits, st.floats(0.0, 1e5), prices, st.floats(1.0, 100.0))
def test_dearer_looks_are_rarer(fit: LogNormal, age_seconds: float, price: float, factor: float) -> None:
    """A higher price of a look never brings the next one nearer, but for the error of the integration."""
    cheap = next_gap(fit, BOUNDS, age_seconds, price=price).seconds
    dear = next_gap(fit, BOUNDS, age_seconds, price=price * factor).seconds
    assert dear >= cheap * 0.9 - 0.5


@pytest.mark.parametrize("price", [0.1, 0.5, 2.0])
@pytest.mark.parametrize("age_seconds", [0.0, 30.0, 60.0, 119.0, 240.0, 1000.0, 10_000.0])
@pytest.mark.parametrize("fit", [PRIOR, LogNormal(120.0, 0.25), LogNormal(40.0, 0.4)])
def test_gap_ends_where_the_integral_reaches_one(fit: LogNormal, age_seconds: float, price: float) -> None:
    """Without progress, the next look is where sqrt(hazard / (2 price)) has summed up to 1 since the last one."""
    gap = next_gap(fit, Bounds(0.01, 60.0), age_seconds, price=price)
    reached = integral(fit, age_seconds, age_seconds + gap.seconds, price)
    assert gap.why is Why.HISTORY
    assert reached == pytest.approx(1.0, rel=0.05) or (gap.seconds == 60.0 and reached < 1.05)


@pytest.mark.parametrize("sigmas", [-3.0, 0.0, 1.0, 2.0, 4.0, 7.9, 8.1, 20.0, 100.0])
def test_hazard_is_density_over_tail(sigmas: float) -> None:
    """The hazard agrees with density over summed-up tail, also so far out that the machine knows neither."""
    fit = LogNormal(120.0, 0.05)
    age_seconds = 120.0 * math.exp(sigmas * fit.sigma)
    width = 6e-5 / (1.0 + max(sigmas, 0.0))
    # The tail relative to the density at the same place, which stays a decent number.
    points = (width * (step + 0.5) for step in range(200_000))
    tail = width * sum(math.exp(-sigmas * point - point * point / 2.0) for point in points)
    assert fit.hazard(age_seconds) == pytest.approx(1.0 / (tail * fit.sigma * age_seconds), rel=1e-3)


def test_first_look_waits_until_it_is_worth_it() -> None:
    """Right after submission nothing finishes yet, so the first look comes late, and the next ones nearer the mode."""
    fit = learned(*renders(120.0, 0.3, 200)).fit(*KIND)
    first = next_gap(fit, WIDE, 0.0).seconds
    assert 40.0 < first < 80.0
    assert next_gap(fit, WIDE, first).seconds < first / 2.0


@pytest.mark.parametrize(("sigma", "limit"), [(0.54, 58.0), (0.2, 27.0)])
def test_learned_schedule_comes_near_the_theoretical_limit(sigma: float, limit: float) -> None:
    """After 200 renders, looks per job times mean delay is within the goal, which no fixed gap reaches."""
    bounds = Bounds(1.0, 60.0)
    fit = learned(*renders(120.0, sigma, 200, seed=2)).fit(*KIND)
    looks_at, age_seconds = [], 0.0
    while age_seconds < 20_000.0:
        age_seconds += next_gap(fit, bounds, age_seconds).seconds
        looks_at.append(age_seconds)
    jobs = renders(120.0, sigma, 20_000, seed=3)
    found = [bisect.bisect_left(looks_at, took) for took in jobs]
    looks = sum(index + 1 for index in found) / len(jobs)
    delay = sum(looks_at[index] - took for index, took in zip(found, jobs, strict=True)) / len(jobs)
    assert looks * delay <= limit


def test_nothing_learned_means_the_prior() -> None:
    """A class of renders that was never seen counts as 120 s, wide spread."""
    assert learned(10.0).fit("another", None, None) == PRIOR == LogNormal(120.0, pytest.approx(0.66))


def test_prior_counts_as_ten_renders() -> None:
    """After ten renders the median lies half-way (on the logarithm) between the guess and what was seen."""
    assert learned(*[60.0] * 10).fit(*KIND).median_seconds == pytest.approx(math.sqrt(60.0 * 120.0), rel=0.01)


def test_two_hundred_renders_are_learned() -> None:
    """After 200 renders, median and spread are theirs, the spread a tenth wider."""
    fit = learned(*renders(300.0, 0.4, 200)).fit(*KIND)
    assert fit.median_seconds == pytest.approx(300.0, rel=0.12)
    assert fit.sigma == pytest.approx(0.44, rel=0.15)


def test_older_than_two_hundred_is_forgotten() -> None:
    """When a provider gets slower for good, 200 renders later nothing reminds of the old days."""
    before = renders(60.0, 0.3, 300, seed=1)
    since = renders(100.0, 0.3, 260, seed=2)
    assert learned(*before, *since).fit(*KIND) == learned(*before[:100], *before[:200], *since).fit(*KIND)
    assert learned(*before, *since).fit(*KIND).median_seconds == pytest.approx(100.0, rel=0.1)


def test_outlier_moves_little() -> None:
    """Three hours during which the bot was down do not count as three hours of rendering."""
    usual = learned(*renders(120.0, 0.3, 200))
    odd = usual.with_render(*KIND, 10_800.0)
    assert odd.fit(*KIND).median_seconds == pytest.approx(usual.fit(*KIND).median_seconds, rel=0.02)
    assert odd.fit(*KIND).sigma == pytest.approx(usual.fit(*KIND).sigma, rel=0.05)


def test_provider_ten_times_slower_is_learned_all_the_same() -> None:
    """Bounding outliers does not keep the history from following a real change."""
    fit = learned(*renders(120.0, 0.3, 200), *renders(1200.0, 0.3, 260)).fit(*KIND)
    assert fit.median_seconds == pytest.approx(1200.0, rel=0.15)


@pytest.mark.parametrize("took_seconds", [0.0, -3600.0, math.nan, math.inf])
def test_impossible_duration_is_ignored(took_seconds: float) -> None:
    """A duration that a clock set back has made teaches nothing."""
    assert learned(took_seconds) == History()


@settings(deadline=None)
@given(st.lists(st.floats(1e-3, 1e7), min_size=1, max_size=30))
def test_any_durations_give_a_usable_fit(took_seconds: list[float]) -> None:
    """However odd the durations, the fit stays finite and never narrows to nothing."""
    fit = learned(*took_seconds).fit(*KIND)
    assert 0.0 < fit.median_seconds < math.inf
    assert 0.03 < fit.sigma < math.inf


def test_history_is_a_value() -> None:
    """Adding a render leaves the history it was added to as it was."""
    before = learned(50.0)
    known = before.fit(*KIND)
    before.with_render(*KIND, 500.0)
    assert before.fit(*KIND) == known


def test_progress_never_goes_back() -> None:
    """What the provider takes back, or claims beyond 0 to 100, changes nothing."""
    first = track(None, 10.0, 40)
    assert track(first, 20.0, 40) is first
    assert track(first, 20.0, 35) is first
    assert track(first, 20.0, 900) == ProgressTrack(100, 20.0)
    assert track(None, 20.0, -3) == ProgressTrack(0, 20.0)


def test_progress_near_the_end_brings_the_look_near() -> None:
    """A render that says it is nearly done is looked at sooner than its history alone would have it."""
    slow = LogNormal(600.0, 0.6)
    gap = next_gap(slow, BOUNDS, 100.0, progress=track(None, 100.0, 95))
    assert gap.why is Why.PROGRESS
    assert gap.seconds < 5.0 < next_gap(slow, BOUNDS, 100.0).seconds


def test_progress_far_from_the_end_puts_the_look_off() -> None:
    """A render that says it has far to go is looked at later than its history alone would have it, within limits."""
    quick = LogNormal(60.0, 0.3)
    gap = next_gap(quick, Bounds(1.0, 600.0), 200.0, progress=track(None, 200.0, 10))
    assert gap.seconds == pytest.approx(200.0 * 0.08)
    assert gap.seconds > next_gap(quick, Bounds(1.0, 600.0), 200.0).seconds


@settings(deadline=None)
@given(fits, st.floats(1.0, 1e4), st.integers(1, 99))
def test_more_progress_never_means_a_later_look(fit: LogNormal, age_seconds: float, percent: int) -> None:
    """Of two jobs of the same age, the one that says it is further is not looked at later."""
    less = next_gap(fit, WIDE, age_seconds, progress=track(None, age_seconds, percent))
    more = next_gap(fit, WIDE, age_seconds, progress=track(None, age_seconds, percent + 1))
    assert more.seconds <= less.seconds


@settings(deadline=None)
@given(fits, st.floats(1.0, 1e4), st.floats(0.0, 1e5), st.integers(1, 100))
def test_progress_is_trusted_only_so_far(
    fit: LogNormal, reached_seconds: float, since_seconds: float, percent: int
) -> None:
    """Progress never puts a look off beyond 8 % of the age, unless history alone would have waited longer still."""
    age_seconds = reached_seconds + since_seconds
    gap = next_gap(fit, WIDE, age_seconds, progress=ProgressTrack(percent, reached_seconds))
    assert gap.seconds <= max(0.08 * age_seconds, next_gap(fit, WIDE, age_seconds).seconds, WIDE.min_seconds)


@pytest.mark.parametrize("percent", [90, 99, 100])
def test_stalled_progress_is_no_tight_loop(percent: int) -> None:
    """A render that stops at its end, 100 % included, soon costs no more polls than one without progress."""
    progress = track(None, 60.0, percent)
    age_seconds, looks = 60.0, 0
    while age_seconds < 660.0:
        age_seconds += next_gap(PRIOR, BOUNDS, age_seconds, progress=progress).seconds
        looks += 1
    assert looks <= 70
    assert next_gap(PRIOR, BOUNDS, 660.0, progress=progress).seconds == next_gap(PRIOR, BOUNDS, 660.0).seconds


def test_no_progress_yet_says_nothing() -> None:
    """0 % is what many providers say all the time, so it counts as not having been said."""
    assert next_gap(PRIOR, BOUNDS, 90.0, progress=track(None, 90.0, 0)) == next_gap(PRIOR, BOUNDS, 90.0)


@pytest.mark.parametrize(("asked_seconds", "seconds"), [(45.0, 45.0), (600.0, 600.0), (86_400.0, 600.0)])
def test_provider_that_asks_for_a_pause_gets_it(asked_seconds: float, seconds: float) -> None:
    """A longer wait that the provider asked for is obeyed beyond the upper bound, up to ten minutes."""
    gap = next_gap(PRIOR, BOUNDS, 90.0, asked_seconds=asked_seconds)
    assert (gap.seconds, gap.why) == (seconds, Why.ASKED)


@pytest.mark.parametrize("asked_seconds", [0.0, 0.5, -1.0, math.nan])
def test_provider_that_asks_for_haste_costs_no_looks(asked_seconds: float) -> None:
    """A shorter wait than our own is only the provider's leave, not a demand."""
    assert next_gap(PRIOR, BOUNDS, 90.0, asked_seconds=asked_seconds) == next_gap(PRIOR, BOUNDS, 90.0)


@settings(deadline=None)
@given(fits, bounds, ages, st.floats(0.0, 1e9), st.booleans())
def test_asked_wait_is_never_cut_short(
    fit: LogNormal, bounds: Bounds, age_seconds: float, asked_seconds: float, late: bool
) -> None:
    """Late or not, no look comes before the moment the provider asked for."""
    gap = next_gap(fit, bounds, age_seconds, asked_seconds=asked_seconds, late=late)
    assert min(asked_seconds, 600.0) <= gap.seconds <= 600.0


@pytest.mark.parametrize(
    ("age_seconds", "seconds"), [(60.0, 30.0), (1200.0, 100.0), (3600.0, 300.0), (86_400.0, 300.0)]
)
def test_late_job_is_looked_at_slower(age_seconds: float, seconds: float) -> None:
    """Past its deadline a job is looked at after a twelfth of its age, from the upper bound to five minutes."""
    gap = next_gap(PRIOR, BOUNDS, age_seconds, progress=track(None, 10.0, 99), late=True)
    assert gap.seconds == pytest.approx(seconds)
    assert gap == late_gap(BOUNDS, age_seconds)
    assert gap.why is Why.LATE


def test_few_jobs_pay_the_usual_price() -> None:
    """As long as the rate suffices, looks cost what they always do."""
    assert price_for(0, 10.0) == price_for(20, 10.0) == PRICE


@settings(deadline=None)
@given(st.integers(0, 10_000), st.floats(0.01, 50.0), st.floats(1.0, 5000.0))
def test_price_keeps_the_looks_within_the_rate(jobs: int, polls_per_second: float, age_seconds: float) -> None:
    """However many jobs of the usual kind render, together they take no more than 0.8 of the rate."""
    bounds = Bounds(0.1, 10_000_000.0 / polls_per_second)
    seconds = next_gap(PRIOR, bounds, age_seconds, price=price_for(jobs, polls_per_second)).seconds
    assert jobs / seconds <= 0.8 * polls_per_second


@pytest.mark.parametrize("polls_per_second", [0.0, -1.0, 1e-300])
def test_rate_of_nothing_still_gives_a_price(polls_per_second: float) -> None:
    """A rate that fell to nothing makes looks rare, not impossible."""
    assert next_gap(PRIOR, BOUNDS, 90.0, price=price_for(5, polls_per_second)).seconds == BOUNDS.max_seconds


@settings(deadline=None)
@given(st.integers(1, 10_000), st.integers())
def test_faults_without_advice_wait_at_most_five_minutes(faults: int, seed: int) -> None:
    """After faults the next look waits between 2 s and 300 s."""
    assert 2.0 <= fault_gap(faults, None, Random(seed)) <= 300.0


@pytest.mark.parametrize("faults", [1, 20])
def test_fault_with_advice_follows_it(faults: int) -> None:
    """A `Retry-After` decides alone, however many faults there were: never earlier, at most a tenth later."""
    assert 30.0 <= fault_gap(faults, 30.0, Random(1)) <= 33.0
