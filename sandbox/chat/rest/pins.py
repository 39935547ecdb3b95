"""The bot's pins, under today's paths and the older ones."""

from datetime import datetime

from sandbox.chat import pins
from sandbox.chat.access import permissions_in
from sandbox.chat.errors import ApiError
from sandbox.chat.model import Message
from sandbox.chat.permissions import Permission
from sandbox.chat.records import Json
from sandbox.chat.rest.incoming import Incoming
from sandbox.chat.rest.messages import shown
from sandbox.chat.rest.server import Answer
from sandbox.chat.snowflakes import iso

_PAGE_MAX = 50


async def put(call: Incoming) -> Answer:
    """PUT /channels/{channel}/messages/pins/{message}."""
    pins.pin(call.world, _message(call), call.world.bot)


async def take(call: Incoming) -> Answer:
    """DELETE /channels/{channel}/messages/pins/{message}."""
    pins.unpin(call.world, _message(call))


async def get(call: Incoming) -> Answer:
    """GET /channels/{channel}/messages/pins: a page of pins, newest first, each with its time."""
    limit = max(1, min(int(call.query.get("limit") or _PAGE_MAX), _PAGE_MAX))
    before = call.query.get("before")
    until = None if before is None else datetime.fromisoformat(before).timestamp()
    found = [one for one in _readable(call) if until is None or (one.pinned_at or 0) < until]
    items: list[Json] = [
        {"pinned_at": iso(one.pinned_at or 0), "message": shown(call.world, one)} for one in found[:limit]
    ]
    return {"items": items, "has_more": len(found) > limit}


async def get_first(call: Incoming) -> Answer:
    """GET /channels/{channel}/pins, the older way: the newest 50."""
    return [shown(call.world, one) for one in _readable(call)[:_PAGE_MAX]]


def _readable(call: Incoming) -> list[Message]:
    channel = call.world.channel_for_bot(call.id("channel"))
    if not permissions_in(channel, call.world.bot) & Permission.READ_MESSAGE_HISTORY:
        return []
    return pins.pinned(channel)


def _message(call: Incoming) -> Message:
    channel = call.world.channel_for_bot(call.id("channel"))
    if channel.guild is not None and not permissions_in(channel, call.world.bot) & Permission.PIN_MESSAGES:
        raise ApiError(50013)
    return call.world.message(channel, call.id("message"))
