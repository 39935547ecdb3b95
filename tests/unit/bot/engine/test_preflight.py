"""B2: what can't be posted is not paid for; and an outage of Discord keeps no video from being made."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.chat.courier import OutcomeUnknown, Refused
from bot.engine.preflight import CARD_SECONDS, forget_place
from bot.jobs.denials import Denial
from bot.jobs.model import Cause, ChannelId, GuildId, Job, Place, PostKind
from bot.jobs.states import State
from bot.jobs.store import finding, moving, posts
from tests.unit.bot.engine.machine import Machine, a_machine
from tests.unit.bot.engine.test_telling import World, a_world
from tests.unit.bot.jobs.samples import HERE, a_job, put

OLD_SECONDS = 60.0


@pytest.fixture
async def machine(tmp_path: Path) -> AsyncIterator[Machine]:
    async with a_machine(tmp_path) as machine:
        yield machine


async def with_card(machine: Machine) -> Job:
    job = await machine.accept()
    await machine.database.write(posts.make_due, job, PostKind.CARD)
    return job


async def the_card(machine: Machine, job: Job) -> object:
    (card,) = await machine.database.read(posts.find_posts, [job.id])
    return card


async def test_a_job_is_sent_as_soon_as_its_card_is_there(machine: Machine) -> None:
    """Nothing is paid for before the card was tried; then at once."""
    job = await with_card(machine)
    machine.start()
    await asyncio.sleep(0.3)
    assert machine.api.paid == []
    (card,) = await machine.database.read(posts.find_posts, [job.id])
    await machine.database.write(posts.mark_sent, card, None)
    machine.board.job_changed(job.id)
    await machine.is_past(job, State.ACCEPTED)
    await machine.until(lambda: machine.api.paid == [job.request.prompt])


async def test_a_job_is_sent_after_some_seconds_when_discord_does_not_answer(machine: Machine) -> None:
    """An outage of Discord must not stop submissions for ever."""
    job = await with_card(machine)
    machine.start()
    await asyncio.sleep(0.2)
    assert machine.api.paid == []
    machine.clock.jump(CARD_SECONDS)
    await machine.until(lambda: machine.api.paid == [job.request.prompt])


async def test_a_card_of_unknown_outcome_was_tried(machine: Machine) -> None:
    """The first try is over, however it ended: the next may be a minute away."""
    job = await with_card(machine)
    (card,) = await machine.database.read(posts.find_posts, [job.id])
    await machine.database.write(posts.mark_unsent, card, not_before=machine.clock.now() + 60.0, known=False)
    machine.start()
    await machine.until(lambda: machine.api.paid == [job.request.prompt])


@pytest.mark.parametrize("denial", [Denial.GONE, Denial.ACCESS])
async def test_a_job_that_waited_is_not_sent_when_its_place_is_gone(machine: Machine, denial: Denial) -> None:
    """The look before submission: the place went away while the gateway was not connected."""
    job = await machine.accept(accepted_at=machine.clock.now() - OLD_SECONDS)
    machine.discord.denials[job.origin.place.channel_id] = denial
    machine.start()
    left = await machine.is_in(job, State.FAILED)
    assert (left.cause, left.field) == (Cause.PLACE, denial.value)
    assert machine.api.paid == []


@pytest.mark.parametrize(("fault", "paid"), [(OutcomeUnknown("Discord answered 503."), 1), (Refused(10003, 404), 0)])
async def test_only_discords_own_no_ends_a_job(machine: Machine, fault: Exception, paid: int) -> None:
    """While Discord can't be asked about the place, the job goes on."""
    job = await machine.accept(accepted_at=machine.clock.now() - OLD_SECONDS)
    machine.discord.fault = fault  # pyright: ignore[reportAttributeAccessIssue]
    machine.start()
    await machine.until(lambda: machine.is_past(job, State.ACCEPTED, State.SUBMITTING))
    assert len(machine.api.paid) == paid


@pytest.mark.parametrize("whole_server", [True, False])
async def test_what_waits_in_a_place_that_goes_away_ends(machine: Machine, whole_server: bool) -> None:
    """Channel, thread or server: only what was asked for there, and only what was not sent yet."""
    there = Place(ChannelId(900), GuildId(90))
    beside = Place(ChannelId(901), GuildId(90))
    waiting = await machine.accept(place=there)
    next_door = await machine.accept(place=beside)
    elsewhere = await machine.accept(place=HERE)
    rendering = await machine.accept(State.RENDERING, place=there, remote_id="video_9")
    gone = (GuildId(90), None if whole_server else ChannelId(900))
    await forget_place(machine.parts, *gone)  # pyright: ignore[reportArgumentType]
    assert (await machine.job(waiting)).cause is Cause.PLACE
    assert ((await machine.job(next_door)).state is State.FAILED) == whole_server
    assert (await machine.job(elsewhere)).state is State.ACCEPTED
    assert (await machine.job(rendering)).state is State.RENDERING


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as world:
        yield world


async def a_card(world: World, state: State = State.ACCEPTED, **changes: object) -> Job:
    job = a_job(state, accepted_at=world.clock.now(), **changes)
    job = replace(job, id=type(job.id)("CARD0000"))
    await world.database.write(put, job)
    await world.database.write(posts.make_due, job, PostKind.CARD)
    return job


async def left(world: World, job: Job) -> Job:
    found = await world.database.read(finding.get, job.id)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("status", "code"),
    [(403, 50001), (403, 50013), (404, 10003), (404, 10004), (400, 50008), (400, 160005), (400, 200000), (403, 50007)],
)
async def test_a_refused_card_ends_a_job_that_was_not_sent(world: World, status: int, code: int) -> None:
    """The safety net: it costs nothing, and its notice goes to the requester's DM, not to that place."""
    job = await a_card(world)
    world.discord.fault = Refused(code, status)
    await world.turn()
    ended = await left(world, job)
    assert (ended.state, ended.cause) == (State.FAILED, Cause.PLACE)
    tried = len(world.discord.parcels)
    world.discord.fault = None
    await world.turn()
    assert len(world.discord.parcels) == tried  # DMs are closed here: nothing more is posted anywhere
    kinds = {post.kind: post.state for post in await world.database.read(posts.find_posts, [job.id])}
    assert kinds == {PostKind.CARD: "refused", PostKind.FAILURE: "refused"}


@pytest.mark.parametrize("code", [50035, 20009, 400001, 30033])
async def test_a_card_refused_for_its_own_sake_ends_nothing(world: World, code: int) -> None:
    """What says nothing about the place is no reason not to make the video."""
    job = await a_card(world)
    world.discord.fault = Refused(code, 400)
    await world.turn()
    assert (await left(world, job)).state is State.ACCEPTED


async def test_a_refused_card_ends_no_job_that_was_sent(world: World) -> None:
    """What is paid for is fetched, and kept if it can't be posted."""
    job = await a_card(world, State.RENDERING, remote_id="video_7")
    world.discord.fault = Refused(50001)
    await world.turn()
    assert (await left(world, job)).state is State.RENDERING
    assert await world.database.write(moving.end_for_place, job.id, Denial.GONE, world.clock.now()) is None
