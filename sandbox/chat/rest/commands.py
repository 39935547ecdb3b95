"""The bot's commands, for everywhere and for single servers."""

from sandbox.chat.command_limits import check_command, check_count
from sandbox.chat.errors import ApiError
from sandbox.chat.records import Json
from sandbox.chat.rest.incoming import Incoming
from sandbox.chat.rest.server import Answer
from sandbox.chat.world import World

_SLASH = 1


async def get_all(call: Incoming) -> Answer:
    """GET /applications/{application}/[guilds/{guild}/]commands."""
    scope = _scope(call)
    return [one for one in call.world.commands if one.get("guild_id") == scope]


async def put(call: Incoming) -> Answer:
    """PUT …/commands: the whole list at once; a command that was there keeps its id."""
    scope = _scope(call)
    world = call.world
    before = {(one["type"], one["name"]): one["id"] for one in world.commands if one.get("guild_id") == scope}
    made = [_command(world, one, scope, before) for one in call.items]
    check_count(made)
    world.commands = [one for one in world.commands if one.get("guild_id") != scope] + made
    world.hub.touch()
    return list(made)


async def post(call: Incoming) -> Answer:
    """POST …/commands: one command; it replaces the one of that name."""
    scope = _scope(call)
    world = call.world
    before = {(one["type"], one["name"]): one["id"] for one in world.commands if one.get("guild_id") == scope}
    made = _command(world, call.body, scope, before)
    world.commands = [one for one in world.commands if one["id"] != made["id"]] + [made]
    world.hub.touch()
    return made


async def get(call: Incoming) -> Answer:
    """GET …/commands/{command}."""
    return _known(call)


async def edit(call: Incoming) -> Answer:
    """PATCH …/commands/{command}: what the body does not name stays."""
    known, world = _known(call), call.world
    key = (known["type"], str(call.body.get("name") or known["name"]))
    made = _command(world, {**known, **call.body}, _scope(call), {key: known["id"]})
    world.commands = [made if one is known else one for one in world.commands]
    world.hub.touch()
    return made


async def delete(call: Incoming) -> Answer:
    """DELETE …/commands/{command}."""
    known = _known(call)
    call.world.commands = [one for one in call.world.commands if one is not known]
    call.world.hub.touch()


def _known(call: Incoming) -> Json:
    scope = _scope(call)
    for one in call.world.commands:
        if one["id"] == call.names["command"] and one.get("guild_id") == scope:
            return one
    raise ApiError(10063)


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
    check_command(body)
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
