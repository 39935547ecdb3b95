"""Replies to finished videos: which become a remix, which are talk, and which are wrong."""

from dataclasses import replace

import discord
import pytest

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.model import PostKind, Via
from bot.jobs.reasons import Reason
from bot.jobs.states import Event, State
from bot.jobs.store import accepting
from tests.simcord import job_setups
from tests.simcord.pictures import png
from tests.simcord.world import SimWorld, actions, press, text_of
from tests.wording import says


async def test_reply_is_a_remix(world: SimWorld) -> None:
    """A reply that pings the bot is a remix with its text as prompt; card and video stand as replies to it."""
    video = await world.delivered()
    told = await world.ada.send(
        world.channel, "make it night, please", reply_to=await world.shown(video, PostKind.VIDEO)
    )
    await world.settle()
    job = (await world.jobs())[0]
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
    assert says(made.content, Key.REMIX_READY)


async def test_reply_waits_in_which_cancel_costs_nothing(world: SimWorld) -> None:
    """A reply's job waits some seconds before it is submitted; its card says so and offers Cancel."""
    video = await world.delivered()
    before = world.clock.now()
    await world.ada.send(world.channel, "make it night", reply_to=await world.shown(video, PostKind.VIDEO))
    job = (await world.jobs())[0]
    assert job.not_before == before + 10.0
    await world.settle()
    card = await world.shown(job, PostKind.CARD)
    assert actions(card) == [Action.CANCEL]
    assert says(text_of(card), Key.GRACE_REMARK, when=job.not_before)
    await press(world.ada, card, Action.CANCEL)
    assert (await world.job(job)).state is State.CANCELLED


async def test_deleting_the_reply_cancels_its_job(world: SimWorld) -> None:
    """Deleting the reply before its job is submitted ends the job."""
    video = await world.delivered()
    told = await world.ada.send(world.channel, "make it night", reply_to=await world.shown(video, PostKind.VIDEO))
    await world.ada.delete(told)
    assert (await world.jobs())[0].state is State.CANCELLED


async def test_mention_in_the_text_is_not_part_of_the_prompt(world: SimWorld) -> None:
    """A reply that names the bot in its text pings it, too; the name is left out of the prompt."""
    video = await world.delivered()
    me = world.env.backend.bot_user.id
    world.reply_without_ping(world.ada, await world.shown(video, PostKind.VIDEO), f"<@{me}> make it night now")
    await world.env.settle()
    assert (await world.jobs())[0].request.prompt == "make it night now"


async def test_pictures_of_a_reply_are_its_references(world: SimWorld) -> None:
    """Pictures attached to a reply are kept byte for byte, in order; with them one word is enough."""
    video = await world.delivered()
    files = [("a.png", png(1)), ("b.png", png(2))]
    await world.ada.send(world.channel, "snow", reply_to=await world.shown(video, PostKind.VIDEO), attachments=files)
    job = (await world.jobs())[0]
    assert (job.request.prompt, job.request.parent_id) == ("snow", video.id)
    shelf = world.engine.context.shelf
    assert [shelf.path(one).read_bytes() for one in job.request.references] == [png(1), png(2)]


@pytest.mark.slow
async def test_replies_can_be_chained(world: SimWorld) -> None:
    """The remix of a reply can be replied to in turn."""
    video = await world.delivered()
    for prompt in ("make it night now", "and let it snow", "with a second fox"):
        await world.ada.send(world.channel, prompt, reply_to=await world.shown(video, PostKind.VIDEO))
        await world.settle()
        (remix,) = [job for job in await world.jobs() if job.request.prompt == prompt]
        assert remix.request.parent_id == video.id
        video = await world.fetched(remix)
        assert video.state is State.DELIVERED


@pytest.mark.slow
async def test_talk_is_ignored(world: SimWorld) -> None:
    """A reply without a word, a reply to somebody else's card or notice, or to a person: they start nothing."""
    video = await world.delivered()
    queued = await job_setups.queued(world)
    failed = await job_setups.failed(world)
    said = await world.ada.send(world.channel, "what a fox")
    before = world.count()
    for text, to in (
        ("👍 !!!", await world.shown(video, PostKind.VIDEO)),
        ("<:kekw:1087000000000000001> 1️⃣ https://tenor.com/view/a", await world.shown(video, PostKind.VIDEO)),
        ("👍", await world.shown(queued, PostKind.CARD)),
        ("make it night now", await world.shown(failed, PostKind.FAILURE)),
        ("make it night now", said),
    ):
        await world.ben.send(world.channel, text, reply_to=to)
    await world.settle()
    assert (await world.jobs(world.ben), world.count()) == ([], before + 5)


async def test_bots_are_ignored(world: SimWorld) -> None:
    """A reply of another bot starts nothing."""
    video = await world.delivered()
    robot = world.guild.add_member(world.env.create_user("robot", bot=True))
    await robot.send(world.channel, "make it night now", reply_to=await world.shown(video, PostKind.VIDEO))
    assert await world.jobs(robot) == []


async def test_wrong_reply_is_answered_without_a_ping(world: SimWorld) -> None:
    """A reply with a file that is no picture gets one reply, without a ping; no job is stored."""
    video = await world.delivered()
    told = await world.ada.send(
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
    assert len(await world.jobs()) == 1


async def test_reply_over_the_limit_is_refused(world: SimWorld) -> None:
    """A reply of somebody who has as many videos under way as may be gets that as an answer; nothing is made."""
    video = await world.delivered()
    message = await world.shown(video, PostKind.VIDEO)
    for _ in range(5):
        await world.asked("a fox that fills the limit")
    await world.ada.send(world.channel, "make it night now", reply_to=message)
    assert says(world.last().content, Reason.ACTIVE_LIMIT, limit=5)
    assert len(await world.jobs()) == 6


async def test_reply_where_the_bot_cannot_post_is_refused(world: SimWorld) -> None:
    """A reply in a channel in which the bot may not attach files is answered with what it lacks."""
    video = await world.delivered()
    message = await world.shown(video, PostKind.VIDEO)
    world.forbid(world.channel, discord.Permissions(attach_files=True))
    await world.ada.send(world.channel, "make it night now", reply_to=message)
    assert says(world.last().content, Reason.PLACE_UNPOSTABLE, permissions=("attach_files",))
    assert len(await world.jobs()) == 1


async def test_reply_in_a_direct_message_needs_no_ping(world: SimWorld) -> None:
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


async def test_reply_in_a_thread_is_a_remix_there(world: SimWorld) -> None:
    """In a thread commands and replies work as in a channel, and everything is posted in the thread."""
    world.env.backend.create_thread(world.channel.id, "foxes", world.ada.id)
    (thread,) = world.channel.threads
    video = await world.delivered(where=thread)
    await world.ada.send(thread, "make it night now", reply_to=await world.shown(video, PostKind.VIDEO))
    await world.settle()
    job = (await world.jobs())[0]
    assert (job.origin.place.channel_id, job.request.parent_id) == (thread.id, video.id)
    assert "make it night now" in text_of(await world.shown(job, PostKind.CARD))
    assert not [message for message in world.channel.history() if message.author == world.env.bot.user]


async def test_reply_to_ones_own_notice_is_a_new_request(world: SimWorld) -> None:
    """New words with the old settings, as a reply, with a grace period; a reply to a cancelled card is the same."""
    failed = await job_setups.failed(world)
    told = await world.ada.send(
        world.channel, "a fox in deep snow", reply_to=await world.shown(failed, PostKind.FAILURE)
    )
    (job,) = [one for one in await world.jobs() if one.origin.id == str(told.id)]
    assert replace(job.request, prompt="") == replace(failed.request, prompt="")
    assert (job.request.prompt, job.not_before - job.accepted_at) == ("a fox in deep snow", 10.0)
    await world.settle()
    card = await world.shown(job, PostKind.CARD)
    await press(world.ada, card, Action.CANCEL)
    await world.settle()
    told = await world.ada.send(world.channel, "a fox in high grass", reply_to=card)
    assert [one.request.prompt for one in await world.jobs() if one.origin.id == str(told.id)] == [
        "a fox in high grass"
    ]


async def test_short_reply_to_ones_own_notice_is_asked_about(world: SimWorld) -> None:
    """The same rules as under a video."""
    failed = await job_setups.failed(world)
    before = len(await world.jobs())
    await world.ada.send(world.channel, "oh no", reply_to=await world.shown(failed, PostKind.FAILURE))
    await world.settle()
    assert (actions(world.last()), len(await world.jobs())) == ([Action.MAKE_IT, Action.NO_THANKS], before)


async def test_reply_to_a_running_card_is_answered_once(world: SimWorld) -> None:
    """One sentence to each person under each card."""
    queued = await job_setups.queued(world)
    card = await world.shown(queued, PostKind.CARD)
    before = world.count()
    for _ in range(2):
        await world.ada.send(world.channel, "make it night now", reply_to=card)
        await world.ben.send(world.channel, "make it day now", reply_to=card)
    await world.settle()
    assert world.count() == before + 4 + 2
    assert len(await world.jobs()) == 1


async def test_edited_reply_counts_until_it_is_sent(world: SimWorld) -> None:
    """The newest text is made, the grace period begins again, and a text without words changes nothing."""
    video = await world.delivered()
    told = await world.ada.send(world.channel, "make it night", reply_to=await world.shown(video, PostKind.VIDEO))
    job = (await world.jobs())[0]
    await world.env.advance_time(4)
    await world.ada.edit(told, "make it day instead")
    changed = await world.job(job)
    assert (changed.request.prompt, changed.not_before) == ("make it day instead", job.not_before + 4)
    await world.ada.edit(told, "🌞")
    assert await world.job(job) == changed
    assert await world.write(accepting.begin_submit, changed, world.clock.now()) == changed
    sent = await world.step(changed, Event.SUBMIT, submitted_at=world.clock.now())
    await world.ada.edit(told, "make it evening instead")
    assert await world.job(job) == sent


@pytest.mark.slow
async def test_an_edited_replys_long_prompt_is_exchanged_on_the_card(world: SimWorld) -> None:
    """`prompt.txt` on the card has the newest text, and goes when that is shown whole; also on a cancelled card."""
    video = await world.delivered()
    texts = [f"{word} and a very long story. " * 60 for word in ("Mice", "Cats", "Owls")]
    told = await world.ada.send(world.channel, texts[0], reply_to=await world.shown(video, PostKind.VIDEO))
    await world.settle()
    job = (await world.jobs())[0]

    async def attached() -> list[str]:
        return [(await one.read()).decode() for one in (await world.shown(job, PostKind.CARD)).attachments]

    assert await attached() == [texts[0].strip()]
    for text, expected in ((texts[1], [texts[1].strip()]), ("make it night", []), (texts[2], [texts[2].strip()])):
        await world.ada.edit(told, text)
        await world.settle()
        assert await attached() == expected
    await world.ada.edit(told, "make it day")
    await press(world.ada, await world.shown(job, PostKind.CARD), Action.CANCEL)
    await world.settle()
    assert (await world.job(job)).state is State.CANCELLED
    assert await attached() == []


@pytest.mark.slow
@pytest.mark.parametrize("talk", ["haha nice", "wait, where did you get that idea?"])
async def test_reply_edited_into_talk_is_cancelled_and_asked_about(world: SimWorld, talk: str) -> None:
    """Its job ends for free; Remix then makes one video of the newest text, however often it is pressed."""
    video = await world.delivered()
    told = await world.ada.send(world.channel, "make it night", reply_to=await world.shown(video, PostKind.VIDEO))
    job = (await world.jobs())[0]
    await world.ada.edit(told, talk)
    await world.settle()
    assert (await world.job(job)).state is State.CANCELLED
    question = world.last()
    assert (actions(question), talk in question.content) == ([Action.MAKE_IT, Action.NO_THANKS], True)
    await world.ada.edit(told, f"{talk} Make it day")
    assert "Make it day" in world.last().content
    for _ in range(2):
        await press(world.ada, question, Action.MAKE_IT)
    (made,) = [one for one in await world.jobs() if one.id not in {job.id, video.id}]
    assert (made.request.prompt, made.state) == (f"{talk} Make it day", State.ACCEPTED)
    assert (made.request.parent_id, made.origin.reply_to) == (video.id, told.id)


async def test_question_said_yes_to_is_only_changed_by_an_edit(world: SimWorld) -> None:
    """It was meant: a slip put right is no reason to ask once more."""
    video = await world.delivered()
    told = await world.ben.send(world.channel, "wow nice", reply_to=await world.shown(video, PostKind.VIDEO))
    await world.settle()
    await press(world.ben, world.last(), Action.MAKE_IT)
    await world.ben.edit(told, "wow mice")
    (job,) = await world.jobs(world.ben)
    assert (job.request.prompt, job.state) == ("wow mice", State.ACCEPTED)


async def test_edited_question_asks_about_the_new_text(world: SimWorld) -> None:
    """The question shows and makes the newest text."""
    video = await world.delivered()
    told = await world.ben.send(world.channel, "wow nice", reply_to=await world.shown(video, PostKind.VIDEO))
    await world.settle()
    await world.ben.edit(told, "make it night")
    assert "`make it night`" in world.last().content
    await press(world.ben, world.last(), Action.MAKE_IT)
    assert [one.request.prompt for one in await world.jobs(world.ben)] == ["make it night"]


async def test_prompts_have_names_for_ids(world: SimWorld) -> None:
    """A reply's and a command's mentions and emoji reach the provider as people read them."""
    video = await world.delivered()
    text = f"put <@{world.ben.id}> into <#{world.channel.id}> with a <:tophat:1087000000000000001> now"
    await world.ada.send(world.channel, text, reply_to=await world.shown(video, PostKind.VIDEO))
    assert (await world.jobs())[0].request.prompt == "put ben into videos with a tophat now"
    job = await world.asked(f"a fox in <#{world.channel.id}> with a <:tophat:1087000000000000001>")
    assert job.request.prompt == "a fox in videos with a tophat"


async def test_files_that_are_no_pictures_are_talk(world: SimWorld) -> None:
    """Alone they are ignored; beside a picture they are left out."""
    video = await world.delivered()
    message, before = await world.shown(video, PostKind.VIDEO), world.count()
    await world.ada.send(world.channel, "", reply_to=message, attachments=[("laugh.gif", b"GIF89a")])
    await world.ada.send(world.channel, "", reply_to=message, attachments=[("clip.mp4", b"mp4")])
    await world.settle()
    assert world.count() == before + 2
    files = [("voice.ogg", b"OggS"), ("a.png", png(1))]
    await world.ada.send(world.channel, "with this hat", reply_to=message, attachments=files)
    assert len((await world.jobs())[0].request.references) == 1


async def test_long_reply_is_read_from_its_file(world: SimWorld) -> None:
    """What Discord's client sends as message.txt is the prompt; what is no text is a document."""
    video = await world.delivered()
    message, text = await world.shown(video, PostKind.VIDEO), "make it snow on the hills " * 100
    await world.ada.send(world.channel, "", reply_to=message, attachments=[("message.txt", text.encode())])
    assert (await world.jobs())[0].request.prompt == text.strip()
    before = world.count()
    await world.ada.send(world.channel, "", reply_to=message, attachments=[("message.txt", b"\xff\xfe\x00")])
    await world.settle()
    assert (len(await world.jobs()), world.count()) == (2, before + 2)
