"""Cancel and *Don't post*, on cards and on the notices that it takes long."""

import pytest

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.limits import Usage
from bot.jobs.model import PostKind, PostState, UserId
from bot.jobs.reasons import Reason
from bot.jobs.states import Event, State
from bot.jobs.store import accepting, posts
from tests.simcord import job_setups
from tests.simcord.sim_bot import SimClock
from tests.simcord.world import SimWorld, actions, press, private, text_of
from tests.wording import says


async def usage(world: SimWorld) -> Usage:
    return await world.read(accepting.measure_usage, UserId(world.ada.id), world.clock.now())


async def test_cancel_ends_a_queued_job(world: SimWorld) -> None:
    """Cancel ends a queued job and gives its quota back; its card stays, without buttons."""
    job = await job_setups.queued(world)
    result = await press(world.ada, await world.shown(job, PostKind.CARD), Action.CANCEL)
    assert says(private(result), Key.ANSWER_CANCELLED)
    await world.settle()
    assert (await world.job(job)).state is State.CANCELLED
    assert await usage(world) == Usage(0, ())
    card = await world.shown(job, PostKind.CARD)
    assert actions(card) == []
    assert says(text_of(card), Key.CANCELLED)


async def test_cancel_of_a_job_that_was_just_submitted_withholds_it(world: SimWorld) -> None:
    """Cancel on a list that is older than the submission keeps the video from being posted instead, and says so."""
    job = await job_setups.queued(world)
    listed = await world.ada.slash(world.channel, "status")
    assert listed.response is not None
    await world.rendering(job)
    result = await press(world.ada, listed.response, Action.CANCEL, job.id)
    assert says(private(result), Key.ANSWER_WITHHELD)
    assert (await world.job(job)).withheld


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scene", "kind"),
    [(job_setups.rendering, PostKind.CARD), (job_setups.late, PostKind.LATE), (job_setups.slow, PostKind.SLOW)],
)
async def test_dont_post_keeps_the_video(world: SimWorld, scene: job_setups.JobSetup, kind: PostKind) -> None:
    """*Don't post* lets the render go on: nothing is posted, it is kept and counts; the card can take that back."""
    job = await scene(world)
    message = await world.shown(job, kind)
    assert actions(message) == [Action.WITHHOLD]
    result = await press(world.ada, message, Action.WITHHOLD)
    assert says(private(result), Key.ANSWER_WITHHELD)
    await world.settle()
    assert actions(await world.shown(job, PostKind.CARD)) == [Action.POST_IT]
    job = await world.fetched(await world.job(job))
    assert (job.state, job.withheld) == (State.CANCELLED, True)
    assert await world.message(job, PostKind.VIDEO) is None
    assert len((await usage(world)).counted_at) == 1
    assert world.engine.context.fetcher.path(job.video_name).exists()


async def test_a_kept_videos_card_posts_it_after_all(world: SimWorld) -> None:
    """The card of a withheld video keeps **Post it** when it is finished; once it is posted the card goes."""
    job = await job_setups.withheld(world)
    card = await world.shown(job, PostKind.CARD)
    assert says(text_of(card), Key.KEPT)
    assert actions(card) == [Action.POST_IT]
    assert says(private(await press(world.ada, card, Action.POST_IT)), Key.ANSWER_POSTING)
    await world.move(await world.job(job), Event.FETCHED)
    assert await world.message(job, PostKind.VIDEO) is not None
    assert await world.message(job, PostKind.CARD) is None


async def test_a_kept_videos_card_loses_its_button_with_the_file(
    world: SimWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After RETENTION_DAYS the card stays without **Post it**, and isn't edited again."""
    job = await job_setups.withheld(world)
    ended = world.clock.now()
    monkeypatch.setattr(SimClock, "now", lambda _self: ended + world.engine.context.rules.retention_seconds + 10.0)
    await world.settle()
    card = await world.shown(job, PostKind.CARD)
    assert says(text_of(card), Key.KEPT)
    assert actions(card) == []
    (stored,) = await world.read(posts.find_posts_of_jobs, [job.id])
    assert stored.state is PostState.GONE


async def test_stopping_what_has_ended_is_too_late(world: SimWorld) -> None:
    """Stopping a video that has been posted meanwhile is answered with that it is too late."""
    job = await job_setups.rendering(world)
    listed = await world.ada.slash(world.channel, "status")
    assert listed.response is not None
    await world.fetched(job)
    result = await press(world.ada, listed.response, Action.WITHHOLD, job.id)
    assert says(private(result), Reason.TOO_LATE_TO_CANCEL)
    assert (await world.job(job)).state is State.DELIVERED


@pytest.mark.slow
async def test_late_notices_ping_only_the_requester(world: SimWorld) -> None:
    """The notices that it takes long are posted once and ping only the requester."""
    for scene, kind in ((job_setups.late, PostKind.LATE), (job_setups.slow, PostKind.SLOW)):
        job = await scene(world)
        await world.settle()
        message = await world.shown(job, kind)
        assert world.env.backend.get_message(world.channel.id, message.id).ping_user_ids == [world.ada.id]
        assert sum(message.content == seen.content for seen in world.channel.history()) == 1


async def test_dont_post_of_a_job_that_waits_again_cancels_it(world: SimWorld) -> None:
    """The provider took nothing and the card doesn't say so yet: *Don't post* ends the job, which doesn't count."""
    job = await job_setups.queued(world)
    job = await world.move(job, Event.SUBMIT, submitted_at=world.clock.now())
    card = await world.shown(job, PostKind.CARD)
    assert actions(card) == [Action.WITHHOLD]
    await world.step(job, Event.POSTPONE, submitted_at=None)
    result = await press(world.ada, card, Action.WITHHOLD)
    assert says(private(result), Key.ANSWER_CANCELLED)
    assert (await world.job(job)).state is State.CANCELLED
    assert await usage(world) == Usage(0, ())
