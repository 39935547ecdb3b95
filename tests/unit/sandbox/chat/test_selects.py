"""Menus under messages: what people pick, what the bot gets of it, and what is refused."""

import discord
import pytest
from discord import ui

from sandbox.chat import NotPossibleError


async def shown(scene, select):
    """The message with that menu; what is picked is collected, resolved as discord.py resolves it."""
    picked = []

    async def callback(interaction):
        picked.append(select.values)
        await interaction.response.defer()

    select.callback = callback
    view = ui.View(timeout=None)
    view.add_item(select)
    await scene.place().send("pick", view=view)
    return scene.chat.posts[-1], picked


async def test_texts(scene):
    """Options are picked by label or value, as many as the menu takes."""
    options = [discord.SelectOption(label=f"Size {one}", value=one, description="so big", emoji="🎬") for one in "SML"]
    options[1].default = True
    message, picked = await shown(
        scene, ui.Select(custom_id="size", placeholder="Which size?", min_values=0, max_values=2, options=options)
    )
    known = (await scene.place().fetch_message(message.id)).components[0].children[0]
    assert known.options[1].to_dict() == options[1].to_dict()
    assert (known.min_values, known.max_values, known.placeholder) == (0, 2, "Which size?")
    for values in (["Size S", "L"], []):
        await (await scene.ada.select(message, "Which size?", values)).wait_answer()
    assert picked == [["S", "L"], []]
    for values in (["S", "M", "L"], ["S", "S"], ["XL"], [scene.ben]):
        with pytest.raises(NotPossibleError):
            await scene.ada.select(message, "size", values)
    with pytest.raises(NotPossibleError, match="no menu 'colour'"):
        await scene.ada.select(message, "colour", ["S"])


async def test_people_roles_and_channels(scene):
    """People, roles and channels arrive as what they are, in the kinds of menu that offer them and in no others."""
    role = scene.guild.add_role("Mods", 0)
    news = scene.guild.add_channel("news", type=5)
    hidden = scene.guild.add_channel("hidden")
    hidden.overwrite(scene.ada, deny=discord.Permissions(view_channel=True))
    outsider = scene.chat.add_person("Out")
    other = scene.chat.add_guild("Elsewhere").add_channel("x")
    offered = {
        ui.UserSelect: ([scene.ben], [role, outsider, news]),
        ui.RoleSelect: ([role], [scene.ben]),
        ui.MentionableSelect: ([scene.ben, role], [news]),
        ui.ChannelSelect: ([news, scene.channel], [hidden, other, scene.ben]),
    }
    for kind, (good, bad) in offered.items():
        message, picked = await shown(scene, kind(custom_id="x", max_values=2))
        await (await scene.ada.select(message, "x", good)).wait_answer()
        assert {one.id for one in picked[0]} == {one.id for one in good}, kind
        for one in (*bad, "text"):
            with pytest.raises(NotPossibleError):
                await scene.ada.select(message, "x", [one])
    assert isinstance(picked[0][0], discord.app_commands.AppCommandChannel)


async def test_defaults_kinds_of_channels_and_greyed_out(scene):
    """Default values are given back, only kinds of channels asked for are offered, a disabled menu takes nothing."""
    select = ui.UserSelect(custom_id="x", default_values=[discord.Object(scene.ben.id, type=discord.User)])
    message, _ = await shown(scene, select)
    fetched = (await scene.place().fetch_message(message.id)).components[0].children[0]
    assert [(one.id, one.type.name) for one in fetched.default_values] == [(scene.ben.id, "user")]
    message, _ = await shown(scene, ui.ChannelSelect(custom_id="y", channel_types=[discord.ChannelType.news]))
    with pytest.raises(NotPossibleError):
        await scene.ada.select(message, "y", [scene.channel])
    message, _ = await shown(scene, ui.RoleSelect(custom_id="z", disabled=True))
    with pytest.raises(NotPossibleError, match="greyed out"):
        await scene.ada.select(message, "z", [scene.guild.people_role])


async def test_menus_that_are_refused(scene):
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
            await shown(scene, select)
        assert caught.value.code == 50035, select
    assert scene.chat.posts == []


async def test_menu_in_a_dm(scene):
    """In a DM the two who are there can be picked, and nobody else."""
    user = await scene.bot.fetch_user(scene.ada.id)
    view = ui.View(timeout=None)
    view.add_item(ui.UserSelect(custom_id="who"))
    await user.send("who?", view=view)
    message = scene.chat.posts[-1]
    await scene.ada.select(message, "who", [scene.ada])
    await scene.chat.wait_for(lambda: scene.bot.clicks == ["who"])
    with pytest.raises(NotPossibleError):
        await scene.ada.select(message, "who", [scene.ben])
