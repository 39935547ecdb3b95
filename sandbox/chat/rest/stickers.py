"""The stickers of servers, as the bot looks them up."""

from sandbox.chat import place_payloads
from sandbox.chat.errors import ApiError
from sandbox.chat.model import Guild
from sandbox.chat.rest.incoming import Incoming
from sandbox.chat.rest.server import Answer


async def get(call: Incoming) -> Answer:
    """GET /stickers/{sticker}."""
    key = call.id("sticker")
    for guild in call.world.guilds.values():
        if guild.has_bot and key in guild.stickers:
            return place_payloads.sticker_json(guild, guild.stickers[key])
    raise ApiError(10060)


async def list_own_everywhere(call: Incoming) -> Answer:
    """GET /guilds/{guild}/stickers."""
    guild = _guild(call)
    return [place_payloads.sticker_json(guild, one) for one in guild.stickers.values()]


async def get_own(call: Incoming) -> Answer:
    """GET /guilds/{guild}/stickers/{sticker}."""
    guild = _guild(call)
    if call.id("sticker") not in guild.stickers:
        raise ApiError(10060)
    return place_payloads.sticker_json(guild, guild.stickers[call.id("sticker")])


def _guild(call: Incoming) -> Guild:
    guild = call.world.guilds.get(call.id("guild"))
    if guild is None or not guild.has_bot:
        raise ApiError(10004)
    return guild
