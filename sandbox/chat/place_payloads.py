"""People, roles, channels and servers as the JSON that Discord sends for them (docs/facts/discord.md)."""

from sandbox.chat.access import permissions_in, permissions_in_guild
from sandbox.chat.model import Channel, Guild
from sandbox.chat.records import Json, Member, Role, Sticker, User
from sandbox.chat.snowflakes import created_at, iso


def user_json(user: User) -> Json:
    """A user as everybody sees them."""
    return {
        "id": str(user.id),
        "username": user.name.lower().replace(" ", "_"),
        "global_name": None if user.bot else user.name,
        "discriminator": "0",
        "avatar": None,
        "bot": user.bot,
        "public_flags": 0,
    }


def role_json(role: Role) -> Json:
    """A role."""
    return {
        "id": str(role.id),
        "name": role.name,
        "permissions": str(role.permissions),
        "position": role.position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": role.managed,
        "mentionable": False,
        "flags": 0,
    }


def member_json(member: Member, *, with_user: bool = True) -> Json:
    """A user in a server."""
    payload: Json = {
        "roles": [str(role.id) for role in member.roles],
        "nick": None,
        "avatar": None,
        "joined_at": iso(member.joined_at),
        "deaf": False,
        "mute": False,
        "flags": 0,
        "pending": False,
        "premium_since": None,
        "communication_disabled_until": None,
    }
    return {**payload, "user": user_json(member.user)} if with_user else payload


def channel_json(channel: Channel, bot: User) -> Json:
    """A channel of a server, a thread, or a DM, complete."""
    last_id = next(reversed(channel.messages)).id if channel.messages else None
    payload: Json = {
        "id": str(channel.id),
        "type": channel.type,
        "last_message_id": None if last_id is None else str(last_id),
        "flags": 0,
    }
    if channel.guild is None:
        people = [user_json(one) for one in channel.recipients if one.id != bot.id]
        return {**payload, "recipients": people}
    payload |= {
        "guild_id": str(channel.guild.id),
        "name": channel.name,
        "nsfw": channel.nsfw,
        "rate_limit_per_user": 0,
        "parent_id": str(channel.parent.id) if channel.parent else None,
    }
    return payload | (_thread_json(channel, bot) if channel.is_thread else _text_channel_json(channel))


def _text_channel_json(channel: Channel) -> Json:
    overwrites = [
        {"id": str(key), "type": int(one.is_member), "allow": str(one.allow), "deny": str(one.deny)}
        for key, one in channel.overwrites.items()
    ]
    return {"position": 0, "topic": None, "permission_overwrites": overwrites}


def _thread_json(thread: Channel, bot: User) -> Json:
    payload: Json = {
        "owner_id": str(thread.owner_id),
        "message_count": len(thread.messages),
        "member_count": len(thread.member_ids),
        "total_message_sent": len(thread.all_messages),
        "thread_metadata": {
            "archived": thread.archived,
            "auto_archive_duration": 1440,
            "archive_timestamp": iso(created_at(thread.id)),
            "create_timestamp": iso(created_at(thread.id)),
            "locked": thread.locked,
        },
    }
    if bot.id in thread.member_ids:
        payload["member"] = thread_member_json(thread, bot.id)
    return payload


def thread_member_json(thread: Channel, user_id: int) -> Json:
    """A user's membership of a thread."""
    joined = iso(created_at(thread.id))
    return {"id": str(thread.id), "user_id": str(user_id), "join_timestamp": joined, "flags": 0}


def sticker_json(guild: Guild, sticker: Sticker) -> Json:
    """A sticker of a server, complete."""
    return {
        "id": str(sticker.id),
        "name": sticker.name,
        "description": sticker.description,
        "tags": sticker.tags,
        "type": 2,
        "format_type": sticker.format_type,
        "available": True,
        "guild_id": str(guild.id),
    }


def own_guild_json(guild: Guild) -> Json:
    """A server in the list of those that the bot is in, with its permissions by roles alone."""
    return {
        "id": str(guild.id),
        "name": guild.name,
        "icon": None,
        "owner": guild.owner_id == guild.bot.id,
        "permissions": str(permissions_in_guild(guild, guild.bot)),
        "features": [],
    }


def guild_json(guild: Guild) -> Json:
    """A server, complete, as GUILD_CREATE brings it."""
    threads = [one for one in guild.channels.values() if one.is_thread and not one.archived]
    seen = [one for one in threads if not one.is_private_thread or permissions_in(one, guild.bot)]
    return {
        "id": str(guild.id),
        "name": guild.name,
        "icon": None,
        "owner_id": str(guild.owner_id),
        "premium_tier": guild.premium_tier,
        "preferred_locale": guild.locale,
        "features": [],
        "emojis": [],
        "stickers": [sticker_json(guild, one) for one in guild.stickers.values()],
        "roles": [role_json(role) for role in guild.roles.values()],
        "channels": [channel_json(one, guild.bot) for one in guild.channels.values() if not one.is_thread],
        "threads": [channel_json(one, guild.bot) for one in seen],
        # Without the members intent only the bot's own member is sent.
        "members": [member_json(guild.members[guild.bot.id])] if guild.has_bot else [],
        "member_count": len(guild.members),
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "nsfw_level": 0,
        "system_channel_flags": 0,
        "system_channel_id": None if guild.system_channel_id is None else str(guild.system_channel_id),
        "large": False,
        "unavailable": False,
    }
