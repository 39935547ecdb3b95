"""Every kind of field that a form can have: sent, filled in, and read back by discord.py's own modal."""

import discord
import pytest
from discord import ui

from sandbox.chat import File, NotPossibleError


def options(kind, *labels, default=None):
    return [kind(label=one, value=one.lower(), default=one == default) for one in labels]


class Texts(ui.Modal, title="Texts"):
    intro = ui.TextDisplay("**Read** this")
    row = ui.TextInput(label="In a row", custom_id="row", default="as it was", min_length=2, max_length=10)
    long = ui.Label(
        text="Long", component=ui.TextInput(custom_id="long", style=discord.TextStyle.long, required=False)
    )  # fmt: skip
    files = ui.Label(text="Files", component=ui.FileUpload(custom_id="files", min_values=1, max_values=2))


class Choices(ui.Modal, title="Choices"):
    radio = ui.Label(
        text="Size", component=ui.RadioGroup(custom_id="radio", options=options(discord.RadioGroupOption, "S", "M"))
    )
    several = ui.Label(
        text="Extras",
        description="As many as you like",
        component=ui.CheckboxGroup(
            custom_id="several", options=options(discord.CheckboxGroupOption, "Sound", "Text", default="Text")
        ),
    )
    sure = ui.Label(text="Sure", component=ui.Checkbox(custom_id="sure"))
    text = ui.Label(
        text="Kind",
        component=ui.Select(
            custom_id="kind", options=options(discord.SelectOption, "Film", "Photo", default="Photo"), required=False
        ),
    )


class Entities(ui.Modal, title="Entities"):
    user = ui.Label(text="User", component=ui.UserSelect(custom_id="user", max_values=2, required=False))
    role = ui.Label(text="Role", component=ui.RoleSelect(custom_id="role", required=True))
    any = ui.Label(text="Anyone", component=ui.MentionableSelect(custom_id="any", max_values=2, required=True))
    place = ui.Label(
        text="Place",
        component=ui.ChannelSelect(custom_id="place", channel_types=[discord.ChannelType.text], required=True),
    )


async def opened(harness, modal):
    """The form as a person sees it, and where discord.py's own reading of it will be found."""
    read = []

    async def on_submit(interaction):
        components = {
            one.custom_id: one for one in modal.walk_children() if hasattr(one, "custom_id") and one.custom_id
        }
        read.append(components)
        await interaction.response.send_message("thank you", ephemeral=True)

    async def clicked(interaction, custom_id):
        await interaction.response.send_modal(modal)

    modal.on_submit = on_submit
    harness.bot.clicked = clicked
    view = ui.View(timeout=None)
    view.add_item(ui.Button(label="Open", custom_id="open"))
    await harness.place().send("here", view=view)
    return await (await harness.ada.click(harness.chat.posts[-1], "Open")).wait_form(), read


async def submitted(harness, form, read, filled):
    assert (await (await harness.ada.submit(form, filled)).wait_answer()).content == "thank you"
    return read[-1]


async def test_texts_and_files(harness):
    """Texts in rows and labels, pre-filled ones and files arrive; the display text is part of the form."""
    form, read = await opened(harness, Texts())
    assert [one["type"] for one in form.interaction.modal["components"]] == [10, 1, 18, 18]
    assert {one.label: one.kind for one in form.fields.values()} == {
        "In a row": "text", "Long": "text", "Files": "files",
    }  # fmt: skip
    got = await submitted(harness, form, read, {"Files": [File("a.png", b"12"), File("b.txt", b"3")]})
    assert (got["row"].value, got["long"].value) == ("as it was", "")
    assert [(one.filename, await one.read()) for one in got["files"].values] == [("a.png", b"12"), ("b.txt", b"3")]
    for filled in ({}, {"Files": [File("a", b"1")] * 3}, {"Files": ["a"]}, {"files": [File("a", b"1")], "row": "x"}):
        with pytest.raises(NotPossibleError):
            await harness.ada.submit(form, filled)


async def test_choices(harness):
    """Radio buttons, checkboxes and menus of texts arrive by value, with their defaults where nothing is touched."""
    form, read = await opened(harness, Choices())
    got = await submitted(harness, form, read, {"Size": "M"})
    assert (got["radio"].value, got["several"].values, got["sure"].value, got["kind"].values) == (
        "m", ["text"], False, ["photo"],
    )  # fmt: skip
    form, read = await opened(harness, Choices())
    filled = {"radio": "s", "several": ["sound", "text"], "sure": True, "kind": []}
    got = await submitted(harness, form, read, filled)
    assert (got["radio"].value, got["several"].values, got["sure"].value, got["kind"].values) == (
        "s", ["sound", "text"], True, [],
    )  # fmt: skip
    for wrong in ({}, {"Size": "L"}, {"Size": ["s", "m"]}, {"Size": "s", "Extras": []}):
        with pytest.raises(NotPossibleError):
            await harness.ada.submit(form, wrong)


async def test_people_roles_and_places(harness):
    """Menus of a form bring people, roles and channels as what they are."""
    role = harness.guild.add_role("Mods", 0)
    form, read = await opened(harness, Entities())
    filled = {"Role": role, "Anyone": [role, harness.ben], "Place": harness.channel}
    got = await submitted(harness, form, read, filled)
    assert (got["user"].values, [one.id for one in got["role"].values]) == ([], [role.id])
    assert {one.id for one in got["any"].values} == {role.id, harness.ben.id}
    assert [one.id for one in got["place"].values] == [harness.channel.id]
    form, read = await opened(harness, Entities())
    got = await submitted(harness, form, read, {**filled, "user": [harness.ben, harness.ada]})
    assert {one.display_name for one in got["user"].values} == {"Ben", "Ada"}
    news = harness.guild.add_channel("news", type=5)
    for wrong in ({**filled, "Place": news}, {**filled, "Role": []}, {**filled, "User": [harness.ben, harness.ben]}):
        with pytest.raises(NotPossibleError):
            await harness.ada.submit(form, wrong)


async def test_two_fields_of_one_label(harness):
    """Fields with the same label are distinguished by their custom ids."""
    modal = ui.Modal(title="Twins")
    for name in ("one", "two"):
        modal.add_item(ui.Label(text="Same", component=ui.TextInput(custom_id=name)))
    form, read = await opened(harness, modal)
    got = await submitted(harness, form, read, {"one": "first", "two": "second"})
    assert (got["one"].value, got["two"].value) == ("first", "second")


async def test_forms_that_are_refused(harness):
    """Forms with too much, too little or what forms don't take are 50035."""
    label, text = ui.Label, ui.TextInput
    radio = ui.RadioGroup(custom_id="x", options=options(discord.RadioGroupOption, "one"))
    doubled = ui.RadioGroup(custom_id="x", options=options(discord.RadioGroupOption, "a", "b"))
    for one in doubled.options:
        one.default = True
    wrong = [
        label(text="x" * 46, component=text(custom_id="x")),
        label(text="x", description="x" * 101, component=text(custom_id="x")),
        label(text="x", component=text(custom_id="x", min_length=5, max_length=4)),
        label(text="x", component=ui.FileUpload(custom_id="x", min_values=0)),
        label(text="x", component=ui.FileUpload(custom_id="x", max_values=11)),
        label(text="x", component=ui.Select(custom_id="x", options=[])),
        label(text="x", component=ui.UserSelect(custom_id="x", disabled=True)),
        label(text="x", component=ui.CheckboxGroup(custom_id="x")),
        label(text="x", component=radio),
        label(text="x", component=doubled),
        ui.Select(custom_id="x", options=options(discord.SelectOption, "a")),
    ]
    refused = []

    async def clicked(interaction, custom_id):
        modal = ui.Modal(title="Wrong")
        modal.add_item(wrong[int(custom_id)])
        try:
            await interaction.response.send_modal(modal)
        except discord.HTTPException as error:
            refused.append(error.code)
        else:
            refused.append(custom_id)

    harness.bot.clicked = clicked
    view = ui.View(timeout=None)
    for number in range(len(wrong)):
        view.add_item(ui.Button(label=str(number), custom_id=str(number)))
    await harness.place().send("here", view=view)
    for number in range(len(wrong)):
        await harness.ada.click(harness.chat.posts[0], str(number))
        await harness.chat.wait_for(lambda number=number: len(refused) > number)
    assert refused == [50035] * len(wrong)
