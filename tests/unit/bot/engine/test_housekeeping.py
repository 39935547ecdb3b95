"""What the hourly round tells the owner."""

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.engine.housekeeping import drop_rows, tell_of_unreadable
from bot.jobs.alerts import AlertKind
from bot.jobs.drafts import Draft, Offer, OfferKind
from bot.jobs.model import JobId, MessageId, Reference, UserId, VideoRequest
from bot.jobs.states import State
from bot.jobs.store import drafts, pictures
from bot.jobs.tables import drafts as drafts_table
from bot.jobs.tables import jobs, offers
from tests.unit.bot.engine.scheduler_harness import a_scheduler_harness


@pytest.mark.parametrize(("state", "rung"), [(State.RENDERING, [AlertKind.STUCK]), (State.DELIVERED, [])])
async def test_the_owner_is_alerted_of_a_stuck_job(tmp_path: Path, state: State, rung: list[AlertKind]) -> None:
    """L10: a running job whose row can't be read waits for somebody's hand; one that has ended waits for nothing."""
    async with a_scheduler_harness(tmp_path) as harness:
        await harness.accept(State.RENDERING, submitted_at=1.0)
        await tell_of_unreadable(harness.context)
        assert harness.rung == []
        spoilt = await harness.accept(state, submitted_at=1.0, ended_at=2.0 if state is State.DELIVERED else None)
        nonsense = sa.update(jobs).where(jobs.c.id == spoilt.id).values(via="nonsense")
        await harness.database.write(lambda connection: connection.execute(nonsense))
        await tell_of_unreadable(harness.context)
        assert harness.rung == rung
        mended = sa.update(jobs).where(jobs.c.id == spoilt.id).values(via="command")
        await harness.database.write(lambda connection: connection.execute(mended))
        await tell_of_unreadable(harness.context)
        assert harness.alerts.ended == rung


async def test_rows_of_drafts_and_offers_go_with_their_time(tmp_path: Path) -> None:
    """C11: a draft lives for an hour, an offer for a day after it went; those that are open stay."""
    async with a_scheduler_harness(tmp_path) as harness:
        now = harness.clock.now()
        place = (await harness.accept()).origin.place
        for number, (age_seconds, gone_seconds) in enumerate([(0, None), (4_000, 60), (90_000, 89_000)]):
            reply = MessageId(number)
            draft = Draft(f"draft{number}", UserId(number), place, VideoRequest("A fox"), reply, now - age_seconds)
            offer = Offer(reply, UserId(number), JobId("ABCDEFGH"), place, draft.id, OfferKind.ASK, now + 60, "en")
            assert await harness.database.write(drafts.make_offer, offer, draft)
            if gone_seconds is not None:
                await harness.database.write(drafts.end_offer, reply, now - gone_seconds)
        stuck = Offer(MessageId(9), UserId(9), JobId("ABCDEFGH"), place, "gone", OfferKind.ASK, now - 90_000, "en")
        await harness.database.write(drafts.make_offer, stuck, replace(draft, id="draft9", user_id=UserId(9)))
        await drop_rows(harness.context)
        left = await harness.database.read(lambda connection: _ids(connection, drafts_table))
        assert left == ["draft0"]
        assert await harness.database.read(lambda connection: _ids(connection, offers)) == [0, 1]


async def _ids(connection: AsyncConnection, table: sa.Table) -> list[object]:
    return sorted(await connection.scalars(sa.select(table.c.id)))


async def test_of_ended_jobs_each_persons_latest_pictures_are_kept(tmp_path: Path) -> None:
    """C2: one person's pictures, however many, take no more than so much of the disk; running jobs keep theirs."""
    async with a_scheduler_harness(tmp_path) as harness:
        now = harness.clock.now()

        async def had(letter: str, user_id: int, ended_at: float | None, size_bytes: int = 60) -> str:
            picture = Reference(letter * 64, "png", size_bytes)
            state = State.RENDERING if ended_at is None else State.CANCELLED
            job = await harness.accept(
                state, ended_at=ended_at, request=VideoRequest("A fox", references=(picture,)), submitted_at=now
            )
            moved = sa.update(jobs).where(jobs.c.id == job.id).values(user_id=user_id)
            await harness.database.write(lambda connection: connection.execute(moved))
            return picture.file_name

        running, latest, twice = await had("a", 1, None), await had("b", 1, now), await had("b", 1, now - 9)
        older, others, shared = await had("c", 1, now - 1), await had("d", 2, now - 2), await had("e", 2, now - 3, 40)
        await had("e", 1, now - 4, 40)
        kept = await harness.database.read(pictures.find_kept_references, now - 100, 100)
        assert kept == {running, latest, others, shared}
        assert latest == twice
        assert older not in kept
