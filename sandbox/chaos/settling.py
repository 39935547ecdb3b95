"""Waits until the bot's work is done, and lets time pass for what it retries later."""

import asyncio
from collections.abc import Awaitable, Callable, Collection

from sandbox.chaos.invariants import ENDED

_STEPS = 400
_STEPS_IN_VAIN = 100
_LOOKS_PER_STEP = 40
_LOOK_SECONDS = 0.05
_STEP_SECONDS = 30.0


async def settle(count_open: Callable[[], Awaitable[int]], jump: Callable[[float], None]) -> None:
    """Return when nothing is open any more.

    It gives up after a bounded time: the invariants then report what is still open.
    """
    in_vain = 0
    for _ in range(_STEPS):
        before = await count_open()
        for _ in range(_LOOKS_PER_STEP):
            if not await count_open():
                return
            await asyncio.sleep(_LOOK_SECONDS)
        in_vain = in_vain + 1 if await count_open() >= before else 0
        if in_vain >= _STEPS_IN_VAIN:
            return
        if in_vain:
            jump(_STEP_SECONDS)


def open_query(besides: Collection[str] = ()) -> str:
    """A query for the number of jobs that have not ended, and of messages that are still to be posted or deleted.

    Jobs in the states `besides` count as ended, and then their cards may stay.
    """
    ended = "', '".join(sorted({*ENDED, *besides}))
    cards = "" if besides else " OR kind = 'card' AND state = 'sent'"
    return (
        f"SELECT (SELECT count(*) FROM jobs WHERE state NOT IN ('{ended}'))"  # noqa: S608  # our own words
        f" + (SELECT count(*) FROM posts WHERE state NOT IN ('sent', 'gone', 'refused'){cards})"
    )
