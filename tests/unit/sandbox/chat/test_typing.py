"""Who is seen typing, and who gets the event."""

import discord

from tests.unit.sandbox.chat.conftest import running


async def test_typing_of_the_bot_is_announced(chat):
    """The world hears that the bot types, and that a person does; the bot hears of the person alone."""
    guild = chat.add_guild("One")
    channel, ada = guild.add_channel("videos"), chat.add_person("Ada")
    guild.join(ada)
    announced, told = [], []
    chat.world.hub.listeners.append(lambda one: announced.append((one.what, one.about, one.detail)))

    async def on_raw_typing(event):
        told.append(event.user_id)

    async with running(chat, wanted=discord.Intents(guilds=True, guild_messages=True, guild_typing=True)) as bot:
        bot.add_listener(on_raw_typing)
        await bot.get_partial_messageable(channel.id).typing()
        await ada.start_typing(channel)
        await chat.wait_for(lambda: told)
    typed = [one for one in announced if one[0] == "TYPING_START"]
    assert typed == [("TYPING_START", channel, bot.user.id), ("TYPING_START", channel, ada.id)]
    assert told == [ada.id]
