"""Discord's markup in a person's text as a person reads it: names instead of ids. Nothing of the result can ping.

The ids mean nothing to a provider, and a mention of the bot is no part of a prompt.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import discord

from bot.chat.unseen import count_seen
from bot.jobs.storable_text import storable

_NAME_MAX_CHARACTERS = 100
_NESTED_MAX = 3
_NO_BRACKETS = str.maketrans("", "", "<>")
_MARKUP = re.compile(
    r"<a?:(?P<emoji>\w{1,40}):\d+>"
    r"|<@!?(?P<person>\d{1,20})>"
    r"|<@&(?P<role>\d{1,20})>"
    r"|<\#(?P<channel>\d{1,20})>"
    r"|<(?P<command>/[^<>:\n]{1,110}):\d+>"
    r"|<t:(?P<moment>-?\d{1,13})(?::\w)?>"
    r"|<(?:id|sound):[^<>\s]{1,100}>",
    re.ASCII,
)

Name = Callable[[int], str | None]


def _unknown(_id: int) -> None:
    """An unknown name."""


@dataclass(frozen=True, slots=True)
class Names:
    """The sources of names for ids. `own` are the ids of the bot and of its role: they are left out."""

    person: Name = _unknown
    role: Name = _unknown
    channel: Name = _unknown
    own: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Said:
    """A person's text: as Discord sends it, and as a person reads it."""

    raw: str
    readable: str


def readable(text: str, names: Names) -> str:
    """The text with a name in place of each id; unknown ones are left out. The rest is unchanged, if it is storable."""
    changed = _replace(storable(text), lambda found: _name(found, names))
    for _ in range(_NESTED_MAX):
        if not _MARKUP.search(changed):
            return changed
        # One piece of markup between two halves of another.
        changed = _replace(changed, lambda _found: "")
    # No one types more by chance, and removing it in rounds would block the event loop for seconds.
    return changed.translate(_NO_BRACKETS) if _MARKUP.search(changed) else changed


def names_in(
    guild: discord.Guild | None, me: int | None, resolved: Mapping[str, Mapping[str, str]] | None = None
) -> Names:
    """The names that people see in that server: those Discord sent along first, then those that are cached.

    `resolved` has names by ids under `users`, `roles` and `channels`.
    """
    given = resolved or {}

    def person(user_id: int) -> str | None:
        member = guild.get_member(user_id) if guild is not None else None
        return given.get("users", {}).get(str(user_id)) or (member.display_name if member is not None else None)

    def role(role_id: int) -> str | None:
        found = guild.get_role(role_id) if guild is not None else None
        return given.get("roles", {}).get(str(role_id)) or (found.name if found is not None else None)

    def channel(channel_id: int) -> str | None:
        found = guild.get_channel_or_thread(channel_id) if guild is not None else None
        return given.get("channels", {}).get(str(channel_id)) or (found.name if found is not None else None)

    own_role = guild.self_role if guild is not None else None
    own = {one for one in (me, own_role.id if own_role is not None else None) if one is not None}
    return Names(person, role, channel, frozenset(own))


def is_long_text(file_name: str) -> bool:
    """Whether Discord's own client made the file of a message that was too long."""
    return file_name == "message.txt"


def edited_text(message: discord.Message, guild: discord.Guild | None, me: int | None) -> Said:
    """The text of an edited message; empty where its text is in a file, which no edit changes."""
    if any(is_long_text(file.filename) for file in message.attachments):
        return Said("", "")
    return said_in(message, guild, me)


def said_in(message: discord.Message, guild: discord.Guild | None, me: int | None) -> Said:
    """The text of a person's message, with the names of mentioned people."""
    users = {str(person.id): person.display_name for person in message.mentions}
    return Said(message.content, readable(message.content, names_in(guild, me, {"users": users})).strip())


def _replace(text: str, name_of: Callable[[re.Match[str]], str]) -> str:
    """The text with a name for each piece of markup. An omitted piece takes one of its blanks along."""
    done, at = "", 0
    for found in _MARKUP.finditer(text):
        done += text[at : found.start()]
        at = found.end()
        name, after = name_of(found), text[at : at + 1]
        if name:
            done += name
        elif not done:
            at = len(text) - len(text[at:].lstrip())
        elif not after:
            done = done.rstrip()
        elif after.isspace():
            done = done.removesuffix(" ")
    return done + text[at:]


def _name(found: re.Match[str], names: Names) -> str:
    kind, value = found.lastgroup, found[found.lastgroup] if found.lastgroup else ""
    match kind:
        case "emoji" | "command":
            return value
        case "person" | "role" | "channel":
            known = int(value) not in names.own and getattr(names, kind)(int(value))
            return _clean(known) if known else ""
        case "moment":
            return _moment(int(value))
        case _:
            return ""


def _clean(name: str) -> str:
    """A name in one line, without markup characters; an invisible one is left out."""
    plain = storable(name[:_NAME_MAX_CHARACTERS]).translate(_NO_BRACKETS)
    return " ".join(plain.split()) if count_seen(plain) else ""


def _moment(seconds: int) -> str:
    """A timestamp as a date and time; an impossible one is left out."""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%-d %B %Y %H:%M UTC}"
    except (ValueError, OverflowError, OSError):
        return ""
