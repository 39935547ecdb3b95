"""What Discord answered about sizes is kept for each server, and for direct messages."""

import asyncio
from functools import partial

import pytest

from bot.jobs.database import Database
from bot.jobs.model import GuildId, UserId
from bot.jobs.store.upload_limits import find_limit, learn_limit
from bot.jobs.upload_limits import LearnedLimit, after_acceptance, after_refusal

pytestmark = pytest.mark.both_databases
HERE, THERE = GuildId(8), GuildId(9)
ANNA = UserId(2**63 - 1)


def refused(size_bytes: int, now: float = 5.0):
    return partial(after_refusal, hint_bytes=10, size_bytes=size_bytes, user_id=ANNA, now=now)


def accepted(size_bytes: int, now: float = 6.0):
    return partial(after_acceptance, hint_bytes=10, size_bytes=size_bytes, now=now)


async def test_each_server_has_its_own_limit(database: Database) -> None:
    """A refusal in one server says nothing about another, nor about direct messages."""
    await database.write(learn_limit, HERE, refused(15))
    assert await database.read(find_limit, HERE) == LearnedLimit(None, None, 15, 5.0, 10)
    assert await database.read(find_limit, THERE) == LearnedLimit()
    assert await database.read(find_limit, None) == LearnedLimit()
    await database.write(learn_limit, None, accepted(12))
    assert await database.read(find_limit, None) == LearnedLimit(12, 6.0)
    assert await database.read(find_limit, HERE) == LearnedLimit(None, None, 15, 5.0, 10)


async def test_answers_add_up(database: Database) -> None:
    """The largest accepted and the smallest refused size stay, also when several answers come at once."""
    await asyncio.gather(
        *(database.write(learn_limit, HERE, accepted(size_bytes)) for size_bytes in (11, 14, 12)),
        *(database.write(learn_limit, HERE, refused(size_bytes)) for size_bytes in (19, 17, 18)),
    )
    assert await database.read(find_limit, HERE) == LearnedLimit(14, 6.0, 17, 5.0, 10)


async def test_a_doubt_has_its_person(database: Database) -> None:
    """A refusal of less than Discord's number is stored with whose file it was; all ids have room."""
    await database.write(learn_limit, HERE, refused(7))
    assert await database.read(find_limit, HERE) == LearnedLimit(
        doubted_bytes=7, doubted_at=5.0, doubted_by=ANNA, doubted_hint_bytes=10
    )
