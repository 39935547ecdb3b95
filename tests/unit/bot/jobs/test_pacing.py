"""When to poll a rendering job again."""

import bisect
import math
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.jobs.pacing import (
    PRICE,
    Bounds,
    ProgressTrack,
    Why,
    fault_gap,
    late_gap,
    next_gap,
    price_for,
    track,
)
from bot.jobs.render_times import History, LogNormal
from tests.bench import pacing
from tests.unit.bot.jobs.renders import KIND, learned, renders

BOUNDS = Bounds(2.0, 30.0)
WIDE = Bounds(0.01, 3600.0)
# As for a class of which nothing is known but that its median is known to be this.
PRIOR = LogNormal(120.0, 0.66)

bounds = st.tuples(st.floats(0.01, 300.0), st.floats(0.01, 300.0)).map(lambda pair: Bounds(min(pair), max(pair)))
fits = st.builds(LogNormal, st.floats(0.01, 1e6), st.floats(0.02, 5.0))
ages = st.one_of(st.floats(-1e4, 1e4), st.floats(0.0, 1e12))
tracks = st.one_of(st.none(), st.builds(ProgressTrack, st.integers(0, 100), st.floats(0.0, 1e9)))
prices = st.floats(1e-3, 1e12)


def integral(fit: LogNormal, since_seconds: float, until_seconds: float, price: float) -> float:
    steps = 1000
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
def test_dearer_polls_are_rarer(fit: LogNormal, age_seconds: float, price: float, factor: float) -> None:
    """A higher price of a poll never brings the next one nearer, but for the error of the integration."""
    cheap = next_gap(fit, BOUNDS, age_seconds, price=price).seconds
    dear = next_gap(fit, BOUNDS, age_seconds, price=price * factor).seconds
    assert dear >= cheap * 0.9 - 0.5


@pytest.mark.parametrize("price", [0.1, 0.5, 2.0])
@pytest.mark.parametrize("age_seconds", [0.0, 30.0, 60.0, 119.0, 240.0, 1000.0, 10_000.0])
@pytest.mark.parametrize("fit", [PRIOR, LogNormal(120.0, 0.25), LogNormal(40.0, 0.4)])
def test_gap_ends_where_the_integral_reaches_one(fit: LogNormal, age_seconds: float, price: float) -> None:
    """Without progress, the next poll is where sqrt(hazard / (2 price)) has summed up to 1 since the last one.

    It is 1.5 while hardly anything can have ended, and the price of a narrow class is lower.
    """
    gap = next_gap(fit, Bounds(0.01, 60.0), age_seconds, price=price)
    narrow_price = price * min(fit.sigma / 0.6, 1.0)
    reached = integral(fit, age_seconds, age_seconds + gap.seconds, narrow_price)
    wanted = 1.5 if fit.sigmas(age_seconds) < -2.0 else 1.0
    assert gap.why is Why.HISTORY
    assert reached == pytest.approx(wanted, rel=0.05) or (gap.seconds == 60.0 and reached < 1.05 * wanted)


def test_first_poll_waits_until_it_is_worth_it() -> None:
    """Right after submission nothing finishes yet, so the first poll comes late, and the next ones nearer the mode."""
    fit = learned(*renders(120.0, 0.3, 200)).fit(KIND)
    first = next_gap(fit, WIDE, 0.0).seconds
    assert 40.0 < first < 80.0
    assert next_gap(fit, WIDE, first).seconds < first / 2.0


@pytest.mark.parametrize(("sigma", "limit"), [(0.54, 56.0), (0.2, 25.0)])
def test_learned_schedule_comes_near_the_theoretical_limit(sigma: float, limit: float) -> None:
    """After 200 renders, polls per job times mean delay is within the goal, which no fixed gap reaches."""
    bounds = Bounds(1.0, 60.0)
    fit = learned(*renders(120.0, sigma, 200, seed=2)).fit(KIND)
    polled_at, age_seconds = [], 0.0
    while age_seconds < 20_000.0:
        age_seconds += next_gap(fit, bounds, age_seconds).seconds
        polled_at.append(age_seconds)
    jobs = renders(120.0, sigma, 20_000, seed=3)
    found = [bisect.bisect_left(polled_at, took) for took in jobs]
    polls = sum(index + 1 for index in found) / len(jobs)
    delay = sum(polled_at[index] - took for index, took in zip(found, jobs, strict=True)) / len(jobs)
    assert polls * delay <= limit


@pytest.mark.slow
@pytest.mark.parametrize(("around", "share"), [(pacing.WIDE, 1.05), (pacing.NARROW, 1.12)])
@pytest.mark.parametrize("sibling", [False, True])
def test_fifty_renders_suffice(around: pacing.Renders, share: float, *, sibling: bool) -> None:
    """Learned from what 50 polls saw, delay x polls is near the limit, also beside a class that takes half as long."""
    jobs = around.draw(Random(4), 10_000)
    assert pacing.after(around, range(1, 11), jobs, sibling=sibling).product <= share * around.limit()


@pytest.mark.slow
@pytest.mark.parametrize(
    "around", [pacing.SHORT, pacing.SHORT_NARROW, pacing.WIDE, pacing.NARROW, pacing.LONG], ids=lambda one: one.name
)
def test_the_first_ten_are_no_worse_than_a_loop(around: pacing.Renders) -> None:
    """In a new deployment the first ten renders cost less, polls times delay, than a poll every five seconds."""
    ours, loop = pacing.first(around, 10, range(1, 51))
    assert ours.product <= loop.product


@pytest.mark.parametrize("around", [pacing.SHORT, pacing.SHORT_NARROW], ids=lambda one: one.name)
def test_the_very_first_render_is_found_soon(around: pacing.Renders) -> None:
    """A clip of 20 s is 4 s late on average, although the guess is 120 s."""
    nothing_known = pacing.by_history(History().fit(KIND))
    assert pacing.blind(nothing_known, around.draw(Random(4), 2_000)).delay_seconds <= 4.0


@pytest.mark.parametrize("expects", [False, True])
@settings(deadline=None)
@given(age_seconds=st.floats(0.0, 1e5), progress=tracks)
def test_an_unknown_class_is_polled_quickly(
    age_seconds: float,
    progress: ProgressTrack | None,
    expects: bool,
) -> None:
    """Before three renders of it are known, no gap is over 30 s, nor over a third of the age from 15 s on."""
    fit = History().fit(KIND)
    gap = next_gap(fit, Bounds(1.0, 60.0), age_seconds, progress=progress, expects_progress=expects)
    assert gap.seconds <= 30.0
    assert progress is not None or gap.seconds <= max(5.0, age_seconds / 3.0)


def test_an_unknown_class_keeps_the_bounds_of_the_settings() -> None:
    """An operator who allows one poll in five minutes gets no more of them."""
    assert next_gap(History().fit(KIND), Bounds(300.0, 300.0), 0.0).seconds == 300.0


def test_a_known_class_has_a_minute_between_polls() -> None:
    """Right after the submission of a long render nothing is to be seen for a minute."""
    fit = learned(600.0, 610.0, 620.0).fit(KIND)
    assert next_gap(fit, Bounds(1.0, 60.0), 0.0).seconds == 60.0


def test_a_render_that_will_report_its_progress_is_polled_early() -> None:
    """The first poll comes after a quarter of the usual time, to see the progress; from then on that decides."""
    fit = learned(*renders(120.0, 0.2, 50)).fit(KIND)
    bounds = Bounds(1.0, 60.0)
    first = next_gap(fit, bounds, 0.0, expects_progress=True).seconds
    assert first == pytest.approx(fit.median_seconds / 4.0)
    progress = track(None, first, 25)
    assert next_gap(fit, bounds, first, progress=progress, expects_progress=True) == next_gap(
        fit, bounds, first, progress=progress
    )


def test_progress_never_goes_back() -> None:
    """What the provider takes back, or claims beyond 0 to 100, changes nothing."""
    first = track(None, 10.0, 40)
    assert track(first, 20.0, 40) is first
    assert track(first, 20.0, 35) is first
    assert track(first, 20.0, 900) == ProgressTrack(100, 20.0)
    assert track(None, 20.0, -3) == ProgressTrack(0, 20.0)


def test_progress_near_the_end_brings_the_poll_near() -> None:
    """A render that says it is nearly done is polled sooner than its history alone would have it."""
    slow = LogNormal(600.0, 0.6)
    gap = next_gap(slow, BOUNDS, 100.0, progress=track(None, 100.0, 95))
    assert gap.why is Why.PROGRESS
    assert gap.seconds < 5.0 < next_gap(slow, BOUNDS, 100.0).seconds


def test_progress_far_from_the_end_puts_the_poll_off() -> None:
    """A render that says it has far to go is polled later than its history alone would have it, within limits."""
    quick = LogNormal(60.0, 0.3)
    gap = next_gap(quick, Bounds(1.0, 600.0), 200.0, progress=track(None, 200.0, 10))
    assert gap.seconds == pytest.approx(200.0 * 0.08)
    assert gap.seconds > next_gap(quick, Bounds(1.0, 600.0), 200.0).seconds


@settings(deadline=None)
@given(fits, st.floats(1.0, 1e4), st.integers(1, 99))
def test_more_progress_never_means_a_later_poll(fit: LogNormal, age_seconds: float, percent: int) -> None:
    """Of two jobs of the same age, the one that says it is further is not polled later."""
    less = next_gap(fit, WIDE, age_seconds, progress=track(None, age_seconds, percent))
    more = next_gap(fit, WIDE, age_seconds, progress=track(None, age_seconds, percent + 1))
    assert more.seconds <= less.seconds


@settings(deadline=None)
@given(fits, st.floats(1.0, 1e4), st.floats(0.0, 1e5), st.integers(1, 100))
def test_progress_is_trusted_only_so_far(
    fit: LogNormal, reached_seconds: float, since_seconds: float, percent: int
) -> None:
    """Progress never puts a poll off beyond 8 % of the age, unless history alone would have waited longer still."""
    age_seconds = reached_seconds + since_seconds
    gap = next_gap(fit, WIDE, age_seconds, progress=ProgressTrack(percent, reached_seconds))
    assert gap.seconds <= max(0.08 * age_seconds, next_gap(fit, WIDE, age_seconds).seconds, WIDE.min_seconds)


@pytest.mark.parametrize("percent", [90, 99, 100])
def test_stalled_progress_is_no_tight_loop(percent: int) -> None:
    """A render that stops at its end, 100 % included, soon costs no more polls than one without progress."""
    progress = track(None, 60.0, percent)
    age_seconds, polls = 60.0, 0
    while age_seconds < 660.0:
        age_seconds += next_gap(PRIOR, BOUNDS, age_seconds, progress=progress).seconds
        polls += 1
    assert polls <= 70
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
def test_provider_that_asks_for_haste_costs_no_polls(asked_seconds: float) -> None:
    """A shorter wait than our own is only the provider's leave, not a demand."""
    assert next_gap(PRIOR, BOUNDS, 90.0, asked_seconds=asked_seconds) == next_gap(PRIOR, BOUNDS, 90.0)


@settings(deadline=None)
@given(fits, bounds, ages, st.floats(0.0, 1e9), st.booleans())
def test_asked_wait_is_never_cut_short(
    fit: LogNormal, bounds: Bounds, age_seconds: float, asked_seconds: float, late: bool
) -> None:
    """Late or not, no poll comes before the moment the provider asked for."""
    gap = next_gap(fit, bounds, age_seconds, asked_seconds=asked_seconds, late=late)
    assert min(asked_seconds, 600.0) <= gap.seconds <= 600.0


@pytest.mark.parametrize(
    ("age_seconds", "seconds"), [(60.0, 30.0), (1200.0, 100.0), (3600.0, 300.0), (86_400.0, 300.0)]
)
def test_late_job_is_polled_slower(age_seconds: float, seconds: float) -> None:
    """Past its deadline a job is polled after a twelfth of its age, from the upper bound to five minutes."""
    gap = next_gap(PRIOR, BOUNDS, age_seconds, progress=track(None, 10.0, 99), late=True)
    assert gap.seconds == pytest.approx(seconds)
    assert gap == late_gap(BOUNDS, age_seconds)
    assert gap.why is Why.LATE


def test_few_jobs_pay_the_usual_price() -> None:
    """As long as the rate suffices, polls cost what they always do."""
    assert price_for(0, 10.0) == price_for(20, 10.0) == PRICE


@settings(deadline=None)
@given(st.integers(0, 10_000), st.floats(0.01, 50.0), st.floats(1.0, 5000.0))
def test_price_keeps_the_polls_within_the_rate(jobs: int, polls_per_second: float, age_seconds: float) -> None:
    """However many jobs of the usual kind render, together they take no more than 0.8 of the rate."""
    bounds = Bounds(0.1, 10_000_000.0 / polls_per_second)
    seconds = next_gap(PRIOR, bounds, age_seconds, price=price_for(jobs, polls_per_second)).seconds
    assert jobs / seconds <= 0.8 * polls_per_second


@pytest.mark.parametrize("polls_per_second", [0.0, -1.0, 1e-300])
def test_rate_of_nothing_still_gives_a_price(polls_per_second: float) -> None:
    """A rate that fell to nothing makes polls rare, not impossible."""
    assert next_gap(PRIOR, BOUNDS, 90.0, price=price_for(5, polls_per_second)).seconds == BOUNDS.max_seconds


@settings(deadline=None)
@given(st.integers(1, 10_000), st.integers())
def test_faults_without_advice_wait_at_most_five_minutes(faults: int, seed: int) -> None:
    """After faults the next poll waits between 2 s and 300 s."""
    assert 2.0 <= fault_gap(faults, None, Random(seed)) <= 300.0


@pytest.mark.parametrize("faults", [1, 20])
def test_fault_with_advice_follows_it(faults: int) -> None:
    """A `Retry-After` decides alone, however many faults there were: never earlier, at most a tenth later."""
    assert 30.0 <= fault_gap(faults, 30.0, Random(1)) <= 33.0


def test_a_track_begins_at_the_age_of_its_poll() -> None:
    """Within the first second, too; a clock that went back counts as no age."""
    assert track(None, 0.25, 10) == ProgressTrack(10, 0.25)
    assert track(None, -5.0, 10) == ProgressTrack(10, 0.0)
    assert track(ProgressTrack(10, 3.0), 4.0, 10) == ProgressTrack(10, 3.0)
    assert track(ProgressTrack(10, 3.0), 4.0, 120) == ProgressTrack(100, 4.0)
