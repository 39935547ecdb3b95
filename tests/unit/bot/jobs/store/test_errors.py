"""What an error of the store says, on both databases."""

import traceback
from dataclasses import replace

import pytest

from bot.jobs.database import Database, StoreConflictError, StoreUnavailableError
from tests.unit.bot.jobs.samples import a_job, put

PROMPT = "a heron whose prompt is private"


async def test_no_error_repeats_a_prompt(database: Database) -> None:
    """The whole chain of errors, as a log would show it."""
    with pytest.raises(StoreConflictError, match=r"(?i)unique") as caught:
        await database.write(put, a_job(origin_id="same", prompt=PROMPT), a_job(origin_id="same", prompt=PROMPT))
    assert PROMPT not in "".join(traceback.format_exception(caught.value))


async def test_no_message_repeats_a_value_that_can_not_be_stored(database: Database) -> None:
    """The driver of PostgreSQL quotes such a value in its own error; the bot's message and log don't."""
    job = a_job()
    unfit = replace(job, request=replace(job.request, prompt=PROMPT + "\ud800"))
    with pytest.raises((StoreUnavailableError, UnicodeEncodeError)) as caught:
        await database.write(put, unfit)
    assert isinstance(caught.value, UnicodeEncodeError) or PROMPT not in str(caught.value)
