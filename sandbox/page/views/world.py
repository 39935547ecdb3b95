"""Servers, channels, threads, DMs and people, as one person sees them."""

import time

from sandbox.chat import Channel, Chat, Guild, Message, Permission, Person, User
from sandbox.chat.access import permissions_in
from sandbox.chat.model import FORUM
from sandbox.chat.records import Json
from sandbox.page.demo_world import DemoWorld
from sandbox.stage import Stage

_HUES = (262, 24, 168, 330, 204, 46, 290, 140)
_LOOKED_BACK = 50


def hue_of(chat: Chat, user: User) -> int:
    """The hue of a user's picture, in degrees; it never changes."""
    position = list(chat.world.users).index(user.id)
    return _HUES[position % len(_HUES)] + 12 * (position // len(_HUES))


def user_view(chat: Chat, user: User) -> Json:
    """A user as shown beside a message."""
    return {"id": str(user.id), "name": user.name, "bot": user.bot, "hue": hue_of(chat, user)}


def bot_view(stage: Stage) -> Json:
    """Whether the bot is online, and how far the sandbox's time is ahead of real time."""
    ahead_seconds = round(stage.clock.now() - time.time(), 1)
    return {"online": stage.chat.bot_online, "running": stage.bot.running, "ahead_ms": ahead_seconds * 1000}


def world_view(chat: Chat, demo_world: DemoWorld, me: Person) -> Json:
    """Everything beside the conversation: the person's channels, the people, and unread messages."""
    about = {one.person.id: one.about for one in demo_world.personas}
    dm = chat.dm(me)
    return {
        "me": user_view(chat, me.user),
        "personas": [
            {**user_view(chat, one.person.user), "about": about[one.person.id]} for one in demo_world.personas
        ],
        "people": [user_view(chat, one) for one in chat.world.users.values()],
        "bot": str(chat.bot_user.id),
        "guilds": [_guild_view(one, me) for one in chat.world.guilds.values() if me.id in one.members],
        "dms": [{**channel_view(dm, me), "name": chat.bot_user.name, "person": str(chat.bot_user.id)}],
        "start": str(demo_world.start_channel.id if me.sees(demo_world.start_channel) else dm.id),
    }


def _guild_view(guild: Guild, me: Person) -> Json:
    held = guild.members[me.id].roles
    admin = any(role.permissions & Permission.ADMINISTRATOR for role in held)
    return {
        "id": str(guild.id),
        "name": guild.name,
        "admin": admin,
        "has_bot": guild.has_bot,
        "upload_limit_bytes": guild.upload_limit_bytes,
        "channels": [channel_view(one, me) for one in guild.channels.values() if _is_shown(one, me)],
        "roles": [{"id": str(role.id), "name": role.name} for role in guild.roles.values()],
        "members": [str(one) for one in guild.members],
    }


def _is_shown(channel: Channel, me: Person) -> bool:
    return channel.type != FORUM and me.sees(channel)


def channel_view(channel: Channel, me: Person) -> Json:
    """A channel, thread or DM: its kind, the person's rights there, and its newest message."""
    held = permissions_in(channel, me.user)
    sends = Permission.SEND_MESSAGES_IN_THREADS if channel.is_thread else Permission.SEND_MESSAGES
    last, last_ping = _newest(channel, me)
    return {
        "id": str(channel.id),
        "name": channel.name,
        "type": channel.type,
        "guild": str(channel.guild.id) if channel.guild else None,
        "parent": str(channel.parent.id) if channel.parent else None,
        "private": channel.is_private_thread,
        "archived": channel.archived,
        "locked": channel.locked,
        "manages": channel.is_thread and bool(held & Permission.MANAGE_THREADS),
        "owns": channel.is_thread and channel.owner_id == me.id,
        "nsfw": channel.nsfw,
        "writable": bool(held & sends) and not (channel.locked and not held & Permission.MANAGE_THREADS),
        "attachable": bool(held & Permission.ATTACH_FILES),
        "threads": bool(held & Permission.CREATE_PUBLIC_THREADS) and channel.guild is not None,
        "last": last,
        "last_ping": last_ping,
    }


def _newest(channel: Channel, me: Person) -> tuple[str | None, str | None]:
    """The ids of the newest message of another user, and of the newest one that pings this person."""
    others = [one for one in reversed(channel.all_messages.values()) if _is_news(one, me)][:_LOOKED_BACK]
    ping = next((one for one in others if me.id in one.pinged), None)
    return (str(others[0].id) if others else None), (str(ping.id) if ping else None)


def _is_news(message: Message, me: Person) -> bool:
    return not message.deleted and message.visible_to is None and message.author is not me.user
