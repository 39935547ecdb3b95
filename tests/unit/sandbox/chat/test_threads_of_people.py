"""Threads that people and the bot start, and private messages that people dismiss."""

import discord
import pytest

from sandbox.chat import NotPossibleError
from tests.unit.sandbox.chat.test_messages import view


async def test_a_person_starts_a_thread_at_a_message(harness):
    """A thread at a message has its id, reaches the bot, and shows on the message; a second one is refused."""
    sent = await harness.place().send("a video")
    message = harness.chat.posts[0]
    thread = await harness.ada.start_thread(message, "What we think of it")
    assert (thread.id, thread.parent, thread.owner_id) == (message.id, harness.channel, harness.ada.id)
    await harness.chat.wait_for(lambda: harness.bot.get_channel(thread.id))
    known = await harness.bot.get_channel(harness.channel.id).fetch_message(sent.id)
    assert (known.flags.has_thread, known.thread.name) == (True, "What we think of it")
    await harness.bot.get_channel(thread.id).send("listening")
    await harness.ada.say(thread, "it is blue")
    assert [one.content for one in harness.chat.messages(thread)] == ["listening", "it is blue"]
    assert harness.chat.messages(harness.channel) == [message]
    with pytest.raises(NotPossibleError):
        await harness.ben.start_thread(message, "Another")


async def test_a_thread_in_a_channel_is_announced_there(harness):
    """A public thread without a message leaves a line in the channel, for any starter; a private one leaves none."""
    heard = []

    async def on_message(message):
        heard.append((message.type, message.content, message.reference.channel_id))

    harness.bot.add_listener(on_message)
    thread = await harness.ada.start_thread(harness.channel, "Ideas")
    own = await harness.bot.get_channel(harness.channel.id).create_thread(
        name="Mine", type=discord.ChannelType.public_thread
    )
    await harness.ada.start_thread(harness.channel, "Secret", private=True)
    await harness.chat.wait_for(lambda: len(heard) == 2)
    kind = discord.MessageType.thread_created
    assert sorted(heard) == sorted([(kind, "", thread.id), (kind, "Mine", own.id)])
    assert [one.content for one in harness.chat.messages(harness.channel)] == ["Ideas", "Mine"]
    assert harness.chat.posts == []


async def test_threads_that_cannot_be_started(harness):
    """Without the right, without a name, in a thread or in a DM no thread can be started."""
    thread = await harness.ada.start_thread(harness.channel, "Ideas")
    for where, name in ((harness.channel, " "), (thread, "x"), (harness.chat.dm(harness.ada), "x")):
        with pytest.raises(NotPossibleError):
            await harness.ada.start_thread(where, name)
    harness.channel.overwrite(harness.ben, deny=discord.Permissions(create_public_threads=True))
    with pytest.raises(NotPossibleError, match="Ben cannot start"):
        await harness.ben.start_thread(harness.channel, "x")


async def test_a_private_answer_is_dismissed(harness):
    """A dismissed private answer is gone for its person; what the bot does to it by token is 10008."""
    kept = []

    async def clicked(interaction, custom_id):
        kept.append(interaction)
        await interaction.response.send_message("just for you", ephemeral=True)

    harness.bot.clicked = clicked
    await harness.place().send("pick", view=view(("Tell", "tell")))
    message = harness.chat.posts[0]
    answer = await (await harness.ada.click(message, "Tell")).wait_answer()
    with pytest.raises(NotPossibleError, match="does not see"):
        await harness.ben.hide(answer.message)
    with pytest.raises(NotPossibleError, match="Only private"):
        await harness.ada.hide(message)
    await harness.ada.hide(answer.message)
    assert (answer.state, message.deleted) == ("deleted", False)
    with pytest.raises(discord.NotFound) as caught:
        await kept[0].edit_original_response(content="late")
    assert caught.value.code == 10008
    await kept[0].followup.send("still heard", ephemeral=True)
    assert answer.content == "still heard"
