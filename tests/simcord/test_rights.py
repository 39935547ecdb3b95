"""Who may press which button: rights are checked when it is pressed, whoever sees it."""

import discord
import pytest

from bot.jobs.model import PostKind
from bot.jobs.states import State
from tests.simcord import scenes
from tests.simcord.world import World, private

CONTROLLED = [
    (scenes.queued, PostKind.CARD, "Cancel"),
    (scenes.rendering, PostKind.CARD, "Don't post"),
    (scenes.late, PostKind.LATE, "Don't post"),
    (scenes.slow, PostKind.SLOW, "Don't post"),
    (scenes.delivered, PostKind.VIDEO, "Delete"),
    (scenes.failed, PostKind.FAILURE, "Retry"),
    (scenes.undeliverable, PostKind.FAILURE, "Post it"),
    (scenes.uncertain, PostKind.UNSURE, "Request again"),
    (scenes.uncertain, PostKind.UNSURE, "Dismiss"),
]


@pytest.mark.parametrize(("scene", "kind", "label"), CONTROLLED)
async def test_others_may_not(world: World, scene: scenes.Scene, kind: PostKind, label: str) -> None:
    """Anybody but the requester is told privately that they may not, and neither job nor message changes."""
    job = await scene(world)
    message = await world.shown(job, kind)
    result = await world.ben.click(message, label=label)
    assert "Only the person who asked" in private(result)
    await world.settle()
    assert await world.job(job) == job
    again = await world.shown(job, kind)
    assert (again.content, again.embeds) == (message.content, message.embeds)
    assert await world.jobs(world.ben) == []
    assert len(await world.jobs()) == 1


@pytest.mark.parametrize(("scene", "kind", "label"), [one for one in CONTROLLED if one[2] != "Retry"])
async def test_those_who_manage_messages_may(world: World, scene: scenes.Scene, kind: PostKind, label: str) -> None:
    """Whoever may manage messages there may press what the requester may."""
    job = await scene(world)
    result = await world.mia.click(await world.shown(job, kind), label=label)
    assert "Only the person who asked" not in private(result)
    assert await world.job(job) != job or await world.jobs(world.mia)


async def test_managing_the_server_is_not_managing_messages(world: World) -> None:
    """Whoever manages the server may look at a job by `/status`, but its buttons there ask for more."""
    managing = world.guild.create_role("Owners", permissions=discord.Permissions(manage_guild=True))
    max_ = world.guild.add_member(world.env.create_user("max"), roles=[managing])
    job = await scenes.queued(world)
    looked = await max_.slash(world.channel, "status", video=job.id)
    assert looked.response is not None
    result = await max_.click(looked.response, label="Cancel")
    assert "Only the person who asked" in private(result)
    assert (await world.job(job)).state is State.ACCEPTED
