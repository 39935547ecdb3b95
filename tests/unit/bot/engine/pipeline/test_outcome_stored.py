"""What the provider answered to a paid request is written down whole, however much trouble the database is in."""

import asyncio
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.engine.requests.job_actions import JobActions
from bot.jobs.database import StoreUnavailableError
from bot.jobs.model import Job
from bot.jobs.rights import Asker
from bot.jobs.states import State
from tests.unit.bot.engine.scheduler_harness import Answer, SchedulerHarness, a_scheduler_harness, answering

BUSY = answering(429, {"error": {"message": "busy"}}, {"Retry-After": "1"})


async def busy_once(harness: SchedulerHarness, request: web.Request) -> web.StreamResponse:
    """Is busy at first, and accepts the next request."""
    harness.api.create = harness.api.taken
    return await BUSY(request)


def breaking_at_first(harness: SchedulerHarness, times: int, answer: Answer) -> Answer:
    """The answer, after which the database takes nothing so many times."""
    write, left = harness.database.write, 0

    async def broken(*args: Any, **changes: Any) -> Any:
        nonlocal left
        if left:
            left -= 1
            raise StoreUnavailableError("The database could not do this: locked.")
        return await write(*args, **changes)

    async def answer_and_break(request: web.Request) -> web.StreamResponse:
        nonlocal left
        left = times
        return await answer(request)

    harness.database.write = broken
    return answer_and_break


async def test_a_clean_no_stays_one_while_the_database_is_locked(tmp_path: Path) -> None:
    """The provider refused: the job is sent again later, and no question is posted."""
    async with a_scheduler_harness(tmp_path) as harness:
        harness.api.create = breaking_at_first(harness, 3, lambda request: busy_once(harness, request))
        job = await harness.accept()
        harness.start()
        await harness.until(lambda: len(harness.api.paid) == 2, "it to be sent again", step_seconds=1.0)
        assert (await harness.is_in(job, State.RENDERING)).cause is None


async def test_what_came_back_untaken_and_is_not_wanted_never_waits_again(tmp_path: Path) -> None:
    """*Don't post* while it is sent, and it is not taken: a crash never finds it waiting again."""
    async with a_scheduler_harness(tmp_path) as harness:
        asked, go_on = asyncio.Event(), asyncio.Event()

        async def busy(request: web.Request) -> web.StreamResponse:
            asked.set()
            await go_on.wait()
            return await busy_once(harness, request)

        harness.api.create = busy
        job = await harness.accept()
        write, seen = harness.database.write, set[tuple[State, bool]]()

        async def watched(*args: Any, **changes: Any) -> Any:
            done = await write(*args, **changes)
            now = await harness.job(job)
            seen.add((now.state, now.withheld))
            return done

        harness.database.write = watched
        harness.start()
        await asyncio.wait_for(asked.wait(), 20)
        job_actions = JobActions(harness.context, None)  # pyright: ignore[reportArgumentType]  # nothing is taken in here
        assert isinstance(await job_actions.cancel(job.id, Asker(job.origin.user_id, job.origin.place)), Job)
        go_on.set()
        await harness.is_in(job, State.CANCELLED)
        assert (State.ACCEPTED, True) not in seen
        assert len(harness.api.paid) == 1
