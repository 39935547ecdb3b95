"""B2: what can't be posted is not paid for; and an outage of Discord keeps no video from being made."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.chat.courier import OutcomeUnknown, Refused
from bot.engine.pipeline.preflight import CARD_SECONDS, forget_place
from bot.jobs.denials import Denial
from bot.jobs.model import Cause, ChannelId, GuildId, Job, Place, PostKind
from bot.jobs.states import State
from bot.jobs.store import finding, moving, posts
from tests.unit.bot.engine.delivery.test_outbox import OutboxHarness, an_outbox_harness
from tests.unit.bot.engine.scheduler_harness import SchedulerHarness, a_scheduler_harness
from tests.unit.bot.jobs.samples import HERE, a_job, a_private_job, put

OLD_SECONDS = 60.0


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[SchedulerHarness]:
    async with a_scheduler_harness(tmp_path) as harness:
        yield harness


async def with_card(harness: SchedulerHarness) -> Job:
    job = await harness.accept()
    await harness.database.write(posts.make_due, job, PostKind.CARD)
    return job


async def the_card(harness: SchedulerHarness, job: Job) -> object:
    (card,) = await harness.database.read(posts.find_posts_of_jobs, [job.id])
    return card


async def test_a_job_is_sent_as_soon_as_its_card_is_there(harness: SchedulerHarness) -> None:
    """Nothing is paid for before the card was tried; then at once."""
    job = await with_card(harness)
    harness.start()
    await asyncio.sleep(0.3)
    assert harness.api.paid == []
    (card,) = await harness.database.read(posts.find_posts_of_jobs, [job.id])
    await harness.database.write(posts.mark_sent, card, None)
    harness.signals.card_tried(job.id)
    await harness.is_past(job, State.ACCEPTED)
    await harness.until(lambda: harness.api.paid == [job.request.prompt])


async def test_a_job_is_sent_after_some_seconds_when_discord_does_not_answer(harness: SchedulerHarness) -> None:
    """An outage of Discord must not stop submissions for ever."""
    job = await with_card(harness)
    harness.start()
    await asyncio.sleep(0.2)
    assert harness.api.paid == []
    harness.clock.jump(CARD_SECONDS)
    await harness.until(lambda: harness.api.paid == [job.request.prompt])


async def test_a_private_job_is_sent_only_once_its_card_is_there(harness: SchedulerHarness) -> None:
    """Its DM may be closed: neither a try of unknown outcome nor time is enough."""
    job = a_private_job(accepted_at=harness.clock.now())
    await harness.database.write(put, job)
    await harness.database.write(posts.make_due, job, PostKind.CARD)
    (card,) = await harness.database.read(posts.find_posts_of_jobs, [job.id])
    await harness.database.write(posts.mark_unsent, card, not_before=harness.clock.now() + 60.0, known=False)
    harness.start()
    harness.clock.jump(CARD_SECONDS)
    await asyncio.sleep(0.3)
    harness.clock.jump(OLD_SECONDS)
    await asyncio.sleep(0.3)
    assert harness.api.paid == []
    await harness.database.write(posts.mark_sent, card, None)
    harness.signals.card_tried(job.id)
    await harness.until(lambda: harness.api.paid == [job.request.prompt])


async def test_a_card_of_unknown_outcome_was_tried(harness: SchedulerHarness) -> None:
    """The first try is over, however it ended: the next may be a minute away."""
    job = await with_card(harness)
    (card,) = await harness.database.read(posts.find_posts_of_jobs, [job.id])
    await harness.database.write(posts.mark_unsent, card, not_before=harness.clock.now() + 60.0, known=False)
    harness.start()
    await harness.until(lambda: harness.api.paid == [job.request.prompt])


@pytest.mark.parametrize("denial", [Denial.GONE, Denial.ACCESS])
async def test_a_job_that_waited_is_not_sent_when_its_place_is_gone(harness: SchedulerHarness, denial: Denial) -> None:
    """The look before submission: the place went away while the gateway was not connected."""
    job = await harness.accept(accepted_at=harness.clock.now() - OLD_SECONDS)
    harness.courier.denials[job.origin.place.channel_id] = denial
    harness.start()
    left = await harness.is_in(job, State.FAILED)
    assert (left.cause, left.field) == (Cause.PLACE, denial.value)
    assert harness.api.paid == []


@pytest.mark.parametrize(("fault", "paid"), [(OutcomeUnknown("Discord answered 503."), 1), (Refused(10003, 404), 0)])
async def test_only_discords_own_no_ends_a_job(harness: SchedulerHarness, fault: Exception, paid: int) -> None:
    """While Discord can't be asked about the place, the job goes on."""
    job = await harness.accept(accepted_at=harness.clock.now() - OLD_SECONDS)
    harness.courier.fault = fault  # pyright: ignore[reportAttributeAccessIssue]
    harness.start()
    await harness.until(lambda: harness.is_past(job, State.ACCEPTED, State.SUBMITTING))
    assert len(harness.api.paid) == paid


@pytest.mark.parametrize("whole_server", [True, False])
async def test_what_waits_in_a_place_that_goes_away_ends(harness: SchedulerHarness, whole_server: bool) -> None:
    """Channel, thread or server: only what was asked for there, and only what was not sent yet."""
    there = Place(ChannelId(900), GuildId(90))
    beside = Place(ChannelId(901), GuildId(90))
    waiting = await harness.accept(place=there)
    next_door = await harness.accept(place=beside)
    elsewhere = await harness.accept(place=HERE)
    rendering = await harness.accept(State.RENDERING, place=there, remote_id="video_9")
    gone = (GuildId(90), None if whole_server else ChannelId(900))
    await forget_place(harness.context, *gone)  # pyright: ignore[reportArgumentType]
    assert (await harness.job(waiting)).cause is Cause.PLACE
    assert ((await harness.job(next_door)).state is State.FAILED) == whole_server
    assert (await harness.job(elsewhere)).state is State.ACCEPTED
    assert (await harness.job(rendering)).state is State.RENDERING


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[OutboxHarness]:
    async with an_outbox_harness(tmp_path) as outbox:
        yield outbox


async def a_card(outbox: OutboxHarness, state: State = State.ACCEPTED, **changes: object) -> Job:
    job = a_job(state, accepted_at=outbox.clock.now(), **changes)
    job = replace(job, id=type(job.id)("CARD0000"))
    await outbox.database.write(put, job)
    await outbox.database.write(posts.make_due, job, PostKind.CARD)
    return job


async def left(outbox: OutboxHarness, job: Job) -> Job:
    found = await outbox.database.read(finding.get, job.id)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("status", "code"),
    [(403, 50001), (403, 50013), (404, 10003), (404, 10004), (400, 50008), (400, 160005), (400, 200000), (403, 50007)],
)
async def test_a_refused_card_ends_a_job_that_was_not_sent(outbox: OutboxHarness, status: int, code: int) -> None:
    """The safety net: it costs nothing, and its notice goes to the requester's DM, not to that place."""
    job = await a_card(outbox)
    outbox.courier.fault = Refused(code, status)
    await outbox.turn()
    ended = await left(outbox, job)
    assert (ended.state, ended.cause) == (State.FAILED, Cause.PLACE)
    tried = len(outbox.courier.parcels)
    outbox.courier.fault = None
    await outbox.turn()
    assert len(outbox.courier.parcels) == tried  # DMs are closed here: nothing more is posted anywhere
    kinds = {post.kind: post.state for post in await outbox.database.read(posts.find_posts_of_jobs, [job.id])}
    assert kinds == {PostKind.CARD: "refused", PostKind.FAILURE: "refused"}


@pytest.mark.parametrize("code", [50035, 20009, 400001, 30033])
async def test_a_card_refused_for_its_own_sake_ends_nothing(outbox: OutboxHarness, code: int) -> None:
    """What says nothing about the place is no reason not to make the video."""
    job = await a_card(outbox)
    outbox.courier.fault = Refused(code, 400)
    await outbox.turn()
    assert (await left(outbox, job)).state is State.ACCEPTED


async def test_a_refused_card_ends_no_job_that_was_sent(outbox: OutboxHarness) -> None:
    """What is paid for is fetched, and kept if it can't be posted."""
    job = await a_card(outbox, State.RENDERING, remote_id="video_7")
    outbox.courier.fault = Refused(50001)
    await outbox.turn()
    assert (await left(outbox, job)).state is State.RENDERING
    assert await outbox.database.write(moving.end_for_place, job.id, Denial.GONE, outbox.clock.now()) is None
