"""Several processes on one PostgreSQL database alert as one bot does, also while the database is away."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.engine.owner_alerts import QUIET_SECONDS
from bot.jobs.alerts import AlertKind, AlertState
from bot.jobs.database import Database, StoreUnavailableError, open_shared_database
from bot.jobs.store import processes
from tests.postgres import Databases
from tests.unit.bot.engine.alerts_life import a_life, text_of, until, until_stepped, until_stored
from tests.unit.bot.engine.fake_owners import FakeOwners

KEY = AlertKind.KEY
pytestmark = pytest.mark.slow


class FakeUnreachableEngine:
    """What a database is without its server."""

    def begin(self) -> object:
        raise ConnectionRefusedError("nobody there")


@asynccontextmanager
async def two(postgres: Databases, folder: Path) -> AsyncIterator[tuple[Database, Database]]:
    """The database of a process "a" and that of a process "b", both alive."""
    url: sa.URL = postgres.new()
    databases = [open_shared_database(url, name, folder / name) for name in ("a", "b")]
    try:
        for database, name in zip(databases, ("a", "b"), strict=True):
            await database.write(processes.enter, name, "{}")
            database.entered()
        yield databases[0], databases[1]
    finally:
        for database in databases:
            await database.close()
        postgres.release(url)


async def test_both_alert_and_end_it_once(postgres: Databases, tmp_path: Path) -> None:
    """Both meet the cause and its end at the same time."""
    discord = FakeOwners(1)
    async with (
        two(postgres, tmp_path) as (one, other),
        a_life(discord, one, process="a") as first,
        a_life(discord, other, process="b") as second,
    ):
        for owner_alerts in (first, second):
            owner_alerts.alert(KEY)
        await until(lambda: bool(discord.told))
        for owner_alerts in (first, second):
            await until_stepped(owner_alerts)
        for owner_alerts in (first, second):
            owner_alerts.over(KEY)
        discord.clock.jump(QUIET_SECONDS)
        await until(lambda: len(discord.told) == 2)
        for owner_alerts in (first, second):
            await until_stepped(owner_alerts)
    assert len(discord.told) == 2


async def test_a_dead_process_leaves_its_alerts_to_the_others(postgres: Databases, tmp_path: Path) -> None:
    """One that was being posted is posted by another process; for one that was posted it posts the all-clear."""
    discord = FakeOwners(1)
    async with two(postgres, tmp_path) as (one, other):
        async with a_life(discord, one, process="a") as first:
            first.alert(AlertKind.MODEL)
            await until_stored(one, AlertState.POSTED, process="a")
            discord.hangs = True
            first.alert(KEY)
            await discord.hung.wait()
        discord.hangs = False
        async with a_life(discord, other, process="b") as second:
            discord.clock.jump(60)
            await until_stepped(second)
            # The other one lives as far as anybody knows.
            assert not second.lasts(KEY)
            await other.write(processes.bury, ["a"])
            discord.clock.jump(60)
            await until_stored(other, AlertState.POSTED, AlertState.POSTED, process="b")
            for kind in (KEY, AlertKind.MODEL):
                second.over(kind)
            discord.clock.jump(QUIET_SECONDS)
            await until_stored(other, process="b")
    texts = discord.texts()
    assert sorted(texts[:2]) == sorted([text_of(AlertKind.MODEL), text_of(KEY)])
    assert len(texts) == 4


async def test_postgresql_that_is_lost_is_alerted_of_once(
    postgres: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The processes can't agree then: they post at different times, and find each other's message."""
    discord = FakeOwners(1)
    lost: Any = FakeUnreachableEngine()
    async with (
        two(postgres, tmp_path) as databases,
        a_life(discord, databases[0], process="a") as first,
        a_life(discord, databases[1], process="b") as second,
    ):
        both = (first, second)
        for owner_alerts in both:
            await until_stepped(owner_alerts)
        with monkeypatch.context() as patch:
            for database in databases:
                for engine in ("_engine", "_reading", "_beside"):
                    patch.setattr(database, engine, lost)
            with pytest.raises(StoreUnavailableError):
                await databases[0].read(processes.find_alive)
            # Nothing else is asked of the database meanwhile: the loop itself finds out.
            while not discord.told:
                discord.clock.jump(5)
                for owner_alerts in both:
                    await until_stepped(owner_alerts)
            for _ in range(10):
                discord.clock.jump(60)
                for owner_alerts in both:
                    await until_stepped(owner_alerts)
            assert discord.texts() == [text_of(AlertKind.POSTGRESQL)]
        while len(discord.told) < 2:
            discord.clock.jump(30)
            for owner_alerts in both:
                await until_stepped(owner_alerts)
        for _ in range(5):
            discord.clock.jump(60)
            for owner_alerts in both:
                await until_stepped(owner_alerts)
    assert len(discord.told) == 2
    assert discord.texts()[1].startswith("**All clear:**")
