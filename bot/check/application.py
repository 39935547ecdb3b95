"""Judges the bot's application at Discord: token, interactions, intents, invitation, sessions, owners. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import discord

from bot.chat.owners import owners_of
from bot.chat.permissions import NEEDED
from bot.check.discord_api import DiscordAnswer
from bot.check.findings import Finding, Line, note, ok, problem, warning
from bot.check.reaching import Failure
from bot.jobs.model import UserId
from bot.videos.json_values import at, json_object, number
from bot.videos.model_lists import clean_line

# Discord takes no more servers on a shard (docs/facts/discord.md, "The check").
_SERVERS_PER_SHARD = 2500
_SCOPES = ("bot", "applications.commands")
_PORTAL = "in Discord's developer portal"
_PRIVILEGED = {"presence": "Presence", "guild_members": "Server Members", "message_content": "Message Content"}


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who is to get alerts. `name` is None for an id that Discord doesn't know."""

    id: int
    name: str | None
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class AlertChannel:
    """The owners' channel, with what the bot lacks there, or why it can't be used."""

    name: str = ""
    missing: tuple[str, ...] = ()
    refusal: str = ""


def invitation_to(application_id: int) -> str:
    """The link that installs the bot with exactly the scopes and permissions that it needs."""
    return discord.utils.oauth_url(application_id, permissions=NEEDED, scopes=_SCOPES)


def judge_token(answer: DiscordAnswer | None, failure: Failure | None, name: str | None) -> Finding:
    """Whether Discord knows the token; `name` is that of the application, if it could be read."""
    if failure is not None or answer is None:
        what, remedy = (failure.what, failure.remedy) if failure else ("gave no answer", "Check again.")
        return problem(Line.TOKEN, f"Discord {what}.", remedy)
    if answer.status == 401:
        return problem(
            Line.TOKEN,
            "DISCORD_TOKEN is wrong: Discord does not know it.",
            f"Copy it again {_PORTAL}, under Bot; after a reset the old one is void.",
        )
    if answer.status == 407:
        return problem(
            Line.TOKEN, "Discord isn't reached: the proxy wants another name and password.", "Correct DISCORD_PROXY."
        )
    if answer.status != 200 or name is None:
        return problem(
            Line.TOKEN,
            f"Discord's answer isn't one of its own ({answer.status}).",
            "See discordstatus.com. If a proxy or filter stands between, let api requests to discord.com pass.",
        )
    return ok(Line.TOKEN, f"The token is that of {_shown(name)}.")


def judge_unanswered(line: Line, failure: Failure) -> Finding:
    """A line that could not be judged, because a later request got no answer."""
    return warning(line, f"This couldn't be checked: Discord {failure.what}.", failure.remedy)


def judge_interactions(application: discord.AppInfo) -> Finding:
    """Whether commands and buttons reach the bot."""
    if application.interactions_endpoint_url:
        return problem(
            Line.INTERACTIONS,
            "An Interactions Endpoint URL is set: Discord sends commands and buttons there, and never to the bot.",
            f"Empty that field {_PORTAL}, under General Information.",
        )
    return ok(Line.INTERACTIONS, "Commands and buttons come to the bot's own connection.")


def judge_intents(application: discord.AppInfo) -> Finding:
    """Whether privileged intents are switched on: none is needed."""
    flags = application.flags
    on = [
        name
        for flag, name in _PRIVILEGED.items()
        if getattr(flags, f"gateway_{flag}") or getattr(flags, f"gateway_{flag}_limited")
    ]
    if on:
        return note(
            Line.INTENTS,
            f"Privileged intents are switched on that the bot doesn't need: {', '.join(on)}.",
            f"Switch them off {_PORTAL}, under Bot: from 100 servers on Discord asks for a reason.",
        )
    return ok(Line.INTENTS, "No privileged intent is needed, and none is switched on.")


def judge_invitation(application: discord.AppInfo) -> Finding:
    """Whether people can install the bot by the link."""
    if application.bot_require_code_grant:
        return problem(
            Line.INVITATION,
            "Requires OAuth2 Code Grant is on: the link installs nothing.",
            f"Switch it off {_PORTAL}, under Bot.",
        )
    if not application.bot_public:
        return note(Line.INVITATION, "Only the application's owner can invite the bot (Public Bot is off).")
    return ok(Line.INVITATION, "Everyone who manages a server can invite the bot.")


def judge_sessions(body: object, shard_count: int | None, server_count: int) -> Finding:
    """Whether the bot may connect to the gateway now, with so many shards; `body` is that of `GET /gateway/bot`."""
    limit = at(body, ("session_start_limit",))
    remaining, reset_ms = number(at(limit, ("remaining",))), number(at(limit, ("reset_after",)))
    recommended = int(number(at(body, ("shards",))) or 1)
    if remaining is None:
        return note(Line.SESSIONS, "Discord didn't say how many connections may be opened today.")
    if remaining < (shard_count or recommended):
        minutes = (reset_ms or 0.0) / 60_000
        return warning(
            Line.SESSIONS,
            f"Only {remaining:.0f} connections to Discord may still be opened; that ends in {minutes:.0f} minutes.",
            "Find out why the bot starts so often. It waits for the rest by itself.",
        )
    if shard_count is not None and server_count > shard_count * _SERVERS_PER_SHARD:
        return problem(
            Line.SESSIONS,
            f"SHARD_COUNT is {shard_count}, too few for {server_count:,} servers: Discord refuses that (4011).",
            f"Set SHARD_COUNT to {recommended} or more, or leave it empty.",
        )
    shards = (
        f"SHARD_COUNT is {shard_count}, Discord recommends {recommended}"
        if shard_count
        else f"{recommended} recommended"
    )
    return ok(Line.SESSIONS, f"{remaining:.0f} connections may still be opened today (shards: {shards}).")


def owner_ids(application: discord.AppInfo, configured: Sequence[int]) -> tuple[UserId, ...]:
    """Who gets alerts and may use `/owner`."""
    return tuple(UserId(each) for each in configured) or owners_of(application)


def judge_owners(people: Sequence[Person], *, configured: bool) -> Finding:
    """Whether alerts reach a person."""
    source = "OWNER_IDS" if configured else "the application"
    if not people:
        return warning(
            Line.OWNERS,
            "The application's team has no admin or developer who has joined: no one gets alerts.",
            "Name people in OWNER_IDS.",
        )
    unknown = [str(person.id) for person in people if person.name is None]
    bots = [_shown(person.name) for person in people if person.name is not None and person.is_bot]
    if unknown or bots:
        said = [f"no user has the id {', '.join(unknown)}"] if unknown else []
        said += [f"{', '.join(bots)} is a bot"] if bots else []
        return warning(
            Line.OWNERS,
            f"Some owners (of {source}) get no alerts: {'; '.join(said)}.",
            "Correct OWNER_IDS: ids of people.",
        )
    names = ", ".join(_shown(person.name or "") for person in people)
    return ok(Line.OWNERS, f"Owners: {names} (from {source}).")


def judge_alerts(channel: AlertChannel | None, name_of: Callable[[str], str]) -> Finding:
    """Whether alerts can be posted in the owners' channel; None where they go by direct message."""
    if channel is None:
        return ok(Line.ALERTS, "Alerts go to the owners by direct message. Whether they take them isn't tested.")
    if channel.refusal:
        return warning(
            Line.ALERTS,
            f"The channel OWNER_CHANNEL_ID {channel.refusal}: alerts go by direct message instead.",
            "Name a channel of a server that the bot is in, or leave it empty.",
        )
    if channel.missing:
        return warning(
            Line.ALERTS,
            f"In #{_shown(channel.name)}, where alerts go, the bot lacks {', '.join(map(name_of, channel.missing))}.",
            "Allow that there for the bot's role (Edit Channel, Permissions).",
        )
    return ok(Line.ALERTS, f"Alerts can be posted in #{_shown(channel.name)}.")


def person_of(user_id: int, answer: DiscordAnswer) -> Person:
    """A person from the answer to `GET /users/{id}`."""
    about = json_object(answer.body)
    if answer.status != 200 or about is None:
        return Person(user_id, None)
    return Person(user_id, str(about.get("global_name") or about.get("username") or user_id), about.get("bot") is True)


def _shown(name: str) -> str:
    return clean_line(name, "") or "(no name)"
