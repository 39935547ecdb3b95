"""Several connections of one bot: each gets its own servers' events, and identifies when it is its turn."""

import asyncio
from contextlib import asynccontextmanager
from types import SimpleNamespace

import discord
import pytest


class Sharded(discord.AutoShardedClient):
    """A client of some shards that notes what it hears, and identifies at once."""

    def __init__(self, count, ids):
        intents = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)
        super().__init__(intents=intents, shard_count=count, shard_ids=ids)
        self.heard: list[str] = []

    async def before_identify_hook(self, shard_id, *, initial=False):
        return

    async def on_message(self, message):
        self.heard.append(message.content or str(message.channel.id))


@asynccontextmanager
async def connected(chat, count, ids):
    """Such a client, once all its shards are connected."""
    async with Sharded(count, ids) as bot:
        work = asyncio.create_task(bot.start(chat.bot_token))
        await chat.wait_for(lambda: {*ids} <= {*chat.shards_online} or work.done())
        yield SimpleNamespace(bot=bot, work=work)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


@pytest.fixture
def servers(chat):
    """A person, and a server with a channel on each of two shards."""
    ada = chat.add_person("Ada")
    guilds = [chat.add_guild(f"Server {shard_id}", shard=(shard_id, 2)) for shard_id in range(2)]
    for guild in guilds:
        guild.join(ada)
    return SimpleNamespace(ada=ada, guilds=guilds, channels=[guild.add_channel("videos") for guild in guilds])


async def test_each_client_gets_the_events_of_its_shards(chat, servers):
    """Two clients with a shard each: a server's events go to one of them, those of DMs to that with shard 0."""
    dm = chat.dm(servers.ada)
    async with connected(chat, 2, [0]) as first, connected(chat, 2, [1]) as second:
        assert chat.shards_online == [0, 1]
        assert chat.sessions_opened == 2
        for channel in (*servers.channels, dm):
            await servers.ada.say(channel, f"{first.bot.user.mention}")
        servers.guilds[1].name = "Server one"
        chat.world.hub.announce("GUILD_UPDATE", servers.guilds[1])
        await chat.wait_for(lambda: len(first.bot.heard) == 2 and second.bot.heard)
        assert [one.id for one in first.bot.guilds] == [servers.guilds[0].id]
        await chat.wait_for(lambda: [one.name for one in second.bot.guilds] == ["Server one"])
        assert len(second.bot.heard) == 1
        await chat.drop_gateway(shard_id=1)
        await chat.wait_for(lambda: chat.resumes == 1)
        assert chat.bot_online
    await chat.bot_gone()


async def test_the_recommended_number_of_shards_is_served(chat, servers):
    """A client that asks for the number gets the one that was set."""
    chat.rules.shards = 2
    chat.identifies.max_concurrency = 16
    async with Sharded(None, None) as bot:
        work = asyncio.create_task(bot.start(chat.bot_token))
        await chat.wait_for(lambda: len([one for one in bot.guilds if not one.unavailable]) == 2)
        assert (bot.shard_count, chat.shards_online) == (2, [0, 1])
        assert (await bot.fetch_session_start_limits()).max_concurrency == 16
        assert (await bot.fetch_session_start_limits()).remaining == 998
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


async def test_a_shard_that_does_not_exist_is_closed_for_good(chat):
    """An id from the count on is closed with 4010."""
    async with connected(chat, 2, [2]) as one:
        with pytest.raises(discord.ConnectionClosed) as caught:
            await one.work
    assert caught.value.code == 4010


async def test_an_identify_that_comes_too_early_is_invalid_and_counted(chat):
    """Shards of the same key have to be five seconds apart: the second gets op 9 until its time has come."""
    chat.identifies.apart_seconds = 5.0
    chat.identifies.max_concurrency = 2
    async with connected(chat, 4, [0, 1]):
        assert chat.identifies.too_early == []
        async with Sharded(4, [2]) as bot:
            work = asyncio.create_task(bot.start(chat.bot_token))
            await chat.wait_for(lambda: chat.identifies.too_early)
            assert {*chat.identifies.too_early} == {2}
            chat.world.clock.jump(5.0)
            await chat.wait_for(lambda: chat.shards_online == [0, 1, 2])
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)


async def test_no_session_is_left_until_the_limit_resets(chat):
    """Sessions of a day that are used up: none is opened, until the time that Discord names has passed."""
    chat.identifies.use_up(60.0)
    async with Sharded(1, [0]) as bot:
        await bot.login(chat.bot_token)
        limits = await bot.fetch_session_start_limits()
        assert (limits.remaining, 59_000 < limits.reset_after <= 60_000) == (0, True)
        assert not chat.identifies.take(0)
        chat.world.clock.jump(60.0)
        assert chat.identifies.take(0)
        assert (await bot.fetch_session_start_limits()).remaining == 999
