"""The bot's reactions, and its rights over those of others."""

from sandbox.chat import place_payloads, reactions
from sandbox.chat.access import permissions_in
from sandbox.chat.errors import ApiError
from sandbox.chat.model import Message
from sandbox.chat.permissions import Permission
from sandbox.chat.records import Json
from sandbox.chat.rest.incoming import Incoming
from sandbox.chat.rest.server import Answer


async def put(call: Incoming) -> Answer:
    """PUT …/reactions/{emoji}/@me; an emoji that is there already needs no right to add one."""
    message, held = _message(call)
    emoji = reactions.emoji_of(message, call.names["emoji"])
    needed = Permission.READ_MESSAGE_HISTORY
    if not reactions.who(message, emoji):
        needed |= Permission.ADD_REACTIONS
    if held & needed != needed:
        raise ApiError(50013)
    if message.channel.is_thread and message.channel.archived:
        raise ApiError(50083)
    reactions.put(call.world, message, call.world.bot, emoji)


async def take_own(call: Incoming) -> Answer:
    """DELETE …/reactions/{emoji}/@me."""
    message, _ = _message(call)
    reactions.take(call.world, message, call.world.bot, reactions.emoji_of(message, call.names["emoji"]))


async def take(call: Incoming) -> Answer:
    """DELETE …/reactions/{emoji}/{user}; with Manage Messages."""
    message = _managed(call)
    user = call.world.user(call.id("user"))
    reactions.take(call.world, message, user, reactions.emoji_of(message, call.names["emoji"]))


async def who(call: Incoming) -> Answer:
    """GET …/reactions/{emoji}: the users, by rising ids."""
    message, _ = _message(call)
    emoji = reactions.emoji_of(message, call.names["emoji"])
    return list(page_of_users(call, [] if call.query.get("type") == "1" else reactions.who(message, emoji)))


async def clear(call: Incoming) -> Answer:
    """DELETE …/reactions[/{emoji}]; with Manage Messages."""
    message = _managed(call)
    text = call.names.get("emoji")
    reactions.clear(call.world, message, None if text is None else reactions.emoji_of(message, text))


def page_of_users(call: Incoming, user_ids: list[int]) -> list[Json]:
    """The page of users for `after` and `limit`."""
    after, limit = int(call.query.get("after") or 0), int(call.query.get("limit") or 25)
    shown = sorted(one for one in user_ids if one > after)[: max(1, min(limit, 100))]
    return [place_payloads.user_json(call.world.users[one]) for one in shown]


def _message(call: Incoming) -> tuple[Message, int]:
    channel = call.world.channel_for_bot(call.id("channel"))
    return call.world.message(channel, call.id("message")), permissions_in(channel, call.world.bot)


def _managed(call: Incoming) -> Message:
    message, held = _message(call)
    if message.channel.guild is None:
        raise ApiError(50003)
    if not held & Permission.MANAGE_MESSAGES:
        raise ApiError(50013)
    return message
