"""The commands as they are sent to Discord, held to its own bounds and to what the interface promises."""

import importlib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest

from bot.chat.custom_ids import Action, ButtonId, FormId, FormPurpose, FormSource, MessageKind, parse_button, parse_form
from bot.client import COGS, VideoBot
from bot.engine.services import Services
from bot.jobs.catalogue import Catalogue
from bot.jobs.offered_models import OfferedModel, Option
from bot.ops.clock import SystemClock
from tests.readers import READERS

# Discord's bounds for commands, their options and choices.
NAME_MAX_CHARACTERS = 32
DESCRIPTION_MAX_CHARACTERS = 100
CHOICES_MAX = 25
OPTIONS_MAX = 25
ALL_CHARACTERS_MAX = 8_000
CUSTOM_ID_MAX_CHARACTERS = 100
SUBCOMMAND = discord.AppCommandOptionType.subcommand.value
TYPED, MESSAGE_MENU = discord.AppCommandType.chat_input.value, discord.AppCommandType.message.value
MENUS_MAX = 5
MANY = tuple(f"model-{number}" for number in range(40))
CATALOGUE = Catalogue.of(MANY, [f"{number}x720" for number in range(1, 41)], map(str, range(1, 26)))
REFERENCES = ["reference", "reference_2", "reference_3", "reference_4"]
OWNER_ACTIONS = SimpleNamespace(provider_names=("main",))
IMPROVING = SimpleNamespace(is_offered=True)
PROMISED = {
    "video": ["prompt", "model", "size", "seconds", *REFERENCES, "private", "improve"],
    "batch": ["model", "size", "seconds", *REFERENCES],
    "remix": ["prompt", "video", "model", "size", "seconds", *REFERENCES, "private", "improve"],
    "status": ["video"],
    "history": ["search", "member"],
    "help": [],
    "owner link": ["job", "provider_id"],
    "owner providers": ["pause", "resume"],
    "owner pause": [],
    "owner resume": [],
    "owner drill": [],
    "owner usage": ["days"],
    "owner block": ["person"],
    "owner unblock": ["person"],
}
MENUS = ["Animate this picture", "Remix this video", "Video details"]
REQUIRED = {
    ("owner link", "job"),
    ("owner link", "provider_id"),
    ("owner block", "person"),
    ("owner unblock", "person"),
}


@pytest.fixture
async def commands(tmp_path: Path) -> list[dict[str, Any]]:
    """Every command that people can type, as it is sent to Discord, with a catalogue that offers too much."""
    typed: list[dict[str, Any]] = []
    for command in await slash_commands(tmp_path):
        inner = [option for option in command["options"] if option["type"] == SUBCOMMAND]
        shared = {name: value for name, value in command.items() if name != "options"}
        typed += [{**shared, **one, "name": f"{command['name']} {one['name']}"} for one in inner] or [command]
    return typed


async def slash_commands(tmp_path: Path, catalogue: Catalogue = CATALOGUE) -> list[dict[str, Any]]:
    """Those that are typed, as they are sent to Discord."""
    return [command for command in await all_told(tmp_path, catalogue) if command["type"] == TYPED]


async def all_told(tmp_path: Path, catalogue: Catalogue = CATALOGUE) -> list[dict[str, Any]]:
    """All commands as they are sent to Discord, groups as one each."""
    async with VideoBot((), tmp_path, SystemClock(), READERS) as bot:
        bot.services = cast(
            "Services",
            SimpleNamespace(catalogue=catalogue, readers=READERS, owner_actions=OWNER_ACTIONS, improving=IMPROVING),
        )
        for name in COGS:
            await importlib.import_module(name).setup(bot)
        return [command.to_dict(bot.tree) for command in bot.tree.get_commands()]


async def test_the_promised_commands_are_there(commands: list[dict[str, Any]]) -> None:
    """Exactly these, with exactly these options in this order; only what an owner gives is never left out."""
    assert {command["name"]: [option["name"] for option in command["options"]] for command in commands} == PROMISED
    given = {(one["name"], option["name"]) for one in commands for option in one["options"] if option.get("required")}
    assert given == REQUIRED


async def test_the_owners_commands_are_offered_to_those_who_manage_the_server(tmp_path: Path) -> None:
    """By default Discord shows `/owner` only to managers of a server; all other commands are for everyone."""
    told = {command["name"]: command["default_member_permissions"] for command in await all_told(tmp_path)}
    assert told.pop("owner") == discord.Permissions(manage_guild=True).value
    assert set(told.values()) == {None}


async def test_the_promised_menus_are_there(tmp_path: Path) -> None:
    """On messages, for everyone, in servers and DMs; discord.py 2.7.1 takes five of a kind."""
    menus = [command for command in await all_told(tmp_path) if command["type"] != TYPED]
    assert sorted(menu["name"] for menu in menus) == MENUS
    assert len(MENUS) <= MENUS_MAX
    for menu in menus:
        assert menu["type"] == MESSAGE_MENU
        assert 1 <= len(menu["name"]) <= NAME_MAX_CHARACTERS
        assert (menu["integration_types"], sorted(menu["contexts"])) == ([0], [0, 1])


async def test_names_and_descriptions_are_within_bounds(commands: list[dict[str, Any]]) -> None:
    """Every command and option has both, no longer than Discord takes, and no two have the same name."""
    assert len({command["name"] for command in commands}) == len(commands)
    for command in commands:
        options = command["options"]
        assert len(options) <= OPTIONS_MAX
        assert len({option["name"] for option in options}) == len(options)
        for named in (command, *options):
            assert 1 <= len(named["name"]) <= NAME_MAX_CHARACTERS
            assert named["name"] == named["name"].lower()
            assert 1 <= len(named["description"]) <= DESCRIPTION_MAX_CHARACTERS
            # discord.py's default for a missing description.
            assert named["description"] != "…"


async def test_choices_are_within_bounds(commands: list[dict[str, Any]]) -> None:
    """However much the catalogue offers, Discord is shown what it takes; no option has choices and completes too."""
    total = 0
    for command in commands:
        total += len(command["name"]) + len(command["description"])
        for option in command["options"]:
            choices = option.get("choices", [])
            assert len(choices) <= CHOICES_MAX
            assert not (choices and option.get("autocomplete"))
            assert all(1 <= len(choice["name"]) <= 100 and len(choice["value"]) <= 100 for choice in choices)
            assert len({choice["value"] for choice in choices}) == len(choices)
            total += sum(len(choice["name"]) + len(choice["value"]) for choice in choices)
            total += len(option["name"]) + len(option["description"])
    assert total <= ALL_CHARACTERS_MAX


async def test_the_catalogue_is_offered(commands: list[dict[str, Any]]) -> None:
    """A setting has the catalogue's choices, in its order; videos, and settings with too many, are completed."""
    for command in commands:
        for option in command["options"]:
            if option["name"] == "seconds":
                assert [choice["value"] for choice in option["choices"]] == list(CATALOGUE.seconds)
            assert bool(option.get("autocomplete")) == (option["name"] in {"video", "model", "size"})


async def test_what_differs_between_models_is_completed(tmp_path: Path) -> None:
    """Sizes that not all models make have no fixed choices; lengths that all make do."""
    models = [OfferedModel(size, size, (), (size,), ("4", "8")) for size in ("512x512", "1280x720")]
    for command in await slash_commands(tmp_path, Catalogue(tuple(models))):
        options = {option["name"]: option for option in command["options"]}
        if "size" in options:
            assert [choice["value"] for choice in options["model"]["choices"]] == ["512x512", "1280x720"]
            assert [choice["value"] for choice in options["seconds"]["choices"]] == ["4", "8"]
            assert options["size"]["autocomplete"]
            assert not options["size"].get("choices")


async def test_the_models_own_options_are_those_of_the_command(tmp_path: Path) -> None:
    """After the bot's own, typed and described as declared, with the widest bounds; only where a model has any."""
    seed = Option("seed", "integer", "seed", "A number", minimum=0, maximum=9)
    own = (
        seed,
        Option("2nd-style", "choice", "style", "A style", choices=("anime", "film")),
        Option("class", "switch", "sound", "With sound"),
        Option("avoid", "text", "negative_prompt", "What to avoid", max_length=300),
    )
    other = (replace(seed, minimum=None), replace(own[1], choices=("film", "oil")))
    models = [
        OfferedModel(name, name, (), ("1x1",), ("4",), options=those) for name, those in (("a", own), ("b", other))
    ]
    for command in await slash_commands(tmp_path, Catalogue(tuple(models))):
        if command["name"] not in {"video", "remix"}:
            continue
        names = [option["name"] for option in command["options"]]
        assert names == [*PROMISED[command["name"]][:-1], "seed", "2nd-style", "class", "avoid", "improve"]
        made = {option["name"]: option for option in command["options"]}
        kinds = discord.AppCommandOptionType
        assert [made[name]["type"] for name in names[-5:-1]] == [
            kinds.integer.value, kinds.string.value, kinds.boolean.value, kinds.string.value,
        ]  # fmt: skip
        assert [made[name]["description"] for name in names[-5:-1]] == [option.description for option in own]
        assert (made["seed"]["min_value"], made["seed"]["max_value"]) == (-(2**53), 9)
        assert made["2nd-style"]["autocomplete"]
        assert made["avoid"]["max_length"] == 300
        assert not any(option.get("required") for option in made.values())


async def test_what_is_declared_at_most_fits_into_a_command(tmp_path: Path) -> None:
    """Eleven options, each with 25 choices of 100 characters, beside 25 models with long names."""
    own = tuple(
        Option(f"{number:032}", "choice", "x", "d" * 100, choices=tuple(f"{each:0100}" for each in range(25)))
        for number in range(11)
    )
    models = [
        OfferedModel(f"{number:0100}", f"m{number:099}", (), ("1x1",), ("4",), options=own) for number in range(25)
    ]
    for command in await slash_commands(tmp_path, Catalogue(tuple(models))):
        total = len(command["name"]) + len(command["description"])
        assert len(command["options"]) <= OPTIONS_MAX
        for option in command["options"]:
            total += len(option["name"]) + len(option["description"])
            total += sum(len(choice["name"]) + len(choice["value"]) for choice in option.get("choices", ()))
        assert total <= ALL_CHARACTERS_MAX


async def test_pictures_and_prompts_have_their_kinds(commands: list[dict[str, Any]]) -> None:
    """References are files; a prompt has 1 to 4,000 characters."""
    for command in commands:
        for option in command["options"]:
            is_file = option["type"] == discord.AppCommandOptionType.attachment.value
            assert is_file == option["name"].startswith("reference")
            if option["name"] == "prompt":
                assert (option["min_length"], option["max_length"]) == (1, 4_000)


async def test_commands_are_installed_to_servers_and_work_in_dms(commands: list[dict[str, Any]]) -> None:
    """To servers only; used there and in DMs with the bot."""
    for command in commands:
        assert command["integration_types"] == [0]
        assert sorted(command["contexts"]) == [0, 1]


def test_every_button_has_a_name_of_its_own() -> None:
    """For every message and action, the longest target and the last number: unique, short enough, understood again."""
    made: list[str] = []
    for kind in MessageKind:
        for action in Action:
            target = "8" + "9" * 18 if kind is MessageKind.OFFER else "ZZZZZZZZ"
            button = ButtonId(kind, action, target, 999)
            if parse_button(str(button)) is not None:
                assert parse_button(str(button)) == button
                made.append(str(button))
    assert len(set(made)) == len(made)
    assert all(len(custom_id) <= CUSTOM_ID_MAX_CHARACTERS for custom_id in made)
    assert {custom_id.split(":")[1] for custom_id in made} == set(MessageKind)
    assert {custom_id.split(":")[2] for custom_id in made} == set(Action)


def test_every_form_has_a_name_of_its_own() -> None:
    """For every purpose and source, the longest target: unique, short enough, understood again, no button's name."""
    forms = [
        FormId(purpose, source, "Z" * (8 if source is FormSource.JOB else 32))
        for purpose in FormPurpose
        for source in FormSource
    ]
    made = [str(form) for form in forms]
    assert [parse_form(custom_id) for custom_id in made] == forms
    assert len(set(made)) == len(made)
    assert all(len(custom_id) <= CUSTOM_ID_MAX_CHARACTERS for custom_id in made)
    assert not any(parse_button(custom_id) for custom_id in made)


async def test_a_last_picture_and_a_loop_are_offered_where_a_model_takes_them(tmp_path: Path) -> None:
    """By `/video` alone, after the models' own options."""
    seed = Option("seed", "integer", "seed", "A number")
    plain = OfferedModel("a", "a", (), ("1x1",), ("4",), options=(seed,))
    framed = replace(plain, name="b", label="b", roles=("first", "last"), references=2)
    for command in await slash_commands(tmp_path, Catalogue((plain, framed))):
        names = [option["name"] for option in command["options"]]
        if command["name"] == "video":
            assert names == [*PROMISED["video"][:-1], "seed", "last_picture", "loop", "improve"]
        else:
            assert not {"last_picture", "loop"} & set(names)
