"""Pinned messages of a channel; the callers check the rights."""

from sandbox.chat import posting
from sandbox.chat.errors import ApiError
from sandbox.chat.model import Channel, Message
from sandbox.chat.records import CONVERSATION_TYPES, TYPE_PINNED, User
from sandbox.chat.world import World

PINS_MAX = 250


def pin(world: World, message: Message, user: User) -> None:
    """Pin a message and post that in the channel, once; raises `ApiError` 50021 or 30003."""
    if message.type not in CONVERSATION_TYPES:
        raise ApiError(50021)
    if message.pinned_at is not None:
        return
    if len(pinned(message.channel)) >= PINS_MAX:
        raise ApiError(30003)
    message.pinned_at = world.clock.now()
    _tell(world, message)
    posting.post(world, message.channel, user, posting.Draft(type=TYPE_PINNED, about=message))


def unpin(world: World, message: Message) -> None:
    """Remove a pin."""
    if message.pinned_at is not None:
        message.pinned_at = None
        _tell(world, message)


def pinned(channel: Channel) -> list[Message]:
    """The channel's pins, the newest first."""
    found = [(one.pinned_at, one.id, one) for one in channel.messages if one.pinned_at is not None]
    return [one for _, _, one in sorted(found, reverse=True)]


def _tell(world: World, message: Message) -> None:
    newest = pinned(message.channel)
    world.hub.announce("MESSAGE_UPDATE", message)
    world.hub.announce("CHANNEL_PINS_UPDATE", message.channel, newest[0].pinned_at if newest else None)
