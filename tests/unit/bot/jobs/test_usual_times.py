"""How long renders usually take: how often the interval holds, in a simulation, and what it is made of."""

import heapq
import math
import sys
from collections.abc import Callable
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.jobs.usual_times import RENDERS_MAX, RENDERS_MIN, PastRender, UsualTime, usual_time
from tests.figures import figure

DAY = 86_400.0
SEEDS = range(1, 1 + figure(1, 10))
RENDERS = 2_500
# Renders of a class that one bot makes in an hour.
A_FEW, MANY = 2.0, 20.0


class World(NamedTuple):
    """Log-normal render times whose median changes with time; some take far longer than that, without bound."""

    median_seconds: Callable[[float], float]
    sigma: float
    stragglers: float = 0.0


WORLDS = {
    "steady": World(lambda _: 150.0, 0.3),
    "narrow": World(lambda _: 150.0, 0.08),
    "short clips": World(lambda _: 20.0, 0.3),
    "a tenth of stragglers": World(lambda _: 150.0, 0.3, 0.1),
    "slower and quicker by the week": World(
        lambda at: 150.0 * (1.0, 2.0, 1.0, 0.5, 1.5)[int(at / (7 * DAY)) % 5], 0.3, 0.02
    ),
    "four times slower, and back": World(lambda at: 150.0 * (1.0, 4.0)[int(at / (10 * DAY)) % 2], 0.2),
    "slow drift": World(lambda at: 150.0 * 2.0 ** math.sin(2 * math.pi * at / (20 * DAY)), 0.25, 0.02),
    "quick weekends, slow evenings": World(
        lambda at: 150.0 * (0.6 if int(at / DAY) % 7 >= 5 else 1.0) * (1.0 + 0.25 * math.sin(2 * math.pi * at / DAY)),
        0.25,
        0.02,
    ),
    "two speeds by turns": World(lambda at: 150.0 * (1.0, 2.5)[int(at / (5 * 3_600)) % 2], 0.2, 0.02),
}  # fmt: skip


class Held(NamedTuple):
    """How many renders had an interval, how many ended within it, and how many before it."""

    shown: int
    inside: int
    before: int

    @property
    def share(self) -> float:
        return self.inside / self.shown


def simulate(world: World, renders_an_hour: float, renders: int, seed: int) -> Held:
    """Renders that people request at random; each shows what those that had ended before it was sent made usual.

    Its end is seen up to six seconds late: by the next poll.
    """
    random, at = Random(seed), 0.0
    running: list[tuple[float, int, PastRender]] = []
    ended: list[PastRender] = []
    shown = inside = before = 0
    for number in range(renders):
        at += random.expovariate(renders_an_hour / 3_600.0)
        while running and running[0][0] <= at:
            ended.insert(0, heapq.heappop(running)[2])
        usual = usual_time(ended[:RENDERS_MAX])
        took_seconds = random.lognormvariate(math.log(world.median_seconds(at)), world.sigma)
        if random.random() < world.stragglers:
            took_seconds *= 2.0 * random.paretovariate(1.1)
        took_seconds = min(took_seconds, DAY) + random.uniform(0.0, 6.0)
        heapq.heappush(running, (at + took_seconds, number, PastRender(took_seconds, usual)))
        if usual is not None:
            shown += 1
            inside += usual.low_seconds <= took_seconds <= usual.high_seconds
            before += took_seconds < usual.low_seconds
    return Held(shown, inside, before)


def report(name: str, seed: int, held: Held) -> str:
    late = held.shown - held.inside - held.before
    shares = (held.share, held.before / held.shown, late / held.shown)
    inside, before, after = (f"{share:.1%}" for share in shares)
    return f"{name}, seed {seed}: {inside} of {held.shown} within the interval, {before} before, {after} after"


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("renders_an_hour", [A_FEW, MANY])
@pytest.mark.parametrize("name", WORLDS)
def test_four_of_five_renders_end_within_the_usual_time(name: str, renders_an_hour: float, seed: int) -> None:
    """75 to 85 % of renders that were not learned from end in the interval shown, also if the provider changes."""
    held = simulate(WORLDS[name], renders_an_hour, RENDERS, seed)
    text = report(f"{name}, {renders_an_hour:g} an hour", seed, held)
    sys.stdout.write(text + "\n")
    assert held.shown > 0.98 * RENDERS
    assert 0.75 <= held.share <= 0.85, text
    assert max(held.before, held.shown - held.inside - held.before) <= 0.14 * held.shown, text


@pytest.mark.parametrize("renders", [11, 15, 25, 50])
def test_it_holds_as_often_from_the_tenth_render_on(renders: int) -> None:
    """The first intervals of many new deployments, learned from few renders each."""
    found = [simulate(WORLDS["steady"], A_FEW, renders, seed) for seed in range(2_000 // renders)]
    held = Held(*map(sum, zip(*found, strict=True)))
    text = report(f"the first {renders} renders of {len(found)} deployments", 0, held)
    sys.stdout.write(text + "\n")
    assert 0.75 <= held.share <= 0.87, text


def test_nothing_is_shown_under_ten_renders() -> None:
    """Nine tell too little; ten make an interval."""
    renders = [PastRender(100.0 + number) for number in range(RENDERS_MIN)]
    assert usual_time(renders[1:]) is None
    assert usual_time([]) is None
    assert usual_time(renders) == UsualTime(100, 110)


def test_the_order_of_the_renders_does_not_matter() -> None:
    """What is shown depends on which renders there were, not on the order in which they are read."""
    renders = [PastRender(seconds) for seconds in (150.0, 90.0, 200.0, 110.0, 130.0, 170.0, 95.0, 145.0, 160.0, 120.0)]
    assert usual_time(renders) == usual_time(renders[::-1]) == usual_time(sorted(renders))


def test_ends_are_rounded_to_what_can_be_read() -> None:
    """To the second below a minute, to 5 s below a quarter of an hour, then to half a minute."""

    def usual(*seconds: float) -> UsualTime | None:
        return usual_time([PastRender(one) for one in seconds for _ in range(5)])

    assert usual(12.3, 20.4) == UsualTime(12, 20)
    assert usual(112.3, 148.0) == UsualTime(110, 150)
    assert usual(1_012.0, 2_048.0) == UsualTime(1_020, 2_040)


def test_an_interval_is_never_empty() -> None:
    """Where every render takes the same, the interval is as wide as one step."""
    assert usual_time([PastRender(120.0)] * 20) == UsualTime(120, 125)
    assert usual_time([PastRender(8.0)] * 20) == UsualTime(8, 9)


def test_misses_widen_the_interval_on_their_side() -> None:
    """A provider that has become slower: the upper end moves at once, the lower one follows."""
    usual = UsualTime(100, 200)
    renders = [PastRender(100.0 + 2.0 * number, usual) for number in range(RENDERS_MAX)]
    steady = usual_time(renders)
    slower = usual_time([PastRender(took, UsualTime(100, 150) if took > 150.0 else usual) for took, _ in renders])
    assert steady is not None
    assert slower is not None
    assert slower.high_seconds > steady.high_seconds
    assert slower.low_seconds == steady.low_seconds


@pytest.mark.slow
@given(
    st.lists(
        st.builds(
            PastRender,
            st.floats(0.001, 1e6),
            st.none() | st.builds(UsualTime, st.integers(0, 10**6), st.integers(0, 10**6)),
        ),
        min_size=RENDERS_MIN,
        max_size=RENDERS_MAX,
    )
)
def test_any_history_gives_an_interval_within_it(renders: list[PastRender]) -> None:
    """However odd: the lower end is below the upper one, and neither is far from what there was."""
    usual = usual_time(renders)
    assert usual is not None
    took = [render.took_seconds for render in renders]
    assert 0 <= usual.low_seconds < usual.high_seconds
    assert min(took) - 15.0 <= usual.low_seconds
    assert usual.high_seconds <= max(took) + 30.0
