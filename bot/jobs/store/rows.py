"""Rows to values and back: the only place with both the columns and the frozen values.

A row may be unreadable: a word of a newer version, a manual edit. Reading that very row raises; lists continue without
it.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from sys import intern
from typing import Any, TypeVar

import sqlalchemy as sa
import structlog

from bot.jobs import option_values, picture_values
from bot.jobs.answers import closed_routes_of
from bot.jobs.denials import Denial
from bot.jobs.drafts import Draft, Offer, OfferKind
from bot.jobs.model import (
    Cause,
    ChannelId,
    Charged,
    GuildId,
    Job,
    JobId,
    MessageId,
    Origin,
    Place,
    Post,
    PostKind,
    PostState,
    Upload,
    UserId,
    Via,
    VideoRequest,
)
from bot.jobs.rungs import Rung, Why
from bot.jobs.states import State
from bot.jobs.tables import attempts, drafts, jobs, offers, posts

Row = sa.Row[Any]
T = TypeVar("T")
_log = structlog.stdlib.get_logger(__name__)


class UnreadableRowError(Exception):
    """A row holds an impossible value; the message names the table, the row and the column, not the value."""


def readable(rows: Iterable[Row], read: Callable[[Row], T]) -> list[T]:
    """The values of the rows; an unreadable one is left out, and logged once."""
    values: list[T] = []
    for row in rows:
        try:
            values.append(read(row))
        except UnreadableRowError as error:
            tell_unreadable(str(error))
    return values


@lru_cache(maxsize=1_000)
def tell_unreadable(what: str) -> None:
    """Log it, but not once a second: rows are read again and again."""
    _log.error("row not readable", what=what)


def job_of(row: Row) -> Job:
    """The job that a row of `jobs` holds. Raises `UnreadableRowError`, as all of these do."""
    return read_checked(row, jobs, _job_of)


def post_of(row: Row) -> Post:
    """The message that a row of `posts` holds."""
    return read_checked(row, posts, _post_of)


def draft_of(row: Row) -> Draft:
    """The draft of a row of `drafts`."""
    return read_checked(row, drafts, _draft_of)


def offer_of(row: Row) -> Offer:
    """The offer of a row of `offers`."""
    return read_checked(row, offers, _offer_of)


def read_checked(row: Row, table: sa.Table, read: Callable[[Row], T]) -> T:
    """The value of a row. The types are checked, which SQLite doesn't do, then the words.

    The row begins with the table's columns in their order.
    """
    for value, (name, kinds) in zip(row, _KINDS[table.name], strict=False):
        if type(value) not in kinds:
            raise UnreadableRowError(f"{_key_of(row, table)}: {name} is {type(value).__name__}")
    try:
        return read(row)
    except (ValueError, TypeError) as error:
        # Log only the type of a value: a prompt may be among them.
        raise UnreadableRowError(f"{_key_of(row, table)}: {type(error).__name__}") from error


def _key_of(row: Row, table: sa.Table) -> str:
    return f"{table.name} {'-'.join(str(getattr(row, column.name)) for column in table.primary_key)}"


_TAKES = {sa.Float: (float, int), sa.Boolean: (bool,), sa.Integer: (int,), sa.String: (str,), sa.JSON: (list,)}
_KINDS = {
    table.name: [
        (column.name, {type(None), *next(taken for kind, taken in _TAKES.items() if isinstance(column.type, kind))})
        for column in table.columns
    ]
    for table in (jobs, attempts, posts, drafts, offers)
}


def _job_of(row: Row) -> Job:
    return Job(
        id=JobId(row.id),
        state=State(row.state),
        request=_request_of(row),
        origin=_origin_of(row),
        provider=intern(row.provider),
        idempotency_key=row.idempotency_key,
        accepted_at=row.accepted_at,
        remote_id=row.remote_id,
        cause=Cause(row.cause) if row.cause else None,
        about=row.about,
        field=row.field,
        provider_code=row.provider_code,
        charged=Charged(row.charged),
        cost_micros=row.cost_micros,
        price_micros=row.price_micros,
        currency=_interned(row.currency),
        reported=_reported_of(row.reported),
        withheld=row.withheld,
        progress=row.progress,
        usual_low_seconds=row.usual_low_seconds,
        usual_high_seconds=row.usual_high_seconds,
        clean_refusals=row.clean_refusals,
        fetch_tries=row.fetch_tries,
        not_before=row.not_before,
        waiting_for=Cause(row.waiting_for) if row.waiting_for else None,
        closed_routes=closed_routes_of(row.closed_routes),
        attempts=row.attempts,
        fallback=Cause(row.fallback) if row.fallback else None,
        frame=picture_values.read_column([row.frame])[0] if row.frame else None,
        sent_prompt=row.sent_prompt,
        submitted_at=row.submitted_at,
        completed_at=row.completed_at,
        ended_at=row.ended_at,
        late_at=row.late_at,
        removed_at=row.removed_at,
        removed_by=None if row.removed_by is None else UserId(row.removed_by),
        revived_at=row.revived_at,
        answered_at=row.answered_at,
        stop_asked_at=row.stop_asked_at,
        stop_sent_at=row.stop_sent_at,
        video_sha256=row.video_sha256,
        video_bytes=row.video_bytes,
        fit_step=Rung(row.fit_step) if row.fit_step else None,
        fitted_sha256=row.fitted_sha256,
        fitted_bytes=row.fitted_bytes,
        posted_as=Rung(row.posted_as) if row.posted_as else None,
        fence=row.fence,
        owner=row.owner,
    )


def _origin_of(row: Row) -> Origin:
    return Origin(
        id=row.origin_id,
        via=Via(row.via),
        user_id=UserId(row.user_id),
        place=_place_of(row),
        locale=intern(row.locale),
        reply_to=_message(row.reply_to),
        history_after=_message(row.history_after),
        retry_of=JobId(row.retry_of) if row.retry_of else None,
        thread_of=None if row.thread_of is None else ChannelId(row.thread_of),
        dm_channel_id=None if row.dm_channel_id is None else ChannelId(row.dm_channel_id),
        ordinal=row.ordinal,
    )


def row_of(job: Job) -> dict[str, object]:
    """The columns of a new job's row (it is claimed later, so owner and lease are empty)."""
    origin, request = job.origin, job.request
    return {
        "id": job.id,
        "origin_id": origin.id,
        "ordinal": origin.ordinal,
        "via": origin.via,
        "user_id": origin.user_id,
        "guild_id": origin.place.guild_id,
        "channel_id": origin.place.channel_id,
        "dm_channel_id": origin.dm_channel_id,
        "reply_to": origin.reply_to,
        "history_after": origin.history_after,
        "thread_of": origin.thread_of,
        "locale": origin.locale,
        "provider": job.provider,
        "idempotency_key": job.idempotency_key,
        "price_micros": job.price_micros,
        "currency": job.currency,
        "retry_of": origin.retry_of,
        **_request_columns(request),
        "fallback": job.fallback,
        "frame": None if job.frame is None else picture_values.as_value(job.frame),
        "state": job.state,
        "charged": job.charged,
        "withheld": job.withheld,
        "clean_refusals": 0,
        "fetch_tries": 0,
        "accepted_at": job.accepted_at,
        "not_before": job.not_before,
        "fence": job.fence,
    }


def _post_of(row: Row) -> Post:
    return Post(
        job_id=JobId(row.job_id),
        kind=PostKind(row.kind),
        number=row.number,
        state=PostState(row.state),
        channel_id=ChannelId(row.channel_id),
        message_id=_message(row.message_id),
        tries=row.tries,
        attempted_at=row.attempted_at,
        attempted_after=_message(row.attempted_after),
        not_before=row.not_before,
        file_denial=Denial(row.file_denial) if row.file_denial else None,
        moved_for=Why(row.moved_for) if row.moved_for else None,
    )


def _draft_of(row: Row) -> Draft:
    return Draft(
        id=row.id,
        user_id=UserId(row.user_id),
        place=_place_of(row),
        request=_request_of(row),
        reply_to=_message(row.reply_to),
        created_at=row.created_at,
        uploads=tuple(Upload(url, file_name, size_bytes) for url, file_name, size_bytes in row.uploads),
        retry_of=JobId(row.retry_of) if row.retry_of else None,
        pictures_dropped=row.pictures_dropped,
        improve=row.improve,
        improved=row.improved,
        is_batch=row.is_batch,
    )


def draft_row(draft: Draft) -> dict[str, object]:
    """The columns of a draft."""
    return {
        "id": draft.id,
        "user_id": draft.user_id,
        "guild_id": draft.place.guild_id,
        "channel_id": draft.place.channel_id,
        "reply_to": draft.reply_to,
        **_request_columns(draft.request),
        "created_at": draft.created_at,
        "uploads": [[upload.url, upload.file_name, upload.size_bytes] for upload in draft.uploads],
        "retry_of": draft.retry_of,
        "pictures_dropped": draft.pictures_dropped,
        "improve": draft.improve,
        "improved": draft.improved,
        "is_batch": draft.is_batch,
    }


def _offer_of(row: Row) -> Offer:
    return Offer(
        id=MessageId(row.id),
        user_id=UserId(row.user_id),
        video_id=JobId(row.video_id),
        place=_place_of(row),
        draft_id=row.draft_id,
        kind=OfferKind(row.kind),
        delete_at=row.delete_at,
        locale=row.locale,
        message_id=_message(row.message_id),
        shown_at=row.shown_at,
    )


def offer_row(offer: Offer) -> dict[str, object]:
    """The columns of an offer."""
    return {
        "id": offer.id,
        "user_id": offer.user_id,
        "video_id": offer.video_id,
        "guild_id": offer.place.guild_id,
        "channel_id": offer.place.channel_id,
        "draft_id": offer.draft_id,
        "kind": offer.kind,
        "message_id": offer.message_id,
        "delete_at": offer.delete_at,
        "shown_at": offer.shown_at,
        "locale": offer.locale,
    }


def _reported_of(column: Any) -> tuple[tuple[str, str], ...]:
    return tuple((str(name), str(value)) for name, value in column or ())


def _request_of(row: Row) -> VideoRequest:
    return VideoRequest(
        prompt=row.prompt,
        # Thousands of jobs share few of these values.
        model=_interned(row.model),
        size=_interned(row.size),
        seconds=_interned(row.seconds),
        references=picture_values.read_column(row.references),
        parent_id=JobId(row.parent_id) if row.parent_id else None,
        private=row.private,
        options=option_values.read_column(row.options),
        frames=row.frames,
        fit=row.fit,
    )


def _request_columns(request: VideoRequest) -> dict[str, object]:
    return {
        "prompt": request.prompt,
        "model": request.model,
        "size": request.size,
        "seconds": request.seconds,
        "references": picture_values.as_column(request.references),
        "parent_id": request.parent_id,
        "private": request.private,
        "options": option_values.as_column(request.options),
        "frames": request.frames,
        "fit": request.fit,
    }


def _place_of(row: Row) -> Place:
    return Place(ChannelId(row.channel_id), GuildId(row.guild_id) if row.guild_id is not None else None)


def _interned(text: str | None) -> str | None:
    return None if text is None else intern(text)


def _message(value: int | None) -> MessageId | None:
    return None if value is None else MessageId(value)
