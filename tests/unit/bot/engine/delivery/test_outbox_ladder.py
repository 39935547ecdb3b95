"""A video's message on its way down the ladder: under one nonce, and never away from a place where it may be."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.chat.courier import CourierFault, OutcomeUnknown, Refused, TooLarge
from bot.jobs.denials import Denial
from bot.jobs.model import Cause, ChannelId, Job, MessageId, Post, PostKind, PostState
from bot.jobs.rungs import Rung, Why
from bot.jobs.states import State
from bot.jobs.store import finding, posts
from bot.jobs.store.upload_limits import find_limit
from tests.unit.bot.engine.delivery.test_outbox import OutboxHarness, a_video, an_outbox_harness

pytestmark = pytest.mark.both_databases
DM = ChannelId(500)
SMALL = 1_000


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[OutboxHarness]:
    async with an_outbox_harness(tmp_path) as outbox:
        yield outbox


async def the_video(outbox: OutboxHarness, job: Job) -> Post:
    (video,) = [
        post for post in await outbox.database.read(posts.find_posts_of_jobs, [job.id]) if post.kind is PostKind.VIDEO
    ]
    return video


async def tried_with(outbox: OutboxHarness, job: Job, fault: CourierFault | None) -> Post:
    """Let the video's turn come; Discord answers with that fault."""
    post = await the_video(outbox, job)
    outbox.clock.seconds += max(0.0, post.not_before - outbox.clock.now())
    outbox.courier.fault = fault
    await outbox.turn()
    return await the_video(outbox, job)


def opens_dms(outbox: OutboxHarness) -> None:
    async def open_dm(_user_id: object) -> ChannelId:
        return DM

    outbox.courier.open_dm = open_dm  # pyright: ignore[reportAttributeAccessIssue]


def finds(outbox: OutboxHarness, found: MessageId | None) -> list[ChannelId]:
    """Let the search end so; returns where is searched."""
    searched: list[ChannelId] = []

    async def find(channel_id: ChannelId, *_: object) -> MessageId | None:
        searched.append(channel_id)
        return found

    outbox.courier.find = find  # pyright: ignore[reportAttributeAccessIssue]
    return searched


async def job_of(outbox: OutboxHarness, job: Job) -> Job:
    found = await outbox.database.read(finding.get, job.id)
    assert found is not None
    return found


async def test_a_size_that_was_refused_is_learned_and_not_tried_again(outbox: OutboxHarness) -> None:
    """One upload; then the next way is taken, also by another video of that size in that server."""
    for number in (1, 2):
        job = await a_video(outbox, video_bytes=12_000_000, id=f"LEARNED{number}", remote_id=f"video_{number}")
        await tried_with(outbox, job, TooLarge("Too large."))
    uploaded = [parcel for parcel in outbox.courier.parcels if parcel.file is not None]
    assert len(uploaded) == 1
    learned = await outbox.database.read(find_limit, job.origin.place.guild_id)
    assert (learned.refused_bytes, learned.refused_hint_bytes) == (12_000_000, 10_000_000)


async def test_a_refusal_does_not_undo_a_lost_answer(outbox: OutboxHarness) -> None:
    """P3: the first answer was lost, the second upload was refused for its size: the first may be there."""
    job = await a_video(outbox, video_bytes=12_000_000)
    attempted_at = (await tried_with(outbox, job, OutcomeUnknown("The connection broke."))).attempted_at
    assert attempted_at is not None
    left = await tried_with(outbox, job, TooLarge("Too large."))
    assert left.attempted_at == attempted_at


async def test_a_video_moves_to_the_dm_under_its_nonce(outbox: OutboxHarness) -> None:
    """Its channel takes no message any more: the same message goes to its requester, with the reason."""
    opens_dms(outbox)
    job = await a_video(outbox, video_bytes=SMALL)
    moved = await tried_with(outbox, job, Refused(50001))
    assert (moved.channel_id, moved.moved_for, moved.attempted_at) == (DM, Why.ACCESS, None)
    sent = await tried_with(outbox, job, None)
    assert sent.state is PostState.SENT
    mine = [parcel for parcel in outbox.courier.parcels if job.id in parcel.nonce]
    assert [parcel.channel_id for parcel in mine] == [job.origin.place.channel_id, DM]
    assert len({parcel.nonce for parcel in mine}) == 1
    assert (await job_of(outbox, job)).posted_as is Rung.UPLOAD


@pytest.mark.parametrize("found", [None, MessageId(77)])
async def test_a_place_is_left_only_after_a_search(outbox: OutboxHarness, found: MessageId | None) -> None:
    """P3: an earlier attempt may have posted it there; then it is found, and doesn't come by DM as well."""
    opens_dms(outbox)
    searched = finds(outbox, found)
    job = await a_video(outbox, video_bytes=SMALL)
    await tried_with(outbox, job, OutcomeUnknown("The connection broke."))
    left = await tried_with(outbox, job, Refused(50013))
    assert searched == [job.origin.place.channel_id]
    if found is None:
        assert left.channel_id == DM
    else:
        assert (left.state, left.message_id) == (PostState.SENT, found)


async def test_a_place_that_cannot_be_searched_is_not_left(outbox: OutboxHarness) -> None:
    """P3: the video may be there unseen: it is kept instead of coming a second time."""
    opens_dms(outbox)

    async def find(*_: object) -> None:
        raise Refused(50001)

    outbox.courier.find = find  # pyright: ignore[reportAttributeAccessIssue]
    job = await a_video(outbox, video_bytes=SMALL)
    await tried_with(outbox, job, OutcomeUnknown("The connection broke."))
    await tried_with(outbox, job, Refused(50001))
    kept = await job_of(outbox, job)
    assert (kept.state, kept.cause, kept.field) == (State.UNDELIVERABLE, Cause.PERMISSION, Denial.ACCESS)
    assert DM not in {parcel.channel_id for parcel in outbox.courier.parcels}


async def test_a_refused_file_is_remembered_with_its_message(outbox: OutboxHarness) -> None:
    """Discord's filter blocks it: after a restart it isn't uploaded there again."""
    job = await a_video(outbox, video_bytes=SMALL)
    left = await tried_with(outbox, job, Refused(20009, 400))
    assert (left.file_denial, left.state) == (Denial.EXPLICIT, PostState.DUE)
    outbox.outbox._waiting.clear()
    await tried_with(outbox, job, None)
    uploaded = [parcel for parcel in outbox.courier.parcels if parcel.file is not None]
    assert len(uploaded) == 1
