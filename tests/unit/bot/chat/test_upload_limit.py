"""A server's upload limit, as far as the gateway has sent it: an unknown server has no assumed limit."""

from typing import Any

import discord

from bot.chat.courier import DEFAULT_UPLOAD_LIMIT_BYTES, Courier
from bot.jobs.model import GuildId
from tests.unit.bot.engine.fake_clock import FakeClock

MIB = 1024 * 1024


async def test_only_a_server_that_discord_has_sent_has_a_limit() -> None:
    """P2: the limit of an unknown or unavailable server is unknown; DMs have the one for all."""
    async with discord.Client(intents=discord.Intents.default()) as client:
        courier = Courier(client, FakeClock())
        assert await courier.upload_limit_bytes(None) == DEFAULT_UPLOAD_LIMIT_BYTES
        assert await courier.upload_limit_bytes(GuildId(8)) is None
        hear_of(client, {"id": "8", "unavailable": True})
        assert await courier.upload_limit_bytes(GuildId(8)) is None
        hear_of(client, {"id": "9", "name": "Boosted", "premium_tier": 2})
        assert await courier.upload_limit_bytes(GuildId(9)) == 50 * MIB


def hear_of(client: discord.Client, guild: Any) -> None:
    client._connection._add_guild_from_data(guild)  # pyright: ignore[reportPrivateUsage]  # as its events do
