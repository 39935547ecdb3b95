"""Alerts as rows: claimed by one process, read by the next, and never mistaken for those of older versions."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa

from bot.jobs.alerts import AlertKind, AlertState, Episode, Identity
from bot.jobs.database import Database
from bot.jobs.store import alerts
from bot.jobs.tables import marks

HOUR, NOW = 3_600.0, 1_700_000_000.0
TEXT = "The key is refused."
NEW = Episode(AlertKind.KEY, "main", NOW, NOW, "machine", named={"provider": "main", "percent": 80})


async def test_one_process_posts_an_alert(database: Database, open_another: Callable[[], Database]) -> None:
    """Of processes that alert at once, one posts it; after the pause one does again; another subject is another."""
    sides = [database, open_another()]
    await database.write(alerts.claim_alert, NEW, TEXT)
    posted = replace(NEW, state=AlertState.POSTED, delivered=True)
    await database.write(alerts.put_alert, posted)
    tries = [side.write(alerts.claim_alert, replace(NEW, alerted_at=NOW + 9), TEXT) for side in sides for _ in "abc"]
    assert [verdict.episode for verdict in await asyncio.gather(*tries)] == [None] * 6
    other = await database.write(alerts.claim_alert, replace(NEW, subject="backup"), "Another.")
    assert other.episode is not None
    again = await database.write(alerts.claim_alert, replace(NEW, alerted_at=NOW + HOUR), TEXT)
    assert again.episode == replace(NEW, alerted_at=NOW + HOUR, delivered=True)
    assert not again.must_search


async def test_an_alert_is_read_as_it_was_stored(database: Database) -> None:
    """With its values, in each of its states; one that is over isn't taken up any more."""
    for state in AlertState:
        episode = replace(NEW, state=state, delivered=True, over_at=NOW + 1, process="gone")
        await database.write(alerts.put_alert, episode)
        found = await database.read(alerts.find_alerts, "machine")
        assert found == ([] if state is AlertState.OVER else [episode])


async def test_an_older_state_replaces_no_newer_one(database: Database) -> None:
    """As of a process that could not store it for a while."""
    later = replace(NEW, alerted_at=NOW + HOUR, state=AlertState.POSTED)
    await database.write(alerts.put_alert, later)
    await database.write(alerts.put_alert, NEW)
    assert await database.read(alerts.find_alerts, "machine") == [later]


@pytest.mark.parametrize("value", ["", "1700000000.0", "[]", "{}", '{"kind": "newer"}', '{"kind": "key", "named": 1}'])
async def test_a_damaged_row_is_passed_over(database: Database, value: str) -> None:
    """Nothing is posted for it, and it prevents nothing."""
    row = sa.insert(marks).values(name="alert of 0123456789abcdef", value=value)
    await database.write(lambda connection: connection.execute(row))
    assert await database.read(alerts.find_alerts, "machine") == []
    assert (await database.write(alerts.claim_alert, NEW, TEXT)).episode == NEW


@pytest.mark.parametrize(("age_seconds", "rests"), [(0.0, True), (HOUR - 1, True), (HOUR, False), (-5.0, False)])
async def test_a_row_of_an_older_version_is_heeded(database: Database, age_seconds: float, rests: bool) -> None:
    """Those versions knew an alert by its sentence; within the hour it isn't posted again after an upgrade."""
    name = "alert " + hashlib.sha256(TEXT.encode()).hexdigest()[:16]
    row = sa.insert(marks).values(name=name, value=repr(NOW - age_seconds))
    await database.write(lambda connection: connection.execute(row))
    verdict = await database.write(alerts.claim_alert, NEW, TEXT)
    assert (verdict.episode is None) == rests
    assert verdict.wait_seconds == (HOUR - age_seconds if rests else 0.0)


async def test_rows_without_effect_go(database: Database) -> None:
    """The table doesn't grow with each server that ever used up a ceiling."""
    for number in range(30):
        old = replace(NEW, subject=str(number), alerted_at=NOW - HOUR, state=AlertState.OVER)
        await database.write(alerts.put_alert, old)
    await database.write(alerts.claim_alert, NEW, TEXT)
    count = sa.select(sa.func.count()).select_from(marks).where(marks.c.name.startswith("alert of "))
    assert await database.read(lambda connection: connection.scalar(count)) == 1


async def test_only_ones_own_undelivered_alert_is_dropped(database: Database) -> None:
    """Another process's, and one that an owner has, stay."""
    identity = Identity(NEW.kind, NEW.subject)
    for episode, stays in (
        (replace(NEW, process="another"), True),
        (replace(NEW, delivered=True), True),
        (NEW, False),
    ):
        await database.write(alerts.put_alert, episode)
        await database.write(alerts.drop_undelivered, identity, "machine")
        assert bool(await database.read(alerts.find_alerts, "machine")) == stays
