"""Better prompts are counted before they are asked for: once for a draft, so many a day for a person."""

import asyncio

import pytest

from bot.jobs.database import Database
from bot.jobs.limits import DAY_SECONDS
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.store.improvements import begin_improvement, drop_counted
from tests.unit.bot.jobs.samples import ANNA, BEN

NOW = 1_700_000_000.0


@pytest.mark.both_databases
async def test_a_draft_is_counted_once(database: Database) -> None:
    """The second time it is known, also at the limit."""
    assert await database.write(begin_improvement, "one", ANNA, NOW, 1) is True
    assert await database.write(begin_improvement, "one", ANNA, NOW, 1) is False


@pytest.mark.both_databases
async def test_twenty_at_once_never_pass_the_limit(database: Database) -> None:
    """Three of them are begun; the others read when the next one is free."""
    asked = (database.write(begin_improvement, f"draft{number}", ANNA, NOW + number, 3) for number in range(20))
    begun = await asyncio.gather(*asked)
    refused = [one for one in begun if isinstance(one, Refusal)]
    assert begun.count(True) == 3
    assert {one.reason for one in refused} == {Reason.IMPROVEMENTS_LIMIT}
    assert all(one.named["limit"] == 3 for one in refused)


async def test_a_place_is_free_again_a_day_after_it_was_taken(database: Database) -> None:
    """Of each person by themselves; what counts no longer is deleted."""
    for number in range(2):
        assert await database.write(begin_improvement, f"anna{number}", ANNA, NOW + number, 2) is True
    refused = await database.write(begin_improvement, "third", ANNA, NOW + 5, 2)
    assert isinstance(refused, Refusal)
    assert refused.named["free_at"] == NOW + DAY_SECONDS
    assert await database.write(begin_improvement, "ben", BEN, NOW + 5, 2) is True
    assert await database.write(begin_improvement, "third", ANNA, NOW + DAY_SECONDS, 2) is True
    await database.write(drop_counted, NOW + 1 + DAY_SECONDS)
    assert await database.write(begin_improvement, "anna1", ANNA, NOW + 2 + DAY_SECONDS, 0) is True


async def test_without_a_limit_any_number_is_begun(database: Database) -> None:
    """0 is no limit."""
    assert all([await database.write(begin_improvement, f"d{number}", ANNA, NOW, 0) for number in range(50)])
