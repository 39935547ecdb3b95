"""**Post it** pressed at the very moment in which a video that was not to be posted is put away."""

import asyncio
from pathlib import Path

from aiohttp import web

from bot.engine.requests.job_actions import JobActions
from bot.jobs.model import Job, PostKind
from bot.jobs.rights import Asker
from bot.jobs.states import Event, State
from bot.jobs.store import moving, posts
from tests.unit.bot.engine.scheduler_harness import SchedulerHarness, a_scheduler_harness
from tests.unit.bot.media.samples import mp4


def pressed(harness: SchedulerHarness) -> JobActions:
    return JobActions(harness.context, None)  # pyright: ignore[reportArgumentType]  # nothing is taken in here


def its_person(job: Job) -> Asker:
    return Asker(job.origin.user_id, job.origin.place)


async def test_a_video_wanted_while_it_is_fetched_is_posted(tmp_path: Path) -> None:
    """*Don't post*, and **Post it** while the video is on its way to us: it is posted, as the answer has said."""
    async with a_scheduler_harness(tmp_path) as harness:
        on_its_way, go_on = asyncio.Event(), asyncio.Event()

        async def poll(_: web.Request) -> web.StreamResponse:
            return web.json_response({"id": "video_1", "status": "completed"})

        async def content(_: web.Request) -> web.StreamResponse:
            on_its_way.set()
            await go_on.wait()
            return web.Response(body=mp4(), content_type="video/mp4")

        harness.api.poll, harness.api.content = poll, content
        job = await harness.accept(
            State.RENDERING, remote_id="video_1", withheld=True, submitted_at=harness.clock.now()
        )
        harness.start()
        await asyncio.wait_for(on_its_way.wait(), 20)
        answer = await pressed(harness).post_it(job.id, its_person(job))
        assert isinstance(answer, Job)
        go_on.set()
        await harness.is_in(job, State.POSTING)
        said = await harness.database.read(posts.find_posts_of_jobs, [job.id])
        assert PostKind.VIDEO in [post.kind for post in said]


async def test_post_it_that_loses_the_race_reads_again(tmp_path: Path) -> None:
    """The video was put away between the look at its job and the press: the press takes it out again."""
    async with a_scheduler_harness(tmp_path) as harness:
        job = await harness.accept(State.FETCHING, remote_id="video_1", withheld=True)
        write, raced = harness.database.write, False

        async def race(work: object, *args: object, **changes: object) -> object:
            nonlocal raced
            if work.__name__ == moving.note.__name__ and not raced:
                raced = True
                await write(moving.apply, job, Event.KEEP, now=harness.clock.now())
            return await write(work, *args, **changes)  # pyright: ignore[reportArgumentType, reportCallIssue]

        harness.database.write = race  # pyright: ignore[reportAttributeAccessIssue]
        answer = await pressed(harness).post_it(job.id, its_person(job))
        assert isinstance(answer, Job)
        now = await harness.job(job)
        assert (now.state, now.withheld) == (State.FETCHING, False)


async def test_a_video_wanted_while_its_message_is_due_is_not_put_away(tmp_path: Path) -> None:
    """**Post it** right after the outbox saw that the video is not to be posted: its message stays due."""
    async with a_scheduler_harness(tmp_path) as harness:
        job = await harness.accept(State.POSTING, remote_id="video_1", withheld=True)
        await harness.database.write(posts.make_due, job, PostKind.VIDEO)
        (due,) = await harness.database.read(posts.find_posts_of_jobs, [job.id])
        assert isinstance(await pressed(harness).post_it(job.id, its_person(job)), Job)
        await harness.database.write(moving.stop_delivering, job, due, Event.KEEP, harness.clock.now())
        assert (await harness.job(job)).state is State.POSTING
        assert await harness.database.read(posts.find_posts_of_jobs, [job.id]) == [due]
