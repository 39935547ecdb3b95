"""Replies to finished videos: which become a remix, which are talk, and which are wrong."""

import discord

from bot.jobs.model import PostKind, Via
from bot.jobs.states import State
from tests.simcord import scenes
from tests.simcord.pictures import png
from tests.simcord.world import World, labels, text_of


async def test_reply_is_a_remix(world: World) -> None:
    """A reply that pings the bot is a remix with its text as prompt; card and video stand as replies to it."""
    video = await world.delivered()
    told = await world.ben.send(
        world.channel, "make it night, please", reply_to=await world.shown(video, PostKind.VIDEO)
    )
    await world.settle()
    (job,) = await world.jobs(world.ben)
    assert (job.request.prompt, job.request.parent_id) == ("make it night, please", video.id)
    assert (job.request.model, job.request.size, job.request.seconds) == (None, None, None)
    assert (job.origin.via, job.origin.id, job.origin.reply_to) == (Via.REPLY, str(told.id), told.id)
    card = await world.shown(job, PostKind.CARD)
    assert card.reference is not None
    assert card.reference.message_id == told.id
    assert not world.env.backend.get_message(world.channel.id, card.id).ping_user_ids
    job = await world.fetched(job)
    made = await world.shown(job, PostKind.VIDEO)
    assert made.reference is not None
    assert made.reference.message_id == told.id
    assert "Your remix is ready" in made.content


async def test_reply_waits_in_which_cancel_costs_nothing(world: World) -> None:
    """A reply's job waits some seconds before it is submitted; its card says so and offers Cancel."""
    video = await world.delivered()
    before = world.clock.now()
    await world.ada.send(world.channel, "make it night", reply_to=await world.shown(video, PostKind.VIDEO))
    job = (await world.jobs())[0]
    assert job.not_before == before + 5.0
    await world.settle()
    card = await world.shown(job, PostKind.CARD)
    assert labels(card) == ["Cancel"]
    await world.ada.click(card, label="Cancel")
    assert (await world.job(job)).state is State.CANCELLED


async def test_deleting_the_reply_cancels_its_job(world: World) -> None:
    """Deleting the reply before its job is submitted ends the job."""
    video = await world.delivered()
    told = await world.ada.send(world.channel, "make it night", reply_to=await world.shown(video, PostKind.VIDEO))
    await world.ada.delete(told)
    assert (await world.jobs())[0].state is State.CANCELLED


async def test_mention_in_the_text_is_not_part_of_the_prompt(world: World) -> None:
    """A reply that names the bot in its text pings it, too; the name is left out of the prompt."""
    video = await world.delivered()
    me = world.env.backend.bot_user.id
    world.reply_without_ping(world.ada, await world.shown(video, PostKind.VIDEO), f"<@{me}> make it night now")
    await world.env.settle()
    assert (await world.jobs())[0].request.prompt == "make it night now"


async def test_pictures_of_a_reply_are_its_references(world: World) -> None:
    """Pictures attached to a reply are kept byte for byte, in order; with them one word is enough."""
    video = await world.delivered()
    files = [("a.png", png(1)), ("b.png", png(2))]
    await world.ada.send(world.channel, "snow", reply_to=await world.shown(video, PostKind.VIDEO), attachments=files)
    job = (await world.jobs())[0]
    assert (job.request.prompt, job.request.parent_id) == ("snow", video.id)
    shelf = world.engine.parts.shelf
    assert [shelf.path(one).read_bytes() for one in job.request.references] == [png(1), png(2)]


async def test_replies_can_be_chained(world: World) -> None:
    """The remix of a reply can be replied to in turn."""
    video = await world.delivered()
    for prompt in ("make it night now", "and let it snow", "with a second fox"):
        await world.ada.send(world.channel, prompt, reply_to=await world.shown(video, PostKind.VIDEO))
        await world.settle()
        (remix,) = [job for job in await world.jobs() if job.request.prompt == prompt]
        assert remix.request.parent_id == video.id
        video = await world.fetched(remix)
        assert video.state is State.DELIVERED


async def test_talk_is_ignored(world: World) -> None:
    """A reply without a letter or digit, a reply to a card, a notice or a person: all of them start nothing."""
    video = await world.delivered()
    queued = await scenes.queued(world)
    failed = await scenes.failed(world)
    said = await world.ben.send(world.channel, "what a fox")
    before = len(await world.jobs()), world.count()
    for text, to in (
        ("👍 !!!", await world.shown(video, PostKind.VIDEO)),
        ("make it night now", await world.shown(queued, PostKind.CARD)),
        ("make it night now", await world.shown(failed, PostKind.FAILURE)),
        ("make it night now", said),
    ):
        await world.ada.send(world.channel, text, reply_to=to)
    await world.settle()
    assert (len(await world.jobs()), world.count()) == (before[0], before[1] + 4)


async def test_bots_are_ignored(world: World) -> None:
    """A reply of another bot starts nothing."""
    video = await world.delivered()
    robot = world.guild.add_member(world.env.create_user("robot", bot=True))
    await robot.send(world.channel, "make it night now", reply_to=await world.shown(video, PostKind.VIDEO))
    assert await world.jobs(robot) == []


async def test_wrong_reply_is_answered_without_a_ping(world: World) -> None:
    """A reply with a file that is no picture gets one reply, which pings nobody; no job is stored."""
    video = await world.delivered()
    told = await world.ben.send(
        world.channel,
        "make it like this",
        reply_to=await world.shown(video, PostKind.VIDEO),
        attachments=[("notes.txt", b"no picture")],
    )
    await world.settle()
    answer = world.last()
    assert "notes.txt" in answer.content
    assert answer.reference is not None
    assert answer.reference.message_id == told.id
    assert not world.env.backend.get_message(world.channel.id, answer.id).ping_user_ids
    assert await world.jobs(world.ben) == []


async def test_reply_over_the_limit_is_told(world: World) -> None:
    """A reply of somebody who has as many videos under way as may be gets that as an answer; nothing is made."""
    video = await world.delivered()
    message = await world.shown(video, PostKind.VIDEO)
    for _ in range(3):
        await world.asked("a fox that fills the limit", by=world.ben)
    await world.ben.send(world.channel, "make it night now", reply_to=message)
    assert "3 videos" in world.last().content
    assert len(await world.jobs(world.ben)) == 3


async def test_reply_where_the_bot_cannot_post_is_told(world: World) -> None:
    """A reply in a channel in which the bot may not attach files is answered with what it lacks."""
    video = await world.delivered()
    message = await world.shown(video, PostKind.VIDEO)
    world.forbid(world.channel, discord.Permissions(attach_files=True))
    await world.ben.send(world.channel, "make it night now", reply_to=message)
    assert "Attach Files" in world.last().content
    assert await world.jobs(world.ben) == []


async def test_reply_in_a_direct_message_needs_no_ping(world: World) -> None:
    """In a DM the text of a reply always arrives, and it is a remix."""
    ada = world.ada.user
    await ada.slash("video", prompt="a red fox")
    await world.settle()
    video = await world.fetched((await world.jobs())[0])
    message = await world.shown(video, PostKind.VIDEO)
    world.reply_without_ping(world.ada, message, "make it night now")
    await world.env.settle()
    job = (await world.jobs())[0]
    assert (job.request.prompt, job.request.parent_id) == ("make it night now", video.id)


async def test_reply_in_a_thread_is_a_remix_there(world: World) -> None:
    """In a thread commands and replies work as in a channel, and everything stands in the thread."""
    world.env.backend.create_thread(world.channel.id, "foxes", world.ada.id)
    (thread,) = world.channel.threads
    video = await world.delivered(where=thread)
    await world.ada.send(thread, "make it night now", reply_to=await world.shown(video, PostKind.VIDEO))
    await world.settle()
    job = (await world.jobs())[0]
    assert (job.origin.place.channel_id, job.request.parent_id) == (thread.id, video.id)
    assert "make it night now" in text_of(await world.shown(job, PostKind.CARD))
    assert not [message for message in world.channel.history() if message.author == world.env.bot.user]
