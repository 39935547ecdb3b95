"""Judges the servers that the bot is in: whether it may post in their channels. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

import discord

from bot.chat.permissions import missing_by_roles, missing_permissions, takes_messages
from bot.check.findings import Finding, Line, State, note, ok, warning
from bot.jobs.model import GuildId
from bot.videos.json_values import json_object
from bot.videos.model_lists import clean_line

SHOWN_MAX = 100
_NAMES_MAX = 10
_CHANNELS_MAX = 5


@dataclass(frozen=True, slots=True)
class Server:
    """A server with the bot's permissions there by its roles alone."""

    id: GuildId
    name: str
    granted: discord.Permissions

    @property
    def shown(self) -> str:
        """Its name on one line."""
        return clean_line(self.name, "") or str(self.id)


@dataclass(frozen=True, slots=True)
class Place:
    """A channel of a server, with what the bot lacks there."""

    name: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What was read of a server; `places` is None where that failed, for the reason `failure`."""

    server: Server
    places: tuple[Place, ...] | None = None
    failure: str = ""
    timed_out_until: str | None = None


def read_server(payload: Mapping[str, object]) -> Server | None:
    """A server of the list of the bot's servers; None for what is none."""
    server_id, permissions = str(payload.get("id")), str(payload.get("permissions"))
    if not server_id.isdecimal() or not permissions.isdecimal():
        return None
    return Server(GuildId(int(server_id)), str(payload.get("name") or ""), discord.Permissions(int(permissions)))


def read_places(
    server: Server, channels: Sequence[Mapping[str, object]], member: Mapping[str, object], bot_id: int
) -> tuple[Place, ...]:
    """The channels that take messages, with what the bot lacks in each; overwrites are applied as Discord does."""
    found: list[Place] = []
    for channel in channels:
        kind = kind_of(channel)
        if takes_messages(kind):
            granted = permissions_in(server, channel, member, bot_id)
            found.append(Place(str(channel.get("name") or ""), missing_permissions(granted, kind)))
    return tuple(found)


def kind_of(channel: Mapping[str, object]) -> discord.ChannelType:
    """The type of a channel."""
    return discord.enums.try_enum(discord.ChannelType, _whole(channel.get("type"), -1))


def permissions_in(
    server: Server, channel: Mapping[str, object], member: Mapping[str, object], bot_id: int
) -> discord.Permissions:
    """The bot's permissions in a channel that is no thread, by its roles and the overwrites."""
    granted = discord.Permissions(server.granted.value)
    if granted.administrator:
        return granted
    roles = {str(role) for role in _list(member.get("roles"))}
    listed = (json_object(each) or {} for each in _list(channel.get("permission_overwrites")))
    found = {str(each.get("id")): each for each in listed}
    of_roles = [each for key, each in found.items() if key in roles]
    allow = deny = 0
    for each in of_roles:
        allow |= _whole(each.get("allow"))
        deny |= _whole(each.get("deny"))
    for allowed, denied in (_pair(found.get(str(server.id))), (allow, deny), _pair(found.get(str(bot_id)))):
        granted.handle_overwrite(allowed, denied)
    return granted


def judge_membership(
    servers: Sequence[Server], commands_in: Sequence[int], allowed: Sequence[int]
) -> Iterator[Finding]:
    """Whether the bot is where the settings expect it."""
    ids = {server.id for server in servers}
    if not servers:
        yield warning(Line.SERVERS, "The bot is in no server yet.", "Invite it with the link below.")
        return
    for setting, named in (("DISCORD_GUILD_IDS", commands_in), ("ALLOWED_GUILD_IDS", allowed)):
        absent = [str(each) for each in named if each not in ids]
        if absent:
            yield warning(
                Line.SERVERS,
                f"{setting} has servers that the bot isn't in: {', '.join(absent)}.",
                "Invite it there with the link below, or correct the setting.",
            )
    closed = [server.shown for server in servers if allowed and server.id not in allowed]
    said = (
        f"The bot is in {len(servers):,} servers."
        if len(servers) != 1
        else f"The bot is in one server: {servers[0].shown}."
    )
    if closed:
        yield note(Line.SERVERS, f"{said} By ALLOWED_GUILD_IDS it does nothing in {_some(closed)}.")
    else:
        yield ok(Line.SERVERS, said)


def judge_permissions(facts: ServerFacts, name_of: Callable[[str], str]) -> Finding:
    """Whether the bot may post in a server; `name_of` gives a permission's name in Discord's settings."""
    about = facts.server.shown
    if facts.timed_out_until is not None:
        return warning(
            Line.PERMISSIONS,
            f"{about}: the bot is in time-out until {facts.timed_out_until}, and can post nothing.",
            "Ask a moderator of that server to end it.",
            about,
        )
    lacking = [name_of(name) for name in missing_by_roles(facts.server.granted)]
    if lacking:
        return warning(
            Line.PERMISSIONS,
            f"{about}: the bot's roles lack {', '.join(lacking)}.",
            "Grant them to the bot's role (Server Settings, Roles), or invite it again with the link below.",
            about,
        )
    if facts.places is None:
        return note(Line.PERMISSIONS, f"{about}: its channels couldn't be read ({facts.failure}).", about=about)
    hidden = [place for place in facts.places if "view_channel" in place.missing]
    shut = [place for place in facts.places if place.missing and place not in hidden]
    count, free = len(facts.places), len(facts.places) - len(hidden) - len(shut)
    unseen = f" {len(hidden)} are hidden from it." if hidden else ""
    if not free:
        return warning(
            Line.PERMISSIONS,
            f"{about}: the bot may post in none of {count} channels.{unseen}{_places(shut, name_of)}",
            "Allow the bot's role in a channel (Edit Channel, Permissions).",
            about,
        )
    if shut:
        return warning(
            Line.PERMISSIONS,
            f"{about}: the bot may post in {free} of {count} channels.{unseen}{_places(shut, name_of)}",
            "Allow the bot's role there (Edit Channel, Permissions), or hide the channel from it.",
            about,
        )
    return ok(Line.PERMISSIONS, f"{about}: the bot may post in {free} of {count} channels.{unseen}", about)


def judge_unread(count: int, *, everything: bool) -> Finding | None:
    """About servers whose permissions weren't checked."""
    if not count:
        return None
    why = "there was no time for them" if everything else f"only the first {SHOWN_MAX} are, unless --all is given"
    return note(Line.PERMISSIONS, f"The permissions in {count:,} more servers weren't checked: {why}.")


def merge_good(findings: Sequence[Finding]) -> list[Finding]:
    """One line for all servers without trouble, if they are many."""
    good = [each for each in findings if each.state is State.OK]
    if len(good) <= _NAMES_MAX:
        return [*findings]
    merged = ok(Line.PERMISSIONS, f"In {len(good)} servers the bot may post in every channel that it sees.")
    return [merged, *(each for each in findings if each.state is not State.OK)]


def order_servers(servers: Sequence[Server], first: Sequence[int], allowed: Sequence[int]) -> list[Server]:
    """Those whose permissions matter: allowed ones alone, and those that the settings name first."""
    named = {*first, *allowed}
    open_ones = [server for server in servers if not allowed or server.id in allowed]
    return sorted(open_ones, key=lambda server: server.id not in named)


def timed_out(member: Mapping[str, object], now: float) -> str | None:
    """Until when the bot's member is in time-out; None if it isn't."""
    until = member.get("communication_disabled_until")
    try:
        ends_at = datetime.fromisoformat(str(until)).timestamp() if until else 0.0
    except ValueError:
        return None
    return str(until) if ends_at > now else None


def _pair(overwrite: Mapping[str, object] | None) -> tuple[int, int]:
    return (0, 0) if overwrite is None else (_whole(overwrite.get("allow")), _whole(overwrite.get("deny")))


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _whole(value: object, otherwise: int = 0) -> int:
    """A whole number or its text, as Discord writes sets of permissions."""
    return int(str(value)) if str(value).isdecimal() else otherwise


def _places(places: Sequence[Place], name_of: Callable[[str], str]) -> str:
    if not places:
        return ""
    shown = [
        f"#{clean_line(each.name, '')} ({', '.join(map(name_of, each.missing))})" for each in places[:_CHANNELS_MAX]
    ]
    more = len(places) - len(shown)
    return f" It lacks: {'; '.join(shown)}{f'; and in {more} more' if more else ''}."


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMES_MAX
    return ", ".join(names[:_NAMES_MAX]) + (f" and {more} more" if more > 0 else "")
