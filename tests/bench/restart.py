"""A restart with every job rendering, at a provider that permits fifty requests a second."""

import asyncio
from collections.abc import Callable
from typing import Any

from bot.jobs.states import State
from sandbox.studio.faults import Fault, Faults
from sandbox.studio.state import Operation
from tests.bench import peer_process
from tests.bench.report import Report, Scale, count, spread
from tests.bench.world import a_world, until

_PER_SECOND = 50.0
_SLICE_SECONDS = 8.0
_SLICES = 5
_HERD_SECONDS = 6.0
_GOAL_FIRST_SECONDS = 0.3
_GOAL_REFUSED = 1
_GOAL_SHARE = 85


class RatedFaults(Faults):
    """A provider that answers 429 beyond its rate; a second's worth may come at once."""

    def __init__(self, now: Callable[[], float]) -> None:
        super().__init__()
        self._now = now
        self._left, self._at = _PER_SECOND, now()

    def next(self, operation: Operation, prompt: str = "") -> Fault | None:
        """As the script says, else by the rate."""
        if operation != "poll":
            return super().next(operation, prompt)
        now = self._now()
        self._left, self._at = min(_PER_SECOND, self._left + (now - self._at) * _PER_SECOND), now
        if self._left < 1.0:
            return Fault.status(429, headers={"Retry-After": "1"})
        self._left -= 1.0
        return None


async def _herd(scale: Scale) -> tuple[float, float]:
    """The shares of 429 answers, and of the permitted rate, when every job's loop polls at once."""
    async with a_world(faults=RatedFaults(asyncio.get_running_loop().time)) as world:
        ids = [render.id for render in world.fill(State.RENDERING, scale.most)]
        seconds = scale.seconds(_HERD_SECONDS)
        found = await peer_process.run(world, "poll_loops", 90.0, ids=ids, seconds=seconds, herd=True)
    refused, polls = found["refused"], max(found["polls"], 1)
    return refused / polls, (polls - refused) / (_PER_SECOND * found["seconds"])


def _first(requests: list[Any], began_at: float) -> float:
    return next((one.at for one in requests if one.operation == "poll"), began_at + 60.0)


async def measure(scale: Scale) -> Report:
    """From the start of the process on."""
    report = Report()
    herd, herd_rate = await _herd(scale)
    async with a_world(faults=RatedFaults(asyncio.get_running_loop().time)) as world:
        world.fill(State.RENDERING, scale.most, age_seconds=300.0)
        began_at, requests = world.stage.clock.now(), world.stage.studio.requests
        ready_at = began_at + await world.start()
        await until(lambda: any(one.operation == "poll" for one in requests), 60.0)
        first_at = _first(requests, began_at)
        seconds, rates = scale.seconds(_SLICE_SECONDS), []
        for _ in range(scale.times(_SLICES)):
            before = world.polls(200)
            await asyncio.sleep(seconds)
            rates.append(100 * (world.polls(200) - before) / (_PER_SECOND * seconds))
        share = 100 * world.polls(429) / max(world.polls(), 1)
        jobs = len({one.path for one in requests if one.operation == "poll" and one.status == 200})
    report.row(
        f"first poll with {count(scale.most)} rendering, s after the process began / after READY",
        limit="one round trip",
        goal=f"– / {_GOAL_FIRST_SECONDS}",
        today=f"{first_at - began_at:.1f} / {first_at - ready_at:+.1f}",
        reached=first_at - ready_at <= _GOAL_FIRST_SECONDS,
        reason="first poll 0.3 s after READY",
    )
    report.row(
        f"429 answers in its first {_SLICES * _SLICE_SECONDS:.0f} s, %",
        limit="0",
        peer=f"{100 * herd:.0f}",
        goal=f"{_GOAL_REFUSED}",
        today=f"{share:.1f}",
        reached=share <= _GOAL_REFUSED,
        reason="few 429 answers after a restart",
    )
    report.row(
        f"% of the permitted {_PER_SECOND:.0f} a second in that time (jobs polled)",
        limit="100",
        peer=f"{100 * herd_rate:.0f}",
        goal=f"{_GOAL_SHARE}",
        today=f"{spread(rates)} ({count(jobs)})",
        reached=sum(rates) / len(rates) >= _GOAL_SHARE,
        reason="85 % of the permitted rate after a restart",
    )
    return report
