"""Messages, files and interactions as the JSON that Discord sends for them (docs/facts/discord.md)."""

from sandbox.chat.access import permissions_in, permissions_in_guild
from sandbox.chat.files import picture_size
from sandbox.chat.media import linked_embeds, shown_components
from sandbox.chat.model import Channel, Interaction, Message
from sandbox.chat.place_payloads import channel_json, member_json, user_json
from sandbox.chat.polls import poll_json
from sandbox.chat.reactions import reactions_json
from sandbox.chat.records import TYPE_REPLY, Attachment, Json, User
from sandbox.chat.snowflakes import iso
from sandbox.chat.world import World

GUILD_CONTEXT, BOT_DM_CONTEXT = 0, 1
MESSAGE_CONTENT_INTENT = 1 << 15


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
    if attachment.duration_seconds is not None:
        payload["duration_secs"] = attachment.duration_seconds
    if attachment.waveform is not None:
        payload["waveform"] = attachment.waveform
    if attachment.ephemeral:
        payload["ephemeral"] = True
    if size := picture_size(attachment):
        payload |= {"width": size[0], "height": size[1]}
    return payload


def mention_json(message: Message, user: User) -> Json:
    """A user among a message's mentions."""
    guild = message.channel.guild
    member = guild.members.get(user.id) if guild else None
    return {**user_json(user), "member": member_json(member, with_user=False)} if member else user_json(user)


def message_json(
    world: World, message: Message, *, content_intent: bool, nested: bool = False, viewer: User | None = None
) -> Json:
    """A message as the bot gets it: without its content where Discord would withhold it.

    The fields about "me" in reactions and polls are about the bot, unless a person is given.
    """
    shown = content_intent or content_is_free(world, message)
    payload: Json = {
        "id": str(message.id),
        "channel_id": str(message.channel.id),
        "type": message.type,
        "author": user_json(message.author),
        "content": message.content if shown else "",
        "embeds": linked_embeds(world.files, message.embeds, message.attachments) if shown else [],
        "attachments": [attachment_json(world, one) for one in message.attachments] if shown else [],
        "components": shown_components(world.files, message.components, message.attachments) if shown else [],
        "timestamp": iso(message.created_at),
        "edited_timestamp": None if message.edited_at is None else iso(message.edited_at),
        "mentions": [mention_json(message, one) for one in message.mentions],
        "mention_roles": [str(one) for one in message.mention_roles],
        "mention_everyone": message.mention_everyone,
        "flags": message.flags,
        "pinned": message.pinned_at is not None,
        "tts": message.tts,
    }
    if message.poll is not None and shown:
        payload["poll"] = poll_json(message.poll, viewer or world.bot)
    if message.stickers:
        payload["sticker_items"] = _sticker_items(message)
    if message.forwards is not None and message.snapshot is not None:
        payload["message_reference"] = {**_reference(message.forwards.channel, message.forwards.id), "type": 1}
        payload["message_snapshots"] = [{"message": _snapshot_json(world, message.snapshot)}] if shown else []
    if message.reactions:
        payload["reactions"] = reactions_json(message, viewer or world.bot)
    if message.interaction is not None:
        payload |= _interaction_fields(world, message, message.interaction)
    if message.thread is not None:
        payload["thread"] = channel_json(message.thread, world.bot)
    if message.opened is not None:
        payload["message_reference"] = _reference(message.opened)
    if message.reference is not None:
        payload["message_reference"] = _reference(message.channel, message.reference)
        if not nested and message.type == TYPE_REPLY:
            answered = message.reply_to
            payload["referenced_message"] = (
                None
                if answered is None or answered.deleted
                else message_json(world, answered, content_intent=content_intent, nested=True)
            )
    return payload


def _sticker_items(message: Message) -> list[Json]:
    return [{"id": str(one.id), "name": one.name, "format_type": one.format_type} for one in message.stickers]


def _snapshot_json(world: World, snapshot: Message) -> Json:
    """The JSON of a forwarded message, without its author."""
    payload: Json = {
        "type": snapshot.type,
        "content": snapshot.content,
        "embeds": linked_embeds(world.files, snapshot.embeds, snapshot.attachments),
        "attachments": [attachment_json(world, one) for one in snapshot.attachments],
        "components": shown_components(world.files, snapshot.components, snapshot.attachments),
        "timestamp": iso(snapshot.created_at),
        "edited_timestamp": None if snapshot.edited_at is None else iso(snapshot.edited_at),
        "flags": snapshot.flags,
        "mentions": [user_json(one) for one in snapshot.mentions],
        "mention_roles": [str(one) for one in snapshot.mention_roles],
    }
    return {**payload, "sticker_items": _sticker_items(snapshot)} if snapshot.stickers else payload


def content_is_free(world: World, message: Message) -> bool:
    """Whether the bot gets the content without the privileged intent (docs/facts/discord.md).

    That is so for its own messages, DMs, and messages that mention it. A reply's ping counts, but not in a reply to a
    response to a command.
    """
    if message.author is world.bot or message.channel.guild is None:
        return True
    if world.bot not in message.mentions:
        return False
    answered = message.reply_to
    if answered is None or answered.interaction is None:
        return True
    return f"<@{world.bot.id}>" in message.content or f"<@!{world.bot.id}>" in message.content


def _reference(channel: Channel, message_id: int | None = None) -> Json:
    payload: Json = {"type": 0, "channel_id": str(channel.id)}
    if message_id is not None:
        payload["message_id"] = str(message_id)
    return {**payload, "guild_id": str(channel.guild.id)} if channel.guild else payload


def _interaction_fields(world: World, message: Message, interaction: Interaction) -> Json:
    metadata: Json = {
        "id": str(interaction.id),
        "type": interaction.kind,
        "user": user_json(interaction.user),
        "authorizing_integration_owners": integration_owners(interaction.channel),
    }
    if interaction.command_name:
        metadata |= {"name": interaction.command_name, "command_type": interaction.data.get("type", 1)}
        target = int(interaction.data.get("target_id") or 0)
        if target in world.users:
            metadata["target_user"] = user_json(world.users[target])
        elif target:
            metadata["target_message_id"] = str(target)
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
    """On whose authority the app acts there: the server's, or in a DM none."""
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
        # It doesn't include the app's membership of that private thread.
        "app_permissions": str(permissions_in(channel, world.bot, invited=True)),
        "locale": user.locale,
        "attachment_size_limit": limit,
        "entitlements": [],
        "authorizing_integration_owners": integration_owners(channel),
        "context": GUILD_CONTEXT if channel.guild else BOT_DM_CONTEXT,
    }
    if not world.rules.tell_channel:
        del payload["channel_id"], payload["channel"]
    if not world.rules.resolve_files:
        payload["data"] = {name: part for name, part in interaction.data.items() if name != "resolved"}
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
