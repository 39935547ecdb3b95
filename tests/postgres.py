"""A PostgreSQL server for the tests of one pytest process, and a database of its own for each test."""

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import sqlalchemy as sa

from bot.jobs.migrating_shared import migrate_shared
from sandbox.postgres import PostgresServer

_BUILT = "built"


class Databases:
    """Copies of one database that the migrations have built."""

    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        self._numbers = itertools.count(1)
        # In a thread: the first test that asks may already run in an event loop.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(migrate_shared, sa.make_url(server.create(_BUILT))).result()

    def new(self) -> sa.URL:
        """The address of a new one. Each is another bot's, as each file that migrations build is."""
        name = f"test_{next(self._numbers)}"
        url = self.server.create(name, _BUILT)
        self.server.execute(
            "UPDATE marks SET value = replace(gen_random_uuid()::text, '-', '') WHERE name = 'lineage'", name
        )
        return sa.make_url(url)

    def empty(self) -> sa.URL:
        """The address of a new one without any table."""
        return sa.make_url(self.server.create(f"empty_{next(self._numbers)}"))

    def drop(self, url: sa.URL) -> None:
        """Drop it, also if something is still connected to it."""
        self.server.execute(f'DROP DATABASE "{url.database}" WITH (FORCE)')


@contextmanager
def databases() -> Iterator[Databases]:
    """Start a server for as long as the context lasts."""
    with PostgresServer() as server:
        yield Databases(server)
