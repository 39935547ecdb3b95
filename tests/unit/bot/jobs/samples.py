"""Jobs for tests: accepted a moment ago, everything about them settable, each of an act of its own."""

import uuid
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.model import (
    ChannelId,
    GuildId,
    Job,
    Origin,
    Place,
    Reference,
    UserId,
    Via,
    VideoRequest,
    new_job_id,
)
from bot.jobs.states import State
from bot.jobs.store.rows import row_of
from bot.jobs.tables import jobs

PROVIDER = "https://provider.test/v1"
HERE = Place(ChannelId(7), GuildId(8))
NEXT_DOOR = Place(ChannelId(70), GuildId(8))
OTHER_SERVER = Place(ChannelId(71), GuildId(9))
DM = Place(ChannelId(72))
OTHER_DM = Place(ChannelId(73))
ANNA, BEN = UserId(42), UserId(43)
# Built once: that costs more than the statement.
_INSERT = sa.insert(jobs)
_COLUMNS = [column.name for column in jobs.columns]


def a_picture(letter: str = "a", suffix: str = "png") -> Reference:
    """A kept picture whose name begins with that letter."""
    return Reference(letter * 64, suffix, 3)


def a_job(
    state: State = State.ACCEPTED,
    *,
    user_id: UserId = ANNA,
    place: Place = HERE,
    prompt: str = "a red fox",
    pictures: tuple[Reference, ...] = (),
    origin_id: str | None = None,
    accepted_at: float = 1_000.0,
    **changes: Any,
) -> Job:
    """A job of a fresh act; `changes` are further fields of `Job`."""
    origin = Origin(origin_id or uuid.uuid4().hex, Via.COMMAND, user_id, place)
    job = Job(
        id=new_job_id(),
        state=state,
        request=VideoRequest(prompt, "gpt-4o-video", "1280x720", "8", pictures),
        origin=origin,
        provider=PROVIDER,
        idempotency_key=str(uuid.uuid4()),
        accepted_at=accepted_at,
    )
    return replace(job, **changes)


def a_private_job(state: State = State.ACCEPTED, **changes: Any) -> Job:
    """Anna's job of that server, whose messages go to her DM."""
    job = a_job(state, **changes)
    origin = replace(job.origin, dm_channel_id=DM.channel_id)
    return replace(job, origin=origin, request=replace(job.request, private=True))


async def put(connection: AsyncConnection, *given: Job) -> None:
    """Store jobs as they are, in any state, without the rules of accepting."""
    if given:
        await connection.execute(_INSERT, [_whole_row_of(job) for job in given])


def _whole_row_of(job: Job) -> dict[str, Any]:
    return {name: getattr(job, name) for name in _COLUMNS if hasattr(job, name)} | row_of(job)
