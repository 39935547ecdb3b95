"""A restart with every job rendering, at a provider that permits fifty requests a second."""

import asyncio
from collections.abc import Callable

from bot.jobs.states import State
from sandbox.studio.faults import Fault, Faults
from sandbox.studio.state import Operation
from tests.bench import peer_process
from tests.bench.report import Report, Scale, count
from tests.bench.world import a_world, until

_PER_SECOND = 50.0
_WINDOW_SECONDS = 60.0
_HERD_SECONDS = 20.0


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


async def _herd(scale: Scale) -> float:
    """The share of 429 when every job's loop polls at once."""
    async with a_world(faults=RatedFaults(asyncio.get_running_loop().time)) as world:
        ids = [render.id for render in world.fill(State.RENDERING, scale.most)]
        seconds = scale.seconds(_HERD_SECONDS)
        found = await peer_process.run(world, "poll_loops", 90.0, ids=ids, seconds=seconds, herd=True)
    return found["refused"] / max(found["polls"], 1)


async def measure(scale: Scale) -> Report:
    """From the start of the process on."""
    report = Report()
    herd = await _herd(scale)
    async with a_world(faults=RatedFaults(asyncio.get_running_loop().time)) as world:
        world.fill(State.RENDERING, scale.most, age_seconds=300.0)
        began_at, requests = world.stage.clock.now(), world.stage.studio.requests
        ready_at = began_at + await world.start()
        await until(lambda: any(one.operation == "poll" for one in requests), 60.0)
        first_at = next((one.at for one in requests if one.operation == "poll"), began_at + 60.0)
        seconds = scale.seconds(_WINDOW_SECONDS)
        before = world.polls(200)
        await asyncio.sleep(seconds)
        good, refused = world.polls(200) - before, world.polls(429)
        jobs = len({one.path for one in requests if one.operation == "poll" and one.status == 200})
    metric = f"first poll with {count(scale.most)} rendering, s after the process began / after READY"
    today = f"{first_at - began_at:.1f} / {first_at - ready_at:+.1f}"
    report.row(metric, limit="one round trip", goal="– / 0.3", today=today)
    share = refused / max(world.polls(), 1)
    report.row("429 answers in its first minute, %", limit="0", peer=f"{herd:.0%}", goal="1", today=f"{share:.1%}")
    possible = min(_PER_SECOND * seconds, 1e9)
    metric = f"% of the permitted {_PER_SECOND:.0f} a second in its first minute (jobs polled)"
    report.row(metric, limit="100", goal="85", today=f"{100 * good / possible:.0f} ({count(jobs)})")
    return report
