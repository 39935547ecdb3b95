"""The end of a message in the outbox: decided by its job's state then, and without leftovers in memory."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.chat.courier import CourierFault, OutcomeUnknown, Refused, TooLarge
from bot.engine.delivery import sending
from bot.jobs.model import Cause, ChannelId, Job, MessageId, Post, PostKind, PostState
from bot.jobs.states import Event, State
from bot.jobs.store import finding, moving, posts
from tests.unit.bot.engine.delivery.test_outbox import OutboxHarness, a_video, an_outbox_harness
from tests.unit.bot.jobs.samples import a_job, put


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[OutboxHarness]:
    async with an_outbox_harness(tmp_path) as outbox:
        yield outbox


async def test_a_video_asked_for_again_while_it_is_put_away_is_posted(outbox: OutboxHarness) -> None:
    """P2: **Post it** is pressed after the job was read as withheld: it is read again, and its video is posted."""
    job = await a_video(outbox, video_bytes=1_000, withheld=True)

    async def send_again() -> None:
        await outbox.database.write(moving.note, job, withheld=False)

    outbox.rows.after_read = send_again
    await outbox.turn()
    await outbox.turn()
    left = await outbox.database.read(finding.get, job.id)
    assert left is not None
    assert left.state is State.DELIVERED
    assert [parcel.nonce for parcel in outbox.courier.parcels].count("P0ST0000-video-1") == 1


@pytest.mark.parametrize(("kind", "cause"), [(PostKind.CARD, Cause.PROVIDER), (PostKind.LATE, Cause.CONTENT)])
async def test_a_message_that_may_exist_is_found_once_its_job_has_ended(
    outbox: OutboxHarness, kind: PostKind, cause: Cause
) -> None:
    """Its response was lost, and the job ended a moment later: it is searched for, so that it can be deleted."""
    job = a_job(State.RENDERING, accepted_at=outbox.clock.now() - 60.0)
    await outbox.database.write(put, job)
    await outbox.database.write(posts.make_due, job, kind)
    outbox.courier.fault = OutcomeUnknown("The connection broke.")
    await outbox.turn()
    await outbox.database.write(moving.apply, job, Event.RENDER_FAILED, now=outbox.clock.now(), cause=cause)

    async def find(_channel_id: ChannelId, _after: MessageId, is_ours: Callable[[str], bool]) -> MessageId | None:
        return MessageId(77) if is_ours(f"vb:{kind}:withhold:{job.id}:1") else None

    outbox.courier.find = find  # pyright: ignore[reportAttributeAccessIssue]
    outbox.courier.fault = None
    outbox.clock.seconds += 5.0
    await outbox.turn()
    said = await outbox.database.read(posts.find_posts_of_jobs, [job.id])
    assert [(post.state, post.message_id) for post in said if post.kind is kind] == [(PostState.SENT, 77)]


async def nothing_is_remembered(outbox: OutboxHarness) -> bool:
    """Whether the outbox holds nothing of any message, after it has looked for more to say."""
    await outbox.turn()
    outbox = outbox.outbox
    return not any((outbox._waiting, outbox._busy, *(due.first() for due in outbox._due.values())))


@pytest.mark.slow
@pytest.mark.parametrize("fault", [None, Refused(50001), TooLarge("Too large.")])
async def test_nothing_is_remembered_of_messages_that_are_done(
    outbox: OutboxHarness, fault: CourierFault | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sent, refused, or too large with a link asked for, and broken on the way: when all is said nothing stays."""
    compose, broken = sending.compose, [ValueError("no such prompt")]

    async def broken_once(context: Any, job: Job, post: Post, refused: Any) -> object:
        if broken and post.kind is PostKind.VIDEO:
            raise broken.pop()
        return await compose(context, job, post, refused)

    monkeypatch.setattr(sending, "compose", broken_once)
    await a_video(outbox, video_bytes=1_000)
    outbox.courier.fault = fault
    for _ in range(3):
        await outbox.turn()
        outbox.clock.seconds += 30
    outbox.clock.seconds += 100_000.0
    await outbox.turn()
    await outbox.turn()
    assert await nothing_is_remembered(outbox)
    assert not broken
    assert await outbox.database.read(posts.find_all_unsent_jobs) == []
