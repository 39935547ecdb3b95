"""The end of a message in the outbox: decided by its job's state then, and without leftovers in memory."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.chat.courier import CourierFault, Refused, TooLarge
from bot.engine.delivery import sending
from bot.jobs.model import Job, Post, PostKind
from bot.jobs.states import State
from bot.jobs.store import finding, moving, posts
from tests.unit.bot.engine.delivery.test_outbox import OutboxHarness, a_video, an_outbox_harness


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


async def nothing_is_remembered(outbox: OutboxHarness) -> bool:
    """Whether the outbox holds nothing of any message, after it has looked for more to say."""
    await outbox.turn()
    outbox = outbox.outbox
    return not any((outbox._waiting, outbox._busy, *(due.first() for due in outbox._due.values())))


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
