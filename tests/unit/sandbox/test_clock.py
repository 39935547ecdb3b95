"""The clock that makes hours pass in seconds."""

import asyncio
import threading
import time

import pytest

from bot.ops.clock import SteadyClock
from sandbox.clock import ScaledClock

HOUR = 3_600.0
BOUND_SECONDS = 30


async def test_time_runs_at_its_speed() -> None:
    """A thousand seconds of the clock are one of the machine's: a long sleep is soon over, and took its time."""
    clock = ScaledClock(1_000.0)
    before = clock.monotonic()
    await asyncio.wait_for(clock.sleep(100.0), BOUND_SECONDS)
    assert clock.monotonic() - before >= 100.0


async def test_a_sleep_never_ends_early() -> None:
    """After a sleep of n seconds, n seconds have passed, at any speed."""
    for speed in (1.0, 50.0, 100_000.0):
        clock = ScaledClock(speed)
        seconds = 0.01 * speed
        before = clock.monotonic()
        await clock.sleep(seconds)
        assert clock.monotonic() - before >= seconds


async def test_a_jump_wakes_who_slept_through_it() -> None:
    """An hour's sleep is over when an hour has been jumped, and not before."""
    clock = ScaledClock()
    sleepers = [asyncio.create_task(clock.sleep(HOUR)) for _ in range(3)]
    longer = asyncio.create_task(clock.sleep(3 * HOUR))
    await asyncio.sleep(0)
    clock.jump(HOUR / 2)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not any(sleeper.done() for sleeper in sleepers)
    clock.jump(HOUR / 2 + 1)
    await asyncio.wait_for(asyncio.gather(*sleepers), BOUND_SECONDS)
    assert not longer.done()
    clock.jump(3 * HOUR)
    await asyncio.wait_for(longer, BOUND_SECONDS)


async def test_a_jump_is_seen_by_both_times() -> None:
    """The stored kind and the measured kind pass together."""
    clock = ScaledClock(started_at=1_000.0)
    now, monotonic = clock.now(), clock.monotonic()
    clock.jump(HOUR)
    assert clock.now() - now >= HOUR
    assert clock.monotonic() - monotonic >= HOUR


async def test_a_step_sets_the_wall_clock_alone() -> None:
    """Set back an hour, `now` is an hour earlier; `monotonic` goes on, and no sleeper wakes."""
    clock = ScaledClock(started_at=10_000.0)
    sleeper = asyncio.create_task(clock.sleep(HOUR / 2))
    await asyncio.sleep(0)
    now, monotonic = clock.now(), clock.monotonic()
    clock.step(-HOUR)
    assert clock.now() < now - HOUR / 2
    assert monotonic <= clock.monotonic() < monotonic + HOUR / 2
    clock.step(3 * HOUR)
    assert clock.now() > now + HOUR
    assert clock.monotonic() < monotonic + HOUR / 2
    assert not sleeper.done()
    sleeper.cancel()


async def test_a_jump_may_come_from_another_thread() -> None:
    """A page or a console may tell it; who sleeps in the loop wakes."""
    clock = ScaledClock()
    sleeper = asyncio.create_task(clock.sleep(HOUR))
    await asyncio.sleep(0)
    thread = threading.Thread(target=clock.jump, args=(HOUR + 1,))
    thread.start()
    await asyncio.wait_for(sleeper, BOUND_SECONDS)
    thread.join()


async def test_a_jump_from_another_thread_counts_for_a_pause_that_begins() -> None:
    """A pause that was asked for before the jump is over after it, even if its task has not begun yet."""
    clock = ScaledClock()
    bots = SteadyClock(clock)
    first = asyncio.create_task(bots.sleep(HOUR))
    await asyncio.sleep(0)
    thread = threading.Thread(target=clock.jump_from_thread, args=(HOUR + 1,))
    thread.start()
    # A step of the loop in which the other thread has all the time it wants.
    thread.join(timeout=0.05)
    second = asyncio.create_task(bots.sleep(HOUR))
    await asyncio.wait_for(asyncio.gather(first, second), BOUND_SECONDS)
    thread.join()


async def test_a_cancelled_sleep_is_forgotten() -> None:
    """A cancelled sleeper is not woken later."""
    clock = ScaledClock()
    sleeper = asyncio.create_task(clock.sleep(HOUR))
    await asyncio.sleep(0)
    sleeper.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sleeper
    clock.jump(2 * HOUR)
    await asyncio.sleep(0)
    assert clock._sleepers == set()


@pytest.mark.parametrize("seconds", [0.0, -5.0])
async def test_no_time_is_still_a_turn_for_others(seconds: float) -> None:
    """A sleep of nothing lets the other tasks run once."""
    turn = asyncio.Event()
    asyncio.get_running_loop().call_soon(turn.set)
    await ScaledClock().sleep(seconds)
    assert turn.is_set()


def test_two_processes_agree() -> None:
    """Given the same anchor, start and speed, two clocks say the same time, wherever their own measuring began."""
    anchored_at = time.time() - 7.0
    first = ScaledClock(50.0, started_at=1_000.0, anchored_at=anchored_at)
    second = ScaledClock(50.0, started_at=1_000.0, anchored_at=anchored_at)
    before, between, after = first.now(), second.now(), first.now()
    assert before - 5.0 <= between <= after + 5.0
    assert before >= 1_000.0 + 50.0 * 7.0


def test_time_never_goes_back() -> None:
    """Read again and again, it only grows."""
    clock = ScaledClock(1_000.0)
    read = [clock.monotonic() for _ in range(1_000)]
    assert read == sorted(read)
