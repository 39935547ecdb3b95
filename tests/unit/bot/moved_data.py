"""A stopped bot's data, some rows in each table, for tests of `migrate --from`."""

import asyncio
import hashlib
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from bot.jobs import tables
from bot.jobs.database import open_database
from bot.jobs.model import Reference
from bot.jobs.states import State
from tests.databases import build_file
from tests.unit.bot.jobs.samples import a_job, put

PICTURE = b"the bytes of a picture"
REFERENCE = Reference(hashlib.sha256(PICTURE).hexdigest(), "png", len(PICTURE))
COPIED = ("jobs", "posts", "drafts", "offers", "blocks", "marks")
JOBS = 1_203


async def _fill(connection: AsyncConnection) -> None:
    chosen = replace(a_job().request, options=(("avoid", "ä\\\n"), ("seed", 2**40), ("sound", True)))
    await put(connection, a_job(request=chosen))
    await put(connection, *(a_job(prompt=f"Fuchs 🦊 {number}") for number in range(JOBS - 2)))
    await put(
        connection,
        a_job(
            State.DELIVERED, pictures=(REFERENCE,), owner="a:process", remote_id="video_1", submitted_at=1.5,
            cost_micros=2**40, price_micros=2**41, currency="USD", progress=100, video_bytes=2**33,
            ended_at=1_700_000_000.123456,
        ),
    )  # fmt: skip
    some = (await connection.execute(sa.select(tables.jobs.c.id).limit(3))).scalars().all()
    for job_id in some:
        for kind in ("card", "video"):
            await connection.execute(
                sa.insert(tables.posts).values(
                    job_id=job_id, kind=kind, number=0, state="sent", channel_id=2**62, message_id=7, tries=1,
                    not_before=0.0, owner="a:process",
                )
            )  # fmt: skip
    await connection.execute(
        sa.insert(tables.drafts).values(
            id="draft", user_id=1, channel_id=2, prompt='"quoted"\n\\', references=[], pictures_dropped=True,
            created_at=3.5, uploads=[["https://cdn.test/a", "ä.png", 5]],
        )
    )  # fmt: skip
    await connection.execute(
        sa.insert(tables.offers).values(
            id=2**60,
            user_id=1,
            video_id=some[0],
            channel_id=2,
            draft_id="draft",
            kind="ask",
            locale="de",
            delete_at=9.0,
        )
    )
    await connection.execute(sa.insert(tables.blocks).values(user_id=5, blocked_by=6, blocked_at=7.0))


def fill_folder(folder: Path) -> Path:
    """A data folder with a database and a picture, as a bot leaves them; returns the database."""
    folder.mkdir(mode=0o700)
    path = folder / "bot.db"
    build_file(path)

    async def fill() -> None:
        database = open_database(path)
        await database.write(_fill)
        await database.close()

    asyncio.run(fill())
    (folder / "references").mkdir(mode=0o700)
    (folder / "references" / REFERENCE.file_name).write_bytes(PICTURE)
    return path


def rows_of_file(path: Path) -> dict[str, list[dict[str, Any]]]:
    """All rows, as the tables' types read them."""
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)))
    with engine.connect() as connection:
        found = {name: _read(connection, name) for name in COPIED}
    engine.dispose()
    return found


def rows_of_server(url: sa.URL) -> dict[str, list[dict[str, Any]]]:
    """The same of a PostgreSQL database, with its pictures."""

    async def read() -> dict[str, list[dict[str, Any]]]:
        engine = create_async_engine(url)
        async with engine.connect() as connection:
            found = {name: await connection.run_sync(_read, name) for name in (*COPIED, "pictures")}
        await engine.dispose()
        return found

    return asyncio.run(read())


def _read(connection: sa.Connection, name: str) -> list[dict[str, Any]]:
    table = tables.metadata.tables[name]
    rows = connection.execute(sa.select(table)).mappings()
    return sorted((dict(row) for row in rows), key=lambda row: [str(row[column.name]) for column in table.primary_key])


def without_owners(rows: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """What a move of these rows has to bring: no process owns them, and no mark about the move is there."""
    return {
        name: [
            {column: None if column == "owner" else value for column, value in row.items()}
            for row in rows[name]
            if row.get("name") != "moved to"
        ]
        for name in COPIED
    }


def change(path: Path, statement: str, *values: object) -> None:
    """Change a row by hand."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement, values)
