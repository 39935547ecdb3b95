"""The bot's own user, the users and servers it sees, and its DMs."""

from sandbox.chat import place_payloads
from sandbox.chat.access import can_see
from sandbox.chat.errors import ApiError
from sandbox.chat.rest.incoming import Incoming
from sandbox.chat.rest.server import Answer

_GUILDS_MAX = 200


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
        **world.rules.application,
    }


async def get_gateway(call: Incoming) -> Answer:
    """GET /gateway/bot."""
    url = call.world.files.origin.replace("http", "ws", 1) + "/gateway"
    return {"url": url, "shards": call.world.rules.shards, "session_start_limit": call.world.identifies.limit()}


async def get_user(call: Incoming) -> Answer:
    """GET /users/{user}."""
    return place_payloads.user_json(call.world.user(call.id("user")))


async def open_dm(call: Incoming) -> Answer:
    """POST /users/@me/channels; always works, only the message may be refused."""
    user = call.world.user(int(call.body.get("recipient_id") or 0))
    return place_payloads.channel_json(call.world.dm_with(user), call.world.bot)


async def list_guilds(call: Incoming) -> Answer:
    """GET /users/@me/guilds: in the order of their ids, at most `limit` of them `after` one."""
    after, limit = int(call.query.get("after") or 0), int(call.query.get("limit") or _GUILDS_MAX)
    guilds = sorted(
        (one for one in call.world.guilds.values() if one.has_bot and one.id > after), key=lambda one: one.id
    )
    return [place_payloads.own_guild_json(one) for one in guilds[: min(limit, _GUILDS_MAX)]]


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
