"""Requests that wait, and the messages that ask for their answer: each at most once."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.database import Database
from bot.jobs.drafts import Draft, Offer, OfferKind
from bot.jobs.model import JobId, MessageId, Place, Upload, UserId, VideoRequest
from bot.jobs.store import drafts
from bot.jobs.tables import offers
from tests.unit.bot.jobs.samples import ANNA, BEN, DM, HERE, a_picture

VIDEO, OTHER_VIDEO = JobId("K3M9Q2XA"), JobId("K3M9Q2XB")
NOW = 5_000.0


def a_draft(draft_id: str = "d1", place: Place = HERE, created_at: float = NOW) -> Draft:
    pictures, options = (a_picture("c"), a_picture("b", "webp")), (("seed", 7), ("sound", False), ("style", "film"))
    request = VideoRequest("", "gpt-4o-video", None, "8", pictures, VIDEO, options=options)
    return Draft(draft_id, ANNA, place, request, MessageId(77), created_at)


def an_offer(
    reply: int,
    kind: OfferKind = OfferKind.FORM,
    user_id: UserId = ANNA,
    video_id: JobId = VIDEO,
    *,
    pictures: bool = False,
) -> tuple[Offer, Draft]:
    draft = a_draft(f"d{reply}")
    if not pictures:
        draft = replace(draft, request=replace(draft.request, references=()))
    return Offer(MessageId(reply), user_id, video_id, HERE, draft.id, kind, NOW + 60, "de"), draft


@pytest.mark.parametrize("place", [HERE, DM])
async def test_a_draft_is_kept_as_it_is(database: Database, place: Place) -> None:
    """All options, pictures in their order, and the place come back."""
    await database.write(drafts.save_draft, a_draft(place=place))
    assert await database.read(drafts.get_draft, "d1") == a_draft(place=place)
    assert await database.read(drafts.get_draft, "d2") is None


async def test_a_draft_keeps_the_addresses_of_attachments(database: Database) -> None:
    """In their order, with the job that an edited retry repeats, and that it is private."""
    uploads = (Upload("https://cdn.discordapp.com/a.png", "a.png", 10), Upload("https://cdn.discordapp.com/b", "b", 9))
    draft = replace(a_draft(), uploads=uploads, retry_of=VIDEO)
    draft = replace(draft, request=replace(draft.request, private=True))
    await database.write(drafts.save_draft, draft)
    assert await database.read(drafts.get_draft, "d1") == draft


async def test_a_file_may_have_any_name(database: Database) -> None:
    """Also one with characters that text may not have in PostgreSQL."""
    draft = replace(a_draft(), uploads=(Upload("https://cdn.test/\0", "a\0\ud800🦊" * 500, 2**40),))
    await database.write(drafts.save_draft, draft)
    assert await database.read(drafts.get_draft, "d1") == draft


async def test_old_drafts_are_gone(database: Database) -> None:
    """One that is too old is not read, and deleted by the sweep; the rest stays."""
    for number, created_at in enumerate((NOW - 1, NOW, NOW + 1)):
        await database.write(drafts.save_draft, a_draft(f"d{number}", created_at=created_at))
    assert await database.read(drafts.get_draft, "d0", NOW - 1) is None
    assert await database.read(drafts.get_draft, "d1", NOW - 1) is not None
    await database.write(drafts.drop_old_drafts, NOW)
    left = [number for number in range(3) if await database.read(drafts.get_draft, f"d{number}")]
    assert left == [1, 2]


async def test_a_draft_is_replaced_by_one_of_its_id(database: Database) -> None:
    """What was changed in a refused form is what the next form shows."""
    await database.write(drafts.save_draft, a_draft())
    changed = replace(a_draft(created_at=NOW + 5), request=VideoRequest("at night"))
    await database.write(drafts.save_draft, changed)
    assert await database.read(drafts.get_draft, "d1") == changed


async def test_a_person_has_five_drafts(database: Database) -> None:
    """The oldest of that person goes; those of others stay."""
    await database.write(drafts.save_draft, replace(a_draft("ben", created_at=NOW - 100), user_id=BEN))
    for number in range(8):
        await database.write(drafts.save_draft, a_draft(f"d{number}", created_at=NOW + number % 7))
    left = [number for number in range(8) if await database.read(drafts.get_draft, f"d{number}")]
    assert left == [3, 4, 5, 6, 7]
    assert await database.read(drafts.get_draft, "ben") is not None


async def test_an_offer_is_kept_with_its_draft(database: Database) -> None:
    """Both or neither; the offer exists until it is ended."""
    offer, draft = an_offer(1)
    assert await database.write(drafts.make_offer, offer, draft)
    assert await database.read(drafts.find_offer, offer.id) == offer
    assert await database.read(drafts.get_draft, draft.id) == draft


@pytest.mark.parametrize("kind", OfferKind)
async def test_a_reply_gets_one_offer(database: Database, kind: OfferKind) -> None:
    """The same reply heard of twice is offered once, and no second draft is kept."""
    offer, draft = an_offer(1, kind)
    assert await database.write(drafts.make_offer, offer, draft)
    second = replace(offer, draft_id="other", video_id=OTHER_VIDEO)
    assert not await database.write(drafts.make_offer, second, replace(draft, id="other"))
    assert await database.read(drafts.get_draft, "other") is None
    assert await database.read(drafts.find_offer, offer.id) == offer


async def test_a_form_is_offered_once_per_person_and_video(database: Database) -> None:
    """Also after it is gone; another person, another video, or a reply that brings pictures is offered it."""
    assert await database.write(drafts.make_offer, *an_offer(1))
    assert not await database.write(drafts.make_offer, *an_offer(2))
    offer, _ = an_offer(1)
    await database.write(drafts.note_offer_message, offer, MessageId(88), NOW, 60.0)
    await database.write(drafts.end_offer, MessageId(1), NOW)
    assert not await database.write(drafts.make_offer, *an_offer(3))
    assert await database.write(drafts.make_offer, *an_offer(4, user_id=BEN))
    assert await database.write(drafts.make_offer, *an_offer(5, video_id=OTHER_VIDEO))
    assert await database.write(drafts.make_offer, *an_offer(6, pictures=True))


async def test_every_short_reply_is_asked_about(database: Database) -> None:
    """Questions are not limited per person and video, nor do they stand in the way of a form."""
    assert await database.write(drafts.make_offer, *an_offer(1, OfferKind.ASK))
    assert await database.write(drafts.make_offer, *an_offer(2, OfferKind.ASK))
    assert await database.write(drafts.make_offer, *an_offer(3, OfferKind.FORM))
    assert await database.write(drafts.make_offer, *an_offer(4, OfferKind.ASK))


async def test_many_replies_at_once_are_offered_one_form(
    database: Database, open_another: Callable[[], Database]
) -> None:
    """Also when two processes hear of them in the same moment."""
    sides = [database, open_another()]
    made = await asyncio.gather(
        *(sides[reply % 2].write(drafts.make_offer, *an_offer(reply)) for reply in range(1, 11))
    )
    assert sum(made) == 1


async def all_standing(database: Database) -> dict[int, float]:
    """When the message of each offer that has not ended is to be deleted."""
    found = await database.read(drafts.find_open_offers, await database.write(drafts.adopt_offers, "machine"))
    return {offer.id: offer.delete_at for offer in found}


async def test_offers_are_found_until_they_end(database: Database) -> None:
    """Each with the time when its message is to be deleted; those that are gone are not among them."""
    for reply, delete_at in ((1, NOW + 60), (2, NOW + 5), (3, NOW + 30)):
        offer, draft = an_offer(reply, OfferKind.ASK)
        await database.write(drafts.make_offer, replace(offer, delete_at=delete_at), draft)
    await database.write(drafts.end_offer, MessageId(3), NOW)
    assert await all_standing(database) == {1: NOW + 60, 2: NOW + 5}
    await database.write(drafts.hasten_offer, MessageId(1), NOW)
    assert await all_standing(database) == {1: NOW, 2: NOW + 5}


@pytest.mark.parametrize("hastened", [False, True])
async def test_the_message_of_an_offer_is_noted(database: Database, hastened: bool) -> None:
    """C11: so that it can be taken away after a restart, 60 s after it was shown; at once if it is over already."""
    asked, draft = an_offer(1)
    await database.write(drafts.make_offer, asked, draft)
    if hastened:
        await database.write(drafts.hasten_offer, asked.id, NOW + 30)
    await database.write(drafts.note_offer_message, asked, MessageId(88), NOW + 40, 60.0)
    offer = await database.read(drafts.find_offer, MessageId(1))
    assert offer is not None
    assert (offer.message_id, offer.shown_at) == (88, NOW + 40)
    assert offer.delete_at == (NOW + 30 if hastened else NOW + 100)


async def test_rows_of_offers_go_with_their_time(database: Database) -> None:
    """C11: what is shown, or still to be, stays; what went long ago is forgotten."""
    for number in (1, 2, 3):
        await database.write(drafts.make_offer, *an_offer(number, OfferKind.ASK))
    await database.write(drafts.end_offer, MessageId(1), NOW)
    await database.write(drafts.end_offer, MessageId(2), NOW + 100)
    await database.write(drafts.drop_old_offers, NOW + 50)

    async def left(connection: AsyncConnection) -> list[int]:
        return list(await connection.scalars(sa.select(offers.c.id).order_by(offers.c.id)))

    assert await database.read(left) == [2, 3]


async def test_an_offer_ends_once(database: Database) -> None:
    """The second one to end it gets False; an ended offer is not found and not hastened."""
    await database.write(drafts.make_offer, *an_offer(1))
    assert await database.write(drafts.end_offer, MessageId(1), NOW)
    assert not await database.write(drafts.end_offer, MessageId(1), NOW)
    await database.write(drafts.hasten_offer, MessageId(1), NOW)
    assert await database.read(drafts.find_offer, MessageId(1)) is None
    assert await all_standing(database) == {}
