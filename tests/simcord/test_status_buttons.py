"""The buttons of `/status`, which only the asker sees."""

from simcord.results import ResponseMessage

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.model import PostKind
from bot.jobs.reasons import Reason
from bot.jobs.states import State
from tests.simcord import job_setups
from tests.simcord.world import SimWorld, actions, press, private, targets
from tests.wording import says


async def status(world: SimWorld, **options: str) -> ResponseMessage:
    result = await world.ada.slash(world.channel, "status", **options)
    assert result.response is not None
    assert result.response.ephemeral
    return result.response


async def test_list_has_a_button_for_each_job_that_needs_one(world: SimWorld) -> None:
    """The list offers Cancel, *Don't post* and **Post it**, each with the id of its job; others have no button."""
    kept = await job_setups.withheld(world)
    unposted = await job_setups.undeliverable(world)
    await job_setups.delivered(world)
    running = await job_setups.rendering(world)
    waiting = await job_setups.queued(world)
    listed = await status(world)
    expected = {
        (Action.CANCEL, waiting.id),
        (Action.WITHHOLD, running.id),
        (Action.POST_IT, kept.id),
        (Action.POST_IT, unposted.id),
    }
    assert set(targets(listed.message)) == expected


async def test_list_cancels(world: SimWorld) -> None:
    """Cancel in the list ends the job, and its card shows it."""
    job = await job_setups.queued(world)
    assert says(private(await press(world.ada, await status(world), Action.CANCEL, job.id)), Key.ANSWER_CANCELLED)
    await world.settle()
    assert (await world.job(job)).state is State.CANCELLED
    assert actions(await world.shown(job, PostKind.CARD)) == []


async def test_list_withholds(world: SimWorld) -> None:
    """*Don't post* in the list does what it does on the card."""
    job = await job_setups.rendering(world)
    assert says(private(await press(world.ada, await status(world), Action.WITHHOLD, job.id)), Key.ANSWER_WITHHELD)
    assert (await world.fetched(await world.job(job))).state is State.CANCELLED
    assert await world.message(job, PostKind.VIDEO) is None


async def test_list_sends_a_withheld_video_after_all(world: SimWorld) -> None:
    """**Post it** in the list posts a video that was withheld; nothing is rendered again."""
    job = await job_setups.withheld(world)
    listed = await status(world)
    assert says(private(await press(world.ada, listed, Action.POST_IT, job.id)), Key.ANSWER_POSTING)
    assert says(private(await press(world.ada, listed, Action.POST_IT, job.id)), Reason.NOTHING_TO_SEND)
    job = await world.fetched(await world.job(job))
    assert job.state is State.DELIVERED
    assert await world.shown(job, PostKind.VIDEO)
    assert len(await world.jobs()) == 1


async def test_list_changes_its_mind_about_a_running_video(world: SimWorld) -> None:
    """**Post it** for one job that was withheld while it still renders lets it be posted when it is done."""
    job = await job_setups.rendering(world)
    await press(world.ada, await world.shown(job, PostKind.CARD), Action.WITHHOLD)
    found = await status(world, video=job.id)
    assert says(private(await press(world.ada, found, Action.POST_IT)), Key.ANSWER_POSTING)
    job = await world.fetched(await world.job(job))
    assert job.state is State.DELIVERED


async def test_one_failed_job_can_be_retried(world: SimWorld) -> None:
    """`/status` of one failed job offers Retry, which makes the same new job as the notice."""
    job = await job_setups.failed(world)
    found = await status(world, video=job.id)
    assert actions(found.message) == [Action.RETRY, Action.EDIT_RETRY]
    from_list = private(await press(world.ada, found, Action.RETRY))
    from_notice = private(await press(world.ada, await world.shown(job, PostKind.FAILURE), Action.RETRY))
    assert from_list == from_notice
    assert len(await world.jobs()) == 2
