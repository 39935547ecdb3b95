"""What `@original` is after each kind of acknowledgement, and what else the gateway and the REST side promise."""

import discord
import pytest

from tests.unit.sandbox.chat.test_messages import view


async def pressed(scene, script):
    """Post a message whose button runs the script; the message, the answer, and what the script returned."""
    done = []

    async def clicked(interaction, custom_id):
        done.append(await script(interaction))

    scene.bot.clicked = clicked
    await scene.place().send("the video", view=view(("Go", "go")))
    message = scene.chat.posts[-1]
    call = await scene.ada.click(message, "Go")
    await scene.chat.wait_for(lambda: done)
    return message, call.answer, done[0]


async def test_original_of_a_deferred_update_is_the_message_itself(scene):
    """After `defer()` on a button, editing or deleting the original response hits the message with the button."""

    async def script(interaction):
        await interaction.response.defer()
        await interaction.edit_original_response(content="edited")
        original = await interaction.original_response()
        await interaction.delete_original_response()
        return original

    message, answer, original = await pressed(scene, script)
    assert original.id == message.id
    assert message.deleted
    assert [one.content for one in message.history] == ["the video", "edited"]
    assert answer.state == "quiet"


async def test_original_of_a_thinking_deferral_is_private(scene):
    """After `defer(thinking=True)` it is a new private message; deleting that leaves the button's message alone."""

    async def script(interaction):
        await interaction.response.defer(ephemeral=True, thinking=True)
        await interaction.edit_original_response(content="working")
        await interaction.edit_original_response(content="done", view=view(("More", "more")))
        return await interaction.original_response()

    message, answer, original = await pressed(scene, script)
    assert (original.content, original.flags.ephemeral) == ("done", True)
    assert ([one.content for one in answer.history], answer.buttons[0].label) == (["working", "done"], "More")
    assert scene.chat.messages(scene.channel) == [message]

    async def remove(interaction, custom_id):
        await interaction.response.edit_message(content="gone in a moment", view=None)
        await interaction.delete_original_response()

    scene.bot.clicked = remove
    again = await scene.ada.click(answer, "More")
    await scene.chat.wait_for(lambda: answer.state == "deleted")
    assert again.answer.history[-1].content == "gone in a moment"
    assert not message.deleted


async def test_follow_ups(scene):
    """Follow-ups come after the answer, public or private, and can be edited and deleted."""

    async def script(interaction):
        await interaction.response.send_message("first", ephemeral=True)
        public = await interaction.followup.send("second", wait=True)
        private = await interaction.followup.send("third", ephemeral=True, wait=True)
        await private.edit(content="third, edited")
        await public.delete()
        return public

    message, answer, _ = await pressed(scene, script)
    second, third = answer.followups
    assert (answer.content, second.deleted, third.content, third.ephemeral) == ("first", True, "third, edited", True)
    assert scene.chat.messages(scene.channel) == [message]
    assert [one.content for one in scene.chat.posts if one.interaction is None] == ["the video"]


async def test_second_acknowledgement_is_refused(scene):
    """A form after a deferral, or a form in answer to nothing that may open one, is refused."""

    async def script(interaction):
        await interaction.response.defer()
        interaction.response._response_type = None
        with pytest.raises(discord.HTTPException) as caught:
            await interaction.response.send_message("twice")
        return caught.value.code

    assert (await pressed(scene, script))[2] == 40060


async def test_late_acknowledgement_is_unknown(scene):
    """An acknowledgement after three seconds of the clock is 404 with 10062."""

    async def script(interaction):
        scene.clock.jump(3.5)
        with pytest.raises(discord.NotFound) as caught:
            await interaction.response.send_message("late")
        return caught.value.code

    _, answer, code = await pressed(scene, script)
    assert code == 10062
    await scene.chat.wait_for(lambda: answer.state == "failed")


async def test_client_knows_its_rights(scene):
    """What the client computes of the bot's rights agrees with this Discord, from overwrites and from interactions."""

    async def script(interaction):
        await interaction.response.defer()
        return interaction.app_permissions, interaction.permissions, interaction.filesize_limit

    scene.channel.overwrite(scene.chat.bot_user, deny=discord.Permissions(attach_files=True))
    scene.channel.overwrite(scene.ada, allow=discord.Permissions(manage_messages=True))
    channel = scene.bot.get_channel(scene.channel.id)
    await scene.chat.wait_for(lambda: not channel.permissions_for(channel.guild.me).attach_files)
    *_, (app, person, limit) = await pressed(scene, script)
    assert (app.attach_files, app.send_messages, person.manage_messages) == (False, True, True)
    assert app == channel.permissions_for(channel.guild.me)
    assert limit == 10 << 20


async def test_channels_and_servers_come_and_go(scene):
    """New channels, threads and servers appear at the client, and go again."""
    other = scene.guild.add_channel("other", nsfw=True)
    thread = other.add_thread("aside", private=True)
    second = scene.chat.add_guild("Day Shift", premium_tier=2)
    await scene.chat.wait_for(lambda: scene.bot.get_guild(second.id))
    assert scene.bot.get_guild(second.id).filesize_limit == 50 << 20
    assert scene.bot.get_channel(other.id).nsfw
    assert scene.bot.get_channel(thread.id).parent_id == other.id
    member = await scene.bot.get_channel(thread.id).fetch_member(scene.bot.user.id)
    assert member.id == scene.bot.user.id
    with pytest.raises(discord.NotFound):
        await scene.bot.get_channel(thread.id).fetch_member(scene.ben.id)
    other.delete()
    second.remove_bot()
    await scene.chat.wait_for(lambda: scene.bot.get_guild(second.id) is None)
    assert scene.bot.get_channel(other.id) is None
    assert scene.bot.get_channel(thread.id) is None


async def test_bulk_deletion(scene):
    """Somebody who manages messages can delete many at once, which the bot hears as one event."""
    heard = []

    async def on_raw_bulk_message_delete(event):
        heard.append(event.message_ids)

    scene.bot.add_listener(on_raw_bulk_message_delete)
    mod = scene.chat.add_person("Mod")
    scene.guild.join(mod, admin=True)
    said = [await scene.ada.say(scene.channel, str(number)) for number in range(3)]
    await mod.delete(*said)
    await scene.chat.wait_for(lambda: heard)
    assert heard == [{one.id for one in said}]


async def test_content_intent(scene):
    """With the privileged intent switched on and asked for, every text arrives."""
    scene.chat.rules.privileged_intents = discord.Intents(message_content=True).value
    scene.bot._connection._intents.message_content = True
    await scene.chat.drop_gateway(resumable=False)
    await scene.chat.wait_for(lambda: scene.chat.sessions_opened == 2)
    await scene.ben.say(scene.channel, "nice weather")
    await scene.chat.wait_for(lambda: scene.bot.heard)
    assert scene.bot.heard[0].content == "nice weather"
    assert (await scene.place().fetch_message(scene.bot.heard[0].id)).content == "nice weather"
