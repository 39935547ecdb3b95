"""Drafts that wait for a prompt or a yes, and their short-lived messages."""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.backends import insert_new
from bot.jobs.drafts import Draft, Offer, OfferKind
from bot.jobs.model import MessageId
from bot.jobs.store.rows import draft_of, draft_row, offer_of, offer_row, readable
from bot.jobs.tables import drafts, offers

DRAFTS_PER_PERSON = 5


async def save_draft(connection: AsyncConnection, draft: Draft) -> None:
    """Store a request until its form or question is answered; it replaces one of the same id.

    A person has at most `DRAFTS_PER_PERSON`: the oldest are deleted.
    """
    newest = (
        sa.select(drafts.c.id)
        .where(drafts.c.user_id == draft.user_id, drafts.c.id != draft.id)
        .order_by(drafts.c.created_at.desc())
        .limit(DRAFTS_PER_PERSON - 1)
    )
    await connection.execute(sa.delete(drafts).where(drafts.c.user_id == draft.user_id, drafts.c.id.not_in(newest)))
    await connection.execute(sa.insert(drafts).values(draft_row(draft)))


async def get_draft(connection: AsyncConnection, draft_id: str, created_after: float = 0.0) -> Draft | None:
    """The request of that id; None if there is none, or if it is older than that."""
    found = await connection.execute(
        sa.select(drafts).where(drafts.c.id == draft_id, drafts.c.created_at > created_after)
    )
    row = found.first()
    return None if row is None else draft_of(row)


async def change_prompt(connection: AsyncConnection, draft_id: str, prompt: str) -> None:
    """Give a draft another prompt."""
    await connection.execute(sa.update(drafts).where(drafts.c.id == draft_id).values(prompt=prompt))


async def drop_old_drafts(connection: AsyncConnection, created_before: float) -> None:
    """Delete drafts older than that."""
    await connection.execute(sa.delete(drafts).where(drafts.c.created_at < created_before))


async def drop_old_offers(connection: AsyncConnection, gone_before: float) -> None:
    """Delete offers that ended before then, and those whose message could not be deleted for as long."""
    went = sa.or_(offers.c.gone_at < gone_before, sa.and_(offers.c.gone_at.is_(None), offers.c.delete_at < gone_before))
    await connection.execute(sa.delete(offers).where(went))


async def make_offer(connection: AsyncConnection, offer: Offer, draft: Draft, process: str | None = None) -> bool:
    """Store an offer, which that process shows, and its draft; False if that reply has one.

    Also False for a second form for the same person and video, unless the reply brought pictures. One that ended
    without having been shown doesn't count.
    """
    if offer.kind is OfferKind.FORM and not (draft.request.references or draft.uploads):
        known = await connection.scalar(
            sa.select(offers.c.id).where(
                offers.c.user_id == offer.user_id,
                offers.c.video_id == offer.video_id,
                offers.c.kind == OfferKind.FORM,
                sa.or_(offers.c.message_id.is_not(None), offers.c.gone_at.is_(None)),
            ),
        )
        if known is not None:
            return False
    if not await insert_new(connection, offers, offer_row(offer) | {"owner": process}):
        return False
    await save_draft(connection, draft)
    return True


async def note_offer_message(
    connection: AsyncConnection, offer: Offer, message_id: MessageId, now: float, shown_seconds: float
) -> None:
    """Store the offer's message. Its time starts now, unless it was hastened since it was read."""
    delete_at = sa.case((offers.c.delete_at == offer.delete_at, now + shown_seconds), else_=offers.c.delete_at)
    shown = sa.update(offers).where(offers.c.id == offer.id)
    await connection.execute(shown.values(message_id=message_id, shown_at=now, delete_at=delete_at))


async def find_offer(connection: AsyncConnection, offer_id: MessageId) -> Offer | None:
    """The offer under that reply, if it is still open."""
    row = (
        await connection.execute(sa.select(offers).where(offers.c.id == offer_id, offers.c.gone_at.is_(None)))
    ).first()
    return None if row is None else offer_of(row)


async def adopt_offers(connection: AsyncConnection, process: str) -> list[MessageId]:
    """Let that process show and delete the open offers that no process has; returns the ids of all that are its own."""
    is_open = offers.c.gone_at.is_(None)
    await connection.execute(sa.update(offers).where(is_open, offers.c.owner.is_(None)).values(owner=process))
    return [
        MessageId(one)
        for one in await connection.scalars(sa.select(offers.c.id).where(is_open, offers.c.owner == process))
    ]


async def find_open_offers(connection: AsyncConnection, offer_ids: Collection[MessageId]) -> list[Offer]:
    """Those of the offers whose message is to be posted or deleted."""
    found = await connection.execute(sa.select(offers).where(offers.c.id.in_(offer_ids), offers.c.gone_at.is_(None)))
    return readable(found, offer_of)


async def hasten_offer(connection: AsyncConnection, offer_id: MessageId, now: float) -> None:
    """Let the offer's message be deleted now."""
    await connection.execute(
        sa.update(offers).where(offers.c.id == offer_id, offers.c.gone_at.is_(None)).values(delete_at=now),
    )


async def end_offer(connection: AsyncConnection, offer_id: MessageId, now: float) -> bool:
    """Store that the offer has ended; False if it had ended before."""
    changed = await connection.execute(
        sa.update(offers).where(offers.c.id == offer_id, offers.c.gone_at.is_(None)).values(gone_at=now),
    )
    return changed.rowcount == 1
