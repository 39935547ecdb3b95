"""Remix, Again and Delete under a finished video."""

import discord
import pytest

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.model import PostKind, Via
from bot.jobs.reasons import Reason
from bot.jobs.states import State
from tests.simcord import job_setups
from tests.simcord.pictures import png
from tests.simcord.world import SimWorld, actions, field_ids, press, private, text_of
from tests.wording import says, sentence


async def test_video_is_a_plain_message_and_the_card_goes(world: SimWorld) -> None:
    """The video is a plain message with file, facts and its buttons; it pings the requester, and the card goes."""
    job = await world.delivered("a red @everyone fox", reference=("a.png", png()))
    video = await world.shown(job, PostKind.VIDEO)
    assert video.type is discord.MessageType.default
    assert [attachment.filename for attachment in video.attachments] == [job.video_name]
    assert actions(video) == [Action.REMIX, Action.AGAIN, Action.DETAILS, Action.THREAD, Action.DELETE]
    stored = world.env.backend.get_message(world.channel.id, video.id)
    assert stored.ping_user_ids == [world.ada.id]
    assert stored.interaction_metadata is None
    assert job.id in text_of(video)
    assert "`a red @everyone fox`" in text_of(video)
    assert await world.message(job, PostKind.CARD) is None
    assert world.count() == 1


async def test_video_outlives_its_interaction(world: SimWorld) -> None:
    """A video that is done long after the command's token has died is posted, and the card is edited and goes."""
    job = await world.asked()
    await world.env.advance_time(3_600)
    job = await world.rendering(job)
    assert actions(await world.shown(job, PostKind.CARD)) == [Action.WITHHOLD]
    await world.env.advance_time(36_000)
    job = await world.fetched(job)
    assert job.state is State.DELIVERED
    assert await world.message(job, PostKind.CARD) is None
    assert (await press(world.ada, await world.shown(job, PostKind.VIDEO), Action.REMIX)).modal is not None


async def test_remix_opens_a_form_for_anyone(world: SimWorld) -> None:
    """Remix opens a form for any presser; the remix is theirs, with the pictures of the form only."""
    video = await world.delivered(reference=("a.png", png(1)))
    shown = await press(world.ben, await world.shown(video, PostKind.VIDEO), Action.REMIX)
    assert shown.modal is not None
    assert shown.modal["title"] == sentence(Key.FORM_REMIX)
    assert field_ids(shown)["references"]["max_values"] == 4
    sent = await world.ben.submit_modal(shown, {"prompt": "at night", "references": [("b.png", png(2))]})
    assert sent.response is None
    await world.settle()
    (job,) = await world.jobs(world.ben)
    assert (job.request.prompt, job.request.parent_id, job.origin.via) == ("at night", video.id, Via.FORM)
    shelf = world.engine.context.shelf
    assert [shelf.path(one).read_bytes() for one in job.request.references] == [png(2)]
    job = await world.fetched(job)
    made = await world.shown(job, PostKind.VIDEO)
    assert says(made.content, Key.REMIX_READY, user=world.ben.id)
    assert await world.shown(video, PostKind.VIDEO)


async def test_remix_form_of_a_bad_file_says_so(world: SimWorld) -> None:
    """A form with a file that is no picture is answered privately, and nothing is stored."""
    video = await world.delivered()
    shown = await press(world.ben, await world.shown(video, PostKind.VIDEO), Action.REMIX)
    sent = await world.ben.submit_modal(shown, {"prompt": "at night", "references": [("b.png", b"no picture")]})
    assert "b.png" in private(sent)
    assert await world.jobs(world.ben) == []


async def test_remix_form_without_a_word_says_so(world: SimWorld) -> None:
    """A form filled with blanks is answered privately."""
    video = await world.delivered()
    shown = await press(world.ada, await world.shown(video, PostKind.VIDEO), Action.REMIX)
    assert says(private(await world.ada.submit_modal(shown, {"prompt": "   "})), Reason.PROMPT_EMPTY)


async def test_again_makes_the_same_for_anyone(world: SimWorld) -> None:
    """Make another makes a new video of the same request and pictures; it belongs to the presser."""
    first = await world.delivered(size="1080x1920", reference=("a.png", png()))
    result = await press(world.ben, await world.shown(first, PostKind.VIDEO), Action.AGAIN)
    assert result.acknowledged
    assert result.response is None
    await world.settle()
    (job,) = await world.jobs(world.ben)
    assert (job.request, job.origin.via) == (first.request, Via.BUTTON)
    assert job.idempotency_key != first.idempotency_key
    assert actions(await world.shown(job, PostKind.CARD)) == [Action.CANCEL]
    assert await world.shown(first, PostKind.VIDEO)


async def test_again_of_a_remix_is_a_remix_of_the_same(world: SimWorld) -> None:
    """Again under a remix changes the same video once more."""
    video = await world.delivered()
    await world.ada.slash(world.channel, "remix", prompt="at night", video=video.id)
    await world.settle()
    remix = await world.fetched((await world.jobs())[0])
    await press(world.ada, await world.shown(remix, PostKind.VIDEO), Action.AGAIN)
    assert (await world.jobs())[0].request == remix.request


@pytest.mark.sqlite_only("pictures on PostgreSQL are in the database, too")
async def test_again_needs_the_pictures(world: SimWorld) -> None:
    """Again of a video whose pictures are not kept any more is refused privately."""
    video = await world.delivered(reference=("a.png", png()))
    world.engine.context.shelf.path(video.request.references[0]).unlink()
    result = await press(world.ada, await world.shown(video, PostKind.VIDEO), Action.AGAIN)
    assert says(private(result), Reason.REFERENCES_GONE)
    assert len(await world.jobs()) == 1


async def test_delete_takes_the_message_away_for_good(world: SimWorld) -> None:
    """Delete removes the message and forbids remixing the video, also by a form that is still open."""
    video = await world.delivered()
    message = await world.shown(video, PostKind.VIDEO)
    opened = await world.ben.slash(world.channel, "remix", video=video.id)
    asked = await press(world.ada, message, Action.DELETE)
    assert says(private(asked), Key.ASK_DELETE)
    assert asked.response is not None
    await press(world.ada, asked.response, Action.KEEP)
    assert world.count() == 1
    asked = await press(world.ada, message, Action.DELETE)
    assert asked.response is not None
    await press(world.ada, asked.response, Action.DELETE)
    assert world.count() == 0
    assert says(private(await world.ben.submit_modal(opened, {"prompt": "at night"})), Reason.VIDEO_REMOVED)
    assert says(
        private(await world.ben.slash(world.channel, "remix", video=video.id, prompt="at night")), Reason.VIDEO_REMOVED
    )
    assert await world.ada.autocomplete(world.channel, "remix", "video", "") == []
    assert (await world.job(video)).state is State.DELIVERED


async def test_buttons_work_where_the_bot_may_not_post_any_more(world: SimWorld) -> None:
    """Again in a channel in which the bot may no longer attach files is answered with what it lacks."""
    video = await job_setups.delivered(world)
    world.forbid(world.channel, discord.Permissions(attach_files=True))
    result = await press(world.ada, await world.shown(video, PostKind.VIDEO), Action.AGAIN)
    assert says(private(result), Reason.PLACE_UNPOSTABLE, permissions=("attach_files",))
    assert len(await world.jobs()) == 1
