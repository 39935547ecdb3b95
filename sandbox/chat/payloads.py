"""The chat world's values as the JSON that Discord sends for them (docs/facts/discord.md); it changes nothing."""

from sandbox.chat.files import picture_size
from sandbox.chat.permissions import permissions_in, permissions_in_guild
from sandbox.chat.places import Channel, Guild
from sandbox.chat.records import Attachment, Interaction, Json, Member, Message, Role, User
from sandbox.chat.snowflakes import created_at, iso
from sandbox.chat.world import World

GUILD_CONTEXT, BOT_DM_CONTEXT = 0, 1
MESSAGE_CONTENT_INTENT = 1 << 15


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
    """Somebody's place in a thread."""
    joined = iso(created_at(thread.id))
    return {"id": str(thread.id), "user_id": str(user_id), "join_timestamp": joined, "flags": 0}


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
        "stickers": [],
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
        "large": False,
        "unavailable": False,
    }


def attachment_json(world: World, attachment: Attachment) -> Json:
    """A file, with a fresh link."""
    link = world.files.link(attachment)
    payload: Json = {
        "id": str(attachment.id),
        "filename": attachment.file_name,
        "size": attachment.size_bytes,
        "url": link,
        "proxy_url": link,
        "content_type": attachment.content_type,
    }
    if attachment.description:
        payload["description"] = attachment.description
    if attachment.ephemeral:
        payload["ephemeral"] = True
    if attachment.path.exists() and (size := picture_size(attachment.path)):
        payload |= {"width": size[0], "height": size[1]}
    return payload


def mention_json(message: Message, user: User) -> Json:
    """A user among a message's mentions."""
    guild = message.channel.guild
    member = guild.members.get(user.id) if guild else None
    return {**user_json(user), "member": member_json(member, with_user=False)} if member else user_json(user)


def message_json(world: World, message: Message, *, content_intent: bool, nested: bool = False) -> Json:
    """A message as the bot gets to see it: without its content where Discord would keep that back."""
    shown = content_intent or content_is_free(world, message)
    payload: Json = {
        "id": str(message.id),
        "channel_id": str(message.channel.id),
        "type": message.type,
        "author": user_json(message.author),
        "content": message.content if shown else "",
        "embeds": message.embeds if shown else [],
        "attachments": [attachment_json(world, one) for one in message.attachments] if shown else [],
        "components": message.components if shown else [],
        "timestamp": iso(message.created_at),
        "edited_timestamp": None if message.edited_at is None else iso(message.edited_at),
        "mentions": [mention_json(message, one) for one in message.mentions],
        "mention_roles": [str(one) for one in message.mention_roles],
        "mention_everyone": message.mention_everyone,
        "flags": message.flags,
        "pinned": False,
        "tts": False,
    }
    if message.interaction is not None:
        payload |= _interaction_fields(world, message, message.interaction)
    if message.thread is not None:
        payload["thread"] = channel_json(message.thread, world.bot)
    if message.reference is not None:
        payload["message_reference"] = _reference(message, message.reference)
        if not nested:
            answered = message.reply_to
            payload["referenced_message"] = (
                None
                if answered is None or answered.deleted
                else message_json(world, answered, content_intent=content_intent, nested=True)
            )
    return payload


def content_is_free(world: World, message: Message) -> bool:
    """Whether the bot gets the content without the privileged intent (docs/facts/discord.md): its own messages, DMs,
    and messages that mention it — a reply's ping counts, but not in a reply to an answer to a command."""
    if message.author is world.bot or message.channel.guild is None:
        return True
    if world.bot not in message.mentions:
        return False
    answered = message.reply_to
    if answered is None or answered.interaction is None:
        return True
    return f"<@{world.bot.id}>" in message.content or f"<@!{world.bot.id}>" in message.content


def _reference(message: Message, reference: int) -> Json:
    payload: Json = {"type": 0, "message_id": str(reference), "channel_id": str(message.channel.id)}
    return {**payload, "guild_id": str(message.channel.guild.id)} if message.channel.guild else payload


def _interaction_fields(world: World, message: Message, interaction: Interaction) -> Json:
    metadata: Json = {
        "id": str(interaction.id),
        "type": interaction.kind,
        "user": user_json(interaction.user),
        "authorizing_integration_owners": integration_owners(interaction.channel),
    }
    if interaction.command_name:
        metadata |= {"name": interaction.command_name, "command_type": 1}
    if interaction.original is not None and interaction.original is not message:
        metadata["original_response_message_id"] = str(interaction.original.id)
    if interaction.source is not None and interaction.kind == 3:
        metadata["interacted_message_id"] = str(interaction.source.id)
    if interaction.kind == 5:
        trigger: Json = {**metadata, "type": 3 if interaction.source else 2}
        metadata["triggering_interaction_metadata"] = trigger
    ids = {"application_id": str(world.application_id), "webhook_id": str(world.application_id)}
    return {**ids, "interaction_metadata": metadata}


def integration_owners(channel: Channel) -> Json:
    """On whose authority the app acts there: the server's, or in a DM nobody's."""
    return {"0": str(channel.guild.id) if channel.guild else "0"}


def interaction_json(world: World, interaction: Interaction) -> Json:
    """An interaction as INTERACTION_CREATE brings it."""
    channel, user = interaction.channel, interaction.user
    limit = max(channel.upload_limit_bytes, user.upload_limit_bytes)
    held = permissions_in(channel, user)
    payload: Json = {
        "id": str(interaction.id),
        "application_id": str(world.application_id),
        "type": interaction.kind,
        "token": interaction.token,
        "version": 1,
        "data": interaction.data,
        "channel_id": str(channel.id),
        "channel": {**channel_json(channel, world.bot), "permissions": str(held)},
        "app_permissions": str(permissions_in(channel, world.bot)),
        "locale": user.locale,
        "attachment_size_limit": limit,
        "entitlements": [],
        "authorizing_integration_owners": integration_owners(channel),
        "context": GUILD_CONTEXT if channel.guild else BOT_DM_CONTEXT,
    }
    if interaction.source is not None:
        payload["message"] = message_json(world, interaction.source, content_intent=True)
    if channel.guild is None:
        return {**payload, "user": user_json(user)}
    member = channel.guild.members[user.id]
    return {
        **payload,
        "guild_id": str(channel.guild.id),
        "guild_locale": channel.guild.locale,
        "guild": {"id": str(channel.guild.id), "locale": channel.guild.locale, "features": []},
        "member": {**member_json(member), "permissions": str(held or permissions_in_guild(channel.guild, user))},
    }
