"""Reactions of the bot and of people, as the world keeps them and as the bot gets them."""

import discord
import pytest

from sandbox.chat import NotPossibleError
from tests.unit.sandbox.chat.conftest import running

ALL = discord.Intents(guilds=True, guild_messages=True, dm_messages=True, guild_reactions=True, dm_reactions=True)


async def test_reactions_of_the_bot_are_kept(harness):
    """The bot reacts, sees its own and others' reactions, who they are from, and takes its own away again."""
    sent = await harness.place().send("nice?")
    message = harness.chat.posts[0]
    await sent.add_reaction("👍")
    await sent.add_reaction("1️⃣")
    await harness.ada.react(message, "👍")
    shown = {str(one.emoji): (one.count, one.me) for one in (await harness.place().fetch_message(sent.id)).reactions}
    assert shown == {"👍": (2, True), "1️⃣": (1, True)}
    again = await harness.place().fetch_message(sent.id)
    assert {user.id async for user in again.reactions[0].users()} == {harness.bot.user.id, harness.ada.id}
    await sent.remove_reaction("👍", harness.bot.user)
    await sent.remove_reaction("1️⃣", harness.bot.user)
    assert [(one.emoji, one.user_ids) for one in message.reactions.values()] == [
        ({"id": None, "name": "👍"}, [harness.ada.id])
    ]


async def test_clicking_again_takes_a_reaction_away(harness):
    """A person's second click on an emoji takes it back; the last one takes the emoji away."""
    await harness.place().send("nice?")
    message = harness.chat.posts[0]
    await harness.ada.react(message, "🎬")
    await harness.ben.react(message, "🎬")
    await harness.ada.react(message, "🎬")
    assert message.reactions["🎬"].user_ids == [harness.ben.id]
    await harness.ben.unreact(message, "🎬")
    assert message.reactions == {}


async def test_the_bot_gets_reactions_where_it_asked(chat):
    """Added, removed and cleared reactions reach a client with those intents, and no other."""
    guild = chat.add_guild("One")
    channel, ada = guild.add_channel("videos"), chat.add_person("Ada")
    guild.join(ada)
    guild.set_bot_permissions(discord.Permissions(administrator=True))
    for wanted, number in ((None, 0), (ALL, 6)):
        heard = []
        async with running(chat, wanted=wanted) as bot:

            async def on_raw_reaction_add(event, heard=heard):
                heard.append(("add", event.user_id, str(event.emoji), event.member and event.member.id))

            async def on_raw_reaction_remove(event, heard=heard):
                heard.append(("remove", event.user_id, str(event.emoji)))

            async def on_raw_reaction_clear_emoji(event, heard=heard):
                heard.append(("clear", str(event.emoji)))

            async def on_raw_reaction_clear(event, heard=heard):
                heard.append(("clear all", event.message_id))

            for one in (
                on_raw_reaction_add, on_raw_reaction_remove, on_raw_reaction_clear_emoji, on_raw_reaction_clear
            ):  # fmt: skip
                bot.add_listener(one)
            place = bot.get_partial_messageable(channel.id)
            sent = await place.send("nice?")
            message = chat.posts[-1]
            await ada.react(message, "👍")
            await sent.add_reaction("🔥")
            await sent.remove_reaction("👍", discord.Object(ada.id))
            await ada.react(message, "🎉")
            await sent.clear_reaction("🎉")
            await sent.clear_reactions()
            await ada.say(channel, "done")
            await chat.wait_for(lambda bot=bot: bot.heard)
            assert len(heard) == number
    assert heard == [
        ("add", ada.id, "👍", ada.id),
        ("add", bot.user.id, "🔥", bot.user.id),
        ("remove", ada.id, "👍"),
        ("add", ada.id, "🎉", ada.id),
        ("clear", "🎉"),
        ("clear all", sent.id),
    ]


async def test_reactions_that_are_refused(harness):
    """No such emoji, no right to add one or to clear, one too many: each has Discord's code, or is not possible."""
    sent = await harness.place().send("nice?")
    message = harness.chat.posts[0]
    codes = []
    for number in range(20):
        await harness.ada.react(message, chr(0x1F600 + number))
    with pytest.raises(NotPossibleError, match="20 different"):
        await harness.ada.react(message, "🔥")
    for attempt in (
        lambda: sent.add_reaction("🔥"),
        lambda: sent.add_reaction("nonsense"),
        lambda: sent.add_reaction("<:cat:1234567890>"),
        sent.clear_reactions,
    ):
        with pytest.raises(discord.HTTPException) as caught:
            await attempt()
        codes.append(caught.value.code)
    assert codes == [30010, 10014, 10014, 50013]
    for place in (harness.chat.bot_user, harness.ben):
        harness.channel.overwrite(place, deny=discord.Permissions(add_reactions=True))
    await sent.add_reaction(chr(0x1F600))
    await harness.ben.react(message, chr(0x1F601))
    other = await harness.ada.say(harness.channel, "mine")
    with pytest.raises(discord.Forbidden):
        await harness.place().get_partial_message(other.id).add_reaction("👍")
    with pytest.raises(NotPossibleError, match="cannot add reactions"):
        await harness.ben.react(other, "👍")
    with pytest.raises(NotPossibleError, match="no emoji"):
        await harness.ada.react(other, "yes")
