"""Background tasks: drained at the end, and loops that are restarted with a backoff when they break."""

import asyncio
from collections.abc import Awaitable, Callable, Generator, Iterable
from contextlib import contextmanager
from time import monotonic
from typing import Any
from weakref import WeakKeyDictionary

import structlog

BACKOFF_SECONDS_MAX = 60.0
_LAST_WORD_SECONDS = 2.0
# Longer than any database or other side is waited for.
_HUNG_SECONDS = 300.0
_log = structlog.stdlib.get_logger(__name__)
# Since when (monotonic) the tasks of loops have been at work, without a wait for more of it.
_at_work = WeakKeyDictionary[asyncio.Task[Any], float]()


async def drain(under_way: Iterable[asyncio.Task[Any]], within_seconds: float) -> None:
    """Give tasks that long to end by themselves, then cancel the rest, which get 2 s to finish."""
    tasks = tuple(under_way)
    if not tasks:
        return
    await asyncio.wait(tasks, timeout=within_seconds)
    for task in tasks:
        task.cancel()
    ended, _ = await asyncio.wait(tasks, timeout=_LAST_WORD_SECONDS)
    await asyncio.gather(*ended, return_exceptions=True)


async def keep_running(name: str, run: Callable[[], Awaitable[None]], may_start: asyncio.Event | None = None) -> None:
    """Run a loop for as long as the process lives; one that breaks is restarted, later each time."""
    if may_start is not None:
        await may_start.wait()
    breaks = 0
    while True:
        began_at = monotonic()
        try:
            await run()
        except Exception:  # noqa: BLE001  # the last guard: a broken loop would leave people waiting in silence
            breaks = in_a_row(breaks, monotonic() - began_at)
            _log.exception("loop broke", loop=name, times=breaks)
            with waiting():
                await asyncio.sleep(min(BACKOFF_SECONDS_MAX, 2.0**breaks))


@contextmanager
def waiting() -> Generator[None]:
    """Around a loop's wait for work: from its end on the loop is at work, until it waits again."""
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("Only a task waits for work.")
    _at_work.pop(task, None)
    try:
        yield
    finally:
        _at_work[task] = monotonic()


def find_hung(loops: Iterable[asyncio.Task[Any]]) -> list[str]:
    """The names of those that have ended, or have been at work for five minutes since their last wait for more."""
    before = monotonic() - _HUNG_SECONDS
    return [loop.get_name() for loop in loops if loop.done() or _at_work.get(loop, before) < before]


def in_a_row(breaks: int, held_seconds: float) -> int:
    """How many breaks in a row this one makes; after running for a good while it is the first again."""
    return 1 if held_seconds > BACKOFF_SECONDS_MAX else breaks + 1
