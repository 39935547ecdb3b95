"""What people ask at: taking in, acts and replies, on a real store, with a Discord that keeps what it is given."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from structlog.testing import capture_logs

from bot.chat.courier import CourierFault, Parcel
from bot.chat.custom_ids import Action, ButtonId, MessageKind
from bot.engine.delivery.offers import OfferLoop
from bot.engine.requests.intake import Intake
from bot.engine.requests.job_actions import JobActions
from bot.engine.requests.lookup import Lookup
from bot.engine.requests.replies import Replies
from bot.engine.requests.reply_rule import Reply
from bot.engine.signals import Signals
from bot.jobs.catalogue import Catalogue
from bot.jobs.database import Database, StoreUnavailableError
from bot.jobs.limits import Limits
from bot.jobs.model import ChannelId, Job, JobId, MessageId, Origin, Place, Via
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.rights import Asker
from bot.jobs.states import State
from bot.jobs.store import finding
from tests.databases import a_database
from tests.readers import READERS
from tests.unit.bot.engine.fake_clock import FakeSkippingClock
from tests.unit.bot.engine.providers_of_test import NoVideos, one_provider
from tests.unit.bot.engine.unfitted_pictures import UnfittedPictures
from tests.unit.bot.jobs.samples import ANNA, BEN, HERE, PROVIDER, a_job, put


class FakeCourier:
    """Keeps every message; `faults` are what happens first, one for each attempt."""

    def __init__(self) -> None:
        self.parcels: list[Parcel] = []
        self.faults: list[CourierFault] = []

    def rest_seconds(self) -> float:
        return 0.0

    async def post(self, parcel: Parcel) -> MessageId:
        if self.faults:
            raise self.faults.pop(0)
        self.parcels.append(parcel)
        return MessageId(1_000 + len(self.parcels))

    async def find(self, *_: object) -> None:
        if self.faults:
            raise self.faults.pop(0)

    async def delete(self, *_: object) -> bool:
        return True

    def thread_of(self, _place: Place) -> None:
        return None


class RequestsHarness:
    """Anna makes requests; `sees` decides who can see a channel."""

    def __init__(self, database: Database) -> None:
        self.database, self.clock, self.courier, self.signals = database, FakeSkippingClock(), FakeCourier(), Signals()
        self.context: Any = SimpleNamespace(
            clock=self.clock,
            database=database,
            signals=self.signals,
            process="machine",
            rules=SimpleNamespace(limits=Limits(10, 0), reply_remix="on", reply_grace_seconds=5.0),
            providers=one_provider(NoVideos(PROVIDER)),
            courier=self.courier,
            ffmpeg=SimpleNamespace(available=True),
            owner_alerts=SimpleNamespace(),
            readers=READERS,
            catalogue=Catalogue.of(("gpt-4o-video",), ("1280x720",), ("8",)),
            shelf=SimpleNamespace(holds=lambda _: True, keep_all=self._no_pictures),
            first_frames=SimpleNamespace(forget=self._forget_frames),
        )
        self.context.fitted_pictures = UnfittedPictures(self.context)
        self.frames_forgotten: list[JobId] = []
        self.intake = Intake(self.context, lambda *_: None, self._no_frame)
        self.job_actions = JobActions(self.context, self.intake)
        self.replies = Replies(self.context, self.intake, Lookup(self.context))
        self.unseen: set[ChannelId] = set()
        self._presses = 0

    @staticmethod
    async def _no_frame(*_: object) -> Refusal:
        return Refusal(Reason.REMIX_UNDRAWN)

    @staticmethod
    async def _no_pictures(*_: object) -> tuple[()]:
        return ()

    async def _forget_frames(self, job_ids: Iterable[JobId]) -> None:
        self.frames_forgotten += job_ids

    async def sees(self, channel_id: ChannelId) -> bool:
        return channel_id not in self.unseen

    def limit(self, active_jobs: int) -> None:
        self.context.rules.limits = Limits(active_jobs, 0)

    async def stored(self, job: Job) -> Job:
        await self.database.write(put, job)
        return job

    async def video(self, **changes: Any) -> Job:
        """A finished video of somebody else."""
        facts = {"user_id": BEN, "remote_id": "video_1", "ended_at": self.clock.now()}
        return await self.stored(a_job(State.DELIVERED, accepted_at=self.clock.now(), **(facts | changes)))

    async def failed(self, parent: Job | None = None, state: State = State.FAILED) -> Job:
        """A job of Anna's that came to nothing; a remix, if the parent is given."""
        job = a_job(state, accepted_at=self.clock.now(), ended_at=self.clock.now())
        return await self.stored(replace(job, request=replace(job.request, parent_id=parent.id if parent else None)))

    async def job(self, job_id: JobId) -> Job:
        found = await self.database.read(finding.get, job_id)
        assert found is not None
        return found

    def pressing(self, place: Place = HERE) -> tuple[Asker, Origin]:
        """One press of a button by Anna."""
        self._presses += 1
        return Asker(ANNA, place), Origin(f"press-{self._presses}", Via.BUTTON, ANNA, place)

    def reply(self, number: int, text: str, to: Job, *, readable: bool = True, named: bool = True) -> Reply:
        """A reply of Anna's to a video in the same channel, whose buttons name it, if Discord has sent them along."""
        shown = ButtonId(MessageKind.VIDEO, Action.REMIX, to.id) if named else None
        return Reply(MessageId(number), MessageId(5), ANNA, HERE, "en", text, text, readable=readable, shown=shown)

    async def answer(self, reply: Reply) -> None:
        await self.replies.answer(reply, self.sees)

    async def show_offers(self) -> None:
        """Let the loop that shows and takes away offers come round once."""
        rested = asyncio.Event()
        wait = self.signals.wait

        async def rest(*_: object) -> None:
            rested.set()
            await asyncio.Event().wait()

        self.signals.wait = rest  # pyright: ignore[reportAttributeAccessIssue]  # it is only to be known when it rests
        offer_loop = OfferLoop(self.context)
        loop = asyncio.create_task(offer_loop.run())
        try:
            await asyncio.wait_for(rested.wait(), 20)
        finally:
            loop.cancel()
            await asyncio.gather(loop, return_exceptions=True)
            await offer_loop.finish(10.0)
            self.signals.wait = wait

    def break_store(self, *names: str) -> None:
        """Let the statements of those names fail from now on."""

        def breaking(run: Any) -> Any:
            async def broken(work: Any, *args: Any, **changes: Any) -> Any:
                if work.__name__ in names:
                    raise StoreUnavailableError("The database could not do this: locked.")
                return await run(work, *args, **changes)

            return broken

        self.context.database = SimpleNamespace(
            read=breaking(self.database.read),
            write=breaking(self.database.write),
            is_shared=self.database.is_shared,
        )

    @property
    def said(self) -> list[str]:
        return [parcel.message.content or "" for parcel in self.courier.parcels]


@asynccontextmanager
async def a_requests_harness(folder: Path) -> AsyncIterator[RequestsHarness]:
    async with a_database(folder) as database:
        with capture_logs():
            yield RequestsHarness(database)
