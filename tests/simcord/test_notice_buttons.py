"""Retry, **Post it**, **Request again** and **Dismiss** under notices."""

import discord
import pytest

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.model import PostKind
from bot.jobs.reasons import Reason
from bot.jobs.states import State
from tests.buttons import button_id_of
from tests.simcord import job_setups
from tests.simcord.world import SimWorld, actions, press, private, text_of
from tests.wording import Ending, says


async def test_failure_names_cause_and_next_step(world: SimWorld) -> None:
    """A failure notice pings the requester, has cause and next step, and replaces the card."""
    job = await job_setups.failed(world)
    notice = await world.shown(job, PostKind.FAILURE)
    assert actions(notice) == [Action.RETRY, Action.EDIT_RETRY]
    assert says(notice.content, Ending.PROVIDER)
    assert world.env.backend.get_message(world.channel.id, notice.id).ping_user_ids == [world.ada.id]
    assert await world.message(job, PostKind.CARD) is None
    assert world.count() == 1


async def test_retry_makes_one_new_job(world: SimWorld) -> None:
    """Retry makes a new job of the same request; pressed twice, it still makes one."""
    job = await job_setups.failed(world)
    notice = await world.shown(job, PostKind.FAILURE)
    first = await press(world.ada, notice, Action.RETRY)
    second = await press(world.ada, notice, Action.RETRY)
    await world.settle()
    made, old = await world.jobs()
    assert old.id == job.id
    assert (made.request, made.origin.retry_of, made.state) == (job.request, job.id, State.ACCEPTED)
    assert made.idempotency_key != job.idempotency_key
    assert private(first) == private(second)
    assert made.id in private(first)
    assert actions(await world.shown(made, PostKind.CARD)) == [Action.CANCEL]


async def test_post_it_posts_the_kept_video(world: SimWorld) -> None:
    """**Post it** posts the kept video without another render; pressed again, there is nothing to send."""
    job = await job_setups.undeliverable(world)
    notice = await world.shown(job, PostKind.FAILURE)
    assert actions(notice) == [Action.POST_IT]
    assert says(notice.content, Ending.UNPOSTED_PERMISSION)
    assert says(private(await press(world.ada, notice, Action.POST_IT)), Key.ANSWER_POSTING)
    again = await world.job(job)
    assert (again.state, again.remote_id, again.submitted_at) == (State.FETCHING, job.remote_id, job.submitted_at)
    assert says(private(await press(world.ada, notice, Action.POST_IT)), Reason.NOTHING_TO_SEND)
    job = await world.fetched(again)
    assert job.state is State.DELIVERED
    assert actions(await world.shown(job, PostKind.VIDEO)) == [
        Action.REMIX,
        Action.AGAIN,
        Action.DETAILS,
        Action.THREAD,
        Action.DELETE,
    ]
    assert len(await world.jobs()) == 1


async def test_request_again_makes_a_new_job_and_ends_the_asking(world: SimWorld) -> None:
    """**Request again** makes a new job; the notice says that it was answered and loses its buttons."""
    job = await job_setups.uncertain(world)
    notice = await world.shown(job, PostKind.UNSURE)
    assert actions(notice) == [Action.REQUEST_AGAIN, Action.DISMISS]
    assert says(notice.content, Key.UNSURE)
    result = await press(world.ada, notice, Action.REQUEST_AGAIN)
    await world.settle()
    (made,) = [one for one in await world.jobs() if one.id != job.id]
    assert made.id in private(result)
    assert (made.request, made.origin.retry_of) == (job.request, job.id)
    old = await world.job(job)
    assert old.state is State.UNCERTAIN
    assert old.answered_at is not None
    notice = await world.shown(job, PostKind.UNSURE)
    assert actions(notice) == []
    assert says(notice.content, Key.UNSURE_ANSWERED)


async def test_leave_it_only_ends_the_asking(world: SimWorld) -> None:
    """**Dismiss** makes nothing and takes the buttons away; the job still waits for its video to turn up."""
    job = await job_setups.uncertain(world)
    result = await press(world.ada, await world.shown(job, PostKind.UNSURE), Action.DISMISS)
    assert says(private(result), Key.ANSWER_DISMISSED)
    (old,) = await world.jobs()
    assert (old.id, old.state) == (job.id, State.UNCERTAIN)
    await world.settle()
    notice = await world.shown(job, PostKind.UNSURE)
    assert actions(notice) == []
    assert job.id in text_of(notice)


def is_grey(message: discord.Message, action: Action) -> bool:
    """Whether that button of the message can't be pressed."""
    rows = [row for row in message.components if isinstance(row, discord.ActionRow)]
    buttons = [one for row in rows for one in row.children if isinstance(one, discord.Button)]
    (button,) = [one for one in buttons if button_id_of(one.custom_id).action is action]
    return button.disabled


@pytest.mark.slow
async def test_retry_says_truly_what_an_earlier_press_led_to(world: SimWorld) -> None:
    """Cancelled meanwhile: it is requested again. Posted meanwhile: it is named as an older one."""
    job = await job_setups.failed(world)
    notice = await world.shown(job, PostKind.FAILURE)
    await press(world.ada, notice, Action.RETRY)
    await world.settle()
    first = (await world.jobs())[0]
    assert is_grey(await world.shown(job, PostKind.FAILURE), Action.RETRY)
    await press(world.ada, await world.shown(first, PostKind.CARD), Action.CANCEL)
    await world.settle()
    assert not is_grey(await world.shown(job, PostKind.FAILURE), Action.RETRY)
    answer = private(await press(world.ada, notice, Action.RETRY))
    second = (await world.jobs())[0]
    assert second.id not in (job.id, first.id)
    assert second.id in answer
    assert says(answer, Key.ANSWER_MADE)
    await world.settle()
    await world.fetched(second)
    assert is_grey(await world.shown(job, PostKind.FAILURE), Action.RETRY)
    listed = await world.ada.slash(world.channel, "status", video=job.id)
    assert listed.response is not None
    answer = private(await press(world.ada, listed.response.message, Action.RETRY))
    assert second.id in answer
    assert not says(answer, Key.ANSWER_MADE)
    assert len(await world.jobs()) == 3
