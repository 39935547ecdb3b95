"""Messages under a reply that is not a remix by itself: a question, or the button that opens the form."""

import discord

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.model import Job, PostKind, Via
from bot.jobs.reasons import Reason
from bot.jobs.states import State
from tests.simcord.pictures import png
from tests.simcord.world import SimWorld, actions, field_ids, press, private
from tests.wording import says


async def offered(world: SimWorld, *wanted: Action) -> discord.Message:
    """The latest offer in the channel; it pings no one and is a reply."""
    offer = world.last()
    assert actions(offer) == list(wanted)
    assert offer.reference is not None
    assert not world.env.backend.get_message(world.channel.id, offer.id).ping_user_ids
    return offer


async def made_by_ben(world: SimWorld) -> Job:
    (job,) = await world.jobs(world.ben)
    return job


async def test_few_words_are_asked_about(world: SimWorld) -> None:
    """One or two words are asked about; **Remix** makes the remix, as a reply to the words, and the question goes."""
    video = await world.delivered()
    told = await world.ben.send(world.channel, "wow nice", reply_to=await world.shown(video, PostKind.VIDEO))
    await world.settle()
    assert await world.jobs(world.ben) == []
    question = await offered(world, Action.MAKE_IT, Action.NO_THANKS)
    assert "`wow nice`" in question.content
    assert (await press(world.ben, question, Action.MAKE_IT)).response is None
    await world.settle()
    job = await made_by_ben(world)
    assert (job.request.prompt, job.request.parent_id, job.origin.via) == ("wow nice", video.id, Via.REPLY)
    assert job.origin.reply_to == told.id
    shown = [message.id for message in world.channel.history()]
    assert question.id not in shown
    assert (await world.shown(job, PostKind.CARD)).id in shown


async def test_question_is_only_for_whom_it_was_asked(world: SimWorld) -> None:
    """**Remix** pressed by somebody else makes nothing and leaves the question standing."""
    video = await world.delivered()
    await world.ben.send(world.channel, "nice", reply_to=await world.shown(video, PostKind.VIDEO))
    await world.settle()
    question = await offered(world, Action.MAKE_IT, Action.NO_THANKS)
    result = await press(world.mia, question, Action.MAKE_IT)
    assert says(private(result), Reason.NOT_YOUR_REPLY)
    assert await world.jobs(world.ben) == await world.jobs(world.mia) == []
    await press(world.ben, question, Action.MAKE_IT)
    assert await world.jobs(world.ben)


async def test_reply_without_ping_gets_the_form(world: SimWorld) -> None:
    """With the ping off the bot offers a button that opens a form; what is sent in is a remix that answers it."""
    video = await world.delivered()
    told = world.reply_without_ping(world.ben, await world.shown(video, PostKind.VIDEO), "make it night, please")
    await world.env.settle()
    await world.settle()
    assert await world.jobs(world.ben) == []
    offer = await offered(world, Action.OPEN_FORM)
    shown = await press(world.ben, offer, Action.OPEN_FORM)
    assert list(field_ids(shown)) == ["prompt", "references", "size", "seconds"]
    sent = await world.ben.submit_modal(shown, {"prompt": "at night", "references": [("a.png", png())]})
    assert sent.response is None
    await world.settle()
    job = await made_by_ben(world)
    assert (job.request.prompt, job.request.parent_id, job.origin.via) == ("at night", video.id, Via.FORM)
    assert (job.origin.reply_to, len(job.request.references)) == (told.id, 1)
    assert offer.id not in [message.id for message in world.channel.history()]
    card = await world.shown(job, PostKind.CARD)
    assert card.reference is not None
    assert card.reference.message_id == told.id


async def test_form_is_only_for_whom_it_was_offered(world: SimWorld) -> None:
    """The button under a reply opens no form for others."""
    video = await world.delivered()
    world.reply_without_ping(world.ben, await world.shown(video, PostKind.VIDEO), "make it night, please")
    await world.env.settle()
    await world.settle()
    result = await press(world.mia, await offered(world, Action.OPEN_FORM), Action.OPEN_FORM)
    assert result.modal is None
    assert says(private(result), Reason.NOT_YOUR_REPLY)


async def test_form_is_offered_once_per_person_and_video(world: SimWorld) -> None:
    """A second reply without ping to the same video is not offered the form again, another person's first one is."""
    video = await world.delivered()
    message = await world.shown(video, PostKind.VIDEO)
    world.reply_without_ping(world.ben, message, "make it night")
    await world.env.settle()
    await world.settle()
    before = world.count()
    world.reply_without_ping(world.ben, message, "hello?")
    await world.env.settle()
    await world.settle()
    assert world.count() == before + 1
    world.reply_without_ping(world.mia, message, "make it day")
    await world.env.settle()
    await world.settle()
    assert world.count() == before + 3


async def test_pictures_without_words_get_the_form(world: SimWorld) -> None:
    """A reply of only pictures is asked what to do; its form keeps its pictures."""
    video = await world.delivered()
    await world.ben.send(
        world.channel, "👀", reply_to=await world.shown(video, PostKind.VIDEO), attachments=[("a.png", png(1))]
    )
    await world.settle()
    offer = await offered(world, Action.OPEN_FORM)
    shown = await press(world.ben, offer, Action.OPEN_FORM)
    await world.ben.submit_modal(shown, {"prompt": "wear this"})
    job = await made_by_ben(world)
    shelf = world.engine.context.shelf
    assert [shelf.path(one).read_bytes() for one in job.request.references] == [png(1)]


async def test_offers_go_after_a_minute(world: SimWorld) -> None:
    """A question and a button without a press delete themselves after a minute; nothing is made."""
    video = await world.delivered()
    await world.ben.send(world.channel, "nice", reply_to=await world.shown(video, PostKind.VIDEO))
    world.reply_without_ping(world.mia, await world.shown(video, PostKind.VIDEO), "make it night, please")
    await world.env.settle()
    await world.settle()
    before = world.count()
    await world.env.advance_time(60)
    await world.settle()
    assert world.count() == before - 2
    assert await world.jobs(world.ben) == await world.jobs(world.mia) == []


async def test_offer_goes_with_its_reply(world: SimWorld) -> None:
    """Deleting the reply takes the offer with it."""
    video = await world.delivered()
    told = await world.ben.send(world.channel, "nice", reply_to=await world.shown(video, PostKind.VIDEO))
    await world.settle()
    offer = await offered(world, Action.MAKE_IT, Action.NO_THANKS)
    await world.ben.delete(told)
    await world.settle()
    assert offer.id not in [message.id for message in world.channel.history()]


async def test_question_makes_one_video(world: SimWorld) -> None:
    """**Remix** pressed twice makes one video."""
    video = await world.delivered()
    await world.ben.send(world.channel, "nice", reply_to=await world.shown(video, PostKind.VIDEO))
    await world.settle()
    question = await offered(world, Action.MAKE_IT, Action.NO_THANKS)
    await press(world.ben, question, Action.MAKE_IT)
    await press(world.ben, question, Action.MAKE_IT)
    assert (await made_by_ben(world)).state is State.ACCEPTED


async def test_no_thanks_takes_the_question_away(world: SimWorld) -> None:
    """Only the person who replied may say so; nothing is made, and nothing is said."""
    video = await world.delivered()
    await world.ben.send(world.channel, "nice", reply_to=await world.shown(video, PostKind.VIDEO))
    await world.settle()
    question = await offered(world, Action.MAKE_IT, Action.NO_THANKS)
    assert says(private(await press(world.mia, question, Action.NO_THANKS)), Reason.NOT_YOUR_REPLY)
    assert (await press(world.ben, question, Action.NO_THANKS)).response is None
    await world.settle()
    assert question.id not in [message.id for message in world.channel.history()]
    assert await world.jobs(world.ben) == []


async def test_a_sentence_under_somebody_elses_video_is_asked_about(world: SimWorld) -> None:
    """And a question under one's own."""
    video = await world.delivered()
    message = await world.shown(video, PostKind.VIDEO)
    for person, text in ((world.ben, "make it night, please"), (world.ada, "haha so good, where is that?")):
        await person.send(world.channel, text, reply_to=message)
        await world.settle()
        question = await offered(world, Action.MAKE_IT, Action.NO_THANKS)
        assert says(question.content, Key.OFFER_QUESTION, prompt=text)
    assert await world.jobs(world.ben) == []
    assert len(await world.jobs()) == 1
