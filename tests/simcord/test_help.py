"""`/help`, and the first message in a new server."""

from datetime import datetime
from typing import Any, cast

import discord
import pytest

from bot.chat.words import Key
from bot.jobs.allowlist import Allowlist
from bot.jobs.model import ChannelId, GuildId, Place
from tests.simcord.world import SimWorld, private
from tests.wording import says

LINES = [key for key in Key if key.name.startswith("HELP_") and key is not Key.HELP_IMPROVE]


async def test_help_is_ten_lines(world: SimWorld) -> None:
    """Privately, with the commands to click; what a good prompt is comes after them."""
    text = private(await world.ben.slash(world.channel, "help"))
    assert len([line for line in text.splitlines() if line.startswith("- ")]) == 10
    assert all(says(text, key) for key in LINES)
    assert "</video:" in text


async def greet(world: SimWorld, joined_at: float | None = None) -> None:
    place = Place(ChannelId(world.channel.id), GuildId(world.guild.id))
    at = world.clock.now() if joined_at is None else joined_at
    await world.engine.services.welcome.greet(place, "en-US", at)
    await world.env.settle()


async def test_a_new_server_is_greeted_once(world: SimWorld) -> None:
    """Once for ever: not again after another invitation, nor after a restart; it pings no one."""
    await greet(world)
    assert says(world.last().content, Key.WELCOME)
    assert says(world.last().content, Key.WELCOME_HELP)
    await greet(world)
    await world.sim_bot.restart()
    await greet(world)
    assert world.count() == 1
    stored = world.env.backend.get_message(world.channel.id, world.last().id)
    assert stored.ping_user_ids == []


async def test_a_greeting_that_is_lost_is_not_sent_again(world: SimWorld) -> None:
    """Discord refuses it: that breaks nothing, and the next invitation is not greeted either."""
    path = f"/channels/{world.channel.id}/messages"
    world.env.inject_error("POST", path, status=403, code=50013, message="Missing Permissions")
    await greet(world)
    await greet(world)
    assert world.count() == 0


async def test_an_old_server_is_not_greeted(world: SimWorld) -> None:
    """One that the bot joined long ago isn't new, however its event looks."""
    await greet(world, joined_at=world.clock.now() - 7_200)
    assert world.count() == 0


async def test_a_server_that_the_operator_left_out_is_not_greeted(
    world: SimWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the bot works nowhere it says nothing."""
    rules = world.engine.context.rules
    shut = Allowlist(frozenset({GuildId(1)}), direct_messages=False)
    monkeypatch.setattr(type(rules.limits), "allowlist", shut)
    await greet(world)
    assert world.count() == 0


class FakeGuild:
    """A server that was just joined, as its event brings it."""

    def __init__(self, world: SimWorld, channel: Any) -> None:
        self.id = world.guild.id
        self.system_channel = channel
        self.preferred_locale = discord.Locale.american_english
        self.me = cast("Any", type("Me", (), {"joined_at": datetime.fromtimestamp(world.clock.now()).astimezone()}))


@pytest.mark.parametrize("denied", [discord.Permissions(send_messages=True), discord.Permissions(view_channel=True)])
async def test_without_the_right_to_post_nothing_is_tried(world: SimWorld, denied: discord.Permissions) -> None:
    """A system channel that the bot can't post in, and a server without one, are left alone."""
    world.forbid(world.channel, denied)
    client = world.env.bot
    guild = client.get_guild(world.guild.id)
    assert guild is not None
    for channel in (guild.get_channel(world.channel.id), None):
        made = FakeGuild(world, channel)
        made.me = guild.me
        client.dispatch("guild_join", made)
        await world.env.settle()
    assert world.count() == 0
