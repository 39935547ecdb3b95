"""Which pictures are still needed, and how much disk one person's use."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.backends import insert_new
from bot.jobs.model import Reference, UserId
from bot.jobs.picture_values import read_column
from bot.jobs.tables import drafts, jobs, pictures

# How much of a person's pictures is kept when their jobs have ended: some dozens, the latest.
ENDED_BYTES_MAX = 256 * 1024 * 1024
_PIECE = 500


async def find_kept_references(
    connection: AsyncConnection, ended_since: float, each_bytes: int = ENDED_BYTES_MAX
) -> set[str]:
    """The file names of all pictures still needed: of running jobs, of drafts, and of jobs ended since then.

    Of ended jobs only the latest of each person count, up to so many bytes: one person can't fill the disk.
    """
    running = await connection.scalars(sa.select(jobs.c.references).where(jobs.c.ended_at.is_(None)))
    of_drafts = await connection.scalars(sa.select(drafts.c.references))
    # A last frame is drawn again for another job, so that it goes with its own.
    drawn = sa.select(jobs.c.frame).where(jobs.c.ended_at.is_(None), jobs.c.fallback.is_not(None))
    frames = [[frame] for frame in await connection.scalars(drawn) if frame is not None]
    kept = {picture.file_name for column in (*running, *of_drafts, *frames) for picture in _read(column)}
    ended = await connection.execute(
        sa.select(jobs.c.user_id, jobs.c.references)
        .where(jobs.c.ended_at > ended_since, sa.cast(jobs.c.references, sa.String) != "[]")
        .order_by(jobs.c.ended_at.desc())
    )
    return kept | _latest(((row.user_id, picture) for row in ended for picture in _read(row.references)), each_bytes)


async def measure_pictures(connection: AsyncConnection, user_id: UserId, accepted_since: float) -> int:
    """How many bytes of pictures the person's requests since then have brought, each picture once."""
    columns = await connection.scalars(
        sa.select(jobs.c.references).where(jobs.c.user_id == user_id, jobs.c.accepted_at > accepted_since)
    )
    return sum({picture.file_name: picture.size_bytes for column in columns for picture in _read(column)}.values())


def _latest(brought: Iterable[tuple[UserId, Reference]], each_bytes: int) -> set[str]:
    """The latest pictures of each person that fit."""
    names: dict[UserId, set[str]] = defaultdict(set)
    taken: dict[UserId, int] = defaultdict(int)
    for user_id, picture in brought:
        if picture.file_name in names[user_id]:
            continue
        taken[user_id] += picture.size_bytes
        if taken[user_id] <= each_bytes:
            names[user_id].add(picture.file_name)
    return {name for each in names.values() for name in each}


def _read(column: object) -> Iterator[Reference]:
    """The pictures in a column; none if it is unreadable, as its job is then."""
    try:
        yield from read_column(column)
    except (ValueError, TypeError):
        return


async def put_picture(connection: AsyncConnection, file_name: str, content: bytes, now: float) -> None:
    """Store the bytes of a picture for other processes; its time begins again if it is known."""
    if not await insert_new(connection, pictures, {"file_name": file_name, "content": content, "stored_at": now}):
        await connection.execute(
            sa.update(pictures).where(pictures.c.file_name == file_name).values(stored_at=now),
        )


async def get_picture(connection: AsyncConnection, file_name: str) -> bytes | None:
    """The bytes of a picture that was stored for other processes."""
    return await connection.scalar(sa.select(pictures.c.content).where(pictures.c.file_name == file_name))


async def drop_pictures(connection: AsyncConnection, kept: Collection[str], stored_before: float) -> None:
    """Delete the pictures that are not among `kept`, unless they were stored since then."""
    names = await connection.scalars(sa.select(pictures.c.file_name).where(pictures.c.stored_at < stored_before))
    gone = [name for name in names if name not in kept]
    for start in range(0, len(gone), _PIECE):
        await connection.execute(sa.delete(pictures).where(pictures.c.file_name.in_(gone[start : start + _PIECE])))
