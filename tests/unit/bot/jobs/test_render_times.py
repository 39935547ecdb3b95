"""How long renders take, learned from the latest ones."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.jobs.render_times import History, LogNormal, RenderClass
from tests.unit.bot.jobs.renders import KIND, learned, renders

SIBLING = RenderClass("gpt-4o-video", "1280x720", "4")
OTHER_MODEL = RenderClass("cinema-2", "1280x720", "8")


@pytest.mark.slow
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


def test_nothing_learned_is_a_guess() -> None:
    """Before the first render everything counts as 120 s, wide spread."""
    guess = History().fit(KIND)
    assert guess.median_seconds == pytest.approx(120.0)
    assert 0.6 < guess.sigma < 0.8
    assert guess.is_guess


def test_a_class_is_known_after_three_renders() -> None:
    """Fewer may be chance; renders of other classes don't count."""
    history = learned(50.0, 60.0)
    for _ in range(10):
        history = history.with_render(SIBLING, 20.0)
    assert history.fit(KIND).is_guess
    assert not history.with_render(KIND, 55.0).fit(KIND).is_guess


def test_a_new_deployment_forgets_the_guess_soon() -> None:
    """Ten renders of 20 s, and the guess of 120 s is off by less than a tenth."""
    assert learned(*renders(20.0, 0.2, 10)).fit(KIND).median_seconds == pytest.approx(20.0, rel=0.2)
    assert learned(*[20.0] * 10).fit(KIND).median_seconds == pytest.approx(20.0, rel=0.1)


def test_a_class_starts_from_its_siblings() -> None:
    """A length that was never rendered counts as the model's others do, with a wider spread."""
    sibling = learned(*renders(30.0, 0.2, 50)).fit(SIBLING)
    assert sibling.median_seconds == pytest.approx(30.0, rel=0.1)
    assert 0.4 < sibling.sigma < 0.7
    assert sibling.is_guess


def test_a_model_starts_from_all_others() -> None:
    """A model that was never used counts as the others do; one that was used, as its own renders."""
    history = learned(*renders(30.0, 0.2, 50))
    assert history.fit(OTHER_MODEL).median_seconds == pytest.approx(30.0, rel=0.1)
    for took_seconds in renders(600.0, 0.2, 50):
        history = history.with_render(OTHER_MODEL, took_seconds)
    assert history.fit(OTHER_MODEL._replace(seconds="4")).median_seconds == pytest.approx(600.0, rel=0.15)
    assert history.fit(SIBLING).median_seconds == pytest.approx(30.0, rel=0.15)


@pytest.mark.parametrize("median_seconds", [5.0, 120.0, 500.0])
def test_the_spread_is_that_about_the_classs_own_center(median_seconds: float) -> None:
    """Neither a median far from the guess nor siblings far away widen the spread of what is known."""
    history = History()
    for took_seconds in renders(30.0, 0.2, 100):
        history = history.with_render(SIBLING, took_seconds)
    for took_seconds in renders(median_seconds, 0.2, 50):
        history = history.with_render(KIND, took_seconds)
    assert history.fit(KIND).sigma == pytest.approx(1.1 * 0.2, rel=0.25)
    assert history.fit(KIND).median_seconds == pytest.approx(median_seconds, rel=0.1)


def test_two_hundred_renders_are_learned() -> None:
    """After 200 renders, median and spread are theirs, the spread a tenth wider."""
    fit = learned(*renders(300.0, 0.4, 200)).fit(KIND)
    assert fit.median_seconds == pytest.approx(300.0, rel=0.12)
    assert fit.sigma == pytest.approx(0.44, rel=0.15)


def test_older_than_two_hundred_is_forgotten() -> None:
    """When a provider gets slower for good, 200 renders later nothing reminds of the old days."""
    before = renders(60.0, 0.3, 300, seed=1)
    since = renders(100.0, 0.3, 260, seed=2)
    assert learned(*before, *since).fit(KIND) == learned(*before[100:], *since).fit(KIND)
    assert learned(*before, *since).fit(KIND).median_seconds == pytest.approx(100.0, rel=0.1)


def test_outlier_moves_little() -> None:
    """Three hours during which the bot was down do not count as three hours of rendering."""
    usual = learned(*renders(120.0, 0.3, 200))
    odd = usual.with_render(KIND, 10_800.0)
    assert odd.fit(KIND).median_seconds == pytest.approx(usual.fit(KIND).median_seconds, rel=0.02)
    assert odd.fit(KIND).sigma == pytest.approx(usual.fit(KIND).sigma, rel=0.05)


def test_provider_ten_times_slower_is_learned_all_the_same() -> None:
    """Bounding outliers does not keep the history from following a real change."""
    fit = learned(*renders(120.0, 0.3, 200), *renders(1200.0, 0.3, 260)).fit(KIND)
    assert fit.median_seconds == pytest.approx(1200.0, rel=0.15)


@pytest.mark.parametrize("took_seconds", [0.0, -3600.0, math.nan, math.inf])
def test_impossible_duration_is_ignored(took_seconds: float) -> None:
    """A duration that a clock set back has made teaches nothing."""
    assert learned(took_seconds) == History()


@settings(deadline=None)
@given(st.lists(st.floats(1e-3, 1e7), min_size=1, max_size=30))
def test_any_durations_give_a_usable_fit(took_seconds: list[float]) -> None:
    """However odd the durations, the fit stays finite and never narrows to nothing."""
    fit = learned(*took_seconds).fit(KIND)
    assert 0.0 < fit.median_seconds < math.inf
    assert 0.03 < fit.sigma < math.inf


def test_history_is_a_value() -> None:
    """Adding a render leaves the history it was added to as it was."""
    before = learned(50.0)
    known = before.fit(KIND)
    before.with_render(KIND, 500.0)
    assert before.fit(KIND) == known


def test_a_render_is_learned_without_the_delay_of_its_poll() -> None:
    """It ended between the last poll that found it running and the one that found its end."""
    usual = learned(*renders(120.0, 0.2, 50))
    fit = usual.fit(KIND)
    expected = math.exp(fit.logarithm_between(100.0, 140.0))
    assert 110.0 < expected < 130.0
    late, exact = usual.with_render(KIND, 140.0, 100.0), usual.with_render(KIND, expected)
    assert late.fit(KIND).median_seconds == pytest.approx(exact.fit(KIND).median_seconds)


def test_a_night_without_the_bot_teaches_nothing_odd() -> None:
    """A render that was last seen at its submission, and ended within eight hours, probably took as long as usual."""
    usual = learned(*renders(120.0, 0.2, 50))
    after = usual.with_render(KIND, 8 * 3600.0, 0.0)
    assert after.fit(KIND).median_seconds == pytest.approx(usual.fit(KIND).median_seconds, rel=0.01)
    assert after.fit(KIND).sigma <= usual.fit(KIND).sigma


@settings(deadline=None)
@given(st.floats(1.0, 1e4), st.floats(0.05, 2.0), st.floats(0.0, 1e5), st.floats(1e-3, 1e5))
def test_an_end_is_expected_between_the_two_polls(
    median_seconds: float, sigma: float, low_seconds: float, gap_seconds: float
) -> None:
    """Wherever the polls are, the expected time lies between them, but for the rounding of the machine."""
    expected = LogNormal(median_seconds, sigma).logarithm_between(low_seconds, low_seconds + gap_seconds)
    assert expected <= math.log(low_seconds + gap_seconds) + 1e-3
    assert low_seconds == 0.0 or expected >= math.log(low_seconds) - 1e-3
