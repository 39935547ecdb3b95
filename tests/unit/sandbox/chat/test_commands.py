"""Slash commands, forms, autocomplete and context menus, from both sides."""

import discord
import pytest

from sandbox.chat import File, NotPossibleError


async def test_slash_with_attachment_is_deferred_and_edited(harness):
    """A command with a file arrives with its options and the file; the deferred private answer is edited."""
    call = await harness.ada.slash(
        harness.channel, "video", prompt="a cat", size="Wide", seconds=4, reference=File("my cat.png", b"12345")
    )
    assert call.answer.state == "thinking"
    answer = await call.wait_answer()
    assert (answer.state, answer.content) == ("message", "a cat 1280x720 4 5")
    assert answer.ephemeral
    assert harness.chat.messages(harness.channel) == []
    assert [one.content for one in answer.history] == ["a cat 1280x720 4 5"]
    callback = next(one for one in harness.chat.requests if one.kind == "callback")
    assert (callback.body["type"], callback.status) == (5, 200)


async def test_client_refuses_what_discord_would(harness):
    """Unknown options, wrong choices, lengths, types, commands and hidden channels never reach the bot."""
    for options in ({"prompt": "x" * 21}, {"prompt": "x", "size": "9:16"}, {"nonsense": "x"}, {"seconds": "four"}):
        with pytest.raises(NotPossibleError):
            await harness.ada.slash(harness.channel, "video", **options)
    with pytest.raises(NotPossibleError, match="needs the option 'video'"):
        await harness.ada.slash(harness.channel, "remix")
    with pytest.raises(NotPossibleError, match="no command"):
        await harness.ada.slash(harness.channel, "nothing")
    harness.channel.overwrite(harness.ada, deny=discord.Permissions(view_channel=True))
    with pytest.raises(NotPossibleError, match="does not see"):
        await harness.ada.slash(harness.channel, "video", prompt="x")
    assert not [one for one in harness.chat.requests if one.kind == "callback"]


async def test_form_with_files(harness):
    """A form opens with its fields; sent with a text and files, both reach the bot."""
    form = await (await harness.ada.slash(harness.channel, "video")).wait_form()
    assert form.title == "A new video"
    prompt, pictures = form.fields["Prompt"], form.fields["pictures"]
    assert (prompt.kind, prompt.required, prompt.max_length) == ("text", True, 4000)
    assert (pictures.label, pictures.kind, pictures.required, pictures.max_values) == ("Pictures", "files", False, 4)
    files = [File("a.png", b"1"), File("b.png", b"22")]
    call = await harness.ada.submit(form, {"Prompt": "a dog", "Pictures": files})
    assert (await call.wait_answer()).content == "a dog with [1, 2]"
    form = await (await harness.ada.slash(harness.channel, "video")).wait_form()
    call = await harness.ada.submit(form, {"Prompt": "no files"})
    assert (await call.wait_answer()).content == "no files with []"


async def test_form_refuses_what_discord_would(harness):
    """A form cannot be sent without what is required, with too many files, or by somebody else."""
    form = await (await harness.ada.slash(harness.channel, "video")).wait_form()
    for filled in ({}, {"Prompt": "x" * 4001}, {"Prompt": "x", "Pictures": [File("a", b"1")] * 5}, {"Promt": "x"}):
        with pytest.raises(NotPossibleError):
            await harness.ada.submit(form, filled)
    with pytest.raises(NotPossibleError, match="somebody else"):
        await harness.ben.submit(form, {"Prompt": "x"})


async def test_autocomplete(harness):
    """Suggestions come for what is typed, and the bot sees the other options meanwhile."""
    choices = await harness.ada.autocomplete(harness.channel, "remix", "video", typed="cat", prompt="black")
    assert [one.name for one in choices] == ["black-cat"]
    call = await harness.ada.slash(harness.channel, "remix", video=choices[0].value)
    answer = await call.wait_answer()
    assert (answer.content, answer.ephemeral) == ("remixing black-cat", False)
    assert [one.content for one in harness.chat.messages(harness.channel)] == ["remixing black-cat"]


async def test_context_menu_brings_the_whole_message(harness):
    """A message's menu shows the bot the text that it would not get otherwise."""
    message = await harness.ben.say(harness.channel, "a secret")
    answer = await (await harness.ada.menu(message, "Remix this")).wait_answer()
    assert answer.content == "remix of a secret"


async def test_no_answer_in_time_fails(harness):
    """Without an acknowledgement within three seconds of the clock it fails, and a late one gets 10062."""
    call = await harness.ada.slash(harness.channel, "silent")
    await harness.chat.wait_for(lambda: call.answer.state == "thinking")
    harness.clock.jump(4)
    assert (await call.wait_answer()).state == "failed"


async def test_guild_commands_hide_global_ones(chat):
    """Commands synced to one server are offered there alone, and going back to an empty list removes them."""
    from tests.unit.sandbox.chat.conftest import running

    guild = chat.add_guild("One")
    async with running(chat, sync_to=[guild.id]) as bot:
        bot.tree.copy_global_to(guild=discord.Object(guild.id))
        await bot.tree.sync(guild=discord.Object(guild.id))
        assert sum(one.get("guild_id") == str(guild.id) for one in chat.commands) == 4
        bot.tree.clear_commands(guild=discord.Object(guild.id))
        await bot.tree.sync(guild=discord.Object(guild.id))
        assert not [one for one in chat.commands if "guild_id" in one]
        assert len(await bot.tree.fetch_commands()) == 4


async def test_commands_by_rights_and_place(harness):
    """A command for server managers is offered to them only, and a server-only one not in DMs."""
    manage = discord.Permissions(manage_guild=True)

    @harness.bot.tree.command(description="For the few")
    @discord.app_commands.default_permissions(manage)
    @discord.app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
    async def pause(interaction: discord.Interaction):
        await interaction.response.send_message("paused")

    await harness.bot.tree.sync()
    with pytest.raises(NotPossibleError, match="not offered to Ada"):
        await harness.ada.slash(harness.channel, "pause")
    harness.guild.join(harness.ben, admin=True)
    assert (await (await harness.ben.slash(harness.channel, "pause")).wait_answer()).content == "paused"
    with pytest.raises(NotPossibleError, match="kind of place"):
        await harness.ben.slash(harness.chat.dm(harness.ben), "pause")


async def test_subcommands_and_people_as_options(harness):
    """Subcommands are named with a space; people, channels and roles arrive as what they are."""
    group = discord.app_commands.Group(name="owner", description="For the owner")

    @group.command(description="Who and where")
    async def who(interaction, person: discord.Member, place: discord.TextChannel, role: discord.Role, much: float):
        await interaction.response.send_message(f"{person.id} {place.id} {role.id} {much} {interaction.locale}")

    harness.bot.tree.add_command(group)
    await harness.bot.tree.sync()
    role = harness.guild.add_role("Mods", 0)
    dora = harness.chat.add_person("Dora", locale="de")
    harness.guild.join(dora)
    call = await dora.slash(
        harness.channel, "owner who", person=harness.ben, place=harness.channel, role=role, much="1.5"
    )
    assert (await call.wait_answer()).content == f"{harness.ben.id} {harness.channel.id} {role.id} 1.5 de"


async def test_malformed_commands_are_refused(harness):
    """A description over 100 characters, or 26 suggestions, are 50035, though the client does not check them."""
    command = discord.app_commands.Command(name="long", description="x", callback=nothing)
    command.description = "x" * 101
    harness.bot.tree.add_command(command)
    with pytest.raises(discord.HTTPException) as caught:
        await harness.bot.tree.sync()
    assert caught.value.code == 50035
    assert len(harness.chat.commands) == 4


async def nothing(interaction: discord.Interaction):
    pass
