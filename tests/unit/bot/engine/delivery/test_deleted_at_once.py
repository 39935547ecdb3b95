"""A moderator is quicker than the database: the video's message is deleted before its id is stored."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.engine.requests.job_actions import JobActions
from bot.jobs.model import MessageId, PostKind
from bot.jobs.states import State
from bot.jobs.store import finding, moving, posts
from tests.unit.bot.engine.delivery.test_outbox import OutboxHarness, an_outbox_harness
from tests.unit.bot.jobs.samples import a_job, put


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[OutboxHarness]:
    async with an_outbox_harness(tmp_path) as outbox:
        yield outbox


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_video_deleted_before_it_is_noted_can_not_be_remixed(outbox: OutboxHarness, when: str) -> None:
    """Whichever comes first, the deletion or the note: the video counts as deleted."""
    job = a_job(State.POSTING, video_sha256="a" * 64, video_bytes=3, accepted_at=outbox.clock.now())
    await outbox.database.write(put, job)
    await outbox.database.write(posts.withdraw, await outbox.notice())
    await outbox.database.write(posts.make_due, job, PostKind.VIDEO)
    job_actions = JobActions(outbox.outbox._context, None)  # pyright: ignore[reportArgumentType]  # nothing is taken in here
    write = outbox.database.write

    async def deleting(work: Any, *args: Any, **changes: Any) -> Any:
        delivers = work.__name__ == moving.deliver.__name__
        if delivers and when == "before":
            await job_actions.forget_message(MessageId(1))
        done = await write(work, *args, **changes)
        if delivers and when == "after":
            await job_actions.forget_message(MessageId(1))
        return done

    outbox.rows.write = deleting
    outbox.job = job
    await outbox.turn()
    found = await outbox.rows.read(finding.get, job.id)
    assert found is not None
    assert (found.state, found.removed_at is None) == (State.DELIVERED, False)
