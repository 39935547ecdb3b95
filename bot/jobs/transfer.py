"""Copies all rows of one database into another, empty one, and compares each with its original before the commit.

What a process is and does (`processes`, `roles`) is not copied, and no row has an owner afterwards.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.column_values import fitted
from bot.jobs.store.marks import Mark
from bot.jobs.tables import attempts, blocks, drafts, improvements, jobs, marks, offers, pictures, posts, upload_limits

Row = Mapping[str, object]
# In the order in which they are copied.
COPIED = (jobs, attempts, posts, drafts, improvements, offers, blocks, upload_limits, marks)
PIECE = 500
# Each database has its own; `bot.transfer` takes over the pause.
_NOT_COPIED = frozenset({Mark.MOVED_TO, Mark.PAUSED})


class TransferError(Exception):
    """The data can't be moved: the message is one line with the reason. Nothing was changed."""


class Source(ABC):
    """The rows of the database that is left, in one transaction on it."""

    @abstractmethod
    def pieces(self, table: sa.Table) -> AsyncIterator[Sequence[Row]]:
        """All rows of the table, some hundred at a time, as the database returns them."""

    @abstractmethod
    def pictures(self) -> AsyncIterator[tuple[str, bytes]]:
        """The file name and the content of each reference. Raises `StoreUnavailableError`."""

    @abstractmethod
    async def has(self, name: Mark) -> bool:
        """Whether there is that mark."""

    @abstractmethod
    async def mark_moved(self, target: str) -> None:
        """Store where the data goes, so that no bot serves this database any more."""


async def refuse_unless_empty(connection: AsyncConnection, where: str) -> None:
    """Only an empty database takes the rows of another. Raises `TransferError`."""
    for table in (jobs, attempts, posts, drafts, improvements, offers, blocks, upload_limits, pictures):
        if await connection.scalar(sa.select(sa.exists(sa.select(sa.literal(1)).select_from(table)))):
            raise TransferError(
                f"The database {where} is not empty: there are rows in {table.name}. Nothing was changed. Move to an "
                "empty database."
            )


async def copy_rows(source: Source, connection: AsyncConnection) -> dict[str, int]:
    """Copy all tables into the transaction; returns how many rows of each. Raises `TransferError`."""
    await connection.execute(sa.delete(marks))
    return {table.name: await _copy_table(source, table, connection) for table in COPIED}


async def _copy_table(source: Source, table: sa.Table, connection: AsyncConnection) -> int:
    count = 0
    async for piece in source.pieces(table):
        rows = [_fitted_row(table, row) for row in piece if not _is_left(table, row)]
        if rows:
            await connection.execute(sa.insert(table), rows)
            await _compare(connection, table, rows)
        count += len(rows)
    stored = await connection.scalar(sa.select(sa.func.count()).select_from(table))
    if stored != count:
        raise TransferError(f"The copy of {table.name} has {stored} rows instead of {count}. Nothing was changed.")
    return count


def _is_left(table: sa.Table, row: Row) -> bool:
    return table is marks and row["name"] in _NOT_COPIED


def _fitted_row(table: sa.Table, row: Row) -> dict[str, object]:
    """The row as it is stored. Raises `TransferError` for a value that its column can't hold."""
    values: dict[str, object] = {}
    for column in table.columns:
        try:
            values[column.name] = None if column.name == "owner" else fitted(column, row[column.name])
        except ValueError as error:
            raise TransferError(
                f"In {table.name}, row {_name_of(table, row)}, column {column.name} {error}. Nothing was changed. "
                "Correct or delete that row, then move again."
            ) from None
    return values


async def _compare(connection: AsyncConnection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Read the rows back: each must be equal to the one that was meant to be stored."""
    keys = [column.name for column in table.primary_key]
    first: sa.Column[Any] = table.columns[keys[0]]
    found = await connection.execute(sa.select(table).where(first.in_({row[first.name] for row in rows})))
    stored = {tuple(row[key] for key in keys): dict(row) for row in found.mappings()}
    for row in rows:
        if stored.get(tuple(row[key] for key in keys)) != row:
            raise TransferError(
                f"In {table.name}, row {_name_of(table, row)} is not what it was after the copy. Nothing was changed."
            )


def _name_of(table: sa.Table, row: Row) -> str:
    """The row's key, on one line and not too long."""
    return "-".join(ascii(row[column.name]).strip("'") for column in table.primary_key)[:100]
