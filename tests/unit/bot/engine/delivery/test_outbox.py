"""What is said once stays said, however the loop's rows, its sendings and the machine's clock get out of step."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.chat.courier import CourierFault, NotTaken, OutcomeUnknown, Parcel, Refused
from bot.engine.delivery import sending
from bot.engine.delivery.history_search import NONCE_SURE_SECONDS
from bot.engine.delivery.outbox import OutboxDispatcher
from bot.engine.signals import Signals
from bot.jobs.database import Database
from bot.jobs.model import Cause, ChannelId, Job, JobId, MessageId, Post, PostKind, PostState
from bot.jobs.states import State
from bot.jobs.store import finding, moving, posts
from bot.jobs.store.processes import SEND_WITHIN_SECONDS
from bot.videos.provider_faults import PollFailed
from bot.videos.values import RemoteVideo
from tests.databases import a_database
from tests.readers import READERS
from tests.unit.bot.engine.fake_clock import FakeClock
from tests.unit.bot.engine.providers_of_test import one_provider
from tests.unit.bot.jobs.samples import PROVIDER, a_job, put

pytestmark = pytest.mark.both_databases


class FakeWallClock(FakeClock):
    """Its time of day can be set while the other one goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.set_by_seconds = 0.0

    def now(self) -> float:
        return super().now() + self.set_by_seconds


class FakeCourier:
    """Accepts every message, delays its response on demand, or has a fault instead; can't be searched."""

    def __init__(self) -> None:
        self.parcels: list[Parcel] = []
        self.resting_seconds = 0.0
        self.past: MessageId | None = None
        self.searched = 0
        self.fault: CourierFault | None = None
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()

    def rest_seconds(self) -> float:
        return self.resting_seconds

    async def post(self, parcel: Parcel) -> MessageId:
        self.parcels.append(parcel)
        self.asked.set()
        await self.may_answer.wait()
        if self.fault is not None:
            raise self.fault
        return MessageId(len(self.parcels))

    async def open_dm(self, _user_id: object) -> ChannelId:
        raise Refused(50007)

    def surely_past(self) -> MessageId | None:
        return self.past

    def takes_threads(self, _place: object) -> None:
        return None

    async def upload_limit_bytes(self, _guild_id: object) -> int:
        return 10_000_000

    async def find(self, *_: object) -> MessageId | None:
        self.searched += 1
        raise OutcomeUnknown("Discord answered 503.")


class FakeProvider:
    """Knows of the video, and gives no answer."""

    provider = PROVIDER

    def __init__(self) -> None:
        self.polled = 0

    async def poll(self, _remote_id: str) -> RemoteVideo:
        self.polled += 1
        raise PollFailed(status=503)


class FakeFetcher:
    """Has every video, whole by default."""

    max_bytes = 100_000_000

    def __init__(self) -> None:
        self.whole = True

    async def verify(self, *_: object) -> bool:
        return self.whole

    def path(self, name: str) -> Path:
        return Path(name)

    async def shown_name(self, name: str) -> str:
        return name

    async def forget(self, _name: str) -> None:
        pass


class FakeSlowDatabase:
    """A database whose list of unsent messages reaches the outbox only when it may: it is old by then."""

    is_shared = False

    def __init__(self, database: Database) -> None:
        self._database = database
        self.write = database.write
        self.in_hand = asyncio.Event()
        self.may_arrive = asyncio.Event()
        self.may_arrive.set()
        self.after_read: Callable[[], Awaitable[None]] | None = None

    async def read(self, work: Callable[..., Awaitable[Any]], *args: object) -> Any:
        found = await self._database.read(work, *args)
        if work is posts.find_unsent_of_jobs:
            self.in_hand.set()
            await self.may_arrive.wait()
            if self.after_read is not None:
                await self.after_read()
        return found


class FakeFrames:
    """Keeps the ids of the videos whose first frames were deleted."""

    def __init__(self) -> None:
        self.forgotten: list[JobId] = []

    async def forget(self, job_ids: list[JobId]) -> None:
        self.forgotten += job_ids


class OutboxHarness:
    """A outbox with one failed job's notice to say."""

    def __init__(self, database: Database, job: Job) -> None:
        self.database, self.job = database, job
        self.rows, self.courier, self.clock = FakeSlowDatabase(database), FakeCourier(), FakeWallClock()
        self.provider, self.fetcher = FakeProvider(), FakeFetcher()
        self.frames = FakeFrames()
        rules = SimpleNamespace(job_give_up_seconds=86_400.0)
        self.outbox = OutboxDispatcher(
            SimpleNamespace(  # pyright: ignore[reportArgumentType]  # the parts that telling a notice uses
                process="machine",
                clock=self.clock,
                database=self.rows,
                courier=self.courier,
                readers=READERS,
                rules=rules,
                signals=Signals(),
                providers=one_provider(self.provider),
                fetcher=self.fetcher,
                ffmpeg=SimpleNamespace(available=False),
                first_frames=self.frames,
                kill_switch=SimpleNamespace(is_on=lambda: False),
            )
        )

    async def notice(self) -> Post:
        (post,) = await self.database.read(posts.find_posts_of_jobs, [self.job.id])
        return post

    async def look(self) -> float:
        """Let the loop go round once, as after a start: the store names every job with an unsent message."""
        await self.outbox.recover()
        return await self.outbox._start_due()

    async def turn(self) -> None:
        """The same, and what it begins comes to its end."""
        self.courier.may_answer.set()
        await self.look()
        await self.outbox.finish(10)

    async def look_while_it_is_sent(self, *, then_seconds: float = 0.0) -> Post:
        """Let the loop read its rows while a sending is under way, and go on with them when that has ended.

        Returns the notice as the sending left it.
        """
        await self.look()
        await self.courier.asked.wait()
        self.rows.in_hand.clear()
        self.rows.may_arrive.clear()
        poll = asyncio.create_task(self.look())
        await self.rows.in_hand.wait()
        self.courier.may_answer.set()
        await self.outbox.finish(10)
        left = await self.notice()
        self.clock.seconds += then_seconds
        self.rows.may_arrive.set()
        await poll
        await self.outbox.finish(10)
        return left


@asynccontextmanager
async def an_outbox_harness(tmp_path: Path) -> AsyncIterator[OutboxHarness]:
    """A outbox and what it works with, until it is closed."""
    async with a_database(tmp_path) as database:
        job = a_job(State.FAILED, cause=Cause.PROVIDER)
        await database.write(put, job)
        await database.write(posts.make_due, job, PostKind.FAILURE)
        yield OutboxHarness(database, job)


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[OutboxHarness]:
    async with an_outbox_harness(tmp_path) as outbox:
        yield outbox


async def test_a_message_that_was_sent_meanwhile_is_left_alone(outbox: OutboxHarness) -> None:
    """P3: the rows were read before the sending ended: the message is neither said again nor looked for."""
    left = await outbox.look_while_it_is_sent(then_seconds=600)  # the nonce of the sending counts no more
    assert await outbox.notice() == left
    assert (left.state, left.message_id) == (PostState.SENT, 1)
    assert len(outbox.courier.parcels) == 1


@pytest.mark.parametrize("fault", [OutcomeUnknown("The connection broke."), NotTaken(900.0)])
async def test_a_message_that_failed_meanwhile_rests_as_long_as_it_has_to(
    outbox: OutboxHarness, fault: CourierFault
) -> None:
    """The rows were read before the sending failed: what is known of that attempt, and its rest, stay as they are."""
    outbox.courier.fault = fault
    left = await outbox.look_while_it_is_sent()
    assert left.not_before > outbox.clock.now()
    assert await outbox.notice() == left
    assert len(outbox.courier.parcels) == 1


async def an_attempt_of_unknown_outcome(outbox: OutboxHarness) -> None:
    outbox.courier.fault = OutcomeUnknown("The connection broke.")
    await outbox.turn()
    outbox.courier.fault = None
    await outbox.database.write(posts.mark_unsent, await outbox.notice(), not_before=0.0, known=False)


async def test_within_two_minutes_the_nonce_vouches_for_the_message(outbox: OutboxHarness) -> None:
    """P3: an attempt of unknown outcome is repeated under its nonce without reading the history."""
    await an_attempt_of_unknown_outcome(outbox)
    outbox.clock.seconds += NONCE_SURE_SECONDS
    await outbox.turn()
    assert outbox.courier.searched == 0
    assert len({parcel.nonce for parcel in outbox.courier.parcels}) == 1


async def its_turn_comes(outbox: OutboxHarness, *, more_seconds: float = 0.0) -> Post:
    """Wait until the notice may be sent again, let the loop go round, and return what it left."""
    outbox.clock.seconds += max(0.0, (await outbox.notice()).not_before - outbox.clock.now()) + more_seconds
    await outbox.turn()
    return await outbox.notice()


async def test_a_rate_limit_does_not_undo_a_lost_answer(outbox: OutboxHarness) -> None:
    """P1: the first answer was lost, the second try was surely not taken: the first may stand there all the same."""
    outbox.courier.fault = OutcomeUnknown("The connection broke.")
    attempted = (await its_turn_comes(outbox)).attempted_at
    outbox.courier.fault = NotTaken(1.0)
    left = await its_turn_comes(outbox)
    assert (left.state, left.attempted_at) == (PostState.SENDING, attempted)
    assert len(outbox.courier.parcels) == 2
    outbox.courier.fault = None
    await its_turn_comes(outbox, more_seconds=NONCE_SURE_SECONDS + 1)
    assert outbox.courier.searched == 1
    assert len(outbox.courier.parcels) == 2, "it is looked for, not sent, when the nonce doesn't vouch any more"


async def test_what_was_surely_not_taken_need_not_be_searched_for(outbox: OutboxHarness) -> None:
    """P1: after a rate limit alone nothing can stand there, however long it takes until the next try."""
    outbox.courier.fault = NotTaken(1.0)
    left = await its_turn_comes(outbox)
    assert (left.state, left.attempted_at) == (PostState.DUE, None)
    outbox.courier.fault = None
    left = await its_turn_comes(outbox, more_seconds=600)
    assert (left.state, outbox.courier.searched) == (PostState.SENT, 0)


@pytest.mark.parametrize("set_by_seconds", [0.0, -600.0, -3_600.0, -9_000.0, 3_600.0])
async def test_no_nonce_is_trusted_after_two_minutes_at_any_setting_of_the_clock(
    outbox: OutboxHarness, set_by_seconds: float
) -> None:
    """P3: ten minutes after an attempt of unknown outcome it is looked for first, also when the clock was set back."""
    await an_attempt_of_unknown_outcome(outbox)
    outbox.clock.seconds += 600
    outbox.clock.set_by_seconds = set_by_seconds
    await outbox.turn()
    assert outbox.courier.searched == 1
    assert len(outbox.courier.parcels) == 1


@pytest.mark.parametrize("slept_seconds", [600.0, -10.0])
async def test_no_nonce_is_trusted_when_the_clocks_disagree(outbox: OutboxHarness, slept_seconds: float) -> None:
    """P3: a machine that slept (its other clock stood), or an attempt that lies in the future, means to look first."""
    await an_attempt_of_unknown_outcome(outbox)
    outbox.clock.set_by_seconds = slept_seconds
    await outbox.turn()
    assert outbox.courier.searched == 1
    assert len(outbox.courier.parcels) == 1


@pytest.mark.parametrize("shared", [True, False])
async def test_a_message_that_comes_late_after_its_mark_is_marked_again(outbox: OutboxHarness, *, shared: bool) -> None:
    """The process was stopped in between, and another one may post it by now; without others it is sent at once."""
    write: Callable[..., Awaitable[Any]] = outbox.database.write
    outbox.rows.is_shared = shared

    async def slow_once(work: Callable[..., Awaitable[Any]], *args: Any, **changes: Any) -> Any:
        answer = await write(work, *args, **changes)
        if work is posts.begin_sending:
            outbox.clock.seconds += SEND_WITHIN_SECONDS + 1.0
            outbox.rows.write = write
        return answer

    outbox.rows.write = slow_once
    await outbox.turn()
    marked = await outbox.notice()
    assert (len(outbox.courier.parcels), marked.tries) == (0 if shared else 1, 1)
    await outbox.turn()
    assert (len(outbox.courier.parcels), (await outbox.notice()).state) == (1, PostState.SENT)


async def test_waiting_for_discord_is_no_try(outbox: OutboxHarness) -> None:
    """D8: while all that is said rests, messages are left as they are, and go out as soon as it is over."""
    outbox.courier.resting_seconds = 15.0
    before = await outbox.notice()
    for _ in range(20):
        assert await outbox.look() == 15.0
    assert await outbox.notice() == before
    outbox.courier.resting_seconds = 0.0
    await outbox.turn()
    assert (await outbox.notice()).state is PostState.SENT


async def a_video(outbox: OutboxHarness, *, accepted_seconds_ago: float = 60.0, **changes: Any) -> Job:
    """A job whose video is to be posted, and is over what Discord takes unless that is changed."""
    accepted_at = outbox.clock.now() - accepted_seconds_ago
    video: dict[str, Any] = {"remote_id": "video_1", "video_sha256": "a" * 64, "video_bytes": 30_000_000}
    about = {"id": JobId("P0ST0000"), "accepted_at": accepted_at, "completed_at": accepted_at + 60} | video | changes
    job = a_job(State.POSTING, **about)
    await outbox.database.write(put, job)
    await outbox.database.write(posts.make_due, job, PostKind.VIDEO)
    return job


async def test_a_kept_file_that_is_not_what_was_fetched_is_not_posted(outbox: OutboxHarness) -> None:
    """It was cut or changed on disk: the job goes back to fetching, and no message is posted for it."""
    job = await a_video(outbox, video_bytes=1_000)
    outbox.fetcher.whole = False
    await outbox.turn()
    left = await outbox.database.read(finding.get, job.id)
    assert left is not None
    assert left.state is State.FETCHING
    assert [parcel for parcel in outbox.courier.parcels if job.id in parcel.nonce] == []


@pytest.mark.parametrize(("hours", "tried"), [(23, True), (25, True), (25, False)])
async def test_a_video_is_given_up_in_time_also_while_nothing_can_be_said(
    outbox: OutboxHarness, hours: int, tried: bool
) -> None:
    """R19: a day after it was asked for, a job whose video Discord never took ends as undeliverable, not before.

    C3: nor before this process has tried to post it once.
    """
    job = await a_video(outbox, accepted_seconds_ago=hours * 3_600.0)
    outbox.courier.resting_seconds = 15.0
    await outbox.look()
    if tried:
        outbox.outbox._waiting[job.id, PostKind.VIDEO, 1].tries.attempted_at = outbox.clock.monotonic()
    await outbox.look()
    left = await outbox.database.read(finding.get, job.id)
    assert left is not None
    assert left.state is (State.UNDELIVERABLE if hours > 24 and tried else State.POSTING)
    assert outbox.courier.parcels == []


@pytest.mark.slow
@pytest.mark.parametrize("hours", [23, 25])
async def test_a_message_that_cannot_be_composed_ends_with_its_time(
    outbox: OutboxHarness, hours: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R19: one that breaks at each try is tried until its job's time is up; then the job ends, and the others go on."""

    compose = sending.compose

    async def broken(context: Any, job: Job, post: Post, refused: Any) -> object:
        if post.kind is PostKind.VIDEO:
            raise ValueError("no such prompt")
        return await compose(context, job, post, refused)

    monkeypatch.setattr(sending, "compose", broken)
    job = await a_video(outbox, accepted_seconds_ago=hours * 3_600.0)
    for _ in range(3):
        await outbox.turn()
        outbox.clock.seconds += 30
    left = await outbox.database.read(finding.get, job.id)
    assert left is not None
    assert left.state is (State.UNDELIVERABLE if hours > 24 else State.POSTING)
    assert (await outbox.notice()).state is PostState.SENT


@pytest.mark.parametrize("hours", [23, 25])
async def test_a_video_too_large_is_kept_only_when_no_link_was_found_in_all_its_time(
    outbox: OutboxHarness, hours: int
) -> None:
    """P2: while the provider gives no answer about the link it is asked again, later and later, until time is up."""
    job = await a_video(outbox, accepted_seconds_ago=hours * 3_600.0)
    await outbox.turn()
    left = await outbox.database.read(finding.get, job.id)
    assert left is not None
    if hours > 24:
        assert (left.state, left.cause) == (State.UNDELIVERABLE, Cause.SIZE)
        return
    assert left.state is State.POSTING
    asked_at = [outbox.clock.now()]
    for _ in range(9):
        ((post, _),) = await outbox.database.read(posts.find_unsent_of_jobs, [job.id])
        assert post.state is PostState.DUE
        assert 2 <= post.not_before - asked_at[-1] <= 300
        outbox.clock.seconds += post.not_before - outbox.clock.now()
        asked_at.append(outbox.clock.now())
        await outbox.turn()
    assert outbox.provider.polled == 10
    assert asked_at[-1] - asked_at[0] > 60


async def test_a_video_fetched_again_is_searched_for_before_it_is_posted(outbox: OutboxHarness) -> None:
    """C12: its message may stand under the number before: the first post of a later number comes after a search."""
    job = await a_video(outbox, video_bytes=1_000)
    await outbox.database.write(posts.withdraw, await outbox.notice())
    ((first, _),) = await outbox.database.read(posts.find_unsent_of_jobs, [job.id])
    await outbox.database.write(posts.mark_refused, first)
    await outbox.database.write(posts.make_due, job, PostKind.VIDEO)
    await outbox.turn()
    # This Discord can't be searched: what has to be looked for is not posted.
    assert (outbox.courier.searched, outbox.courier.parcels) == (1, [])


@pytest.mark.parametrize(("known", "searched"), [(False, 0), (True, 1)])
async def test_after_a_restore_each_first_post_comes_after_a_search(
    outbox: OutboxHarness, known: bool, searched: int
) -> None:
    """C9: the notice of a job that the copy knew may be posted already."""
    signals = outbox.outbox._context.signals
    signals.searched_until = outbox.job.accepted_at if known else outbox.job.accepted_at - 1
    await outbox.turn()
    assert (outbox.courier.searched, len(outbox.courier.parcels)) == (searched, 1 - searched)


async def test_a_wrong_clock_keeps_no_message_back(outbox: OutboxHarness) -> None:
    """A try failed while the clock was a year ahead; once that is put right the message is due by the stored time."""
    outbox.clock.set_by_seconds = 31_536_000.0
    outbox.courier.fault = NotTaken(1.0)
    await outbox.turn()
    outbox.courier.fault, outbox.clock.set_by_seconds = None, 0.0
    await outbox.database.write(moving.bring_back, outbox.clock.now())
    outbox.outbox._context.signals.time_settled(set(), [outbox.job.id], [])
    await outbox.outbox._start_due()
    await outbox.outbox.finish(10)
    assert (await outbox.notice()).state is PostState.SENT
