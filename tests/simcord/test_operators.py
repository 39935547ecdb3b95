"""What the operator decides: where the bot works, who may use it, how much it makes, and what they see of it."""

import csv
import io
from dataclasses import replace
from typing import Any

import discord
import pytest

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.alerts import AlertKind
from bot.jobs.allowlist import Allowlist
from bot.jobs.model import PostKind, UserId
from bot.jobs.reasons import Reason
from bot.jobs.states import State
from tests.simcord import job_setups
from tests.simcord.world import SimWorld, press, private, text_of
from tests.wording import says


@pytest.fixture
def owner(world: SimWorld) -> Any:
    """Mia runs the bot."""
    world.engine.context.courier._owner_ids = (UserId(world.mia.id),)
    return world.mia


def allow(world: SimWorld, **changes: Any) -> None:
    """Other limits from now on, as after a restart with other settings."""
    rules = world.engine.context.rules
    object.__setattr__(rules, "limits", replace(rules.limits, **changes))


def manager(world: SimWorld) -> Any:
    """Who manages the server, and so sees `/owner`, but does not run the bot."""
    role = world.guild.create_role("Max", permissions=discord.Permissions(manage_guild=True))
    return world.guild.add_member(world.env.create_user("max"), roles=[role])


def close(world: SimWorld) -> None:
    """The bot works in another server only."""
    allow(world, allowlist=Allowlist(frozenset({1}), direct_messages=False))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "options"),
    [("video", {"prompt": "a fox"}), ("video", {}), ("remix", {"prompt": "a fox"}), ("remix", {}), ("status", {})],
)
async def test_in_other_servers_every_command_is_turned_away(
    world: SimWorld, command: str, options: dict[str, Any]
) -> None:
    """Politely and privately, and nothing is accepted."""
    close(world)
    result = await world.ada.slash(world.channel, command, **options)
    assert says(private(result), Reason.SERVER_CLOSED)
    assert ("`a fox`" in private(result)) == ("prompt" in options)
    assert await world.jobs() == []


@pytest.mark.slow
@pytest.mark.parametrize("action", [Action.REMIX, Action.AGAIN, Action.DELETE])
async def test_in_other_servers_every_button_is_turned_away(world: SimWorld, action: Action) -> None:
    """Of what was posted before the operator decided so."""
    video = await world.delivered()
    message = await world.shown(video, PostKind.VIDEO)
    close(world)
    assert says(private(await press(world.ada, message, action)), Reason.SERVER_CLOSED)
    assert len(await world.jobs()) == 1


@pytest.mark.slow
async def test_in_other_servers_a_form_and_a_reply_are_turned_away(world: SimWorld) -> None:
    """A form that was open, and a reply to a finished video; other talk is left alone."""
    video = await world.delivered()
    message = await world.shown(video, PostKind.VIDEO)
    opened = await press(world.ada, message, Action.REMIX)
    close(world)
    sent = await world.ada.submit_modal(opened, {"prompt": "make it *night*"})
    assert says(private(sent), Reason.SERVER_CLOSED)
    assert "`make it *night*`" in private(sent)
    await world.ben.send(world.channel, "make it night, please", reply_to=message)
    await world.settle()
    assert says(text_of(world.last()), Reason.SERVER_CLOSED)
    before = world.count()
    await world.ben.send(world.channel, "nice one")
    await world.settle()
    assert world.count() == before + 1
    assert len(await world.jobs()) == 1
    assert await world.jobs(world.ben) == []


@pytest.mark.slow
async def test_a_blocked_persons_replies_are_answered_once(world: SimWorld, owner: Any) -> None:
    """They can't have the bot fill a channel with what it says to them."""
    message = await world.shown(await world.delivered(), PostKind.VIDEO)
    await owner.slash(world.channel, "owner block", person=world.ada)
    before = world.count()
    for number in range(3):
        await world.ada.send(world.channel, f"make it night number {number}", reply_to=message)
        await world.settle()
    assert world.count() == before + 3 + 1
    await world.ada.send(world.channel, "so nice", reply_to=message)
    await world.settle()
    assert world.count() == before + 4 + 1
    assert len(await world.jobs()) == 1


async def test_the_owner_may_pause_from_anywhere(world: SimWorld, owner: Any) -> None:
    """Their own commands cost nothing and may be needed at once; for others they are turned away as all are."""
    close(world)
    assert says(private(await owner.slash(world.channel, "owner pause")), Key.OWNER_PAUSED)
    assert says(private(await manager(world).slash(world.channel, "owner pause")), Reason.SERVER_CLOSED)


async def test_direct_messages_take_no_requests_when_they_are_off(world: SimWorld) -> None:
    """What costs nothing works on."""
    sue = world.env.create_user("sue")
    allow(world, allowlist=Allowlist(direct_messages=False))
    for options in ({"prompt": "a fox"}, {}):
        assert says(private(await sue.slash("video", **options)), Reason.DIRECT_MESSAGES_OFF)
    assert says(private(await sue.slash("status")), Key.LIST_EMPTY)


@pytest.mark.slow
async def test_a_blocked_person_is_refused_and_what_waits_is_cancelled(world: SimWorld, owner: Any) -> None:
    """The owner reads how many; the person reads why, at each request; a paid video is still posted."""
    rendering = await job_setups.rendering(world)
    waiting = await world.asked("another fox")
    said = private(await owner.slash(world.channel, "owner block", person=world.ada))
    assert says(said, Key.OWNER_BLOCKED, user=world.ada.id, count=1)
    assert (await world.job(waiting)).state is State.CANCELLED
    result = await world.ada.slash(world.channel, "video", prompt="a third fox")
    assert says(private(result), Reason.BLOCKED)
    video = await world.fetched(rendering)
    assert video.state is State.DELIVERED
    again = await press(world.ada, await world.shown(video, PostKind.VIDEO), Action.AGAIN)
    assert says(private(again), Reason.BLOCKED)
    assert len(await world.jobs()) == 2
    assert says(private(await owner.slash(world.channel, "owner unblock", person=world.ada)), Key.OWNER_UNBLOCKED)
    assert says(private(await owner.slash(world.channel, "owner unblock", person=world.ada)), Key.OWNER_NOT_BLOCKED)
    assert await world.asked("a fourth fox")


@pytest.mark.parametrize("command", ["owner usage", "owner block", "owner unblock"])
async def test_only_the_owner_may(world: SimWorld, owner: Any, command: str) -> None:
    """Each command is refused for others, with all their permissions."""
    options = {} if command == "owner usage" else {"person": world.mia}
    assert says(private(await manager(world).slash(world.channel, command, **options)), Reason.OWNER_ONLY)


async def test_usage_is_private_and_comes_with_a_table(world: SimWorld, owner: Any) -> None:
    """Without prompts."""
    await world.delivered("a secret fox")
    await world.asked("a second fox", by=world.ben)
    result = await owner.slash(world.channel, "owner usage")
    said = private(result)
    assert says(said, Key.OWNER_USAGE, jobs=2, videos=1)
    assert "Studio" in said
    stored = [message for kept in world.env.backend.messages.values() for message in kept.values()]
    (table,) = [message for message in stored if any(file["filename"] == "usage.csv" for file in message.attachments)]
    assert discord.MessageFlags._from_value(table.flags).ephemeral
    raw = world.env.backend.cdn.get(table.attachments[0]["url"])
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
    assert len(rows) == 3
    assert "fox" not in raw.decode()


async def test_a_ceiling_is_said_with_when_there_is_room(world: SimWorld, owner: Any) -> None:
    """And the owner is alerted once at each mark."""
    allow(world, guild_jobs_per_day=1)
    await world.asked()
    result = await world.ben.slash(world.channel, "video", prompt="a fox")
    said = private(result)
    assert says(said, Reason.SERVER_BUDGET, limit=1)
    assert "<t:" in said
    alerts = [standing.episode for standing in world.engine.context.owner_alerts._standing.values()]
    assert [one.kind for one in alerts] == [AlertKind.SERVER_BUDGET]
    assert alerts[0].named == {"guild": str(world.guild.id), "percent": 100, "limit": 1}
    assert isinstance(await world.shown((await world.jobs())[0], PostKind.CARD), discord.Message)
