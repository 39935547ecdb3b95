"""**Open thread** under a video, and what people say to the bot in such a thread."""

import discord
import pytest
from simcord.actors import MemberActor
from simcord.backend.models.channel import Overwrite
from simcord.builders import ChannelHandle
from simcord.enums import OverwriteType
from simcord.results import to_discord_message

from bot.chat.custom_ids import Action, ButtonId, MessageKind
from bot.chat.words import Key
from bot.jobs.model import Job, PostKind
from bot.jobs.reasons import Reason
from bot.jobs.states import State
from tests.simcord import job_setups
from tests.simcord.world import SimWorld, actions, press, private, text_of
from tests.wording import says


def link_to(world: SimWorld, thread_id: int) -> str:
    return f"https://discord.com/channels/{world.guild.id}/{thread_id}"


async def opened(world: SimWorld, video: Job, by: MemberActor | None = None) -> ChannelHandle:
    """The thread that a press opens."""
    message = await world.shown(video, PostKind.VIDEO)
    answer = private(await press(by or world.ada, message, Action.THREAD))
    assert says(answer, Key.ANSWER_THREAD, link=link_to(world, message.id))
    (thread,) = [one for one in world.channel.threads if one.id == message.id]
    return thread


async def named_in(world: SimWorld, thread: ChannelHandle, text: str, by: MemberActor | None = None) -> discord.Message:
    """Somebody writes in the thread and mentions the bot."""
    message = await (by or world.ada).send(thread, f"<@{world.env.backend.bot_user.id}> {text}")
    await world.settle()
    return message


def forbid(world: SimWorld, who: MemberActor, permission: str) -> None:
    shut = Overwrite(who.id, OverwriteType.MEMBER, deny=discord.Permissions(**{permission: True}).value)
    world.env.backend.set_overwrite(world.channel.id, shut)


async def test_anyone_opens_a_thread_named_after_the_prompt(world: SimWorld) -> None:
    """In one line, without invisible characters; nothing is stored, and it works after a restart."""
    video = await world.delivered("a red\n\u202e@everyone **fox** " + "in snow " * 30)
    await world.sim_bot.restart()
    thread = await opened(world, video, by=world.ben)
    name = world.env.backend.get_channel(thread.id).name
    assert name is not None
    assert name.startswith("a red @everyone **fox** in snow")
    assert len(name) <= 100
    assert await world.job(video) == video


async def test_a_thread_that_is_there_is_linked(world: SimWorld) -> None:
    """Discord says that there is one."""
    video = await world.delivered()
    message = await world.shown(video, PostKind.VIDEO)
    path = f"/channels/{world.channel.id}/messages/{message.id}/threads"
    world.env.inject_error("POST", path, status=400, code=160004, message="A thread has already been created")
    answer = private(await press(world.ben, message, Action.THREAD))
    assert says(answer, Key.ANSWER_THREAD, link=link_to(world, message.id))
    assert world.channel.threads == []


async def test_a_name_that_the_server_blocks_is_left_out(world: SimWorld) -> None:
    """The thread is then called like the video."""
    video = await world.delivered()
    message = await world.shown(video, PostKind.VIDEO)
    path = f"/channels/{world.channel.id}/messages/{message.id}/threads"
    world.env.inject_error("POST", path, status=400, code=200001, message="Title was blocked")
    thread = await opened(world, video)
    assert world.env.backend.get_channel(thread.id).name == video.id


@pytest.mark.parametrize("permission", ["create_public_threads", "send_messages_in_threads"])
async def test_a_right_that_the_bot_lacks_is_named_privately(world: SimWorld, permission: str) -> None:
    """To open threads, and to write in them."""
    message = await world.shown(await world.delivered(), PostKind.VIDEO)
    world.forbid(world.channel, discord.Permissions(**{permission: True}))
    answer = private(await press(world.ada, message, Action.THREAD))
    assert says(answer, Reason.THREAD_DENIED, permissions=(permission,))
    assert world.channel.threads == []


async def test_the_bot_lends_nobody_its_right(world: SimWorld) -> None:
    """Who may open no threads can't do it through the bot."""
    message = await world.shown(await world.delivered(), PostKind.VIDEO)
    forbid(world, world.ben, "create_public_threads")
    assert says(private(await press(world.ben, message, Action.THREAD)), Reason.THREAD_NOT_ALLOWED)
    assert world.channel.threads == []


async def test_an_answer_that_is_lost_says_to_try_again(world: SimWorld) -> None:
    """Nothing else happens."""
    message = await world.shown(await world.delivered(), PostKind.VIDEO)
    path = f"/channels/{world.channel.id}/messages/{message.id}/threads"
    world.env.inject_error("POST", path, status=400, code=160006, message="Maximum number of active threads reached")
    assert says(private(await press(world.ada, message, Action.THREAD)), Reason.THREAD_FAILED)


async def test_in_a_thread_there_is_no_button(world: SimWorld) -> None:
    """A made-up press is answered privately, too, and so is one on a message that isn't the video's."""
    video = await world.delivered()
    thread = await opened(world, video)
    inside = await world.delivered("a second fox", where=thread)
    assert Action.THREAD not in actions(await world.shown(inside, PostKind.VIDEO))
    forged = ButtonId(MessageKind.VIDEO, Action.THREAD, inside.id)
    row = {"type": 1, "components": [{"type": 2, "style": 2, "label": "Press", "custom_id": str(forged)}]}
    backend = world.env.backend
    for where in (thread, world.channel):
        made = backend.create_message(where.id, backend.bot_user.id, "forged", components=[row])
        answer = private(await world.ada.click(to_discord_message(world.env, made), label="Press"))
        assert says(answer, Reason.VIDEO_UNKNOWN)


async def test_a_mention_in_the_thread_remixes_the_newest_video_there(world: SimWorld) -> None:
    """First the one that it was opened on, then its remix; each comes to the thread, after the grace period."""
    video = await world.delivered()
    thread = await opened(world, video)
    before = world.count()
    for prompt in ("make it night now", "and let it snow"):
        message = await named_in(world, thread, prompt)
        (job,) = [one for one in await world.jobs() if one.origin.id == str(message.id)]
        assert (job.request.prompt, job.request.parent_id) == (prompt, video.id)
        assert (job.origin.place.channel_id, job.not_before - job.accepted_at) == (thread.id, 10.0)
        card = await world.shown(job, PostKind.CARD)
        assert card.channel.id == thread.id
        assert card.reference is not None
        assert card.reference.message_id == message.id
        video = await world.fetched(job)
        assert (await world.shown(video, PostKind.VIDEO)).channel.id == thread.id
    assert world.count() == before


async def test_a_mention_about_somebody_elses_video_is_asked_about(world: SimWorld) -> None:
    """As with a reply; one or two words are, too."""
    thread = await opened(world, await world.delivered())
    await named_in(world, thread, "make it night now", by=world.ben)
    assert Action.MAKE_IT in actions(thread.history()[-1])
    assert await world.jobs(world.ben) == []
    await press(world.ben, thread.history()[-1], Action.MAKE_IT)
    (job,) = await world.jobs(world.ben)
    assert (job.request.prompt, job.origin.place.channel_id) == ("make it night now", thread.id)
    await named_in(world, thread, "nice fox")
    assert Action.MAKE_IT in actions(thread.history()[-1])


async def test_a_mention_in_an_answer_to_a_person_counts(world: SimWorld) -> None:
    """The answered message is no message of ours; one to our card is about that card."""
    video = await world.delivered()
    thread = await opened(world, video)
    told = await world.ben.send(thread, "what about the night?")
    bot = f"<@{world.env.backend.bot_user.id}>"
    await world.ada.send(thread, f"{bot} make it night now", reply_to=told)
    await world.settle()
    (job,) = [one for one in await world.jobs() if one.state is State.ACCEPTED]
    assert job.request.parent_id == video.id
    await world.ada.send(thread, f"{bot} and also snow please", reply_to=await world.shown(job, PostKind.CARD))
    await world.settle()
    assert says(text_of(thread.history()[-1]), Key.REPLY_TO_RUNNING)
    assert len(await world.jobs()) == 2


async def test_other_talk_is_ignored(world: SimWorld) -> None:
    """Without a mention, without a word, in another thread, in the channel; a right that is missing is said."""
    video = await world.delivered()
    thread = await opened(world, video)
    world.env.backend.create_thread(world.channel.id, "foxes", world.ada.id)
    other = next(one for one in world.channel.threads if one.id != thread.id)
    await world.ada.send(thread, "make it night now")
    await named_in(world, thread, "👍")
    await named_in(world, other, "make it night now")
    await named_in(world, world.channel, "make it night now")
    assert await world.jobs() == [video]
    assert [message.author.id for message in thread.history()] == [world.ada.id] * 2
    forbid(world, world.ben, "use_application_commands")
    await named_in(world, thread, "make it night now", by=world.ben)
    assert says(text_of(thread.history()[-1]), Reason.COMMANDS_DENIED)


async def test_the_deleted_video_of_a_thread_is_not_remixed(world: SimWorld) -> None:
    """A newer one there still is."""
    video = await world.delivered()
    thread = await opened(world, video)
    newer = await world.delivered("a second fox", where=thread)
    await world.engine.services.job_actions.forget_message((await world.shown(video, PostKind.VIDEO)).id)  # pyright: ignore[reportArgumentType]  # an id of Discord's
    await named_in(world, thread, "make it night now")
    (job,) = [one for one in await world.jobs() if one.state is State.ACCEPTED]
    assert job.request.parent_id == newer.id


async def test_a_running_video_has_no_button(world: SimWorld) -> None:
    """Only the finished one."""
    assert Action.THREAD not in actions(await world.shown(await job_setups.rendering(world), PostKind.CARD))
