"""Measures how late the event loop turns: what blocks it delays everybody."""

import asyncio
from collections.abc import Callable

_GAP_SECONDS = 0.5


async def measure_lag(report: Callable[[float], None]) -> None:
    """Until cancelled, report how many seconds later than planned each of two turns per second came."""
    loop = asyncio.get_running_loop()
    while True:
        due_at = loop.time() + _GAP_SECONDS
        await asyncio.sleep(_GAP_SECONDS)
        report(loop.time() - due_at)
