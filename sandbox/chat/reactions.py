"""Reactions to messages: who put which emoji under what; the callers check the rights."""

import re
from dataclasses import dataclass

from sandbox.chat.emojis import is_emoji
from sandbox.chat.errors import ApiError
from sandbox.chat.model import Message
from sandbox.chat.records import Json, Reaction, User
from sandbox.chat.world import World

EMOJIS_MAX = 20
_CUSTOM = re.compile(r"(?:a:)?(\w+):(\d+)")


@dataclass(frozen=True, slots=True)
class Reacted:
    """An announced change: whose reaction with which emoji came or went; without a user when it was cleared."""

    emoji: Json
    user: User | None = None


def emoji_of(message: Message, text: str) -> Json:
    """The emoji that is written as a character or as `name:id`; raises `ApiError` 10014 if it doesn't exist.

    Custom emojis belong to servers, and no server here has any: only one that is already in use can be used.
    """
    custom = _CUSTOM.fullmatch(text.strip("<>").removeprefix(":"))
    if custom is not None and custom[2] in message.reactions:
        return message.reactions[custom[2]].emoji
    if custom is not None or not is_emoji(text):
        raise ApiError(10014)
    return {"id": None, "name": text}


def put(world: World, message: Message, user: User, emoji: Json) -> None:
    """Add that user's reaction, once; raises `ApiError` 30010 for one emoji too many."""
    key = _key(emoji)
    if key not in message.reactions and len(message.reactions) >= EMOJIS_MAX:
        raise ApiError(30010)
    reaction = message.reactions.setdefault(key, Reaction(emoji))
    if user.id not in reaction.user_ids:
        reaction.user_ids.append(user.id)
        world.hub.announce("MESSAGE_REACTION_ADD", message, Reacted(emoji, user))


def take(world: World, message: Message, user: User, emoji: Json) -> None:
    """Remove that user's reaction, if it exists."""
    reaction = message.reactions.get(_key(emoji))
    if reaction is None or user.id not in reaction.user_ids:
        return
    reaction.user_ids.remove(user.id)
    if not reaction.user_ids:
        del message.reactions[_key(emoji)]
    world.hub.announce("MESSAGE_REACTION_REMOVE", message, Reacted(emoji, user))


def has(message: Message, user: User, emoji: Json) -> bool:
    """Whether that user has used this emoji there."""
    return user.id in who(message, emoji)


def who(message: Message, emoji: Json) -> list[int]:
    """The ids of the users of this emoji there."""
    reaction = message.reactions.get(_key(emoji))
    return [] if reaction is None else reaction.user_ids


def clear(world: World, message: Message, emoji: Json | None = None) -> None:
    """Remove every reaction, or every one with that emoji."""
    if emoji is None:
        message.reactions.clear()
        world.hub.announce("MESSAGE_REACTION_REMOVE_ALL", message)
    elif message.reactions.pop(_key(emoji), None) is not None:
        world.hub.announce("MESSAGE_REACTION_REMOVE_EMOJI", message, Reacted(emoji))


def reactions_json(message: Message, viewer: User) -> list[Json]:
    """The reactions as that user sees them."""
    return [
        {
            "emoji": one.emoji,
            "count": len(one.user_ids),
            "count_details": {"burst": 0, "normal": len(one.user_ids)},
            "me": viewer.id in one.user_ids,
            "me_burst": False,
            "burst_colors": [],
        }
        for one in message.reactions.values()
    ]


def _key(emoji: Json) -> str:
    return str(emoji["id"] or emoji["name"])
