"""Batches in the store: all of their jobs or none, with one card."""

from dataclasses import replace

import pytest

from bot.jobs.database import Database
from bot.jobs.limits import Limits
from bot.jobs.model import Job, PostKind, PostState, Via
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.states import Event
from bot.jobs.store import batches, finding, moving, posts
from bot.jobs.store.accepting import Accepted, accept
from tests.unit.bot.jobs.samples import a_job

GENEROUS = Limits(1_000, 0)


def a_batch(count: int, origin_id: str = "draft:1") -> list[Job]:
    """Jobs of one action."""
    return [
        replace(job, origin=replace(job.origin, via=Via.BATCH, ordinal=ordinal))
        for ordinal, job in enumerate(a_job(origin_id=origin_id, prompt=f"line {line}") for line in range(count))
    ]


async def test_a_batch_is_stored_with_one_card(database: Database) -> None:
    """All jobs in their order, each with its key, and one card, which is the first one's."""
    first, *others = a_batch(3)
    accepted = await database.write(accept, first, GENEROUS, 0, None, others)
    assert accepted == Accepted(first, new=True, others=tuple(others))
    found = await database.read(batches.find_batch, first.origin.id)
    assert [job for job, _ in found] == [first, *others]
    assert [[(post.kind, post.state) for post in said] for _, said in found] == [
        [(PostKind.BATCH, PostState.DUE)], [], []
    ]  # fmt: skip
    assert await database.write(accept, first, GENEROUS, 0, None, others) == Accepted(first, new=False)


@pytest.mark.parametrize(
    ("limits", "room"),
    [
        (Limits(3, 0), 2),
        (Limits(9, 2), 1),
        (Limits(9, 0, queued_jobs=3), 2),
        (Limits(9, 0, all_jobs_per_day=2), 1),
        (Limits(9, 0, guild_jobs_per_day=3), 2),
    ],
)
async def test_limits_are_judged_for_the_sum(database: Database, limits: Limits, room: int) -> None:
    """With one job under way already: none of the batch is stored, and the refusal says how many would fit."""
    await database.write(accept, a_job(), GENEROUS)
    first, *others = a_batch(3)
    refused = await database.write(accept, first, limits, 0, None, others)
    assert refused == Refusal(Reason.BATCH_NO_ROOM, {"room": room, "given": 3})
    assert await database.read(finding.get, first.id) is None
    first, *others = a_batch(room)
    assert isinstance(await database.write(accept, first, limits, 0, None, others), Accepted)


async def test_each_job_waits_for_the_one_card(database: Database) -> None:
    """Also those that aren't the first; of another action none does."""
    made, later = a_batch(2), a_batch(2, "draft:2")
    for first, *others in (made, later):
        await database.write(accept, first, GENEROUS, 0, None, others)
    (card,) = await database.read(posts.find_posts_of_jobs, [made[0].id])
    assert [await database.read(posts.awaits_card, job.id) for job in made] == [True, True]
    await database.write(posts.mark_refused, card)
    assert [await database.read(posts.awaits_card, job.id) for job in made] == [False, False]
    assert [await database.read(posts.awaits_card, job.id) for job in later] == [True, True]


async def test_a_card_is_open_until_it_is_final(database: Database) -> None:
    """From its post on until it is stored as gone; what becomes of the jobs doesn't matter for that."""
    first, *others = a_batch(2)
    await database.write(accept, first, GENEROUS, 0, None, others)
    assert await database.read(batches.find_open) == []
    (card,) = await database.read(posts.find_posts_of_jobs, [first.id])
    await database.write(posts.mark_sent, card, 1_234)
    await database.write(moving.apply, first, Event.CANCEL, now=1.0)
    assert await database.read(batches.find_open) == [first.origin.id]
    await database.write(posts.mark_gone, card)
    assert await database.read(batches.find_open) == []
