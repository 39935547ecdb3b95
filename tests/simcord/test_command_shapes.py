"""The commands as Discord knows them."""

from typing import Any

import discord

from tests.simcord.world import SimWorld

STRING, ATTACHMENT = discord.AppCommandOptionType.string.value, discord.AppCommandOptionType.attachment.value
MANAGERS = discord.Permissions(manage_guild=True).value
SUBCOMMAND = discord.AppCommandOptionType.subcommand.value
REFERENCES = [(name, ATTACHMENT) for name in ("reference", "reference_2", "reference_3", "reference_4")]
SETTINGS = [("model", STRING), ("size", STRING), ("seconds", STRING), *REFERENCES]
SETTINGS.append(("private", discord.AppCommandOptionType.boolean.value))
MESSAGE_MENU = discord.AppCommandType.message.value
MENUS = ("Animate this picture", "Remix this video", "Video details")
TABLE = {
    "video": [("prompt", STRING), *SETTINGS],
    "batch": [one for one in SETTINGS if one[0] not in ("private", "improve")],
    "remix": [("prompt", STRING), ("video", STRING), *SETTINGS],
    "status": [("video", STRING)],
    "history": [("search", STRING), ("member", discord.AppCommandOptionType.user.value)],
    "help": [],
    "owner": [
        (name, SUBCOMMAND) for name in ("link", "providers", "pause", "resume", "usage", "block", "unblock", "drill")
    ],
}


def registered(world: SimWorld) -> dict[str, dict[str, Any]]:
    """Every command that was sent to Discord, for all servers and for this one."""
    known = world.env.backend.commands
    return {name: command for scope in (None, world.guild.id) for (name, _), command in known.get(scope, {}).items()}


async def test_commands_are_those_that_were_promised(world: SimWorld) -> None:
    """Discord knows exactly the promised commands, their options in order; those of people are all optional."""
    commands = registered(world)
    shapes = {name: [(o["name"], o["type"]) for o in command.get("options", ())] for name, command in commands.items()}
    assert shapes == TABLE | {name: [] for name in MENUS}
    assert {name for name, command in commands.items() if command["type"] == MESSAGE_MENU} == set(MENUS)
    for name, command in commands.items():
        assert not any(option.get("required") for option in command.get("options", ()))
        assert sorted(command["contexts"]) == [0, 1]
        assert command["integration_types"] == [0]
        assert command["default_member_permissions"] == (MANAGERS if name == "owner" else None)


async def test_options_offer_what_can_be_made(world: SimWorld) -> None:
    """Model, size and length offer the catalogue, a prompt has 1 to 4,000 characters, and videos are completed."""
    commands = registered(world)
    for name in ("video", "remix"):
        options = {option["name"]: option for option in commands[name]["options"]}
        settings = ("model", "size", "seconds")
        offered = {option: [choice["value"] for choice in options[option]["choices"]] for option in settings}
        assert offered == {
            "model": ["gpt-4o-video"],
            "size": ["1280x720", "1920x1080", "1080x1920"],
            "seconds": ["4", "8", "12"],
        }
        assert (options["prompt"]["min_length"], options["prompt"]["max_length"]) == (1, 4000)
        completed = {option for option, shape in options.items() if shape.get("autocomplete")}
        assert completed == ({"video"} if name == "remix" else set())
    assert commands["status"]["options"][0]["autocomplete"]
