"""Compares the commands that Discord has with those that a start of this version would sync."""

from collections.abc import AsyncGenerator, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from bot.chat.words import Readers
from bot.check.findings import Finding, Line, note, ok, warning
from bot.client import VideoBot
from bot.engine.services import Services
from bot.jobs.catalogue import Catalogue
from bot.ops.clock import Clock

# What a command has when Discord, or discord.py, leaves it out.
_LEFT_OUT: Mapping[str, object] = {
    "type": 1,
    "description": "",
    "nsfw": False,
    "required": False,
    "autocomplete": False,
    "contexts": (0, 1, 2),
    "integration_types": (0,),
    "default_member_permissions": None,
}
_COMPARED = (
    "type", "name", "description", "nsfw", "default_member_permissions", "contexts", "integration_types", "required",
    "autocomplete", "min_value", "max_value", "min_length", "max_length", "value", "channel_types",
    "name_localizations", "description_localizations",
)  # fmt: skip
_INSIDE = ("options", "choices")
# Discord keeps these for commands everywhere (docs/facts/discord.md, "The check").
_EVERYWHERE_ALONE = ("contexts", "integration_types")


@asynccontextmanager
async def offline_client(
    guild_ids: tuple[int, ...],
    data_dir: Path,
    clock: Clock,
    readers: Readers,
    catalogue: Catalogue,
    providers: Sequence[str],
    *,
    improves: bool = False,
) -> AsyncGenerator[VideoBot]:
    """A client that only describes its commands: it never logs in, and there is no engine behind it.

    `improves`: a chat model is named.
    """
    async with VideoBot(guild_ids, data_dir, clock, readers) as client:
        client.services = _services(readers, catalogue, providers, improves=improves)
        yield client


def shape_of(command: Mapping[str, Any], left_out: Collection[str] = ()) -> object:
    """What of a command people can notice, in one form for what is sent to Discord and what it returns.

    `left_out` are names that aren't compared.
    """
    shape: dict[str, object] = {}
    for name in _COMPARED:
        value = command.get(name)
        value = _LEFT_OUT.get(name) if value is None else value
        if value in (None, {}) or name in left_out:
            continue
        match value:
            case list() | tuple():
                value = tuple(sorted(cast("list[int]", value)))
            case dict():
                value = tuple(sorted(cast("dict[str, str]", value).items()))
            case str() if name == "default_member_permissions":
                value = int(value)
            case _:
                pass
        shape[name] = value
    for name in _INSIDE:
        if inner := command.get(name):
            shape[name] = [shape_of(each) for each in inner]
    return shape


def differing(
    planned: Sequence[Mapping[str, Any]], there: Sequence[Mapping[str, Any]], *, of_server: bool = False
) -> list[str]:
    """The names of the commands that Discord lacks, has in another shape, or has beside those that are planned.

    `of_server`: they are those of one server.
    """
    left_out = _EVERYWHERE_ALONE if of_server else ()
    wanted = {_key(each): shape_of(each, left_out) for each in planned}
    found = {_key(each): shape_of(each, left_out) for each in there}
    return sorted({name for _kind, name in wanted.keys() | found.keys() if _differs(name, wanted, found)})


def judge_commands(target: str, differences: Sequence[str], count: int, *, is_noted: bool) -> Finding:
    """Whether the commands of a target (`global`, or a server's id) are in step.

    `is_noted`: the note in DATA_DIR says that they were synced as they are planned, so that a start syncs nothing.
    """
    where = "everywhere" if target == "global" else f"in the server {target}"
    if not differences:
        said = (
            f"All {count} commands {where} are those of this version."
            if count
            else f"No command is synced {where}, as planned."
        )
        return ok(Line.COMMANDS, said)
    names = ", ".join(differences)
    if is_noted:
        return warning(
            Line.COMMANDS,
            f"Discord has other commands {where} than were synced from here: {names}.",
            "Another bot with this token has changed them. Stop it, remove commands.json from DATA_DIR, and restart.",
        )
    return note(Line.COMMANDS, f"Commands {where} differ from this version's ({names}): the next start syncs them.")


def _differs(name: str, wanted: Mapping[tuple[int, str], object], found: Mapping[tuple[int, str], object]) -> bool:
    keys = {key for key in wanted.keys() | found.keys() if key[1] == name}
    return any(wanted.get(key) != found.get(key) for key in keys)


def _key(command: Mapping[str, Any]) -> tuple[int, str]:
    return int(command.get("type") or 1), str(command.get("name"))


def _services(readers: Readers, catalogue: Catalogue, providers: Sequence[str], *, improves: bool) -> Services:
    """Services that can be described and not called: the commands are built from these four facts alone."""
    described = {
        "catalogue": catalogue,
        "readers": readers,
        "owner_actions": SimpleNamespace(provider_names=tuple(providers)),
        "improving": SimpleNamespace(is_offered=improves),
    }
    absent = {field.name: _Absent() for field in fields(Services)}
    return Services(**cast("dict[str, Any]", absent | described))


class _Absent:
    """A service of an engine that isn't there."""

    def __getattr__(self, name: str) -> Iterator[None]:
        raise RuntimeError(f"{name} of an engine was used, where commands are only described.")
