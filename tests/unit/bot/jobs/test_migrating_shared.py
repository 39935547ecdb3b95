"""Starting on a PostgreSQL database whose schema is already the newest."""

import asyncio

import asyncpg

from bot.jobs.migrating_shared import migrate_shared
from tests.postgres import Databases

# The lock of those that migrate, as in every version.
MIGRATING = 0x766964656F02


async def test_a_process_stopped_while_migrating_keeps_no_other_from_its_start(postgres: Databases) -> None:
    """Where there is nothing to migrate, no turn is waited for."""
    url = postgres.new()
    stopped = await asyncpg.connect(host=url.host, port=url.port, user=url.username, database=url.database)
    await stopped.execute("SELECT pg_advisory_lock($1)", MIGRATING)
    async with asyncio.timeout(10):
        await asyncio.to_thread(migrate_shared, url)
    await stopped.close()
