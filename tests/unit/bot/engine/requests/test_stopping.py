"""Cancel and *Don't post* in the moment in which the job moves on: its state decides, not the button."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.jobs.model import Job, PostKind
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.states import Event, State
from bot.jobs.store import moving, posts
from tests.unit.bot.engine.requests_harness import RequestsHarness, a_requests_harness
from tests.unit.bot.jobs.samples import a_job


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[RequestsHarness]:
    async with a_requests_harness(tmp_path) as harness:
        yield harness


async def test_cancel_of_what_comes_back_untaken_cancels_it(harness: RequestsHarness) -> None:
    """It was being sent when Cancel was pressed, and comes back in that moment: it ends, without a "too late"."""
    job = await harness.stored(a_job(State.SUBMITTING, accepted_at=harness.clock.now()))
    write, raced = harness.database.write, False

    async def race(work: Any, *args: Any, **changes: Any) -> Any:
        nonlocal raced
        if not raced:
            raced = True
            await write(moving.apply, job, Event.POSTPONE, now=harness.clock.now())
        return await write(work, *args, **changes)

    harness.context.database.write = race
    done = await harness.job_actions.cancel(job.id, harness.pressing()[0])
    assert isinstance(done, Job)
    assert (done.state, done.withheld) == (State.CANCELLED, False)
    assert (await harness.job(job.id)).state is State.CANCELLED


async def test_what_is_being_posted_can_not_be_stopped(harness: RequestsHarness) -> None:
    """Its message is on its way: that is too late, however often it is looked at again."""
    job = await harness.stored(a_job(State.POSTING, accepted_at=harness.clock.now()))
    await harness.database.write(posts.make_due, job, PostKind.VIDEO)
    (post,) = await harness.database.read(posts.find_posts_of_jobs, [job.id])
    assert await harness.database.write(posts.begin_sending, post, job, harness.clock.now())
    done = await harness.job_actions.cancel(job.id, harness.pressing()[0])
    assert isinstance(done, Refusal)
    assert done.reason is Reason.TOO_LATE_TO_CANCEL
