"""Without ffmpeg, videos whose provider can't change videos: nothing offers a remix of them, and it is refused."""

from dataclasses import replace

import discord
import pytest_asyncio

from bot.chat.custom_ids import Action
from bot.jobs.model import Job, PostKind
from bot.jobs.reasons import Reason
from tests.simcord.world import SimWorld, actions, press, private
from tests.wording import says


async def restart(world: SimWorld, *, remix: bool) -> None:
    """Start the bot again without ffmpeg, with a provider that can change videos, or that can't."""
    settings = world.sim_bot.settings
    (provider,) = settings.setup.providers
    changed = replace(provider, abilities=replace(provider.abilities, remix=remix))
    world.sim_bot.settings = settings.with_setup(replace(settings.setup, providers=(changed,)))
    await world.sim_bot.restart()
    world.engine.context.ffmpeg._program = None


@pytest_asyncio.fixture
async def plain(world: SimWorld) -> SimWorld:
    """A bot without ffmpeg whose provider can't change videos."""
    await restart(world, remix=False)
    return world


def refused(world: SimWorld, video: Job, told: discord.Message) -> bool:
    """Whether the newest message is a reply to that one that says why; it pings no one."""
    answer = world.last()
    return (
        says(answer.content, Reason.REMIX_UNSUPPORTED, video=video.id)
        and answer.reference is not None
        and answer.reference.message_id == told.id
        and not world.env.backend.get_message(world.channel.id, answer.id).ping_user_ids
    )


async def test_its_video_offers_everything_else(plain: SimWorld) -> None:
    """No **Remix**; **Make another** makes one."""
    video = await plain.delivered()
    message = await plain.shown(video, PostKind.VIDEO)
    assert actions(message) == [Action.AGAIN, Action.DETAILS, Action.THREAD, Action.DELETE]
    await press(plain.ada, message, Action.AGAIN)
    await plain.settle()
    assert len(await plain.jobs()) == 2


async def test_a_reply_is_refused_with_the_way_on(plain: SimWorld) -> None:
    """Once an hour for each person and video: what follows may be talk, and would fill the channel."""
    video = await plain.delivered()
    message = await plain.shown(video, PostKind.VIDEO)
    told = await plain.ada.send(plain.channel, "make it night, please", reply_to=message)
    assert refused(plain, video, told)
    assert len(await plain.jobs()) == 1
    before = plain.count()
    for talk in ("make it day, please", "wow nice", "why not?"):
        await plain.ada.send(plain.channel, talk, reply_to=message)
    assert plain.count() == before + 3
    told = await plain.ben.send(plain.channel, "make it night, please", reply_to=message)
    assert refused(plain, video, told)
    another = await plain.delivered("a blue fox")
    told = await plain.ada.send(plain.channel, "a hat", reply_to=await plain.shown(another, PostKind.VIDEO))
    assert refused(plain, another, told)
    assert len(await plain.jobs()) == 2


async def test_a_reply_without_a_word_is_left_alone(plain: SimWorld) -> None:
    """Emoji and links were never a request."""
    message = await plain.shown(await plain.delivered(), PostKind.VIDEO)
    before = plain.count()
    await plain.ada.send(plain.channel, "🎉", reply_to=message)
    assert plain.count() == before + 1


async def test_a_reply_without_ping_is_refused(plain: SimWorld) -> None:
    """No form is offered, which would end in the same refusal."""
    video = await plain.delivered()
    told = plain.reply_without_ping(plain.ben, await plain.shown(video, PostKind.VIDEO), "make it night, please")
    await plain.env.settle()
    await plain.settle()
    assert refused(plain, video, told)


async def test_the_command_is_refused(plain: SimWorld) -> None:
    """With and without a prompt; the video is named, so that another one can be."""
    video = await plain.delivered()
    for options in ({"prompt": "at night", "video": video.id}, {"video": video.id}, {}):
        result = await plain.ada.slash(plain.channel, "remix", **options)
        assert says(private(result), Reason.REMIX_UNSUPPORTED, video=video.id)
    assert len(await plain.jobs()) == 1


async def test_what_was_offered_before_is_refused_once_the_provider_can_not(world: SimWorld) -> None:
    """The button under an older video, a form that is still open, and a question: nothing is made."""
    video = await world.delivered()
    message = await world.shown(video, PostKind.VIDEO)
    await world.ben.send(world.channel, "wow nice", reply_to=message)
    await world.settle()
    question = world.last()
    form = await press(world.ada, message, Action.REMIX)
    await restart(world, remix=False)
    for answer in (
        await press(world.ben, question, Action.MAKE_IT),
        await press(world.ada, message, Action.REMIX),
        await world.ada.submit_modal(form, {"prompt": "at night"}),
    ):
        assert says(private(answer), Reason.REMIX_UNSUPPORTED, video=video.id)
    assert (len(await world.jobs()), await world.jobs(world.ben)) == (1, [])
