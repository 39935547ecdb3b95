"""A scheduler whose provider stops renders, and a person who presses Stop."""

from aiohttp import web

from bot.engine.requests.job_actions import JobActions
from bot.jobs.model import Job, PostKind
from bot.jobs.rights import Asker
from bot.jobs.states import State
from bot.jobs.store import posts
from bot.videos.provider_setup import Abilities
from tests.unit.bot.engine.providers_of_test import one_provider
from tests.unit.bot.engine.scheduler_harness import Answer, SchedulerHarness, answering, inline
from tests.unit.bot.media.samples import mp4

GONE = answering(404, {"error": {"message": "Video not found.", "code": "video_not_found"}})
TAKEN = answering(200, {"id": "video_1", "object": "video.deleted", "deleted": True})


class Scene:
    """A scheduler whose provider stops renders, and what a person presses."""

    def __init__(self, harness: SchedulerHarness) -> None:
        self.harness, self.api = harness, harness.api
        self.api.delete = TAKEN
        self.stops(can=True)
        self.actions = JobActions(harness.context, None)  # pyright: ignore[reportArgumentType]  # nothing is taken in

    def stops(self, *, can: bool) -> None:
        videos = self.harness.videos
        self.harness.context.providers = one_provider(videos, abilities=Abilities(cancel=can))

    async def rendering(self, **changes: object) -> Job:
        facts: dict[str, object] = {"remote_id": "video_1", "submitted_at": self.harness.clock.now()}
        return await self.harness.accept(State.RENDERING, **facts | changes)

    async def stop(self, job: Job) -> Job:
        """Press Stop."""
        return done(await self.actions.cancel(job.id, its_person(job)))

    async def post_it(self, job: Job) -> Job:
        return done(await self.actions.post_it(job.id, its_person(job)))

    async def asked(self, times: int = 1) -> None:
        await self.harness.until(lambda: len(self.api.deleted) >= times, "the request to stop it")
        assert len(self.api.deleted) == times

    async def polled_again(self) -> None:
        """Return when a poll that begins from now on has been carried out."""
        polls = len(self.api.polled)
        await self.harness.until(lambda: len(self.api.polled) >= polls + 2, "two more polls", step_seconds=5)

    async def said(self, job: Job) -> set[PostKind]:
        return {post.kind for post in await self.harness.database.read(posts.find_posts_of_jobs, [job.id])}


def its_person(job: Job) -> Asker:
    return Asker(job.origin.user_id, job.origin.place)


def done(answer: object) -> Job:
    assert isinstance(answer, Job)
    return answer


def a_status(status: str, **more: object) -> Answer:
    """A poll that is answered with that word."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.json_response({"id": request.path.rpartition("/")[2], "status": status, **more})

    return answer


COMPLETED = a_status("completed", url=inline(mp4()))
RUNNING = a_status("processing")


def after_delete(scene: Scene, then: Answer) -> Answer:
    """Running until a request to stop it has come, then that."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return await (then if scene.api.deleted else RUNNING)(request)

    return answer
