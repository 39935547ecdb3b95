"""How often cards are edited and rows are read, counted on a clock that a test moves."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.cards import Message
from bot.chat.courier import CourierFault, NotTaken
from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.engine.delivery.card_updates import CardUpdater
from bot.engine.signals import Signals
from bot.jobs.database import Database, StoreUnavailableError
from bot.jobs.model import ChannelId, Job, JobId, MessageId, PostKind
from bot.jobs.states import Event, State
from bot.jobs.store import moving, posts
from tests.databases import a_database
from tests.readers import READERS
from tests.unit.bot.engine.fake_clock import FakeClock
from tests.unit.bot.engine.providers_of_test import NoVideos, one_provider
from tests.unit.bot.jobs.samples import PROVIDER, a_job, put
from tests.wording import says

RENDERING, QUEUED = 20, 100


class FakeCourier:
    """Edits and deletes all it is asked to, or has a fault; keeps when and what."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.edits: list[tuple[float, MessageId, Message]] = []
        self.deleted: list[MessageId] = []
        self.fault: CourierFault | None = None

    def rest_seconds(self) -> float:
        return 0.0

    async def edit(self, _channel: ChannelId, message_id: MessageId, message: Message, **_: bool) -> bool:
        if self.fault is not None:
            raise self.fault
        self.edits.append((self._clock.seconds, message_id, message))
        return True

    async def delete(self, _channel: ChannelId, message_id: MessageId) -> bool:
        if self.fault is not None:
            raise self.fault
        self.deleted.append(message_id)
        return True

    def most_in_a_minute(self) -> int:
        return max((sum(began <= at < began + 60 for at, *_ in self.edits) for began, *_ in self.edits), default=0)


class CountingDatabase:
    """Counts what is read and written, by the name of the store's function."""

    def __init__(self, database: Database) -> None:
        self.counts: Counter[str] = Counter()
        self.read, self.write = self._counting(database.read), self._counting(database.write)

    def _counting(self, run: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def counting(work: Any, *args: Any, **changes: Any) -> Any:
            self.counts[work.__name__] += 1
            return await run(work, *args, **changes)

        return counting


class CardsHarness:
    """Jobs with cards in one channel, and a card updater that has just started."""

    def __init__(self, database: Database) -> None:
        self.database, self.clock, self.signals = database, FakeClock(), Signals()
        self.courier, self.counting = FakeCourier(self.clock), CountingDatabase(database)
        self.jobs: list[Job] = []
        self.start()

    def start(self) -> None:
        self.updater = CardUpdater(
            SimpleNamespace(  # pyright: ignore[reportArgumentType]  # what card updates use
                clock=self.clock,
                database=self.counting,
                providers=one_provider(NoVideos(PROVIDER)),
                courier=self.courier,
                readers=READERS,
                signals=self.signals,
                rules=SimpleNamespace(retention_seconds=1_000.0),
                kept_since=lambda: self.clock.now() - 1_000.0,
                kill_switch=SimpleNamespace(is_on=lambda: False),
            )
        )

    async def card(self, state: State, **changes: Any) -> Job:
        """A job whose card was posted by an earlier process."""
        (job,) = await self.cards(state, [changes])
        return job

    async def cards(self, state: State, each: list[dict[str, Any]]) -> list[Job]:
        """Such a job for each of those changes."""
        made = [a_job(state, accepted_at=self.clock.now() - 500.0, **changes) for changes in each]
        ids = {job.id: MessageId(len(self.jobs) + number) for number, job in enumerate(made, 1)}

        async def posted(connection: AsyncConnection) -> None:
            await put(connection, *made)
            for job in made:
                await posts.make_due(connection, job, PostKind.CARD)
            for post in await posts.find_posts_of_jobs(connection, list(ids)):
                await posts.mark_sent(connection, post, ids[post.job_id])

        await self.database.write(posted)
        self.jobs += made
        return made

    async def recover(self) -> None:
        """What a start does, and the first turn."""
        await self.updater._retries.learn()
        await self.updater.recover()
        await self.turn()

    async def turn(self) -> None:
        await self.updater._start_due()
        await self.updater.finish(10)

    async def pass_seconds(self, seconds: int, each: Callable[[int], None] = lambda _: None) -> None:
        """Let time pass second by second, with something that happens in each."""
        for second in range(seconds):
            self.clock.seconds += 1
            each(second)
            await self.turn()

    def order(self, waiting: list[Job]) -> None:
        places = {job.id: place for place, job in enumerate(waiting, start=1)}
        self.signals.place_in_queue = places.get
        self.signals.queue_ordered([job.id for job in waiting[:3]])


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[CardsHarness]:
    async with a_database(tmp_path) as database:
        yield CardsHarness(database)


async def a_busy_channel(harness: CardsHarness) -> tuple[list[Job], list[Job]]:
    """Twenty jobs that render and a hundred that wait, all from before a restart."""
    long_ago = harness.clock.now() - 400.0
    rendering = await harness.cards(State.RENDERING, [{"submitted_at": long_ago + 10 * n} for n in range(RENDERING)])
    waiting = await harness.cards(State.ACCEPTED, [{}] * QUEUED)
    await harness.recover()
    harness.order(waiting)
    return rendering, waiting


async def test_a_busy_channel_has_at_most_thirty_edits_a_minute(harness: CardsHarness) -> None:
    """Twenty cards show progress, a hundred their places; each six seconds a job is done and the next is sent."""
    rendering, waiting = await a_busy_channel(harness)
    percents = dict.fromkeys((job.id for job in rendering), 0)

    def go_on(second: int) -> None:
        for place, job in enumerate(rendering):
            percents[job.id] = percents.get(job.id, 0) + 1
            rendering[place] = replace(job, progress=min(100, percents[job.id]))
            harness.signals.card_touched(job.id, rendering[place])
        if second % 6 == 0:
            rendering.pop(0)
            sent = replace(waiting.pop(0), state=State.RENDERING, submitted_at=harness.clock.now())
            rendering.append(sent)
            harness.signals.card_touched(sent.id, sent)
            harness.order(waiting)

    await harness.pass_seconds(300, go_on)
    assert 20 <= harness.courier.most_in_a_minute() <= 30
    assert harness.counting.counts["find_with_jobs"] <= 2, "the rows are handed over"


async def test_a_state_change_is_shown_at_once_also_in_a_busy_channel(harness: CardsHarness) -> None:
    """All others use up the budget; the one that begins to render waits for none."""
    _rendering, waiting = await a_busy_channel(harness)
    for job in waiting:
        harness.signals.card_touched(job.id, replace(job, progress=1))
    await harness.pass_seconds(30)
    # One whose card was not edited in the last three seconds, which holds for any edit.
    edited = {message_id for _at, message_id, _message in harness.courier.edits}
    quiet = next(job for job in waiting if harness.jobs.index(job) + 1 not in edited)
    harness.signals.card_touched(quiet.id, replace(quiet, state=State.RENDERING))
    harness.courier.edits.clear()
    await harness.turn()
    assert [message_id for _at, message_id, _message in harness.courier.edits] == [harness.jobs.index(quiet) + 1]


async def test_a_restart_edits_nothing_that_shows_the_truth(harness: CardsHarness) -> None:
    """For twenty minutes; only the cards of the jobs that were sent last may have missed their edit."""
    rendering, _waiting = await a_busy_channel(harness)
    await harness.pass_seconds(1_300)
    edited = {message_id for _at, message_id, _message in harness.courier.edits}
    assert edited == {harness.jobs.index(job) + 1 for job in rendering[-2:]}
    assert len(harness.courier.edits) == 2


async def test_a_place_far_back_is_put_right_after_a_while(harness: CardsHarness) -> None:
    """The queue has moved on by twenty: each card shows that within the budget, ten minutes later."""
    waiting = [await harness.card(State.ACCEPTED) for _ in range(40)]
    await harness.recover()
    harness.order(waiting)
    await harness.pass_seconds(601)
    harness.order(waiting[20:])
    await harness.pass_seconds(590)
    # Three at the front at once.
    assert {message_id for _at, message_id, _message in harness.courier.edits} == {21, 22, 23}
    await harness.pass_seconds(120)
    assert {message_id for _at, message_id, _message in harness.courier.edits} == set(range(21, 41))
    shown = {message_id: message for _at, message_id, message in harness.courier.edits}
    assert says(shown[MessageId(40)].embed.description, Key.PLACE_IN_QUEUE, position=20)  # pyright: ignore[reportOptionalMemberAccess]
    assert harness.courier.most_in_a_minute() <= 30


async def test_slower_than_usual_is_shown_at_that_moment_once(harness: CardsHarness) -> None:
    """The card changes by itself when the usual time is over, waits for no budget, and is not edited again for it."""
    began_at = harness.clock.now()
    usual = {"usual_low_seconds": 60, "usual_high_seconds": 120}
    job = await harness.card(State.RENDERING, submitted_at=began_at, **usual)
    others = [await harness.card(State.RENDERING, submitted_at=began_at - 400.0) for _ in range(30)]
    await harness.recover()
    await harness.pass_seconds(5)
    harness.courier.edits.clear()

    def crowd(second: int) -> None:
        for other in others:
            harness.signals.card_touched(other.id, replace(other, progress=second % 100))

    await harness.pass_seconds(114, crowd)
    assert MessageId(1) not in {message_id for _at, message_id, _message in harness.courier.edits}
    await harness.pass_seconds(1, crowd)
    mine = [(at, message) for at, message_id, message in harness.courier.edits if message_id == 1]
    assert [says(message.embed.title, Key.RENDERING_LATE) for _at, message in mine] == [True]  # pyright: ignore[reportOptionalMemberAccess]
    await harness.pass_seconds(300, crowd)
    assert len([1 for _at, message_id, _message in harness.courier.edits if message_id == 1]) == 1
    assert job.id not in harness.updater._moments


async def test_a_restart_shows_what_has_become_slower_meanwhile(harness: CardsHarness) -> None:
    """Not what an earlier process has shown; what becomes slow later is shown then."""
    now = harness.clock.now()
    usual = {"usual_low_seconds": 60, "usual_high_seconds": 120}
    await harness.card(State.RENDERING, submitted_at=now - 900.0, **usual)
    await harness.card(State.RENDERING, submitted_at=now - 200.0, **usual)
    # The last thing that the earlier process has done.
    await harness.card(State.RENDERING, submitted_at=now - 100.0, usual_low_seconds=60, usual_high_seconds=160)
    await harness.recover()
    await harness.pass_seconds(30)
    assert sorted(message_id for _at, message_id, _message in harness.courier.edits) == [2, 3]
    await harness.pass_seconds(60)
    assert sorted(message_id for _at, message_id, _message in harness.courier.edits) == [2, 3, 3]


async def test_a_job_that_ends_in_time_is_not_looked_at_again(harness: CardsHarness) -> None:
    """Its moment is forgotten with its card."""
    usual = {"usual_low_seconds": 60, "usual_high_seconds": 120}
    job = await harness.card(State.RENDERING, submitted_at=harness.clock.now(), **usual)
    await harness.recover()
    await harness.pass_seconds(5)
    ended = await harness.database.write(moving.apply, job, Event.RENDER_FAILED, now=harness.clock.now())
    harness.signals.card_touched(job.id, ended)
    await harness.pass_seconds(5)
    harness.counting.counts.clear()
    await harness.pass_seconds(300)
    assert harness.counting.counts == {}


async def test_the_first_move_after_a_start_is_shown(harness: CardsHarness) -> None:
    """The cards are taken to show their places at the start, not those after it."""
    waiting = [await harness.card(State.ACCEPTED) for _ in range(3)]
    await harness.recover()
    harness.order(waiting)
    await harness.pass_seconds(10)
    assert harness.courier.edits == []
    harness.order(waiting[1:])
    await harness.pass_seconds(10)
    assert sorted(message_id for _at, message_id, _message in harness.courier.edits) == [2, 3]


async def test_a_state_that_passes_is_shown_only_if_it_lasts(harness: CardsHarness) -> None:
    """A job that is sent within a second is edited once: when it renders."""
    quick, slow = await harness.card(State.ACCEPTED), await harness.card(State.ACCEPTED)
    await harness.recover()
    harness.clock.seconds += 60
    for job in (quick, slow):
        harness.signals.card_touched(job.id, replace(job, state=State.SUBMITTING))
    await harness.turn()
    harness.signals.card_touched(quick.id, replace(quick, state=State.RENDERING))
    await harness.turn()
    assert [message_id for _at, message_id, _message in harness.courier.edits] == [1]
    await harness.pass_seconds(3)
    assert [message_id for _at, message_id, _message in harness.courier.edits] == [1, 2]


async def test_an_edit_that_failed_is_repeated(harness: CardsHarness) -> None:
    """Also the last one of a job: no later change would repair it."""
    job = await harness.card(State.CANCELLED, withheld=True, ended_at=harness.clock.now())
    harness.courier.fault = NotTaken(0.0)
    await harness.recover()
    harness.courier.fault = None
    await harness.pass_seconds(20)
    ((_at, _id, message),) = harness.courier.edits
    assert [button.id.action for button in message.buttons] == [Action.POST_IT]
    await harness.pass_seconds(1_000)
    assert [len(message.buttons) for _at, _id, message in harness.courier.edits] == [1, 0]
    assert harness.courier.deleted == []
    assert await harness.database.read(posts.find_standing_cards, None, 10) == []
    assert job.id not in harness.updater._cards


async def test_nothing_is_read_while_nothing_changes(harness: CardsHarness) -> None:
    """A quarter of an hour with a hundred and twenty cards that show the truth costs no read, edit or deletion."""
    await a_busy_channel(harness)
    await harness.pass_seconds(5)
    harness.counting.counts.clear()
    harness.courier.edits.clear()
    await harness.pass_seconds(1_000)
    assert (harness.counting.counts, harness.courier.edits) == ({}, [])


class FaultyDatabase:
    """Fails while `fails` is set."""

    def __init__(self, harness: CardsHarness) -> None:
        self.works: Any = harness.updater._context.database
        self.fails = True
        harness.updater._context.database = self  # pyright: ignore[reportAttributeAccessIssue]  # what card updates use
        self.write = self.works.write

    async def read(self, work: Any, *args: Any, **changes: Any) -> Any:
        if self.fails and work is not posts.find_outdated and work is not posts.find_standing_cards:
            raise StoreUnavailableError
        return await self.works.read(work, *args, **changes)


async def test_a_card_whose_rows_could_not_be_read(harness: CardsHarness) -> None:
    """The loop begins again after a store fault: the change is still shown."""
    job = await harness.card(State.RENDERING, submitted_at=harness.clock.now() - 400.0)
    await harness.card(State.RENDERING, submitted_at=harness.clock.now())
    await harness.recover()
    await harness.pass_seconds(5)
    database, before = FaultyDatabase(harness), len(harness.courier.edits)
    harness.signals.card_touched(job.id)
    with pytest.raises(StoreUnavailableError):
        await harness.turn()
    database.fails = False
    await harness.updater.recover()
    await harness.pass_seconds(5)
    assert len(harness.courier.edits) > before
    assert MessageId(1) in {message_id for _, message_id, _ in harness.courier.edits[before:]}


async def test_an_edit_that_needs_the_store_is_repeated(harness: CardsHarness) -> None:
    """The link to the video before could not be read: the new state is shown later."""
    job = await harness.card(State.RENDERING, submitted_at=harness.clock.now() - 400.0)
    await harness.recover()
    await harness.pass_seconds(5)
    remix = replace(job, request=replace(job.request, parent_id=JobId("abcdefgh")), late_at=harness.clock.now())
    database, before = FaultyDatabase(harness), len(harness.courier.edits)
    harness.signals.card_touched(job.id, remix)
    await harness.pass_seconds(5)
    database.fails = False
    await harness.pass_seconds(20)
    assert len(harness.courier.edits) == before + 1


async def test_a_place_whose_job_could_not_be_read_is_shown_later(harness: CardsHarness) -> None:
    """The card of an earlier process moved up in the queue while the store failed."""
    waiting = [await harness.card(State.ACCEPTED) for _ in range(2)]
    await harness.recover()
    harness.order(waiting)
    await harness.pass_seconds(10)
    database = FaultyDatabase(harness)
    harness.order(waiting[1:])
    await harness.pass_seconds(10)
    database.fails = False
    await harness.pass_seconds(30)
    assert [message_id for _at, message_id, _message in harness.courier.edits] == [2]


async def test_a_card_of_a_job_that_goes_on_after_all_is_kept(harness: CardsHarness) -> None:
    """Discord did not answer when the card of a lost job was to be deleted; then its video was found."""
    job = await harness.card(State.LOST, ended_at=harness.clock.now())
    await harness.database.write(posts.make_due, job, PostKind.FAILURE)
    *_, notice = await harness.database.read(posts.find_posts_of_jobs, [job.id])
    await harness.database.write(posts.mark_sent, notice, MessageId(77))
    harness.courier.fault = NotTaken(0.0)
    await harness.recover()
    await harness.database.write(moving.apply, job, Event.LINK, now=harness.clock.now(), remote_id="video_1")
    harness.signals.card_touched(job.id)
    await harness.turn()
    harness.courier.fault = None
    await harness.pass_seconds(30)
    assert harness.courier.deleted == []
