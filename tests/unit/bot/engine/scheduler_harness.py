"""The scheduler as it runs, with a store, a provider on loopback and a Discord that says what a test tells it to."""

import asyncio
import base64
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy import event
from structlog.testing import capture_logs

from bot.chat.courier import CourierFault, Seen
from bot.chat.naming import Said
from bot.engine.context import Rules
from bot.engine.pipeline.poll import Poller
from bot.engine.pipeline.scheduler import Scheduler
from bot.engine.pipeline.throttle import ProviderThrottle
from bot.engine.pipeline.throttles import Throttles
from bot.engine.signals import Signals
from bot.jobs.backends import READING
from bot.jobs.catalogue import Catalogue
from bot.jobs.database import Database
from bot.jobs.denials import Denial
from bot.jobs.limits import Limits
from bot.jobs.model import ChannelId, Job, MessageId, Place, PostKind, Via
from bot.jobs.pacing import Bounds
from bot.jobs.states import State
from bot.jobs.store import finding, posts
from bot.media.ffmpeg import Ffmpeg
from bot.media.first_frames import FirstFrames
from bot.media.video_fetcher import AddressGuard, Source, VideoFetcher
from bot.videos.client import VideosClient
from bot.videos.dialects.openai import OpenAIDialect
from bot.videos.providers import Provider, Providers
from bot.videos.spending import SpendGuard
from bot.videos.values import Endpoint
from sandbox.clock import ScaledClock
from tests.databases import a_database
from tests.readers import READERS
from tests.unit.bot.engine.fake_alerts import FakeAlerts
from tests.unit.bot.engine.unfitted_pictures import UnfittedPictures
from tests.unit.bot.jobs.samples import a_job, put
from tests.unit.bot.videos.fake_provider import FakeProvider, serve

DEADLINE_SECONDS = 3600.0
GIVE_UP_SECONDS = 86_400.0
WAIT_SECONDS = 20.0
LOOKS = 10

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class FakeCourier:
    """Answers if replies exist: yes to all of them, or the fault that is set."""

    def __init__(self) -> None:
        self.fault: CourierFault | None = None
        self.asked: list[MessageId] = []
        self.seen = Seen(Said("make it night", "make it night"), edited=False)
        self.gone: set[int] = set()
        self.file: object = None
        self.denials: dict[ChannelId, Denial] = {}
        self.answers = asyncio.Event()
        self.answers.set()

    def thread_of(self, _place: Place) -> None:
        return None

    async def find_denial(self, place: Place) -> Denial | None:
        if self.fault is not None:
            raise self.fault
        return self.denials.get(place.channel_id)

    async def find_file(self, _channel: object, _message: object) -> object:
        """The file of any video's message."""
        return self.file

    async def read(self, _place: object, message_id: MessageId) -> Seen | None:
        self.asked.append(message_id)
        await self.answers.wait()
        if self.fault is not None:
            raise self.fault
        return None if message_id in self.gone else self.seen


class FakeApi:
    """A provider: paid jobs render for ever, until a test sets other responses."""

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self.numbers = itertools.count(1)
        self.keys: list[str] = []
        self.create: Answer = self.taken
        self.poll: Answer = self._running
        self.content: Answer = self._nothing
        self.list: Answer = self._nothing
        self.delete: Answer = self._nothing
        self.paid: list[str] = []
        self.polled: list[str] = []
        self.deleted: list[str] = []
        self.got: list[str] = []
        self.in_flight = 0
        self.in_flight_most = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.method == "POST":
            is_json = request.content_type == "application/json"
            self.paid.append(str((await request.json() if is_json else await request.post())["prompt"]))
            self.keys.append(request.headers["Idempotency-Key"])
            self.in_flight += 1
            self.in_flight_most = max(self.in_flight, self.in_flight_most)
            try:
                return await self.create(request)
            finally:
                self.in_flight -= 1
        if request.method == "DELETE":
            self.deleted.append(request.path.rpartition("/")[2])
            return await self.delete(request)
        self.got.append(request.path)
        if request.path.endswith("/content"):
            return await self.content(request)
        if request.path.endswith("/videos"):
            return await self.list(request)
        self.polled.append(request.path.rpartition("/")[2])
        return await self.poll(request)

    async def taken(self, _: web.Request) -> web.StreamResponse:
        return web.json_response({"id": f"video_{self.prefix}{next(self.numbers)}", "status": "queued"})

    async def _running(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"id": request.path.rpartition("/")[2], "status": "processing"})

    async def _nothing(self, _: web.Request) -> web.StreamResponse:
        return web.json_response({"error": {"message": "no", "code": "x"}}, status=404)


def answering(status: int, json: object = None, headers: dict[str, str] | None = None) -> Answer:
    """An answer of that status, with OpenAI's envelope if nothing else is given."""
    body = {"error": {"message": "no", "code": "server_error"}} if json is None else json

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.json_response(body, status=status, headers=headers)

    return answer


def file_of(data: bytes) -> Answer:
    """An answer that is a video."""

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(body=data, content_type="video/mp4")

    return answer


def inline(data: bytes) -> str:
    """An address that holds the video itself."""
    return f"data:video/mp4;base64,{base64.b64encode(data).decode()}"


class SchedulerHarness:
    """The parts of an engine that a scheduler needs, all real but for what lies outside of the process."""

    def __init__(
        self,
        folder: Path,
        database: Database,
        provider: FakeProvider,
        apis: Sequence[FakeApi],
        clock: ScaledClock,
        others: Sequence[FakeProvider] = (),
        **rules: object,
    ) -> None:
        self.database, self.api, self.apis, self.clock = database, apis[0], apis, clock
        self.courier, self.signals, self.throttle = (
            FakeCourier(),
            Signals(),
            ProviderThrottle(clock, submits_per_minute=10_000),
        )
        self.guard = SpendGuard(10_000, clock)
        self.videos = VideosClient(Endpoint(provider.base_url, "sk-test"), OpenAIDialect(), self.guard, clock)
        retry_server_errors = rules.pop("retry_server_errors", 2)
        clients = [self.videos]
        for number, other in enumerate(others):
            endpoint = Endpoint(other.base_url, f"sk-other-{number}")
            clients.append(VideosClient(endpoint, OpenAIDialect(), self.guard, clock))
        self.providers = Providers(
            [
                Provider(client.provider, f"p{number}", client, retry_server_errors=retry_server_errors)
                for number, client in enumerate(clients)
            ]
        )
        throttles = {self.videos.provider: self.throttle}
        for client in clients[1:]:
            throttles[client.provider] = ProviderThrottle(clock, submits_per_minute=10_000)
        self.throttles = Throttles(self.providers, throttles)
        sources = {client.provider: Source(AddressGuard(client.provider, ()), client.key_for) for client in clients}
        self.fetcher = VideoFetcher(folder / "videos", 10_000_000, sources)
        # As on a machine without ffmpeg.
        without = Ffmpeg(None, folder / "ffmpeg", self.fetcher.space, clock, 10_000_000)
        self.first_frames = FirstFrames(folder / "frames", without)
        self.alerts = FakeAlerts()
        self.rung = self.alerts.rung
        obeyed = Rules(
            limits=Limits(1000, 0),
            poll_bounds=Bounds(1.0, 60.0),
            job_deadline_seconds=DEADLINE_SECONDS,
            job_give_up_seconds=GIVE_UP_SECONDS,
            retention_seconds=86_400.0,
            max_rendering_jobs=20,
            reply_remix="on",
            reply_grace_seconds=0.0,
        )
        self.context = SimpleNamespace(
            clock=clock,
            database=database,
            providers=self.providers,
            catalogue=Catalogue.of(["gpt-4o-video"], ["1280x720"], ["8"]),
            fetcher=self.fetcher,
            shelf=SimpleNamespace(),
            first_frames=self.first_frames,
            ffmpeg=without,
            courier=self.courier,
            readers=READERS,
            rules=replace(obeyed, **rules),
            signals=self.signals,
            owner_alerts=self.alerts,
            process="machine",
        )
        self.context.fitted_pictures = UnfittedPictures(self.context)
        self.poller = Poller(self.context, self.throttles)  # pyright: ignore[reportArgumentType]  # what a scheduler uses
        self.scheduler = Scheduler(self.context, self.throttles, self.poller)  # pyright: ignore[reportArgumentType]
        self._running: asyncio.Task[None] | None = None
        self._seen: dict[str, tuple[int, int, Job]] = {}
        self._commits = 0
        event.listen(database._engine.sync_engine, "commit", self._committed)

    def _committed(self, connection: sa.Connection) -> None:
        self._commits += not connection.get_execution_options().get(READING, False)

    def start(self) -> None:
        self._running = asyncio.create_task(self.scheduler.run())

    async def stop_loop(self) -> None:
        """End the loop as the process does, with its steps still under way."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def close(self) -> None:
        await self.stop_loop()
        await self.scheduler.finish(0.0)
        await self.providers.close()
        await self.fetcher.close()

    async def accept(self, state: State = State.ACCEPTED, *, reply: int | None = None, **changes: object) -> Job:
        """Store a job of now, of a reply if its message is given, and let the scheduler know."""
        now = self.clock.now()
        facts: dict[str, object] = {"accepted_at": now, "provider": self.videos.provider}
        job = a_job(state, **facts | changes)
        if reply is not None:
            job = replace(job, origin=replace(job.origin, via=Via.REPLY, reply_to=MessageId(reply)))
        await self.database.write(put, job)
        self.let_claim()
        return job

    async def delivered(self, **changes: object) -> Job:
        """A finished video with its message."""
        job = await self.accept(State.DELIVERED, **changes)
        await self.database.write(posts.make_due, job, PostKind.VIDEO)
        (post,) = await self.database.read(posts.find_posts_of_jobs, [job.id])
        await self.database.write(posts.mark_sent, post, MessageId(4_711))
        return job

    def let_claim(self) -> None:
        """Let the scheduler claim what is stored, as at a start."""
        self.signals.has_unclaimed = True
        self.signals.work.set()

    async def job(self, job: Job) -> Job:
        found = await self.database.read(finding.get, job.id)
        assert found is not None
        return found

    async def _look(self, job: Job) -> Job:
        """The job, read again if this process has stored something since; now and then also for what others store."""
        commits, looks, seen = self._seen.get(job.id, (-1, 0, job))
        if commits != self._commits or looks == LOOKS:
            commits, looks, seen = self._commits, 0, await self.job(job)
        self._seen[job.id] = commits, looks + 1, seen
        return seen

    async def is_past(self, job: Job, *states: State) -> bool:
        """Whether the job is in none of the states any more."""
        return (await self._look(job)).state not in states

    async def is_in(self, job: Job, *states: State, step_seconds: float = 0.0) -> Job:
        """Wait until the job is in one of the states."""
        found: list[Job] = []

        async def so() -> bool:
            found[:] = [await self._look(job)]
            return found[0].state in states

        await self.until(so, f"{job.request.prompt} to be {states}", step_seconds=step_seconds)
        return found[0]

    async def until(self, so: Callable[[], object], what: str = "it", *, step_seconds: float = 0.0) -> None:
        """Wait until it is so, and let that much time pass meanwhile; fails after 20 real seconds.

        No time passes during a transaction: on a slow machine a job would be marked and sent minutes apart.
        """
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                while True:
                    answer = so()
                    if await answer if isinstance(answer, Awaitable) else answer:
                        return
                    if step_seconds and not self.database._under_way:
                        self.clock.jump(step_seconds)
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(f"waited in vain for {what}") from None


@asynccontextmanager
async def a_scheduler_harness(folder: Path, providers: int = 1, **rules: object) -> AsyncIterator[SchedulerHarness]:
    """A scheduler whose loop runs as soon as `start` is called, with so many providers of every model."""
    apis = [FakeApi(f"{number}_" if number else "") for number in range(providers)]
    served = [FakeProvider() for _ in apis]
    for provider, api in zip(served, apis, strict=True):
        # The API reads bodies itself.
        provider.handle = api.answer  # pyright: ignore[reportAttributeAccessIssue]  # of it only its port is used
    async with a_database(folder) as database:
        runners = [await serve(provider) for provider in served]
        harness = SchedulerHarness(folder, database, served[0], apis, ScaledClock(), served[1:], **rules)
        # The log isn't read here, and formatting tracebacks takes long.
        with capture_logs():
            try:
                yield harness
            finally:
                await harness.close()
                for runner in runners:
                    await runner.cleanup()
