"""Background tasks: drained at the end, and loops that are restarted with a backoff when they break."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from time import monotonic
from typing import Any

import structlog

BACKOFF_SECONDS_MAX = 60.0
_LAST_WORD_SECONDS = 2.0
_log = structlog.stdlib.get_logger(__name__)


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
            await asyncio.sleep(min(BACKOFF_SECONDS_MAX, 2.0**breaks))


def in_a_row(breaks: int, held_seconds: float) -> int:
    """How many breaks in a row this one makes; after running for a good while it is the first again."""
    return 1 if held_seconds > BACKOFF_SECONDS_MAX else breaks + 1
