"""The database's data about itself: its lineage and generation, and whether it is a copy or was restored."""

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.generation import Generation
from bot.jobs.model import GuildId
from bot.jobs.pending_write import ADVANCED, no_turn
from bot.jobs.tables import marks


class Mark(StrEnum):
    """The names of the rows; they outlive the process and are never renamed."""

    LINEAGE = "lineage"
    GENERATION = "generation"
    # Only in a copy made by `backup`: when it was made. A database with it starts as restored.
    COPY = "copy"
    # When the database last started as restored; and, until `/owner resume`, that it is still to be checked.
    RESTORED_AT = "restored at"
    RESTORED = "restored"
    # The lineages before the last restores, newest first: files of processes that were not started since.
    EARLIER = "earlier lineages"
    # That the owner has stopped all spending, where several processes share the database.
    PAUSED = "paused"
    # To which address the data was moved (`migrate --from`): this database is served no more.
    MOVED_TO = "moved to"
    # The last believed time, while the machine's clock is ahead of it.
    CLOCK_DOUBTED = "clock doubted"
    # The same as below, of a version that knew one provider: the rate, and that provider.
    POLL_CEILING = "poll ceiling"


# The beginning of the names of rows with the highest rate of polls that a provider accepted, per second; and of those
# with when the owner paused a provider, and its id.
_CEILING = "poll ceiling "
_PAUSED_PROVIDER = "paused provider "
# The beginning of the names of rows with when a provider was last known to have no remixes, with that key.
_NO_REMIX = "no remix "
# The beginning of the names of rows for the servers that got their first message.
_GREETED = "greeted "
_others = marks.alias()
_ADVANCE = (
    sa.update(marks)
    .where(marks.c.name == Mark.GENERATION)
    .values(value=sa.cast(sa.cast(marks.c.value, sa.BigInteger) + 1, sa.String))
    .returning(marks.c.value, sa.select(_others.c.value).where(_others.c.name == Mark.LINEAGE).scalar_subquery())
)


class DatabaseMarks(NamedTuple):
    """The marks at a start."""

    generation: Generation | None
    is_copy: bool
    is_restored: bool
    restored_at: float | None
    # Whether the owner has paused all processes.
    is_paused: bool = False
    # The lineages that it had before it was restored.
    earlier: tuple[str, ...] = ()


@no_turn
async def try_out(connection: AsyncConnection) -> None:
    """In a write: show that the database can be read and written to now. Changes nothing."""
    await connection.execute(sa.select(marks.c.name).limit(1))


async def read_database_marks(connection: AsyncConnection) -> DatabaseMarks:
    """The marks; the generation is None where a row is missing or unreadable."""
    rows = await connection.execute(sa.select(marks.c.name, marks.c.value))
    return marks_in({row.name: row.value for row in rows})


def marks_in(found: Mapping[str, str]) -> DatabaseMarks:
    """The same from the values by their names."""
    lineage, number = found.get(Mark.LINEAGE), found.get(Mark.GENERATION, "")
    known = Generation(lineage, int(number)) if lineage and number.isdecimal() else None
    restored_at = _time(found.get(Mark.RESTORED_AT))
    earlier = tuple(found.get(Mark.EARLIER, "").split())
    return DatabaseMarks(known, Mark.COPY in found, Mark.RESTORED in found, restored_at, Mark.PAUSED in found, earlier)


async def advance(connection: AsyncConnection) -> None:
    """Count one up, before something leaves the machine; `Database.write` then stores the count beside the file."""
    number, lineage = (await connection.execute(_ADVANCE)).one_or_none() or (None, None)
    if number is not None and lineage is not None:
        connection.info[ADVANCED] = Generation(lineage, int(number))


async def read_text(connection: AsyncConnection, name: Mark) -> str | None:
    """A mark's value; None if it isn't there."""
    return await connection.scalar(sa.select(marks.c.value).where(marks.c.name == name))


async def read_time(connection: AsyncConnection, name: Mark) -> float | None:
    """A mark that is a time; None if it isn't there."""
    return _time(await read_text(connection, name))


async def read_poll_ceiling(connection: AsyncConnection, provider: str) -> float | None:
    """The rate at which that provider's polls were last refused; None if it is unknown."""
    text = await connection.scalar(sa.select(marks.c.value).where(marks.c.name == _CEILING + _hash(provider)))
    if text is not None:
        return _time(text)
    rate, _, known = (await read_text(connection, Mark.POLL_CEILING) or "").partition(" ")
    return _time(rate) if known == provider else None


async def put_poll_ceiling(connection: AsyncConnection, provider: str, per_second: float) -> None:
    """Store the rate at which that provider's polls are refused."""
    await _put(connection, _CEILING + _hash(provider), f"{per_second:.2f}")


async def pause_provider(connection: AsyncConnection, provider: str, now: float) -> None:
    """Store that the owner has paused that provider, for all processes."""
    await _put(connection, _PAUSED_PROVIDER + _hash(provider), f"{now!r} {provider}")


async def resume_provider(connection: AsyncConnection, provider: str) -> None:
    """Store that the provider isn't paused any more."""
    await connection.execute(sa.delete(marks).where(marks.c.name == _PAUSED_PROVIDER + _hash(provider)))


async def is_provider_paused(connection: AsyncConnection, provider: str) -> bool:
    """Whether the owner has paused that provider."""
    return await has(connection, _PAUSED_PROVIDER + _hash(provider))


async def read_paused_providers(connection: AsyncConnection) -> dict[str, float]:
    """The ids of the providers that the owner has paused, and since when."""
    found = await connection.scalars(sa.select(marks.c.value).where(marks.c.name.startswith(_PAUSED_PROVIDER)))
    parted = [text.partition(" ") for text in found]
    return {provider: _time(since) or 0.0 for since, _, provider in parted}


async def note_no_remix(connection: AsyncConnection, account: str, now: float) -> None:
    """Store that a provider has no remixes for that account: the id of its address and key (`VideosClient.account`)."""
    await _put(connection, _NO_REMIX + account, repr(now))


async def has_no_remix(connection: AsyncConnection, account: str, since: float) -> bool:
    """Whether that became known since then; what is older is asked again."""
    text = await connection.scalar(sa.select(marks.c.value).where(marks.c.name == _NO_REMIX + account))
    return (_time(text) or 0.0) > since


async def put(connection: AsyncConnection, name: Mark, value: str) -> None:
    """Set one mark, new or not."""
    await _put(connection, name, value)


async def _put(connection: AsyncConnection, name: str, value: str) -> None:
    await connection.execute(sa.delete(marks).where(marks.c.name == name))
    await connection.execute(sa.insert(marks).values(name=name, value=value))


async def has(connection: AsyncConnection, name: str) -> bool:
    """Whether there is that mark."""
    return await connection.scalar(sa.select(marks.c.name).where(marks.c.name == name)) is not None


async def claim_greeting(connection: AsyncConnection, guild_id: GuildId) -> bool:
    """Whether that server gets its first message now: it had none before. From now on it had one."""
    name = f"{_GREETED}{guild_id}"
    if await connection.scalar(sa.select(marks.c.name).where(marks.c.name == name)) is not None:
        return False
    await connection.execute(sa.insert(marks).values(name=name, value=""))
    return True


async def drop(connection: AsyncConnection, name: Mark) -> None:
    """Delete one mark."""
    await connection.execute(sa.delete(marks).where(marks.c.name == name))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _time(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
