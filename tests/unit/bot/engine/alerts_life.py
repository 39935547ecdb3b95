"""A life of the alerts' loop, and how a test waits for it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from bot.chat.words import alert
from bot.engine.alert_posting import OwnerMail
from bot.engine.owner_alerts import OwnerAlerts
from bot.jobs.alerts import AlertKind, AlertState
from bot.jobs.database import Database
from bot.jobs.model import ChannelId
from bot.jobs.store import alerts as rows
from tests.readers import ENGLISH, READERS
from tests.unit.bot.engine.fake_owners import FakeOwners


async def nothing() -> None:
    """No checks."""


@asynccontextmanager
async def a_life(
    discord: FakeOwners,
    database: Database,
    channel: ChannelId | None = None,
    process: str = "machine",
    check: Callable[[], Awaitable[None]] = nothing,
) -> AsyncIterator[OwnerAlerts]:
    """The alerts of one life of the bot, their loop running; at its end the process is killed."""
    mail: Any = OwnerMail(discord, channel)  # pyright: ignore[reportArgumentType]  # what it asks of a courier
    owner_alerts = OwnerAlerts(mail, discord.clock, READERS, database, process)
    loop = asyncio.create_task(owner_alerts.run(check))
    try:
        yield owner_alerts
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)


async def until(so: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not so():  # noqa: ASYNC110  # the fakes ring no bell
            await asyncio.sleep(0.002)


async def until_stored(database: Database, *states: AlertState, process: str = "machine") -> None:
    """Return when the alerts that aren't over are in just these states."""
    async with asyncio.timeout(20):
        while sorted(one.state for one in await database.read(rows.find_alerts, process)) != sorted(states):  # noqa: ASYNC110  # rows ring no bell
            await asyncio.sleep(0.002)


async def until_stepped(owner_alerts: OwnerAlerts) -> None:
    """Return when the loop has gone round once more: what was due before is done, or waits for a time."""
    rests, done, before = 0, asyncio.Event(), owner_alerts._changed.wait

    async def wait() -> bool:
        nonlocal rests
        rests += 1
        if rests == 1:
            # The end of a round that may have begun before.
            owner_alerts._changed.set()
        else:
            done.set()
        return await before()

    owner_alerts._changed.wait = wait  # pyright: ignore[reportAttributeAccessIssue]  # that the loop rests shows that it is done
    owner_alerts._changed.set()
    async with asyncio.timeout(20):
        await done.wait()
    owner_alerts._changed.wait = before  # pyright: ignore[reportAttributeAccessIssue]


def text_of(kind: AlertKind, **named: object) -> str:
    return alert(kind, ENGLISH, named)
