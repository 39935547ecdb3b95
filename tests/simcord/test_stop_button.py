"""*Stop*, where the providers file says that the provider can stop a render."""

from dataclasses import replace

import pytest
import pytest_asyncio

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.model import Job, PostKind
from bot.jobs.reasons import Reason
from bot.jobs.states import Event, State
from bot.jobs.store import moving
from tests.simcord import job_setups
from tests.simcord.world import SimWorld, actions, press, private, text_of
from tests.wording import says


async def restart_with_stop(world: SimWorld) -> None:
    """Start the bot again, with a provider that can stop renders."""
    settings = world.sim_bot.settings
    (provider,) = settings.setup.providers
    stops = replace(provider, abilities=replace(provider.abilities, cancel=True))
    world.sim_bot.settings = settings.with_setup(replace(settings.setup, providers=(stops,)))
    await world.sim_bot.restart()


@pytest_asyncio.fixture
async def stopping(world: SimWorld) -> SimWorld:
    """A bot whose provider can stop renders."""
    await restart_with_stop(world)
    return world


async def is_asked(world: SimWorld, job: Job) -> Job:
    """As the scheduler does before it asks the provider."""
    marked = await world.write(moving.begin_stop, await world.job(job), world.clock.now())
    assert isinstance(marked, Job)
    return marked


@pytest.mark.parametrize(("scene", "kind"), [(job_setups.rendering, PostKind.CARD), (job_setups.late, PostKind.LATE)])
async def test_stop_stores_the_wish_and_withholds(
    stopping: SimWorld, scene: job_setups.JobSetup, kind: PostKind
) -> None:
    """Pressed on the card or under the notice that it takes long; the card says so, and can take it back."""
    job = await scene(stopping)
    message = await stopping.shown(job, kind)
    assert actions(message) == [Action.STOP]
    assert says(private(await press(stopping.ada, message, Action.STOP)), Key.ANSWER_STOPPING)
    now = await stopping.job(job)
    assert (now.withheld, now.stop_asked_at is not None, now.state) == (True, True, State.RENDERING)
    await stopping.settle()
    card = await stopping.shown(job, PostKind.CARD)
    assert says(text_of(card), Key.STOPPING_REMARK)
    assert actions(card) == [Action.POST_IT]
    assert says(private(await press(stopping.ada, card, Action.POST_IT)), Key.ANSWER_POSTING)
    now = await stopping.job(job)
    assert (now.withheld, now.stop_asked_at) == (False, None)


async def test_a_stopped_jobs_card_stays_without_buttons(stopping: SimWorld) -> None:
    """It says that it was stopped, may have been charged and counts; Stop and **Post it** are too late."""
    job = await job_setups.rendering(stopping)
    listed = await stopping.ada.slash(stopping.channel, "status")
    assert listed.response is not None
    await press(stopping.ada, await stopping.shown(job, PostKind.CARD), Action.STOP)
    await is_asked(stopping, job)
    await stopping.move(await stopping.job(job), Event.STOP)
    card = await stopping.shown(job, PostKind.CARD)
    assert says(text_of(card), Key.STOPPED)
    assert says(text_of(card), Key.CHARGED_UNKNOWN)
    assert says(text_of(card), Key.COUNTED)
    assert actions(card) == []
    answer = private(await press(stopping.ada, listed.response, Action.STOP, job.id))
    assert says(answer, Reason.TOO_LATE_TO_CANCEL)


async def test_a_stop_in_vain_reads_as_such_and_is_not_offered_again(stopping: SimWorld) -> None:
    """The video is made and kept; taken back, the button is *Don't post*."""
    job = await job_setups.rendering(stopping)
    await press(stopping.ada, await stopping.shown(job, PostKind.CARD), Action.STOP)
    marked = await is_asked(stopping, job)
    await stopping.write(moving.note, marked, stop_asked_at=None)
    await stopping.settle()
    card = await stopping.shown(job, PostKind.CARD)
    assert says(text_of(card), Key.UNSTOPPED_REMARK)
    assert says(private(await press(stopping.ada, card, Action.POST_IT)), Key.ANSWER_POSTING_IF_MADE)
    await stopping.settle()
    assert actions(await stopping.shown(job, PostKind.CARD)) == [Action.WITHHOLD]


async def test_dont_post_on_an_older_card_stops_nothing(world: SimWorld) -> None:
    """A button of before the providers file has promised that the video is kept."""
    job = await job_setups.rendering(world)
    card = await world.shown(job, PostKind.CARD)
    assert actions(card) == [Action.WITHHOLD]
    await restart_with_stop(world)
    assert says(private(await press(world.ada, card, Action.WITHHOLD)), Key.ANSWER_WITHHELD)
    now = await world.job(job)
    assert (now.withheld, now.stop_asked_at) == (True, None)


async def test_cancel_of_a_job_that_was_just_submitted_stops_it(stopping: SimWorld) -> None:
    """Cancel on a list that is older than the submission is about the render, which can be stopped."""
    job = await job_setups.queued(stopping)
    listed = await stopping.ada.slash(stopping.channel, "status")
    assert listed.response is not None
    await stopping.rendering(job)
    result = await press(stopping.ada, listed.response, Action.CANCEL, job.id)
    assert says(private(result), Key.ANSWER_STOPPING)
    assert (await stopping.job(job)).stop_asked_at is not None


async def test_only_requester_and_moderators_may_stop(stopping: SimWorld) -> None:
    """As for Cancel."""
    job = await job_setups.rendering(stopping)
    card = await stopping.shown(job, PostKind.CARD)
    assert says(private(await press(stopping.ben, card, Action.STOP)), Reason.NOT_ALLOWED)
    assert await stopping.job(job) == job
    assert says(private(await press(stopping.mia, card, Action.STOP)), Key.ANSWER_STOPPING)
    assert (await stopping.job(job)).stop_asked_at is not None
