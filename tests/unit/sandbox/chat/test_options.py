"""Every kind of option and of command, synced by a real command tree and used by people."""

from typing import Literal

import discord
import pytest
from discord import app_commands
from discord.app_commands import Choice, Range, locale_str

from sandbox.chat import File, NotPossibleError


def told(value):
    return getattr(value, "id", value)


@pytest.fixture
async def synced(harness):
    """The scene, with commands of every shape."""
    tree, got = harness.bot.tree, []
    group = app_commands.Group(name="studio", description="The studio")
    inner = app_commands.Group(name="film", description="Films", parent=group)

    @tree.command(description="Everything")
    async def everything(
        interaction: discord.Interaction,
        text: Range[str, 2, 5],
        whole: Range[int, -3, 3],
        yes: bool,
        user: discord.User,
        place: discord.VoiceChannel | discord.Thread | None = None,
        role: discord.Role | None = None,
        anyone: discord.Member | discord.Role | None = None,
        number: Range[float, 0.5, 2.5] | None = None,
        file: discord.Attachment | None = None,
        size: Literal["wide", "tall"] | None = None,
        seconds: Literal[4, 8] | None = None,
    ):
        values = [text, whole, yes, user, place, role, anyone, number, file, size, seconds]
        got.append([told(one) for one in values])
        await interaction.response.send_message("thanks", ephemeral=True)

    @inner.command(description="Deep down")
    async def cut(interaction: discord.Interaction, at: float, mark: str, frame: int):
        got.append([at, mark, frame])
        await interaction.response.send_message("cut", ephemeral=True)

    @cut.autocomplete("at")
    async def suggest_at(interaction, current):
        return [Choice(name=f"{interaction.namespace.mark}: {current}", value=1.5)]

    @cut.autocomplete("mark")
    async def suggest_mark(interaction, current):
        return [Choice(name=f"{current}!", value=current)]

    @cut.autocomplete("frame")
    async def suggest_frame(interaction, current):
        return [Choice(name="frame", value=7)]

    tree.add_command(group)

    @tree.context_menu(name="Who is this")
    async def who(interaction: discord.Interaction, member: discord.Member):
        await interaction.response.send_message(f"{member.display_name} {member.mention}")

    @tree.command(nsfw=True, description="Grown up")
    @app_commands.default_permissions(manage_messages=True)
    async def late(interaction: discord.Interaction):
        await interaction.response.send_message("late")

    @tree.command(description="Only in DMs")
    @app_commands.allowed_contexts(guilds=False, dms=True, private_channels=False)
    async def alone(interaction: discord.Interaction):
        await interaction.response.send_message("alone")

    await tree.sync()
    harness.got = got
    return harness


async def test_every_type_of_option(synced):
    """All types arrive as what they are; a file can be read; what is left out is missing."""
    harness = synced
    thread = harness.channel.add_thread("aside")
    role = harness.guild.add_role("Mods", 0)
    values = {"text": "abc", "whole": "-3", "yes": False, "user": harness.ben}
    more = {
        "place": thread, "role": role, "anyone": role, "number": "2.5", "file": File("a.png", b"1"), "size": "tall",
        "seconds": 8,
    }  # fmt: skip
    await (await harness.ada.slash(harness.channel, "everything", **values)).wait_answer()
    await (await harness.ada.slash(harness.channel, "everything", **values, **more)).wait_answer()
    ben = harness.ben.id
    assert harness.got[0] == ["abc", -3, False, ben, *[None] * 7]
    *most, file, size, seconds = harness.got[1]
    assert (most, size, seconds) == (["abc", -3, False, ben, thread.id, role.id, role.id, 2.5], "tall", 8)
    assert file
    await (await harness.ada.slash(harness.channel, "everything", **values, anyone=harness.ben)).wait_answer()
    assert harness.got[2][6] == ben


async def test_options_that_the_client_refuses(synced):
    """Wrong types, lengths, sizes, choices, kinds of channels and roles of elsewhere never leave the client."""
    harness = synced
    good = {"text": "abc", "whole": 1, "yes": True, "user": harness.ben}
    elsewhere = harness.chat.add_guild("Elsewhere")
    for wrong in (
        {"text": "a"}, {"text": "abcdef"}, {"whole": 4}, {"whole": 1.5}, {"whole": True}, {"yes": "yes"},
        {"user": harness.channel}, {"place": harness.channel}, {"place": elsewhere.add_channel("x", type=2)},
        {"role": elsewhere.people_role}, {"role": harness.ben}, {"anyone": harness.channel}, {"number": 0.4},
        {"number": "much"}, {"file": "a.png"}, {"size": "round"}, {"seconds": 5}, {"user": None},
    ):  # fmt: skip
        with pytest.raises(NotPossibleError):
            await harness.ada.slash(harness.channel, "everything", **{**good, **wrong})
    assert harness.got == []


async def test_suggestions_of_every_type(synced):
    """Texts and numbers of both types are suggested while typed, deep in a group; other options suggest nothing."""
    harness = synced
    deep = (harness.channel, "studio film cut")
    (found,) = await harness.ada.autocomplete(*deep, "at", "1.", mark="here")
    assert (found.name, found.value) == ("here: 1.", 1.5)
    (found,) = await harness.ada.autocomplete(*deep, "frame", "7")
    assert found.value == 7
    (found,) = await harness.ada.autocomplete(*deep, "mark", "now")
    assert found.name == "now!"
    await (await harness.ada.slash(*deep, at=1.5, mark="now", frame=7)).wait_answer()
    assert harness.got == [[1.5, "now", 7]]
    with pytest.raises(NotPossibleError, match="suggests nothing"):
        await harness.ada.autocomplete(harness.channel, "everything", "text", "a")
    with pytest.raises(NotPossibleError, match="needs one of: film"):
        await harness.ada.slash(harness.channel, "studio")


async def test_menu_of_a_person(synced):
    """A person's menu brings the member, and its answer says on whom it was used."""
    harness = synced
    answer = await (await harness.ada.menu(harness.ben, "Who is this", harness.channel)).wait_answer()
    assert answer.content == f"Ben {harness.ben.mention}"
    assert answer.message.type == 23
    known = await harness.place().fetch_message(answer.message.id)
    assert known.interaction_metadata.target_user.id == harness.ben.id
    with pytest.raises(NotPossibleError, match="no command"):
        await harness.ada.menu(harness.ben, "Remix this", harness.channel)


async def test_who_is_offered_what_and_where(synced):
    """Age-restricted commands, those for the few, and those for DMs alone are offered only where they belong."""
    harness = synced
    late = harness.guild.add_channel("late", nsfw=True)
    mod = harness.chat.add_person("Mod")
    harness.guild.join(mod, admin=True)
    for person, place, command in (
        (harness.ada, late, "late"), (mod, harness.channel, "late"), (harness.ada, harness.channel, "alone")
    ):  # fmt: skip
        with pytest.raises(NotPossibleError):
            await person.slash(place, command)
    assert (await (await mod.slash(late, "late")).wait_answer()).content == "late"
    assert (await (await harness.ada.slash(harness.chat.dm(harness.ada), "alone")).wait_answer()).content == "alone"


async def test_translations_are_kept(synced):
    """Names and descriptions in other languages are kept for commands, options and choices, and can be chosen by."""
    harness = synced

    class German(app_commands.Translator):
        async def translate(self, string, locale, context):
            return (
                {"paint": "malen", "Paint": "Malen", "colour": "farbe", "Red": "Rot"}.get(string.message)
                if locale is discord.Locale.german
                else None
            )

    async def callback(interaction: discord.Interaction, colour: str):
        await interaction.response.send_message(colour)

    command = app_commands.Command(name=locale_str("paint"), description=locale_str("Paint"), callback=callback)
    app_commands.choices(colour=[Choice(name=locale_str("Red"), value="red")])(command)
    harness.bot.tree.add_command(command)
    await harness.bot.tree.set_translator(German())
    await harness.bot.tree.sync()
    kept = next(one for one in harness.chat.commands if one["name"] == "paint")
    option = kept["options"][0]
    assert (kept["name_localizations"], kept["description_localizations"]) == ({"de": "malen"}, {"de": "Malen"})
    assert (option["name_localizations"], option["choices"][0]["name_localizations"]) == (
        {"de": "farbe"},
        {"de": "Rot"},
    )
    answer = await (await harness.ada.slash(harness.channel, "paint", colour="Rot")).wait_answer()
    assert answer.content == "red"


async def test_commands_are_looked_up_changed_and_removed(harness):
    """A single command can be fetched, edited in part and deleted; then it is offered no more."""
    known = next(one for one in await harness.bot.tree.fetch_commands() if one.name == "remix")
    same = await harness.bot.tree.fetch_command(known.id)
    await same.edit(description="Remix a video")
    kept = next(one for one in harness.chat.commands if one["name"] == "remix")
    assert (kept["id"], kept["description"], len(kept["options"])) == (
        str(known.id), "Remix a video", 2,
    )  # fmt: skip
    await same.delete()
    with pytest.raises(discord.NotFound) as caught:
        await harness.bot.tree.fetch_command(known.id)
    assert caught.value.code == 10063
    with pytest.raises(NotPossibleError, match="no command"):
        await harness.ada.slash(harness.channel, "remix")


async def test_commands_that_are_refused(harness):
    """What the client does not check is 50035: two of one name, choices of the wrong type, choices with suggestions."""
    route = discord.http.Route("PUT", "/applications/{application_id}/commands", application_id=harness.bot.user.id)
    text = {"type": 3, "name": "text", "description": "x"}

    def with_options(*options):
        return [{"name": "x", "description": "x", "options": list(options)}]

    for body in (
        [{"name": "x", "description": "x"}] * 2,
        [{"name": "X", "description": "x"}],
        [{"name": "x", "description": "x", "name_localizations": {"de": "No Good"}}],
        with_options(text, text),
        with_options({**text, "type": 12}),
        with_options({**text, "type": 4, "choices": [{"name": "x", "value": "x"}]}),
        with_options({**text, "autocomplete": True, "choices": [{"name": "x", "value": "x"}]}),
        with_options({**text, "type": 6, "autocomplete": True}),
        with_options({**text, "min_length": 4, "max_length": 3}),
        with_options({**text, "channel_types": [0]}),
        with_options(text, {**text, "type": 1, "name": "sub"}),
    ):
        with pytest.raises(discord.HTTPException) as caught:
            await harness.bot.http.request(route, json=body)
        assert caught.value.code == 50035, body
    many = [{"name": f"x{number}", "description": "x"} for number in range(101)]
    with pytest.raises(discord.HTTPException) as caught:
        await harness.bot.http.request(route, json=many)
    assert caught.value.code == 30032
