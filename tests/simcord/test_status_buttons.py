"""The buttons of `/status`, which only the asker sees."""

import pytest
from simcord.results import ResponseMessage

from bot.chat.custom_ids import Action, PageId, PageKind
from bot.chat.words import Key
from bot.jobs.model import PostKind
from bot.jobs.reasons import Reason
from bot.jobs.states import State
from tests.simcord import job_setups
from tests.simcord.world import SimWorld, actions, pages, press, private, targets, text_of
from tests.wording import says


async def status(world: SimWorld, **options: str) -> ResponseMessage:
    result = await world.ada.slash(world.channel, "status", **options)
    assert result.response is not None
    assert result.response.ephemeral
    return result.response


async def test_list_has_a_button_for_each_job_that_needs_one(world: SimWorld) -> None:
    """The list offers Cancel, *Don't post*, **Post it** and Retry beside their jobs, and Details for each."""
    kept = await job_setups.withheld(world)
    unposted = await job_setups.undeliverable(world)
    failed = await job_setups.failed(world)
    running = await job_setups.rendering(world)
    waiting = await job_setups.queued(world)
    listed = await status(world)
    expected = {
        (Action.CANCEL, waiting.id),
        (Action.WITHHOLD, running.id),
        (Action.POST_IT, kept.id),
        (Action.POST_IT, unposted.id),
        (Action.RETRY, failed.id),
        (Action.EDIT_RETRY, failed.id),
    }
    shown = targets(listed.message)
    assert {one for one in shown if one[0] is not Action.DETAILS} == expected
    assert {target for action, target in shown if action is Action.DETAILS} == {target for _, target in expected}


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


async def test_the_list_says_what_is_left_and_is_refreshed_in_place(world: SimWorld) -> None:
    """Refresh shows the same page as it is now; the limits are those that the next request meets."""
    await world.asked("a red fox")
    shown = (await status(world)).message
    limits = world.engine.context.rules.limits
    assert says(text_of(shown), Key.LEFT_ACTIVE, left=limits.active_jobs - 1, limit=limits.active_jobs)
    assert says(text_of(shown), Key.LEFT_DAILY, left=limits.jobs_per_day - 1, limit=limits.jobs_per_day)
    await world.asked("a blue whale")
    (refresh,) = pages(shown)
    again = await world.turn(world.ada, shown, refresh)
    assert again.id == shown.id
    assert "a blue whale" in text_of(again)
    assert says(text_of(again), Key.LEFT_ACTIVE, left=limits.active_jobs - 2, limit=limits.active_jobs)


@pytest.mark.slow
async def test_older_jobs_are_on_the_next_page(world: SimWorld) -> None:
    """Five a page, after a restart too; a page belongs to its presser alone."""
    made = [await world.delivered(f"fox number {number}") for number in range(6)]
    shown = (await status(world)).message
    assert made[0].id not in text_of(shown)
    await world.sim_bot.restart()
    older = await world.turn(world.ada, shown, PageId(PageKind.STATUS, 2))
    assert made[0].id in text_of(older)
    assert pages(older) == [PageId(PageKind.STATUS, 2), PageId(PageKind.STATUS, 1)]
    empty = await world.turn(world.ada, older, PageId(PageKind.STATUS, 1))
    assert made[5].id in text_of(empty)
