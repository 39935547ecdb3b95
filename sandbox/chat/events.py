"""The gateway event for a change, for a client with given intents (docs/facts/discord.md)."""

from typing import cast

from sandbox.chat import payloads, place_payloads
from sandbox.chat.access import can_see
from sandbox.chat.hub import Change
from sandbox.chat.model import Channel, Guild, Interaction, Message
from sandbox.chat.polls import Voted
from sandbox.chat.reactions import Reacted
from sandbox.chat.records import Json, Member, Role
from sandbox.chat.snowflakes import iso
from sandbox.chat.world import World

GUILDS, MEMBERS = 1, 1 << 1
GUILD_MESSAGES, GUILD_REACTIONS, GUILD_TYPING, GUILD_POLLS = 1 << 9, 1 << 10, 1 << 11, 1 << 24
DM_MESSAGES, DM_REACTIONS, DM_TYPING, DM_POLLS = 1 << 12, 1 << 13, 1 << 14, 1 << 25
Event = tuple[str, Json]


def event_for(world: World, change: Change, intents: int) -> Event | None:
    """The event's name and data; None when this client doesn't get it."""
    about, what = change.about, change.what
    if isinstance(about, Interaction):
        return what, about.payload
    if isinstance(about, Message):
        if what.startswith("MESSAGE_REACTION_"):
            return _reaction_event(world, change, about, intents)
        if isinstance(change.detail, Voted):
            return _vote_event(world, what, about, change.detail, intents)
        return _message_event(world, what, about, intents)
    if isinstance(about, Channel):
        return _channel_event(world, change, about, intents)
    if isinstance(about, Guild) and intents & GUILDS and about.has_bot:
        return _guild_event(what, about, change.detail, intents)
    return None


def _message_event(world: World, what: str, message: Message, intents: int) -> Event | None:
    channel = message.channel
    needed = GUILD_MESSAGES if channel.guild else DM_MESSAGES
    if message.visible_to is not None or not intents & needed or not can_see(channel, world.bot):
        return None
    if what == "MESSAGE_DELETE":
        return what, {"id": str(message.id), **_where(channel)}
    data = payloads.message_json(world, message, content_intent=bool(intents & payloads.MESSAGE_CONTENT_INTENT))
    data |= _where(channel)
    if channel.guild and message.author.id in channel.guild.members:
        data["member"] = place_payloads.member_json(channel.guild.members[message.author.id], with_user=False)
    if what == "MESSAGE_CREATE" and message.nonce is not None:
        data["nonce"] = message.nonce
    return what, data


def _reaction_event(world: World, change: Change, message: Message, intents: int) -> Event | None:
    channel, reacted = message.channel, change.detail
    if not intents & (GUILD_REACTIONS if channel.guild else DM_REACTIONS) or not can_see(channel, world.bot):
        return None
    data: Json = {"message_id": str(message.id), **_where(channel)}
    if not isinstance(reacted, Reacted):
        return change.what, data
    data["emoji"] = reacted.emoji
    if reacted.user is None:
        return change.what, data
    data |= {"user_id": str(reacted.user.id), "burst": False, "type": 0}
    if change.what == "MESSAGE_REACTION_ADD":
        data["message_author_id"] = str(message.author.id)
        if channel.guild and reacted.user.id in channel.guild.members:
            data["member"] = place_payloads.member_json(channel.guild.members[reacted.user.id])
    return change.what, data


def _vote_event(world: World, what: str, message: Message, voted: Voted, intents: int) -> Event | None:
    channel = message.channel
    if not intents & (GUILD_POLLS if channel.guild else DM_POLLS) or not can_see(channel, world.bot):
        return None
    data: Json = {"message_id": str(message.id), "user_id": str(voted.user.id), "answer_id": voted.answer_id}
    return what, {**data, **_where(channel)}


def _where(channel: Channel) -> Json:
    place: Json = {"channel_id": str(channel.id)}
    return {**place, "guild_id": str(channel.guild.id)} if channel.guild else place


def _channel_event(world: World, change: Change, channel: Channel, intents: int) -> Event | None:
    what = change.what
    if what == "MESSAGE_DELETE_BULK" and isinstance(change.detail, tuple):
        messages = cast("tuple[Message, ...]", change.detail)
        if not intents & GUILD_MESSAGES or not can_see(channel, world.bot):
            return None
        return what, {"ids": [str(one.id) for one in messages], **_where(channel)}
    if what == "TYPING_START" and isinstance(change.detail, int):
        wanted = intents & (GUILD_TYPING if channel.guild else DM_TYPING) and change.detail != world.bot.id
        if not wanted or not can_see(channel, world.bot):
            return None
        data: Json = {"user_id": str(change.detail), "timestamp": int(world.clock.now()), **_where(channel)}
        if channel.guild and change.detail in channel.guild.members:
            data["member"] = place_payloads.member_json(channel.guild.members[change.detail])
        return what, data
    if what == "CHANNEL_PINS_UPDATE":
        at = change.detail
        if not intents & (GUILDS if channel.guild else DM_MESSAGES) or not can_see(channel, world.bot):
            return None
        return what, {**_where(channel), "last_pin_timestamp": iso(at) if isinstance(at, float) else None}
    if not intents & GUILDS or channel.guild is None or not channel.guild.has_bot:
        return None
    if channel.is_private_thread and not can_see(channel, world.bot):
        return None
    data = place_payloads.channel_json(channel, world.bot)
    if what == "THREAD_CREATE":
        data["newly_created"] = True
    return what, data


def _guild_event(what: str, guild: Guild, detail: object, intents: int) -> Event | None:
    guild_id = str(guild.id)
    if what in ("GUILD_CREATE", "GUILD_UPDATE"):
        complete = place_payloads.guild_json(guild)
        # Only a server that the bot was in before is called available.
        del complete["unavailable"]
        return what, complete
    if what == "GUILD_DELETE":
        return what, {"id": guild_id}
    if isinstance(detail, Role):
        return what, {"guild_id": guild_id, "role": place_payloads.role_json(detail)}
    if not isinstance(detail, Member) or not intents & MEMBERS:
        return None
    if what == "GUILD_MEMBER_REMOVE":
        return what, {"guild_id": guild_id, "user": place_payloads.user_json(detail.user)}
    return what, {"guild_id": guild_id, **place_payloads.member_json(detail)}
