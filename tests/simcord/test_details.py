"""**Details** under a video: what it shows, and to whom."""

from urllib.parse import urlsplit

import discord
import pytest

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.engine.requests import details as module
from bot.jobs.model import Job, PostKind
from bot.jobs.reasons import Reason
from tests.simcord import job_setups
from tests.simcord.world import SimWorld, actions, press, private
from tests.wording import says


async def details(world: SimWorld, job: Job, who: object = None) -> discord.Message:
    """The private answer to a press on the video's **Details**."""
    result = await press(who or world.ada, await world.shown(job, PostKind.VIDEO), Action.DETAILS)
    assert result.response is not None
    assert result.response.ephemeral
    return result.response.message


async def remixed(world: SimWorld, video: Job, prompt: str) -> Job:
    await world.ben.slash(world.channel, "remix", prompt=prompt, video=video.id)
    await world.settle()
    return await world.fetched((await world.jobs(world.ben))[0])


async def test_anyone_who_sees_the_video_may_look_at_it(world: SimWorld) -> None:
    """Prompt, settings, price and ids; its requester and others read the same, and nothing is changed."""
    video = await world.delivered(size="1080x1920", seconds="8")
    for person in (world.ada, world.ben):
        text = private(await press(person, await world.shown(video, PostKind.VIDEO), Action.DETAILS))
        assert "`a red fox in fresh snow`" in text
        assert "`1080x1920` · 8 s" in text
        assert says(text, Key.VIDEO_ID, video=video.id)
        assert says(text, Key.REMOTE_ID)
        # The provider of these tests is on this machine: its address tells no one anything.
        assert str(urlsplit(video.provider).hostname) not in text
    assert world.count() == 1
    assert await world.job(video) == video


async def test_the_family_has_links(world: SimWorld) -> None:
    """A remix leads to its parent, and the parent to its remixes."""
    parent = await world.delivered()
    remix = await remixed(world, parent, "at night")
    shown = [
        private(await press(world.ada, await world.shown(one, PostKind.VIDEO), Action.DETAILS))
        for one in (parent, remix)
    ]
    assert says(shown[0], Key.FAMILY_REMIX, prompt="`at night`")
    assert (await world.shown(remix, PostKind.VIDEO)).jump_url in shown[0]
    assert says(shown[1], Key.FAMILY_PARENT, prompt="`a red fox in fresh snow`")
    assert (await world.shown(parent, PostKind.VIDEO)).jump_url in shown[1]


async def test_a_parent_out_of_sight_is_not_shown(world: SimWorld) -> None:
    """Of a family only those are shown that the presser can see; the requester's own always are."""
    hidden = world.guild.create_text_channel("hidden")
    parent = await world.delivered("a secret fox", where=hidden)
    await world.ada.slash(world.channel, "remix", prompt="at night", video=parent.id)
    await world.settle()
    remix = await world.fetched((await world.jobs())[0])
    world.hide(hidden, world.ben)
    message = await world.shown(remix, PostKind.VIDEO)
    own = private(await press(world.ada, message, Action.DETAILS))
    assert "a secret fox" in own
    other = private(await press(world.ben, message, Action.DETAILS))
    assert "a secret fox" not in other
    assert parent.id not in other
    assert says(other, Key.FAMILY_HIDDEN)


async def test_ones_own_parent_is_shown_out_of_sight(world: SimWorld) -> None:
    """A person who can't see the channel any more has their own videos of it still."""
    gone = world.guild.create_text_channel("gone")
    parent = await world.delivered("a lost fox", where=gone)
    await world.ada.slash(world.channel, "remix", prompt="at night", video=parent.id)
    await world.settle()
    remix = await world.fetched((await world.jobs())[0])
    world.hide(gone, world.ada)
    own = private(await press(world.ada, await world.shown(remix, PostKind.VIDEO), Action.DETAILS))
    assert "a lost fox" in own
    assert not says(own, Key.FAMILY_HIDDEN)


@pytest.mark.slow
async def test_a_large_family_is_cut(world: SimWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """The nearest parents and the first remixes; of more remixes it is said that there are, of parents nothing."""
    monkeypatch.setattr(module, "_PARENTS_MAX", 1)
    monkeypatch.setattr(module, "_REMIXES_MAX", 1)
    oldest = await world.delivered("the oldest fox")
    middle = await remixed(world, oldest, "the middle fox")
    video = await remixed(world, middle, "the youngest fox")
    for prompt in ("the first remix", "the second remix"):
        await remixed(world, video, prompt)
    text = private(await press(world.ada, await world.shown(video, PostKind.VIDEO), Action.DETAILS))
    assert "the middle fox" in text
    assert "the oldest fox" not in text
    assert not says(text, Key.FAMILY_HIDDEN)
    assert ("the first remix" in text) != ("the second remix" in text)
    assert says(text, Key.FAMILY_MORE)
    monkeypatch.setattr(module, "_REMIXES_MAX", 2)
    text = private(await press(world.ada, await world.shown(video, PostKind.VIDEO), Action.DETAILS))
    assert "the first remix" in text
    assert "the second remix" in text
    assert not says(text, Key.FAMILY_MORE)


async def test_a_kept_first_frame_is_sent_along(world: SimWorld) -> None:
    """A first frame in the data folder is shown beside the prompt; a missing one is no fault."""
    video = await world.delivered()
    assert (await details(world, video)).attachments == []
    path = world.keep_frame(video)
    shown = await details(world, video)
    assert [one.filename for one in shown.attachments] == [f"frame-{video.id}.jpg"]
    path.write_bytes(b"x" * (256 * 1024 + 1))
    assert (await details(world, video)).attachments == []


async def test_a_refused_picture_does_not_take_the_text_with_it(world: SimWorld) -> None:
    """Discord's filter blocks one first frame: the list and the details come without pictures."""
    video = await world.delivered()
    world.keep_frame(video)
    message = await world.shown(video, PostKind.VIDEO)
    for asks in (world.ada.slash(world.channel, "history"), press(world.ada, message, Action.DETAILS)):
        world.env.inject_error("PATCH", "/webhooks/*/*/messages/@original", status=400, code=20009)
        shown = await asks
        assert shown.response is not None
        assert "a red fox" in private(shown)
        assert shown.response.message.attachments == []


async def test_a_long_prompt_comes_as_a_file(world: SimWorld) -> None:
    """The whole prompt is in the file, for everyone who can see the video."""
    video = await world.delivered("fox " * 900)
    shown = await details(world, video, world.ben)
    assert [one.filename for one in shown.attachments] == ["prompt.txt"]
    assert (await shown.attachments[0].read()).decode() == video.request.prompt


async def test_a_deleted_video_shows_nothing_to_others(world: SimWorld) -> None:
    """After Delete the video is gone for everyone but its requester."""
    video = await world.delivered()
    message = await world.shown(video, PostKind.VIDEO)
    question = await press(world.ada, message, Action.DELETE)
    pressed = [world.ada, world.ben]
    opened = [await press(person, message, Action.DETAILS) for person in pressed]
    assert all("a red fox" in private(one) for one in opened)
    assert question.response is not None
    await press(world.ada, question.response, Action.DELETE)
    listed = private(await world.ada.slash(world.channel, "status", video=video.id))
    assert "a red fox in fresh snow" in listed
    assert says(private(await world.ben.slash(world.channel, "status", video=video.id)), Reason.VIDEO_UNKNOWN)


async def test_status_of_one_job_is_its_details(world: SimWorld) -> None:
    """`/status` with an id shows the same, with the buttons of its requester; managers get those they may use."""
    kept = await job_setups.withheld(world)
    mine = await world.ada.slash(world.channel, "status", video=kept.id)
    assert says(private(mine), Key.VIDEO_ID, video=kept.id)
    assert mine.response is not None
    assert actions(mine.response.message) == [Action.POST_IT]
    aside = world.guild.create_text_channel("aside")
    theirs = await world.mia.slash(aside, "status", video=kept.id)
    assert theirs.response is not None
    assert "a red fox" in private(theirs)
    assert actions(theirs.response.message) == []
