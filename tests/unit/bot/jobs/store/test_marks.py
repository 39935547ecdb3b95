"""The rows of the database about itself."""

import pytest

from bot.jobs.database import Database
from bot.jobs.store import marks
from bot.jobs.store.marks import Mark

NOW = 5_000.0
PROVIDER = "https://provider.test/v1"


async def test_the_ceiling_of_polls_is_that_of_one_provider(database: Database) -> None:
    """It is unknown at first, and again at another provider; a later one replaces it."""
    assert await database.read(marks.read_poll_ceiling, PROVIDER) is None
    await database.write(marks.put_poll_ceiling, PROVIDER, 46.84)
    await database.write(marks.put_poll_ceiling, PROVIDER, 51.5)
    assert await database.read(marks.read_poll_ceiling, PROVIDER) == 51.5
    assert await database.read(marks.read_poll_ceiling, "https://other.test/v1") is None


@pytest.mark.parametrize("value", ["", "50", f"fifty {PROVIDER}", PROVIDER])
async def test_a_damaged_ceiling_is_none(database: Database, value: str) -> None:
    """The rate is then learned again."""
    await database.write(marks.put, Mark.POLL_CEILING, value)
    assert await database.read(marks.read_poll_ceiling, PROVIDER) is None


async def test_a_pause_for_all_is_a_mark(database: Database) -> None:
    """Every process reads it with the other marks."""
    assert not (await database.read(marks.read_database_marks)).is_paused
    await database.write(marks.put, Mark.PAUSED, "yes")
    assert (await database.read(marks.read_database_marks)).is_paused
