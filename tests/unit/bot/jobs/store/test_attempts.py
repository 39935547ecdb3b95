"""The attempts of a job as they are stored: each once, in their order, with what came of it."""

from dataclasses import replace

from bot.jobs.answers import Answer
from bot.jobs.attempts import Attempt, Outcome
from bot.jobs.database import Database
from bot.jobs.model import Charged
from bot.jobs.states import Event, State
from bot.jobs.store.attempts import begin, end, find_attempts, find_last_attempts, link
from tests.unit.bot.jobs.samples import a_job, put

OTHER = "https://other.test/v1"


async def test_each_attempt_keeps_what_came_of_it(database: Database) -> None:
    """The first got an answer, the second is under way; each is of its provider and model."""
    job, without = a_job(State.SUBMITTING), a_job()
    await database.write(put, job, without)
    first = Attempt(job.id, 0, job.provider, "one", job.idempotency_key, 10.0, 11.0)
    second = Attempt(job.id, 1, OTHER, None, "key", 20.0, 21.0)
    await database.write(begin, first)
    await database.write(end, job, Event.REFUSE, 12.0, Outcome(Answer.MODEL, 404, "no_model"))
    # They are found by number, not as they were stored.
    await database.write(begin, replace(first, job_id=without.id, ordinal=1, idempotency_key="other"))
    await database.write(begin, replace(first, job_id=without.id, ordinal=0, idempotency_key="again"))
    await database.write(begin, second)
    ended = replace(first, ended_at=12.0, answer=Answer.MODEL, charged=Charged.NO, status=404, provider_code="no_model")
    assert await database.read(find_attempts, job.id) == [ended, second]
    last = await database.read(find_last_attempts, [job.id, without.id, a_job().id])
    assert {key: attempt.ordinal for key, attempt in last.items()} == {job.id: 1, without.id: 1}


async def test_the_same_attempt_is_sent_once_more(database: Database) -> None:
    """It has no outcome again; without a given one the event means it, and a taken one has the provider's id."""
    job = a_job(State.SUBMITTING, remote_id="video_1")
    await database.write(put, job)
    attempt = Attempt(job.id, 0, job.provider, "one", job.idempotency_key, 10.0, 11.0)
    await database.write(begin, attempt)
    await database.write(end, job, Event.POSTPONE, 12.0, None)
    (postponed,) = await database.read(find_attempts, job.id)
    assert (postponed.answer, postponed.charged, postponed.remote_id) == (Answer.UNSENT, Charged.NO, None)
    again = replace(attempt, sent_at=20.0)
    await database.write(begin, again)
    assert await database.read(find_attempts, job.id) == [again]
    await database.write(end, job, Event.TAKEN, 22.0, None)
    (taken,) = await database.read(find_attempts, job.id)
    assert (taken.answer, taken.remote_id, taken.ended_at) == (Answer.TAKEN, "video_1", 22.0)


async def test_a_linked_video_is_of_the_last_attempt_at_its_provider(database: Database) -> None:
    """The provider took it after all."""
    job = a_job(State.RENDERING, remote_id="video_1")
    await database.write(put, job)
    for ordinal, provider in enumerate((job.provider, job.provider, OTHER)):
        await database.write(begin, Attempt(job.id, ordinal, provider, "one", f"key {ordinal}", 10.0, 11.0))
        await database.write(end, job, Event.DOUBT, 12.0, None)
    await database.write(link, job)
    made = await database.read(find_attempts, job.id)
    assert [(one.answer, one.remote_id) for one in made] == [
        (Answer.DOUBT, None),
        (Answer.TAKEN, "video_1"),
        (Answer.DOUBT, None),
    ]
