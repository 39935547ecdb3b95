"""The processes that share the database: each renews a lease, and one whose lease is over is buried by another.

A burial frees all that the process owned, in one transaction. After it the process can write nothing any more
(`bot.jobs.backends`), so what it still does is without effect. Leases are judged by the database's clock.
"""

from collections.abc import Collection
from enum import StrEnum
from typing import Any, NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.backends import read_json
from bot.jobs.model import PostState
from bot.jobs.store import marks
from bot.jobs.store.marks import Mark
from bot.jobs.tables import UNENDED, jobs, offers, posts, processes, roles

LEASE_SECONDS = 30.0
# What was marked as being sent is sent within that time or not at all: the process may have been stopped in between,
# and buried. The lease that it has when it marks lasts longer.
SEND_WITHIN_SECONDS = 10.0
# The server's clock: those of the processes' machines differ.
_NOW = sa.extract("epoch", sa.func.clock_timestamp()).cast(sa.Float)
_ACTIVITY = sa.table(
    "pg_stat_activity",
    *(sa.column(name, sa.String) for name in ("application_name", "state", "wait_event")),
    sa.column("pid", sa.Integer),
    sa.column("state_change", sa.DateTime(timezone=True)),
)
# The tables with an owner, and which of their rows are still worked on.
_OWNED = (
    (jobs, UNENDED),
    (posts, posts.c.state.in_((PostState.DUE, PostState.SENDING))),
    (offers, offers.c.gone_at.is_(None)),
)


class Role(StrEnum):
    """What one process does for all; the names of the rows, never renamed."""

    SUBMITTER = "submitter"


class Process(NamedTuple):
    """A process that is alive, with what it makes known; nothing if that is unreadable."""

    name: str
    facts: dict[str, Any]


async def enter(connection: AsyncConnection, name: str, facts: str) -> str | None:
    """Begin to live under that name, unless the data was moved away since the schema was checked.

    Returns where it was moved to then, otherwise None.
    """
    if (moved_to := await marks.read_text(connection, Mark.MOVED_TO)) is not None:
        return moved_to
    await connection.execute(
        sa.insert(processes).values(name=name, lease_until=_NOW + LEASE_SECONDS, facts=facts),
    )
    return None


async def renew(connection: AsyncConnection, name: str, facts: str) -> None:
    """Extend the process's lease. A buried one can't: as any of its writes, this raises an error."""
    renewed = sa.update(processes).where(processes.c.name == name)
    await connection.execute(renewed.values(lease_until=_NOW + LEASE_SECONDS, facts=facts))


async def bury_expired(connection: AsyncConnection) -> list[str]:
    """Bury every process whose lease is over; returns their names."""
    expired = await connection.scalars(sa.select(processes.c.name).where(processes.c.lease_until < _NOW))
    names = list(expired)
    await bury(connection, names)
    return names


async def bury(connection: AsyncConnection, names: Collection[str]) -> None:
    """Free what those processes own, and forget them: they have ended, or count as such."""
    if not names:
        return
    await connection.execute(sa.delete(processes).where(processes.c.name.in_(names)))
    for table, among in _OWNED:
        await connection.execute(sa.update(table).where(table.c.owner.in_(names), among).values(owner=None))
    await connection.execute(sa.update(roles).where(roles.c.holder.in_(names)).values(holder=None))


async def end_connections(connection: AsyncConnection, names: Collection[str]) -> None:
    """Close the connections of buried processes: one that was stopped may still hold locks, such as those of shards."""
    theirs = sa.select(sa.func.pg_terminate_backend(_ACTIVITY.c.pid)).where(_ACTIVITY.c.application_name.in_(names))
    await connection.execute(theirs)


async def end_stopped(connection: AsyncConnection, seconds: float) -> int:
    """Close connections on which the server has waited that long for the rest of a statement; returns their number.

    They may hold the lock for all writes, and no timeout of the server sees them (docs/facts/postgresql.md).
    """
    since = sa.extract("epoch", sa.func.clock_timestamp() - _ACTIVITY.c.state_change)
    halfway = sa.and_(
        _ACTIVITY.c.application_name.in_(sa.select(processes.c.name)),
        _ACTIVITY.c.state == "active",
        _ACTIVITY.c.wait_event == "ClientRead",
        since > seconds,
    )
    ended = await connection.scalars(sa.select(sa.func.pg_terminate_backend(_ACTIVITY.c.pid)).where(halfway))
    return len(list(ended))


async def void_ownership(connection: AsyncConnection) -> None:
    """Free everything: only right where no other process lives, by a lock file (SQLite) or a lock on all writes."""
    for table, among in _OWNED:
        await connection.execute(sa.update(table).where(table.c.owner.is_not(None), among).values(owner=None))
    await connection.execute(sa.update(roles).values(holder=None))


async def find_alive(connection: AsyncConnection) -> list[Process]:
    """The processes that are not buried, by their names."""
    found = await connection.execute(sa.select(processes.c.name, processes.c.facts).order_by(processes.c.name))
    read = [(row.name, read_json(row.facts)) for row in found]
    return [Process(name, cast("dict[str, Any]", facts) if isinstance(facts, dict) else {}) for name, facts in read]


async def take_role(connection: AsyncConnection, role: Role, name: str) -> bool:
    """Take the role if no process has it; whether this one has it now."""
    free = sa.update(roles).where(roles.c.name == role, roles.c.holder.is_(None))
    await connection.execute(free.values(holder=name))
    return await holds_role(connection, role, name)


async def holds_role(connection: AsyncConnection, role: Role, name: str) -> bool:
    """Whether that process has the role."""
    return await connection.scalar(sa.select(roles.c.holder).where(roles.c.name == role)) == name
