"""Channels and threads themselves, with the rights that Discord requires of a bot."""

from sandbox.chat import place_payloads, threads
from sandbox.chat.access import permissions_in
from sandbox.chat.errors import ApiError, bad_field
from sandbox.chat.model import PRIVATE_THREAD, Channel, Message
from sandbox.chat.permissions import Permission
from sandbox.chat.rest.incoming import Incoming
from sandbox.chat.rest.server import Answer


async def get(call: Incoming) -> Answer:
    """GET /channels/{channel}."""
    return place_payloads.channel_json(call.world.channel_for_bot(call.id("channel")), call.world.bot)


async def edit(call: Incoming) -> Answer:
    """PATCH /channels/{channel}: a name, and for threads archived and locked."""
    channel = call.world.channel_for_bot(call.id("channel"))
    if channel.guild is None:
        raise ApiError(50003)
    if not permissions_in(channel, call.world.bot) & _needed_to_edit(call, channel):
        raise ApiError(50013)
    channel.name = call.body.get("name") or channel.name
    channel.archived = bool(call.body.get("archived", channel.archived))
    channel.locked = bool(call.body.get("locked", channel.locked))
    call.world.hub.announce("THREAD_UPDATE" if channel.is_thread else "CHANNEL_UPDATE", channel)
    return place_payloads.channel_json(channel, call.world.bot)


def _needed_to_edit(call: Incoming, channel: Channel) -> Permission:
    """The right for that edit: who may write in a thread that isn't locked may open it again, its owner rename it."""
    if not channel.is_thread:
        return Permission.MANAGE_CHANNELS
    reopens = call.body.keys() <= {"archived"} and not call.body.get("archived")
    owns = channel.owner_id == call.world.bot.id and "locked" not in call.body
    if not channel.locked and (reopens or owns):
        return Permission.SEND_MESSAGES_IN_THREADS
    return Permission.MANAGE_THREADS


async def delete(call: Incoming) -> Answer:
    """DELETE /channels/{channel}."""
    channel = call.world.channel_for_bot(call.id("channel"))
    payload = place_payloads.channel_json(channel, call.world.bot)
    if channel.guild is None:
        return payload
    needed = Permission.MANAGE_THREADS if channel.is_thread else Permission.MANAGE_CHANNELS
    if not permissions_in(channel, call.world.bot) & needed:
        raise ApiError(50013)
    channel.delete()
    return payload


async def start_thread(call: Incoming) -> Answer:
    """POST /channels/{channel}/threads."""
    channel = _parent(call)
    private = int(call.body.get("type") or PRIVATE_THREAD) == PRIVATE_THREAD
    needed = Permission.CREATE_PRIVATE_THREADS if private else Permission.CREATE_PUBLIC_THREADS
    return place_payloads.channel_json(_open(call, channel, needed, None), call.world.bot)


async def start_thread_at(call: Incoming) -> Answer:
    """POST /channels/{channel}/messages/{message}/threads; the thread gets the message's id."""
    channel = _parent(call)
    message = call.world.message(channel, call.id("message"))
    if message.thread is not None:
        raise ApiError(160004)
    return place_payloads.channel_json(_open(call, channel, Permission.CREATE_PUBLIC_THREADS, message), call.world.bot)


def _parent(call: Incoming) -> Channel:
    channel = call.world.channel_for_bot(call.id("channel"))
    if channel.guild is None or channel.is_thread:
        raise ApiError(50024)
    return channel


def _open(call: Incoming, channel: Channel, needed: Permission, message: Message | None) -> Channel:
    world = call.world
    if not permissions_in(channel, world.bot) & needed:
        raise ApiError(50013)
    name = str(call.body.get("name") or "")
    if not 1 <= len(name) <= threads.NAME_MAX:
        raise bad_field("name", "Must be between 1 and 100 in length.", "BASE_TYPE_BAD_LENGTH")
    private = needed is Permission.CREATE_PRIVATE_THREADS
    return threads.start(world, channel, world.bot, name, at=message, private=private)


async def list_members(call: Incoming) -> Answer:
    """GET /channels/{channel}/thread-members."""
    thread = _thread(call)
    return [place_payloads.thread_member_json(thread, one) for one in thread.member_ids]


async def get_member(call: Incoming) -> Answer:
    """GET /channels/{channel}/thread-members/{user}."""
    thread = _thread(call)
    if _user_id(call) not in thread.member_ids:
        raise ApiError(10007)
    return place_payloads.thread_member_json(thread, _user_id(call))


async def add_member(call: Incoming) -> Answer:
    """PUT /channels/{channel}/thread-members/{user}."""
    thread = _thread(call)
    if thread.archived:
        raise ApiError(50083)
    thread.member_ids.add(_user_id(call))
    call.world.hub.touch()


async def remove_member(call: Incoming) -> Answer:
    """DELETE /channels/{channel}/thread-members/{user}."""
    thread = _thread(call)
    if thread.archived:
        raise ApiError(50083)
    thread.member_ids.discard(_user_id(call))
    call.world.hub.touch()


def _thread(call: Incoming) -> Channel:
    thread = call.world.channel_for_bot(call.id("channel"))
    if not thread.is_thread:
        raise ApiError(50024)
    return thread


def _user_id(call: Incoming) -> int:
    return call.world.bot.id if call.names["user"] == "@me" else call.id("user")
