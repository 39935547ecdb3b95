"""The messages of drills are stored until they are removed."""

import json

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.database import Database
from bot.jobs.model import ChannelId, MessageId
from bot.jobs.store.drills import DrillPost, drop_drill, find_drills, put_drill
from bot.jobs.tables import marks

ONE = DrillPost("1a", ChannelId(7), MessageId(70), 1_060.0)
TWO = DrillPost("2b", ChannelId(8), MessageId(80), 2_060.0, MessageId(81))


async def put_raw(connection: AsyncConnection, name: str, value: str) -> None:
    await connection.execute(sa.insert(marks).values(name=name, value=value))


async def test_drills_are_found_until_they_are_dropped(database: Database) -> None:
    """Each with its message, once that is known; what was stored before is replaced."""
    await database.write(put_drill, ONE)
    await database.write(put_drill, TWO)
    assert sorted(await database.read(find_drills)) == [ONE, TWO]
    confirmed = ONE._replace(message_id=MessageId(71))
    await database.write(put_drill, confirmed)
    await database.write(drop_drill, TWO.code)
    assert await database.read(find_drills) == [confirmed]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("drill 3c", "[]"),
        ("drill 3c", "{}"),
        ("drill 3c", json.dumps(TWO._asdict() | {"after": "x"})),
        ("drill 3c", json.dumps(TWO._asdict() | {"remove_at": None})),
        ("another mark", json.dumps(TWO._asdict())),
    ],
)
async def test_what_is_damaged_is_passed_over(database: Database, name: str, value: str) -> None:
    """And other marks are no drills."""
    await database.write(put_drill, ONE)
    await database.write(put_raw, name, value)
    assert await database.read(find_drills) == [ONE]
