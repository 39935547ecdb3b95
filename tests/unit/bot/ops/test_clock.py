"""The time of one life of the bot, on machines whose clock is set while it runs."""

import random
import time

import pytest

from bot.ops.clock import SteadyClock, SystemClock
from tests.figures import figure

HOUR, DAY = 3_600.0, 86_400.0
START = 1_700_000_000.0


class FakeMachineClock:
    """A clock as a machine has it: time passes, and somebody sets what it shows."""

    def __init__(self) -> None:
        self.passed_seconds, self.set_by_seconds = 0.0, 0.0

    def now(self) -> float:
        return START + self.passed_seconds + self.set_by_seconds

    def monotonic(self) -> float:
        return 50.0 + self.passed_seconds

    async def sleep(self, seconds: float) -> None:
        self.passed_seconds += seconds


@pytest.fixture
def machine_clock() -> FakeMachineClock:
    return FakeMachineClock()


def test_time_is_the_machines_while_it_is_not_set(machine_clock: FakeMachineClock) -> None:
    """Hours that really pass, a suspended machine's too, are seen at once by both times."""
    clock = SteadyClock(machine_clock)
    for seconds in (0.0, 0.5, 20.0, HOUR, 3 * DAY):
        machine_clock.passed_seconds += seconds
        assert clock.now() == pytest.approx(machine_clock.now(), abs=0.001)
        assert clock.monotonic() == machine_clock.monotonic()


@pytest.mark.parametrize("step_seconds", [HOUR, -HOUR, 60.0, -60.0, DAY - 1, 1 - DAY])
def test_a_step_is_not_felt_and_is_made_up_for_slowly(machine_clock: FakeMachineClock, step_seconds: float) -> None:
    """When the clock is set, the next minutes last as long as ever, to a twentieth; days later the time is right."""
    clock = SteadyClock(machine_clock)
    before = clock.now()
    machine_clock.set_by_seconds = step_seconds
    assert clock.now() == before
    for _ in range(10):
        machine_clock.passed_seconds += 60.0
        clock.now()
    assert clock.now() - before == pytest.approx(600.0, rel=0.0501)
    machine_clock.passed_seconds += 21 * DAY
    assert clock.now() == pytest.approx(machine_clock.now(), abs=0.001)


@pytest.mark.parametrize("years", [-30, 30])
def test_a_time_that_is_wrong_by_years_is_not_felt_either(machine_clock: FakeMachineClock, years: int) -> None:
    """More than a day is not made up for: the timekeeper decides if it is taken over."""
    clock = SteadyClock(machine_clock)
    before = clock.now()
    machine_clock.set_by_seconds = years * 365 * DAY
    machine_clock.passed_seconds = 5.0
    assert clock.now() == before + 5.0
    assert clock.machine_now() == machine_clock.now()
    clock.take_over()
    assert clock.now() == max(before + 5.0, machine_clock.now())
    machine_clock.passed_seconds += 60.0
    assert clock.now() == max(before + 65.0, machine_clock.now())


def test_it_goes_on_from_a_later_time_and_back_when_asked(machine_clock: FakeMachineClock) -> None:
    """A machine that boots in 1970 goes on from what is stored; what was wrong is taken back."""
    machine_clock.set_by_seconds = -START
    clock = SteadyClock(machine_clock)
    clock.go_on_from(START)
    machine_clock.passed_seconds = HOUR
    assert clock.now() == START + HOUR
    clock.go_on_from(START)
    assert clock.now() == START + HOUR
    machine_clock.set_by_seconds = 0.0
    assert clock.now() == pytest.approx(machine_clock.now())
    clock.go_back_to(START)
    assert clock.now() == START


@pytest.mark.parametrize("seed", range(figure(3, 20)))
def test_it_never_goes_back_and_never_runs_wild(machine_clock: FakeMachineClock, seed: int) -> None:
    """However often the clock is set to and fro by up to an hour, each wait lasts 0.95 to 1.05 of its time."""
    dice = random.Random(seed)
    clock = SteadyClock(machine_clock)
    for _ in range(500):
        if dice.random() < 0.2:
            machine_clock.set_by_seconds += dice.uniform(-HOUR, HOUR) * dice.choice((0.001, 1.0))
            machine_clock.set_by_seconds = max(-DAY / 2, min(DAY / 2, machine_clock.set_by_seconds))
        before, seconds = clock.now(), dice.choice((0.0, 0.01, 1.0, 30.0, 600.0))
        machine_clock.passed_seconds += seconds
        assert 0.95 * seconds - 0.001 <= clock.now() - before <= 1.05 * seconds + 0.001, f"seed {seed}"


async def test_sleeping_is_the_machines(machine_clock: FakeMachineClock) -> None:
    """A pause is measured by what passes, not by what the clock shows."""
    clock = SteadyClock(machine_clock)
    await clock.sleep(30.0)
    assert machine_clock.passed_seconds == 30.0


async def test_the_machines_own_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its time is that of the machine, and its other time goes on while the machine is suspended, where it can."""
    clock = SystemClock()
    assert time.time() - 60 < clock.now() < time.time() + 60
    before = clock.monotonic()
    await clock.sleep(-1.0)
    assert clock.monotonic() >= before
    asked: list[int] = []
    monkeypatch.setattr(time, "clock_gettime", lambda which: asked.append(which) or 5.0)
    assert clock.monotonic() == 5.0
    assert asked == [getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)]
