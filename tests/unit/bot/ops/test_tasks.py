"""Which loops only a restart helps: those that have ended, and those that don't come to the end of a turn."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

import pytest

from bot.ops import tasks
from bot.ops.tasks import find_hung, keep_running, waiting


class FakeLoop:
    """A loop with turns that a test ends."""

    def __init__(self) -> None:
        self.woken = asyncio.Event()
        self.turn_ends = asyncio.Event()
        self.turns = 0

    async def run(self) -> None:
        while True:
            with waiting():
                await self.woken.wait()
            self.woken.clear()
            self.turns += 1
            await self.turn_ends.wait()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets so many seconds pass."""

    def passed(seconds: float) -> None:
        monkeypatch.setattr(tasks, "monotonic", lambda: monotonic() + seconds)

    return passed


async def running(run: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
    task = asyncio.create_task(keep_running("outbox", run), name="outbox")
    await settle()
    return task


async def test_a_loop_that_waits_for_work_never_hangs(later: Callable[[float], None]) -> None:
    """However long nothing happens; one whose turn takes more than five minutes does, until the turn ends."""
    loop = FakeLoop()
    task = await running(loop.run)
    later(86_400.0)
    assert find_hung([task]) == []
    later(0.0)
    loop.woken.set()
    await settle()
    assert (loop.turns, find_hung([task])) == (1, [])
    later(301.0)
    assert find_hung([task]) == ["outbox"]
    loop.turn_ends.set()
    await settle()
    assert find_hung([task]) == []
    task.cancel()


async def test_a_loop_that_breaks_is_restarted_and_does_not_hang(later: Callable[[float], None]) -> None:
    """Its backoff is a wait, too: a database that is away for long needs no restart of the bot."""

    async def broken() -> None:
        with waiting():
            await asyncio.sleep(0)
        raise OSError("the database is away")

    task = await running(broken)
    later(600.0)
    assert find_hung([task]) == []
    task.cancel()


async def test_a_loop_that_has_ended_is_named(later: Callable[[float], None]) -> None:
    """Also one that was cancelled by mistake: it does nothing ever again."""
    task = await running(FakeLoop().run)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert find_hung([task]) == ["outbox"]
