"""`/remix`: which videos it finds, what it makes of them, and what its option offers."""

import discord
import pytest

from bot.jobs.model import PostKind
from bot.jobs.reasons import Reason
from bot.jobs.states import State
from tests.simcord.pictures import png
from tests.simcord.world import SimWorld, field_ids, private, text_of
from tests.wording import says


async def test_remix_takes_the_newest_video_here(world: SimWorld) -> None:
    """`/remix` with only a prompt changes the asker's newest finished video of this channel."""
    await world.delivered("an old fox")
    await world.env.advance_time(10)
    newest = await world.delivered("a new fox")
    other = world.guild.create_text_channel("other")
    await world.env.advance_time(10)
    await world.delivered("a fox elsewhere", where=other)
    result = await world.ada.slash(world.channel, "remix", prompt="at night", seconds="4", reference=("a.png", png()))
    assert result.response is None
    await world.settle()
    job = (await world.jobs())[0]
    assert (job.request.parent_id, job.request.prompt, job.request.seconds) == (newest.id, "at night", "4")
    assert (job.request.model, len(job.request.references)) == (None, 1)
    assert newest.id in text_of(await world.shown(job, PostKind.CARD))


async def test_remix_finds_a_video_by_any_of_its_names(world: SimWorld) -> None:
    """A short id in any case, a message link and the provider's id all name a video, also somebody else's."""
    video = await world.delivered()
    message = await world.shown(video, PostKind.VIDEO)
    for name in (video.id.lower(), message.jump_url, f"video_{video.id}"):
        result = await world.ben.slash(world.channel, "remix", prompt="at night", video=name)
        assert result.response is None, name
    made = await world.jobs(world.ben)
    assert [job.request.parent_id for job in made] == [video.id] * 3


async def test_remix_without_a_prompt_opens_a_form(world: SimWorld) -> None:
    """Without a prompt `/remix` opens a form, and what is sent in changes the named video with the options given."""
    video = await world.delivered()
    shown = await world.ben.slash(world.channel, "remix", video=video.id, size="1080x1920", reference=("a.png", png()))
    assert list(field_ids(shown)) == ["prompt", "references", "size", "seconds"]
    sent = await world.ben.submit_modal(shown, {"prompt": "at night"})
    assert sent.response is None
    await world.settle()
    (job,) = await world.jobs(world.ben)
    assert (job.request.parent_id, job.request.prompt, job.request.size) == (video.id, "at night", "1080x1920")
    assert len(job.request.references) == 1
    assert job.origin.user_id == world.ben.id


async def test_remix_of_nothing_is_answered_privately(world: SimWorld) -> None:
    """No video here, an unknown one, an unfinished one: each is said privately, with or without a prompt."""
    running = await world.asked()
    for options, refused in (
        ({}, Reason.VIDEO_NONE_HERE),
        ({"video": "ZZZZZZZZ"}, Reason.VIDEO_UNKNOWN),
        ({"video": running.id}, Reason.VIDEO_UNFINISHED),
    ):
        for prompt in ({"prompt": "at night"}, {}):
            result = await world.ada.slash(world.channel, "remix", **options, **prompt)
            assert says(private(result), refused)
            assert result.modal is None
    assert len(await world.jobs()) == 1


async def test_video_that_the_asker_cannot_see_is_unknown(world: SimWorld) -> None:
    """A video of a channel that the asker can't see is answered like one that doesn't exist."""
    hidden = world.guild.create_text_channel(
        "hidden",
        overwrites={
            world.guild.default_role: discord.PermissionOverwrite(view_channel=False),
            world.ada: discord.PermissionOverwrite(view_channel=True),
            world.guild.me: discord.PermissionOverwrite(view_channel=True),
        },
    )
    video = await world.delivered(where=hidden)
    for options in ({"prompt": "at night"}, {}):
        result = await world.ben.slash(world.channel, "remix", video=video.id, **options)
        assert says(private(result), Reason.VIDEO_UNKNOWN)
    result = await world.ada.slash(world.channel, "remix", video=video.id, prompt="at night")
    assert result.response is None


async def test_video_of_another_server_is_unknown(world: SimWorld) -> None:
    """A video of another server can't be remixed here, not even by its own requester."""
    abroad = world.env.create_guild("Abroad")
    there = abroad.create_text_channel("videos")
    ada_there = abroad.add_member(world.ada.user)
    await ada_there.slash(there, "video", prompt="a fox abroad")
    await world.settle()
    video = await world.fetched((await world.jobs())[0])
    assert video.state is State.DELIVERED
    result = await world.ada.slash(world.channel, "remix", video=video.id, prompt="at night")
    assert says(private(result), Reason.VIDEO_UNKNOWN)
    assert await world.ada.autocomplete(world.channel, "remix", "video", "") == []
    assert len(await ada_there.autocomplete(there, "remix", "video", "")) == 1


@pytest.mark.slow
async def test_remix_completes_ones_own_finished_videos(world: SimWorld) -> None:
    """`/remix` offers the asker's finished videos of this server, newest first, filtered by what was typed."""
    first = await world.delivered("a red fox")
    await world.env.advance_time(60)
    second = await world.delivered("a blue whale")
    await world.asked("a fox that still runs")
    await world.delivered("a fox of ben's", by=world.ben)
    offered = await world.ada.autocomplete(world.channel, "remix", "video", "")
    assert [choice["value"] for choice in offered] == [second.id, first.id]
    assert "a blue whale" in offered[0]["name"]
    typed = await world.ada.autocomplete(world.channel, "remix", "video", "FOX")
    assert [choice["value"] for choice in typed] == [first.id]
    assert await world.ada.autocomplete(world.channel, "remix", "video", "%") == []
