"""Rows to values and back: the only place that knows both the columns and the frozen values."""

from typing import Any

import sqlalchemy as sa

from bot.jobs.model import (
    Cause,
    ChannelId,
    Draft,
    GuildId,
    Job,
    JobId,
    MessageId,
    Offer,
    OfferKind,
    Origin,
    Place,
    Post,
    PostKind,
    PostState,
    Reference,
    UserId,
    Via,
    VideoRequest,
)
from bot.jobs.states import State

Row = sa.Row[Any]


def job_of(row: Row) -> Job:
    """The job that a row of `jobs` holds."""
    return Job(
        id=JobId(row.id),
        state=State(row.state),
        request=_request_of(row),
        origin=Origin(
            id=row.origin_id,
            via=Via(row.via),
            user_id=UserId(row.user_id),
            place=_place_of(row),
            locale=row.locale,
            reply_to=_message(row.reply_to),
            history_after=_message(row.history_after),
            retry_of=JobId(row.retry_of) if row.retry_of else None,
        ),
        provider=row.provider,
        idempotency_key=row.idempotency_key,
        accepted_at=row.accepted_at,
        remote_id=row.remote_id,
        cause=Cause(row.cause) if row.cause else None,
        about=row.about,
        withheld=row.withheld,
        progress=row.progress,
        clean_refusals=row.clean_refusals,
        fetch_tries=row.fetch_tries,
        not_before=row.not_before,
        waiting_for=Cause(row.waiting_for) if row.waiting_for else None,
        submitted_at=row.submitted_at,
        completed_at=row.completed_at,
        ended_at=row.ended_at,
        late_at=row.late_at,
        removed_at=row.removed_at,
        revived_at=row.revived_at,
        answered_at=row.answered_at,
        video_sha256=row.video_sha256,
        video_bytes=row.video_bytes,
        fence=row.fence,
    )


def row_of(job: Job) -> dict[str, object]:
    """The columns of a new job's row (a claim comes later, so owner and lease are empty)."""
    origin, request = job.origin, job.request
    return {
        "id": job.id,
        "origin_id": origin.id,
        "ordinal": 0,
        "via": origin.via,
        "user_id": origin.user_id,
        "guild_id": origin.place.guild_id,
        "channel_id": origin.place.channel_id,
        "reply_to": origin.reply_to,
        "history_after": origin.history_after,
        "locale": origin.locale,
        "provider": job.provider,
        "idempotency_key": job.idempotency_key,
        "retry_of": origin.retry_of,
        **_request_columns(request),
        "state": job.state,
        "withheld": job.withheld,
        "clean_refusals": 0,
        "fetch_tries": 0,
        "accepted_at": job.accepted_at,
        "not_before": job.not_before,
        "fence": job.fence,
    }


def post_of(row: Row) -> Post:
    """The message that a row of `posts` holds."""
    return Post(
        job_id=JobId(row.job_id),
        kind=PostKind(row.kind),
        number=row.number,
        state=PostState(row.state),
        channel_id=ChannelId(row.channel_id),
        message_id=_message(row.message_id),
        tries=row.tries,
        attempted_at=row.attempted_at,
        not_before=row.not_before,
    )


def draft_of(row: Row) -> Draft:
    """The request that a row of `drafts` keeps waiting."""
    return Draft(
        id=row.id,
        user_id=UserId(row.user_id),
        place=_place_of(row),
        request=_request_of(row),
        reply_to=_message(row.reply_to),
        created_at=row.created_at,
        pictures_awaited=row.pictures_awaited,
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
        "pictures_awaited": draft.pictures_awaited,
    }


def offer_of(row: Row) -> Offer:
    """The short-lived message that a row of `offers` stands for."""
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
        "locale": offer.locale,
    }


def _request_of(row: Row) -> VideoRequest:
    return VideoRequest(
        prompt=row.prompt,
        model=row.model,
        size=row.size,
        seconds=row.seconds,
        references=tuple(Reference(sha256, suffix, size_bytes) for sha256, suffix, size_bytes in row.references),
        parent_id=JobId(row.parent_id) if row.parent_id else None,
    )


def _request_columns(request: VideoRequest) -> dict[str, object]:
    return {
        "prompt": request.prompt,
        "model": request.model,
        "size": request.size,
        "seconds": request.seconds,
        "references": [[picture.sha256, picture.suffix, picture.size_bytes] for picture in request.references],
        "parent_id": request.parent_id,
    }


def _place_of(row: Row) -> Place:
    return Place(ChannelId(row.channel_id), GuildId(row.guild_id) if row.guild_id is not None else None)


def _message(value: int | None) -> MessageId | None:
    return None if value is None else MessageId(value)
