"""Who the bot is, whom it knows, its commands, and its DMs."""

import re

from sandbox.chat import place_payloads
from sandbox.chat.errors import ApiError, bad_field, too_long
from sandbox.chat.permissions import can_see
from sandbox.chat.records import Json, parts_of
from sandbox.chat.rest.incoming import Incoming
from sandbox.chat.rest.server import Answer
from sandbox.chat.world import World

_NAME = re.compile(r"[-_'\w]{1,32}")
_SLASH = 1


async def get_self(call: Incoming) -> Answer:
    """GET /users/@me."""
    return place_payloads.user_json(call.world.bot)


async def get_application(call: Incoming) -> Answer:
    """GET /oauth2/applications/@me."""
    world = call.world
    return {
        "id": str(world.application_id),
        "name": world.bot.name,
        "description": "",
        "icon": None,
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": 0,
        "owner": place_payloads.user_json(world.owner),
        "team": None,
    }


async def get_gateway(call: Incoming) -> Answer:
    """GET /gateway/bot; `Client` never asks."""
    limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
    url = call.world.files.origin.replace("http", "ws", 1) + "/gateway"
    return {"url": url, "shards": 1, "session_start_limit": limit}


async def get_user(call: Incoming) -> Answer:
    """GET /users/{user}."""
    return place_payloads.user_json(call.world.user(call.id("user")))


async def open_dm(call: Incoming) -> Answer:
    """POST /users/@me/channels; always works, it is the message that may be refused."""
    user = call.world.user(int(call.body.get("recipient_id") or 0))
    return place_payloads.channel_json(call.world.dm_with(user), call.world.bot)


async def list_guilds(call: Incoming) -> Answer:
    """GET /users/@me/guilds."""
    return [place_payloads.guild_json(one) for one in call.world.guilds.values() if one.has_bot]


async def get_guild(call: Incoming) -> Answer:
    """GET /guilds/{guild}."""
    guild = call.world.guilds.get(call.id("guild"))
    if guild is None or not guild.has_bot:
        raise ApiError(10004)
    return place_payloads.guild_json(guild)


async def list_channels(call: Incoming) -> Answer:
    """GET /guilds/{guild}/channels."""
    await get_guild(call)
    channels = call.world.guilds[call.id("guild")].channels.values()
    return [place_payloads.channel_json(one, call.world.bot) for one in channels if not one.is_thread]


async def list_roles(call: Incoming) -> Answer:
    """GET /guilds/{guild}/roles."""
    await get_guild(call)
    return [place_payloads.role_json(one) for one in call.world.guilds[call.id("guild")].roles.values()]


async def get_member(call: Incoming) -> Answer:
    """GET /guilds/{guild}/members/{user}."""
    await get_guild(call)
    member = call.world.guilds[call.id("guild")].members.get(call.id("user"))
    if member is None:
        raise ApiError(10007)
    return place_payloads.member_json(member)


async def list_active_threads(call: Incoming) -> Answer:
    """GET /guilds/{guild}/threads/active."""
    await get_guild(call)
    bot = call.world.bot
    places = call.world.guilds[call.id("guild")].channels.values()
    threads = [one for one in places if one.is_thread and not one.archived and can_see(one, bot)]
    members = [place_payloads.thread_member_json(one, bot.id) for one in threads if bot.id in one.member_ids]
    return {"threads": [place_payloads.channel_json(one, bot) for one in threads], "members": members}


async def list_commands(call: Incoming) -> Answer:
    """GET /applications/{application}/[guilds/{guild}/]commands."""
    scope = _scope(call)
    return [one for one in call.world.commands if one.get("guild_id") == scope]


async def put_commands(call: Incoming) -> Answer:
    """PUT …/commands: the whole list at once; a command that was there keeps its id."""
    scope = _scope(call)
    world = call.world
    before = {(one["type"], one["name"]): one["id"] for one in world.commands if one.get("guild_id") == scope}
    made = [_command(world, one, scope, before) for one in call.items]
    world.commands = [one for one in world.commands if one.get("guild_id") != scope] + made
    world.hub.touch()
    return list(made)


async def post_command(call: Incoming) -> Answer:
    """POST …/commands: one command; it replaces the one of that name."""
    scope = _scope(call)
    world = call.world
    before = {(one["type"], one["name"]): one["id"] for one in world.commands if one.get("guild_id") == scope}
    made = _command(world, call.body, scope, before)
    world.commands = [one for one in world.commands if one["id"] != made["id"]] + [made]
    world.hub.touch()
    return made


async def delete_command(call: Incoming) -> Answer:
    """DELETE …/commands/{command}."""
    kept = [one for one in call.world.commands if one["id"] != call.names["command"]]
    if len(kept) == len(call.world.commands):
        raise ApiError(10063)
    call.world.commands = kept
    return None


def _scope(call: Incoming) -> str | None:
    guild = call.names.get("guild")
    if call.id("application") != call.world.application_id:
        raise ApiError(50001)
    if guild is not None and (int(guild) not in call.world.guilds or not call.world.guilds[int(guild)].has_bot):
        raise ApiError(50001)
    return guild


def _command(world: World, body: Json, scope: str | None, before: dict[tuple[int, str], str]) -> Json:
    kind = int(body.get("type") or _SLASH)
    name = str(body.get("name") or "")
    if kind == _SLASH:
        _check_named(body, "command")
        _check_options(parts_of(body, "options"), name)
    elif not 1 <= len(name) <= 32:
        raise bad_field("name", "Must be between 1 and 32 in length.", "BASE_TYPE_BAD_LENGTH")
    known: Json = {
        "default_member_permissions": None,
        "dm_permission": True,
        "nsfw": False,
        "contexts": None,
        "integration_types": [0],
        "options": [],
        **body,
        "type": kind,
        "description": body.get("description") or "",
        "id": before.get((kind, name)) or str(world.next_id()),
        "application_id": str(world.application_id),
        "version": str(world.next_id()),
    }
    return known if scope is None else {**known, "guild_id": scope}


def _check_named(one: Json, path: str) -> None:
    name = str(one.get("name") or "")
    if not _NAME.fullmatch(name) or name != name.lower():
        raise bad_field(f"{path}.name", f"Command name is invalid: {name}", "APPLICATION_COMMAND_INVALID_NAME")
    if not 1 <= len(str(one.get("description") or "")) <= 100:
        raise bad_field(f"{path}.description", "Must be between 1 and 100 in length.", "BASE_TYPE_BAD_LENGTH")


def _check_options(options: list[Json], path: str) -> None:
    if len(options) > 25:
        raise too_long(f"{path}.options", 25)
    optional_seen = False
    for option in options:
        here = f"{path}.{option.get('name')}"
        _check_named(option, here)
        if option.get("required") and optional_seen:
            sentence = "Required options must be placed before non-required options"
            raise bad_field(here, sentence, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID")
        optional_seen = optional_seen or not option.get("required")
        choices: list[Json] = parts_of(option, "choices")
        if len(choices) > 25:
            raise too_long(f"{here}.choices", 25)
        if any(not 1 <= len(str(one.get("name") or "")) <= 100 for one in choices):
            raise bad_field(f"{here}.choices", "Must be between 1 and 100 in length.", "BASE_TYPE_BAD_LENGTH")
        if option.get("type") in (1, 2):
            optional_seen = False
            _check_options(parts_of(option, "options"), here)
