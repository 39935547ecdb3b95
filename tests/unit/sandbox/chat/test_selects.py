"""Menus under messages: what people pick, what the bot gets of it, and what is refused."""

import discord
import pytest
from discord import ui

from sandbox.chat import NotPossibleError


async def shown(harness, select):
    """The message with that menu; what is picked is collected, resolved as discord.py resolves it."""
    picked = []

    async def callback(interaction):
        picked.append(select.values)
        await interaction.response.defer()

    select.callback = callback
    view = ui.View(timeout=None)
    view.add_item(select)
    await harness.place().send("pick", view=view)
    return harness.chat.posts[-1], picked


async def test_texts(harness):
    """Options are picked by label or value, as many as the menu takes."""
    options = [discord.SelectOption(label=f"Size {one}", value=one, description="so big", emoji="🎬") for one in "SML"]
    options[1].default = True
    message, picked = await shown(
        harness, ui.Select(custom_id="size", placeholder="Which size?", min_values=0, max_values=2, options=options)
    )
    known = (await harness.place().fetch_message(message.id)).components[0].children[0]
    assert known.options[1].to_dict() == options[1].to_dict()
    assert (known.min_values, known.max_values, known.placeholder) == (0, 2, "Which size?")
    for values in (["Size S", "L"], []):
        await (await harness.ada.select(message, "Which size?", values)).wait_answer()
    assert picked == [["S", "L"], []]
    for values in (["S", "M", "L"], ["S", "S"], ["XL"], [harness.ben]):
        with pytest.raises(NotPossibleError):
            await harness.ada.select(message, "size", values)
    with pytest.raises(NotPossibleError, match="no menu 'colour'"):
        await harness.ada.select(message, "colour", ["S"])


async def test_people_roles_and_channels(harness):
    """People, roles and channels arrive as what they are, in the kinds of menu that offer them and in no others."""
    role = harness.guild.add_role("Mods", 0)
    news = harness.guild.add_channel("news", type=5)
    hidden = harness.guild.add_channel("hidden")
    hidden.overwrite(harness.ada, deny=discord.Permissions(view_channel=True))
    outsider = harness.chat.add_person("Out")
    other = harness.chat.add_guild("Elsewhere").add_channel("x")
    offered = {
        ui.UserSelect: ([harness.ben], [role, outsider, news]),
        ui.RoleSelect: ([role], [harness.ben]),
        ui.MentionableSelect: ([harness.ben, role], [news]),
        ui.ChannelSelect: ([news, harness.channel], [hidden, other, harness.ben]),
    }
    for kind, (good, bad) in offered.items():
        message, picked = await shown(harness, kind(custom_id="x", max_values=2))
        await (await harness.ada.select(message, "x", good)).wait_answer()
        assert {one.id for one in picked[0]} == {one.id for one in good}, kind
        for one in (*bad, "text"):
            with pytest.raises(NotPossibleError):
                await harness.ada.select(message, "x", [one])
    assert isinstance(picked[0][0], discord.app_commands.AppCommandChannel)


async def test_defaults_kinds_of_channels_and_greyed_out(harness):
    """Default values are given back, only kinds of channels asked for are offered, a disabled menu takes nothing."""
    select = ui.UserSelect(custom_id="x", default_values=[discord.Object(harness.ben.id, type=discord.User)])
    message, _ = await shown(harness, select)
    fetched = (await harness.place().fetch_message(message.id)).components[0].children[0]
    assert [(one.id, one.type.name) for one in fetched.default_values] == [(harness.ben.id, "user")]
    message, _ = await shown(harness, ui.ChannelSelect(custom_id="y", channel_types=[discord.ChannelType.news]))
    with pytest.raises(NotPossibleError):
        await harness.ada.select(message, "y", [harness.channel])
    message, _ = await shown(harness, ui.RoleSelect(custom_id="z", disabled=True))
    with pytest.raises(NotPossibleError, match="greyed out"):
        await harness.ada.select(message, "z", [harness.guild.people_role])


async def test_menus_that_are_refused(harness):
    """Menus without or with equal options, over their limits are 50035."""
    option = discord.SelectOption(label="A")
    for select in (
        ui.Select(custom_id="x", options=[]),
        ui.Select(custom_id="x", options=[option, option]),
        ui.Select(custom_id="x", options=[option], min_values=2, max_values=2),
        ui.Select(custom_id="x", options=[option], min_values=2, max_values=1),
        ui.Select(custom_id="x", options=[discord.SelectOption(label="x" * 101)]),
        ui.Select(custom_id="x", options=[discord.SelectOption(label="x", emoji="smile")]),
        ui.UserSelect(custom_id="x", max_values=26),
        ui.Button(custom_id="x", label="x", emoji="smile"),
        ui.Button(custom_id="x"),
    ):
        with pytest.raises(discord.HTTPException) as caught:
            await shown(harness, select)
        assert caught.value.code == 50035, select
    assert harness.chat.posts == []


async def test_menu_in_a_dm(harness):
    """In a DM only its two members can be picked."""
    user = await harness.bot.fetch_user(harness.ada.id)
    view = ui.View(timeout=None)
    view.add_item(ui.UserSelect(custom_id="who"))
    await user.send("who?", view=view)
    message = harness.chat.posts[-1]
    await harness.ada.select(message, "who", [harness.ada])
    await harness.chat.wait_for(lambda: harness.bot.clicks == ["who"])
    with pytest.raises(NotPossibleError):
        await harness.ada.select(message, "who", [harness.ben])
