"""Finding jobs: by id, by messages and prompts, and for the bot's own bookkeeping. Read-only."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.model import ChannelId, GuildId, Job, JobId, Place, PostKind, PostState, UserId
from bot.jobs.states import AT_PROVIDER, State
from bot.jobs.storable_text import storable
from bot.jobs.store.rows import job_of, readable
from bot.jobs.tables import UNENDED, blocks, drafts, jobs, offers, posts

# SQLite sorts text above any number, so an unreadable value doesn't count.
_TIME_MAX = 1e12
# Of a person's jobs the newest so many are listed and searched.
SEARCHED_MAX = 500
_PIECE = 200
_LONGEST_LINE = 1_000
# Built once: that costs more than the statement.
_BY_ID = sa.select(jobs).where(jobs.c.id == sa.bindparam("wanted"))
_BY_IDS = sa.select(jobs).where(jobs.c.id.in_(sa.bindparam("wanted", expanding=True)))
_BY_ORIGIN = sa.select(jobs).where(jobs.c.origin_id == sa.bindparam("wanted"), jobs.c.ordinal == 0)
# From a remix up to the first job that names a model; the depth ends a circle, which only a damaged database has.
_FIRST = (
    sa.select(jobs.c.model, jobs.c.parent_id, sa.literal(0).label("depth"))
    .where(jobs.c.id == sa.bindparam("wanted"))
    .cte("line", recursive=True)
)
_LINE = _FIRST.union_all(
    sa.select(jobs.c.model, jobs.c.parent_id, _FIRST.c.depth + 1).where(
        jobs.c.id == _FIRST.c.parent_id, _FIRST.c.model.is_(None), _FIRST.c.depth < _LONGEST_LINE
    )
)
_MODEL = sa.select(_LINE.c.model).where(_LINE.c.model.is_not(None)).limit(1)
# Of a prompt this is surely enough for one short line, also with invisible characters in it.
_PROMPT_SHOWN = 200
_WHOLE = 1 << 20


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a choice of an option shows of a job; `prompt` is its beginning, or as a whole."""

    id: JobId
    prompt: str
    accepted_at: float


async def get(connection: AsyncConnection, job_id: JobId) -> Job | None:
    """The job of that short id."""
    return await _first(connection, _BY_ID, wanted=job_id)


async def find_model(connection: AsyncConnection, job_id: JobId) -> str | None:
    """The model of a job: a remix without one has that of the video that it changes. None if it isn't known."""
    return await connection.scalar(_MODEL, {"wanted": job_id})


async def find_by_origin(connection: AsyncConnection, origin_id: str) -> Job | None:
    """The job of a person's action, if it was accepted."""
    return await _first(connection, _BY_ORIGIN, wanted=origin_id)


async def find_by_remote(connection: AsyncConnection, providers: Collection[str], remote_id: str) -> Job | None:
    """The job with that id at one of those providers."""
    of_these = (jobs.c.provider.in_(providers), jobs.c.remote_id == remote_id)
    return await _first(connection, sa.select(jobs).where(*of_these).limit(1))


async def find_unclear_at_provider(
    connection: AsyncConnection, provider_ids: Collection[str], ended_since: float
) -> list[Job]:
    """The jobs that were sent to that provider but got no id of it, the latest first; lost ones if lost since then."""
    found = await connection.execute(
        sa.select(jobs)
        .where(
            sa.or_(
                sa.and_(UNENDED, jobs.c.state.in_((State.SUBMITTING, State.UNCERTAIN))),
                sa.and_(jobs.c.ended_at > ended_since, jobs.c.state == State.LOST),
            ),
            jobs.c.provider.in_(provider_ids),
            jobs.c.remote_id.is_(None),
            jobs.c.submitted_at.is_not(None),
        )
        .order_by(jobs.c.submitted_at.desc()),
    )
    return readable(found, job_of)


async def find_lost_at_provider(
    connection: AsyncConnection, provider_ids: Collection[str], ended_since: float
) -> list[Job]:
    """The jobs of that provider that ended as lost or stopped since then although its id is known."""
    found = await connection.execute(
        sa.select(jobs).where(
            jobs.c.state.in_((State.LOST, State.STOPPED)),
            jobs.c.provider.in_(provider_ids),
            jobs.c.remote_id.is_not(None),
            jobs.c.ended_at > ended_since,
        ),
    )
    return readable(found, job_of)


async def find_owned_remote_ids(
    connection: AsyncConnection, provider_ids: Collection[str], remote_ids: Collection[str]
) -> set[str]:
    """Which of the provider's ids belong to a job."""
    found = await connection.scalars(
        sa.select(jobs.c.remote_id).where(jobs.c.provider.in_(provider_ids), jobs.c.remote_id.in_(remote_ids)),
    )
    return {remote_id for remote_id in found if remote_id is not None}


async def find_by_ids(connection: AsyncConnection, job_ids: Collection[JobId]) -> dict[JobId, Job]:
    """Those of the jobs that exist."""
    found = await connection.execute(_BY_IDS, {"wanted": list(job_ids)})
    return {job.id: job for job in readable(found, job_of)}


async def find_removed_ids(connection: AsyncConnection) -> list[JobId]:
    """The jobs whose video was deleted."""
    return list(await connection.scalars(sa.select(jobs.c.id).where(jobs.c.removed_at > 0.0)))


async def count_unreadable(connection: AsyncConnection) -> int:
    """How many unended jobs are unreadable: they can't continue. Read in pieces, as they may be many."""
    count = 0
    ids = sorted(await find_all_unended_ids(connection))
    for start in range(0, len(ids), _PIECE):
        piece = ids[start : start + _PIECE]
        count += len(piece) - len(await find_by_ids(connection, piece))
    return count


async def find_newest_finished_in_channel(
    connection: AsyncConnection, user_id: UserId, channel_id: ChannelId
) -> Job | None:
    """The person's newest video in that channel that is posted (or just being posted) and may be remixed."""
    shown_here = sa.exists().where(
        posts.c.job_id == jobs.c.id,
        posts.c.kind == PostKind.VIDEO,
        posts.c.state == PostState.SENT,
        posts.c.channel_id == channel_id,
    )
    query = (
        sa.select(jobs)
        .where(
            jobs.c.user_id == user_id,
            sa.or_(_posted_in == channel_id, shown_here),
            jobs.c.state.in_((State.DELIVERED, State.POSTING)),
            jobs.c.removed_at.is_(None),
        )
        .order_by(jobs.c.accepted_at.desc())
        .limit(1)
    )
    return await _first(connection, query)


async def find_own_everywhere(connection: AsyncConnection, user_id: UserId, limit: int, skipped: int = 0) -> list[Job]:
    """The person's running jobs and then the latest ended ones, of all servers."""
    found = await connection.execute(_OWN, _of_person(user_id, limit, skipped))
    return readable(found, job_of)


async def suggest_own_everywhere(
    connection: AsyncConnection, user_id: UserId, typed: str, limit: int, *, whole: bool = False
) -> list[Suggestion]:
    """The same jobs, those whose prompt or id contains `typed`; in it the databases know the case of ASCII alone.

    With `whole` each has its whole prompt.
    """
    return await _suggested(connection, _OWN_SUGGESTED, typed, _of_person(user_id, limit), whole=whole)


async def suggest_finished_in_place(
    connection: AsyncConnection, user_id: UserId, place: Place, typed: str, limit: int, *, whole: bool = False
) -> list[Suggestion]:
    """The person's finished videos of that server (or in that DM), newest first; otherwise as above."""
    of_guild = place.guild_id is not None
    finished = _FINISHED_IN_GUILD if of_guild else _FINISHED_IN_DM
    there = place.guild_id if of_guild else place.channel_id
    of_person = _of_person(user_id, limit) | {"there": there}
    return await _suggested(connection, finished, typed, of_person, whole=whole)


async def find_submit_times_since(connection: AsyncConnection, since: float) -> list[float]:
    """When paid requests were begun since then, oldest first: the hard stop's memory across restarts."""
    found = await connection.scalars(
        sa.select(jobs.c.submitted_at).where(jobs.c.submitted_at > since).order_by(jobs.c.submitted_at),
    )
    return [when for when in found if isinstance(when, float)]


async def find_by_origin_prefix(connection: AsyncConnection, act: str) -> list[Job]:
    """The jobs whose origin's id starts so, newest first; `act` holds letters, digits and colons alone."""
    found = await connection.execute(
        sa.select(jobs)
        .where(jobs.c.origin_id >= act, jobs.c.origin_id < act + "\x7f")
        .order_by(jobs.c.accepted_at.desc(), jobs.c.origin_id.desc())
    )
    return readable(found, job_of)


async def find_retried_since(connection: AsyncConnection, since: float, limit: int) -> list[JobId]:
    """The jobs that were retried since then, at most so many of the latest."""
    found = await connection.scalars(
        sa.select(jobs.c.retry_of)
        .where(jobs.c.retry_of.is_not(None), jobs.c.accepted_at > since)
        .order_by(jobs.c.accepted_at.desc())
        .limit(limit)
    )
    return [JobId(job_id) for job_id in found if job_id]


async def find_waiting_in(
    connection: AsyncConnection, guild_id: GuildId, channel_id: ChannelId | None = None
) -> list[JobId]:
    """The unsent jobs of a server, or those whose messages go to one of its channels or threads."""
    there = jobs.c.guild_id == guild_id if channel_id is None else _posted_in == channel_id
    found = await connection.scalars(sa.select(jobs.c.id).where(UNENDED, jobs.c.state == State.ACCEPTED, there))
    return [JobId(job_id) for job_id in found]


async def find_newest_time(connection: AsyncConnection) -> float | None:
    """The latest stored time of any event; None in an empty database. Of ended jobs it asks for what came last."""
    latest = await connection.scalars(_NEWEST_TIMES)
    return max((float(at) for at in latest if at is not None), default=None)


async def find_all_unended_ids(connection: AsyncConnection) -> set[JobId]:
    """The ids of all jobs that have not ended."""
    return set(await connection.scalars(sa.select(jobs.c.id).where(UNENDED)))


async def find_at_provider(connection: AsyncConnection) -> dict[JobId, UserId]:
    """The jobs that use a place at the provider, each with its requester."""
    found = await connection.execute(
        sa.select(jobs.c.id, jobs.c.user_id).where(UNENDED, jobs.c.state.in_(AT_PROVIDER), jobs.c.late_at.is_(None))
    )
    return {JobId(row.id): UserId(row.user_id) for row in found}


async def find_owned(connection: AsyncConnection, process: str) -> list[JobId]:
    """The unended jobs that the process of that name owns."""
    return [JobId(job_id) for job_id in await connection.scalars(sa.select(jobs.c.id).where(jobs.c.owner == process))]


async def find_kept_videos(connection: AsyncConnection, ended_since: float) -> set[JobId]:
    """The jobs whose video file is still needed: not posted yet, or ended unposted since then."""
    unposted = jobs.c.state.in_((State.CANCELLED, State.UNDELIVERABLE))
    ended = await connection.scalars(sa.select(jobs.c.id).where(unposted, jobs.c.ended_at > ended_since))
    return await find_all_unended_ids(connection) | set(ended)


# A private job posts in a DM, another one where it was requested.
_posted_in = sa.func.coalesce(jobs.c.dm_channel_id, jobs.c.channel_id)
_ANY = sa.true()
_LATEST = (
    (jobs.c.accepted_at, _ANY),
    (jobs.c.submitted_at, _ANY),
    (jobs.c.completed_at, _ANY),
    (jobs.c.ended_at, _ANY),
    (jobs.c.removed_at, _ANY),
    # An ended job was late, revived, answered or to be stopped before its end.
    (jobs.c.late_at, UNENDED),
    (jobs.c.revived_at, UNENDED),
    (jobs.c.answered_at, UNENDED),
    (jobs.c.stop_asked_at, UNENDED),
    (jobs.c.stop_sent_at, UNENDED),
    (posts.c.attempted_at, posts.c.state.in_((PostState.DUE, PostState.SENDING))),
    (drafts.c.created_at, _ANY),
    (offers.c.shown_at, _ANY),
    (offers.c.gone_at, _ANY),
    (blocks.c.blocked_at, _ANY),
)
_NEWEST_TIMES = sa.union_all(
    *(sa.select(sa.func.max(happened)).where(happened < _TIME_MAX, among) for happened, among in _LATEST)
)
_BEGINNING = sa.func.substr(jobs.c.prompt, 1, sa.bindparam("shown", type_=sa.Integer), type_=sa.String).label("prompt")
_SUGGESTED: sa.Select[*tuple[Any, ...]] = sa.select(jobs.c.id, _BEGINNING, jobs.c.accepted_at)


_OF_PERSON = jobs.c.user_id == sa.bindparam("person")
_OLDEST = (
    sa.select(jobs.c.accepted_at)
    .where(_OF_PERSON)
    .order_by(jobs.c.accepted_at.desc())
    .offset(sa.bindparam("newer"))
    .limit(1)
    .scalar_subquery()
)
# The person's newest jobs, by an index: others of theirs are not read.
_NEWEST = (_OF_PERSON, jobs.c.accepted_at >= sa.func.coalesce(_OLDEST, 0.0))


def _of_person(user_id: UserId, limit: int, skipped: int = 0) -> dict[str, object]:
    return {"person": user_id, "newer": SEARCHED_MAX - 1, "most": limit, "skipped": skipped}


def _own(columns: sa.Select[*tuple[Any, ...]]) -> sa.Select[*tuple[Any, ...]]:
    running_first = sa.case((UNENDED, 0), else_=1)
    ordered = columns.where(*_NEWEST).order_by(running_first, jobs.c.accepted_at.desc())
    return ordered.limit(sa.bindparam("most")).offset(sa.bindparam("skipped"))


def _finished(*where: sa.ColumnElement[bool]) -> sa.Select[*tuple[Any, ...]]:
    finished = _SUGGESTED.where(*_NEWEST, *where, jobs.c.state == State.DELIVERED, jobs.c.removed_at.is_(None))
    return finished.order_by(jobs.c.accepted_at.desc()).limit(sa.bindparam("most"))


def _that_match(query: sa.Select[*tuple[Any, ...]]) -> sa.Select[*tuple[Any, ...]]:
    pattern = sa.bindparam("pattern", type_=sa.String)
    return query.where(sa.or_(jobs.c.prompt.ilike(pattern, escape="\\"), jobs.c.id.ilike(pattern, escape="\\")))


_Suggesting = tuple[sa.Select[*tuple[Any, ...]], sa.Select[*tuple[Any, ...]]]


def _suggesting(query: sa.Select[*tuple[Any, ...]]) -> _Suggesting:
    """The statement while nothing is typed, and the one for a pattern."""
    return query, _that_match(query)


_OWN = _own(sa.select(jobs))
_OWN_SUGGESTED = _suggesting(_own(_SUGGESTED))
_FINISHED_IN_GUILD = _suggesting(_finished(jobs.c.guild_id == sa.bindparam("there")))
_FINISHED_IN_DM = _suggesting(
    _finished(sa.or_(jobs.c.guild_id.is_(None), jobs.c.private), _posted_in == sa.bindparam("there"))
)


async def _suggested(
    connection: AsyncConnection, queries: _Suggesting, typed: str, values: dict[str, object], *, whole: bool
) -> list[Suggestion]:
    everything, matching = queries
    values = values | {"shown": _WHOLE if whole else _PROMPT_SHOWN}
    if text := storable(typed).strip():
        values = values | {"pattern": "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"}
    found = await connection.execute(matching if text else everything, values)
    return [Suggestion(*row) for row in found if isinstance(row.prompt, str) and isinstance(row.accepted_at, float)]


async def _first(connection: AsyncConnection, query: sa.Select[*tuple[Any, ...]], **values: object) -> Job | None:
    row = (await connection.execute(query, values)).first()
    return None if row is None else job_of(row)
