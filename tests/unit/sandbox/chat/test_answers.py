"""What `@original` is after each kind of acknowledgement, and what else the gateway and the REST side promise."""

import discord
import pytest

from tests.unit.sandbox.chat.test_messages import view


async def pressed(harness, script):
    """Post a message whose button runs the script; the message, the answer, and what the script returned."""
    done = []

    async def clicked(interaction, custom_id):
        done.append(await script(interaction))

    harness.bot.clicked = clicked
    await harness.place().send("the video", view=view(("Go", "go")))
    message = harness.chat.posts[-1]
    call = await harness.ada.click(message, "Go")
    await harness.chat.wait_for(lambda: done)
    return message, call.answer, done[0]


async def test_original_of_a_deferred_update_is_the_message_itself(harness):
    """After `defer()` on a button, editing or deleting the original response hits the message with the button."""

    async def script(interaction):
        await interaction.response.defer()
        await interaction.edit_original_response(content="edited")
        original = await interaction.original_response()
        await interaction.delete_original_response()
        return original

    message, answer, original = await pressed(harness, script)
    assert original.id == message.id
    assert message.deleted
    assert [one.content for one in message.history] == ["the video", "edited"]
    assert answer.state == "quiet"


async def test_original_of_a_thinking_deferral_is_private(harness):
    """After `defer(thinking=True)` it is a new private message; deleting that leaves the button's message alone."""

    async def script(interaction):
        await interaction.response.defer(ephemeral=True, thinking=True)
        await interaction.edit_original_response(content="working")
        await interaction.edit_original_response(content="done", view=view(("More", "more")))
        return await interaction.original_response()

    message, answer, original = await pressed(harness, script)
    assert (original.content, original.flags.ephemeral) == ("done", True)
    assert ([one.content for one in answer.history], answer.buttons[0].label) == (["working", "done"], "More")
    assert harness.chat.messages(harness.channel) == [message]

    async def remove(interaction, custom_id):
        await interaction.response.edit_message(content="gone in a moment", view=None)
        await interaction.delete_original_response()

    harness.bot.clicked = remove
    again = await harness.ada.click(answer, "More")
    await harness.chat.wait_for(lambda: answer.state == "deleted")
    assert again.answer.history[-1].content == "gone in a moment"
    assert not message.deleted


async def test_follow_ups(harness):
    """Follow-ups come after the answer, public or private, and can be edited and deleted."""

    async def script(interaction):
        await interaction.response.send_message("first", ephemeral=True)
        public = await interaction.followup.send("second", wait=True)
        private = await interaction.followup.send("third", ephemeral=True, wait=True)
        await private.edit(content="third, edited")
        await public.delete()
        return public

    message, answer, _ = await pressed(harness, script)
    second, third = answer.followups
    assert (answer.content, second.deleted, third.content, third.ephemeral) == ("first", True, "third, edited", True)
    assert harness.chat.messages(harness.channel) == [message]
    assert [one.content for one in harness.chat.posts if one.interaction is None] == ["the video"]


async def test_second_acknowledgement_is_refused(harness):
    """A form after a deferral, or a form in answer to nothing that may open one, is refused."""

    async def script(interaction):
        await interaction.response.defer()
        interaction.response._response_type = None
        with pytest.raises(discord.HTTPException) as caught:
            await interaction.response.send_message("twice")
        return caught.value.code

    assert (await pressed(harness, script))[2] == 40060


async def test_late_acknowledgement_is_unknown(harness):
    """An acknowledgement after three seconds of the clock is 404 with 10062."""

    async def script(interaction):
        harness.clock.jump(3.5)
        with pytest.raises(discord.NotFound) as caught:
            await interaction.response.send_message("late")
        return caught.value.code

    _, answer, code = await pressed(harness, script)
    assert code == 10062
    await harness.chat.wait_for(lambda: answer.state == "failed")


async def test_client_knows_its_rights(harness):
    """What the client computes of the bot's rights agrees with this Discord, from overwrites and from interactions."""

    async def script(interaction):
        await interaction.response.defer()
        return interaction.app_permissions, interaction.permissions, interaction.filesize_limit

    harness.channel.overwrite(harness.chat.bot_user, deny=discord.Permissions(attach_files=True))
    harness.channel.overwrite(harness.ada, allow=discord.Permissions(manage_messages=True))
    channel = harness.bot.get_channel(harness.channel.id)
    await harness.chat.wait_for(lambda: not channel.permissions_for(channel.guild.me).attach_files)
    *_, (app, person, limit) = await pressed(harness, script)
    assert (app.attach_files, app.send_messages, person.manage_messages) == (False, True, True)
    assert app == channel.permissions_for(channel.guild.me)
    assert limit == 10 << 20


async def test_channels_and_servers_come_and_go(harness):
    """New channels, threads and servers appear at the client, and go again."""
    other = harness.guild.add_channel("other", nsfw=True)
    thread = other.add_thread("aside", private=True)
    second = harness.chat.add_guild("Day Shift", premium_tier=2)
    await harness.chat.wait_for(lambda: harness.bot.get_guild(second.id))
    assert harness.bot.get_guild(second.id).filesize_limit == 50 << 20
    assert harness.bot.get_channel(other.id).nsfw
    assert harness.bot.get_channel(thread.id).parent_id == other.id
    member = await harness.bot.get_channel(thread.id).fetch_member(harness.bot.user.id)
    assert member.id == harness.bot.user.id
    with pytest.raises(discord.NotFound):
        await harness.bot.get_channel(thread.id).fetch_member(harness.ben.id)
    other.delete()
    second.remove_bot()
    await harness.chat.wait_for(lambda: harness.bot.get_guild(second.id) is None)
    assert harness.bot.get_channel(other.id) is None
    assert harness.bot.get_channel(thread.id) is None


async def test_bulk_deletion(harness):
    """Somebody who manages messages can delete many at once, which the bot hears as one event."""
    heard = []

    async def on_raw_bulk_message_delete(event):
        heard.append(event.message_ids)

    harness.bot.add_listener(on_raw_bulk_message_delete)
    mod = harness.chat.add_person("Mod")
    harness.guild.join(mod, admin=True)
    said = [await harness.ada.say(harness.channel, str(number)) for number in range(3)]
    await mod.delete(*said)
    await harness.chat.wait_for(lambda: heard)
    assert heard == [{one.id for one in said}]


async def test_content_intent(harness):
    """With the privileged intent switched on and asked for, every text arrives."""
    harness.chat.rules.privileged_intents = discord.Intents(message_content=True).value
    harness.bot._connection._intents.message_content = True
    await harness.chat.drop_gateway(resumable=False)
    await harness.chat.wait_for(lambda: harness.chat.sessions_opened == 2)
    await harness.ben.say(harness.channel, "nice weather")
    await harness.chat.wait_for(lambda: harness.bot.heard)
    assert harness.bot.heard[0].content == "nice weather"
    assert (await harness.place().fetch_message(harness.bot.heard[0].id)).content == "nice weather"
