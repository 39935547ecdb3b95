"""The attempts of jobs. An attempt is stored in the transaction that marks its job as being sent, before any byte is.

Its outcome is stored with the job's next move.
"""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.answers import Answer
from bot.jobs.attempts import Attempt, Outcome
from bot.jobs.model import Charged, Job, JobId
from bot.jobs.states import Event
from bot.jobs.store.rows import Row, read_checked, readable
from bot.jobs.tables import attempts

# What the move means if the outcome isn't given, as when a process died.
_MEANS = {
    Event.TAKEN: Answer.TAKEN,
    Event.POSTPONE: Answer.UNSENT,
    Event.REFUSE: Answer.REFUSED,
    Event.REJECT: Answer.ERROR,
    Event.DOUBT: Answer.DOUBT,
}
# Built once: that costs more than the statement.
_OF_JOB = sa.select(attempts).where(attempts.c.job_id == sa.bindparam("wanted")).order_by(attempts.c.ordinal)
_AS_BEFORE = sa.and_(attempts.c.job_id == sa.bindparam("wanted"), attempts.c.ordinal == sa.bindparam("number"))
_AGAIN = sa.update(attempts).where(_AS_BEFORE)
_OPEN = sa.update(attempts).where(attempts.c.job_id == sa.bindparam("wanted"), attempts.c.ended_at.is_(None))


async def find_attempts(connection: AsyncConnection, job_id: JobId) -> list[Attempt]:
    """The attempts of a job, the first one first; none of one that an older version sent."""
    return readable(await connection.execute(_OF_JOB, {"wanted": job_id}), _attempt_of)


async def find_last_attempts(connection: AsyncConnection, job_ids: Collection[JobId]) -> dict[JobId, Attempt]:
    """The last attempt of each of those jobs that has one."""
    found = await connection.execute(sa.select(attempts).where(attempts.c.job_id.in_(job_ids)))
    made = sorted(readable(found, _attempt_of), key=lambda attempt: attempt.ordinal)
    return {attempt.job_id: attempt for attempt in made}


async def begin(connection: AsyncConnection, attempt: Attempt) -> None:
    """Store that the attempt is being sent: as a new one, or once more."""
    values = {
        "sent_at": attempt.sent_at,
        "ended_at": None,
        "answer": None,
        "charged": attempt.charged,
        "status": None,
        "provider_code": None,
    }
    again = await connection.execute(_AGAIN.values(values), {"wanted": attempt.job_id, "number": attempt.ordinal})
    if again.rowcount:
        return
    await connection.execute(
        sa.insert(attempts),
        {
            "job_id": attempt.job_id,
            "ordinal": attempt.ordinal,
            "provider": attempt.provider,
            "model": attempt.model,
            "idempotency_key": attempt.idempotency_key,
            "is_remix": attempt.is_remix,
            "begun_at": attempt.begun_at,
            **values,
        },
    )


async def end(connection: AsyncConnection, job: Job, event: Event, now: float, outcome: Outcome | None) -> None:
    """Store what came of the attempt under way; `job` is as it is after that event, `outcome` None: by the event."""
    outcome = outcome or Outcome(_MEANS[event])
    ended = {
        "ended_at": now,
        "answer": outcome.answer,
        "charged": outcome.charged,
        "status": outcome.status,
        "provider_code": outcome.provider_code,
        "remote_id": job.remote_id if outcome.answer is Answer.TAKEN else None,
    }
    await connection.execute(_OPEN.values(ended), {"wanted": job.id})


async def link(connection: AsyncConnection, job: Job) -> None:
    """Store that the last attempt at the job's provider was taken after all; `job` has the provider's id."""
    last = (
        sa.select(sa.func.max(attempts.c.ordinal))
        .where(attempts.c.job_id == job.id, attempts.c.provider == job.provider)
        .scalar_subquery()
    )
    taken = {"answer": Answer.TAKEN, "charged": Charged.UNKNOWN, "remote_id": job.remote_id}
    await connection.execute(
        sa.update(attempts).where(attempts.c.job_id == job.id, attempts.c.ordinal == last).values(taken)
    )


def _attempt_of(row: Row) -> Attempt:
    return read_checked(row, attempts, _read)


def _read(row: Row) -> Attempt:
    return Attempt(
        job_id=JobId(row.job_id),
        ordinal=row.ordinal,
        provider=row.provider,
        model=row.model,
        idempotency_key=row.idempotency_key,
        begun_at=row.begun_at,
        sent_at=row.sent_at,
        ended_at=row.ended_at,
        answer=Answer(row.answer) if row.answer else None,
        charged=Charged(row.charged),
        remote_id=row.remote_id,
        is_remix=row.is_remix,
        status=row.status,
        provider_code=row.provider_code,
    )
