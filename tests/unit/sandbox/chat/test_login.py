"""Login, command sync and the gateway."""

import asyncio

import discord


async def test_bot_logs_in_and_syncs(harness):
    """A discord.py bot logs in over REST and gateway, sees its server and has its commands synced."""
    assert harness.bot.user.id == harness.chat.bot_user.id
    assert harness.bot.get_guild(harness.guild.id).name == "Night Shift"
    assert {one["name"] for one in harness.chat.commands} == {"video", "remix", "silent", "Remix this"}
    application = await harness.bot.application_info()
    assert application.owner.id == harness.chat.owner.id


async def test_sharded_client(chat):
    """A sharded client gets its servers, each on its own shard, and answers there."""
    guilds = [chat.add_guild(f"Server {number}") for number in range(3)]
    channel = guilds[0].add_channel("videos")
    heard = []

    class Sharded(discord.AutoShardedClient):
        async def before_identify_hook(self, shard_id, *, initial=False):
            return

        async def on_message(self, message):
            heard.append((message.id, message.guild.shard_id))

    ada = chat.add_person("Ada")
    guilds[0].join(ada)
    bot = Sharded(intents=discord.Intents(guilds=True, guild_messages=True), shard_count=1)
    async with bot:
        work = asyncio.create_task(bot.start(chat.bot_token))
        await chat.wait_for(lambda: len([one for one in bot.guilds if not one.unavailable]) == 3)
        said = await ada.say(channel, "hello")
        await chat.wait_for(lambda: heard)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
    assert heard == [(said.id, 0)]
