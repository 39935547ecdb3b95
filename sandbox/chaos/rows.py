"""Reads the bot's SQLite database from outside, whether the bot runs or not."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

_BUSY_SECONDS = 5.0


class Row(Protocol):
    """A row of either database."""

    def __getitem__(self, column: str, /) -> Any:
        """The value of a column."""
        ...


def read_rows(database: Path, query: str, *values: object) -> list[sqlite3.Row]:
    """The rows of a query in that file."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=_BUSY_SECONDS)) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute(query, values).fetchall()
