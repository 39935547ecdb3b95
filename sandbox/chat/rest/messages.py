"""Messages in channels, threads and DMs, with the rights that Discord requires of a bot."""

from sandbox.chat import limits, payloads, polls, posting
from sandbox.chat.access import permissions_in
from sandbox.chat.drafts import draft_of
from sandbox.chat.errors import ApiError, bad_field
from sandbox.chat.model import FORUM, NEWS, Channel, Message
from sandbox.chat.permissions import Permission
from sandbox.chat.records import FLAG_CROSSPOSTED, FLAG_VOICE, Json, parts_of
from sandbox.chat.rest.incoming import Incoming
from sandbox.chat.rest.server import Answer
from sandbox.chat.world import World

_HISTORY_MAX = 100
# discord.py sends the others along with every edit.
_WITH_FLAGS = frozenset({"flags", "allowed_mentions", "tts"})
_BULK_MAX_AGE_SECONDS = 14 * 86_400


async def create(call: Incoming) -> Answer:
    """POST /channels/{channel}/messages."""
    world, body = call.world, call.body
    channel = world.channel_for_bot(call.id("channel"))
    nonce = None if body.get("nonce") is None else str(body["nonce"])
    if nonce is not None and body.get("enforce_nonce"):
        limits.check_message(body, file_count=len(call.uploads))
        earlier = posting.posted_before(world, world.bot, nonce)
        if earlier is not None and earlier.deleted:
            raise ApiError(10008)
        if earlier is not None:
            return {**shown(world, earlier), "nonce": nonce}
    _check_may_post(world, channel, call)
    draft = draft_of(world, channel, body, call.uploads)
    draft.answers = _answered(world, channel, body.get("message_reference"))
    draft.nonce = nonce
    message = posting.post(world, channel, world.bot, draft)
    polls.start(world, message)
    return shown(world, message) if nonce is None else {**shown(world, message), "nonce": nonce}


def _check_may_post(world: World, channel: Channel, call: Incoming) -> None:
    held = permissions_in(channel, world.bot)
    sends = Permission.SEND_MESSAGES_IN_THREADS if channel.is_thread else Permission.SEND_MESSAGES
    if channel.guild is None:
        person = next(one for one in channel.recipients if one is not world.bot)
        if not world.share_a_guild(person):
            raise ApiError(50278)
        if not person.dms_open:
            raise ApiError(50007)
    if channel.type == FORUM:
        raise ApiError(50024)
    if channel.locked and not held & Permission.MANAGE_THREADS:
        raise ApiError(50083 if channel.archived else 160005)
    if any(not held & one for one in (sends, *_needed(call))):
        raise ApiError(50013)
    if any(one.size_bytes > channel.upload_limit_bytes for one in call.uploads.values()):
        raise ApiError(40005)


def _needed(call: Incoming) -> list[Permission]:
    """The rights that the message's parts require."""
    body = call.body
    asked = {
        Permission.ATTACH_FILES: call.uploads,
        Permission.EMBED_LINKS: body.get("embeds"),
        Permission.SEND_POLLS: body.get("poll"),
        Permission.SEND_TTS_MESSAGES: body.get("tts"),
        Permission.SEND_VOICE_MESSAGES: int(body.get("flags") or 0) & FLAG_VOICE,
    }
    return [permission for permission, what in asked.items() if what]


def _answered(world: World, channel: Channel, reference: Json | None) -> Message | None:
    if not reference or int(reference.get("type") or 0) != 0:
        return None
    if not permissions_in(channel, world.bot) & Permission.READ_MESSAGE_HISTORY:
        raise ApiError(160002)
    message = channel.all_messages.get(int(reference.get("message_id") or 0))
    if message is not None and not message.deleted and message.visible_to is None:
        return message
    if reference.get("fail_if_not_exists", True):
        raise bad_field("message_reference", "Unknown message", "REPLIES_UNKNOWN_MESSAGE")
    return None


async def history(call: Incoming) -> Answer:
    """GET /channels/{channel}/messages, newest first; an empty list without READ_MESSAGE_HISTORY."""
    channel = call.world.channel_for_bot(call.id("channel"))
    limit = _number(call, "limit", 50)
    if not 1 <= limit <= _HISTORY_MAX:
        raise bad_field("limit", "int value should be between 1 and 100.", "NUMBER_TYPE_MAX")
    if not permissions_in(channel, call.world.bot) & Permission.READ_MESSAGE_HISTORY:
        return []
    found = channel.messages
    if "around" in call.query:
        middle = _number(call, "around", 0)
        older = [one for one in found if one.id < middle][-(limit // 2) :] if limit > 1 else []
        found = (older + [one for one in found if one.id >= middle])[:limit]
    elif "after" in call.query:
        found = [one for one in found if one.id > _number(call, "after", 0)][:limit]
    elif "before" in call.query:
        found = [one for one in found if one.id < _number(call, "before", 0)]
    return [shown(call.world, one) for one in reversed(found[-limit:])]


async def get(call: Incoming) -> Answer:
    """GET /channels/{channel}/messages/{message}."""
    channel = call.world.channel_for_bot(call.id("channel"))
    if not permissions_in(channel, call.world.bot) & Permission.READ_MESSAGE_HISTORY:
        raise ApiError(50013)
    return shown(call.world, call.world.message(channel, call.id("message")))


async def edit(call: Incoming) -> Answer:
    """PATCH /channels/{channel}/messages/{message}: the bot's own; of others only the flags, with the right to."""
    world = call.world
    channel = world.channel_for_bot(call.id("channel"))
    message = world.message(channel, call.id("message"))
    only_flags = "flags" in call.body and call.body.keys() <= _WITH_FLAGS
    if message.author is not world.bot:
        if not only_flags:
            raise ApiError(50005)
        if not permissions_in(channel, world.bot) & Permission.MANAGE_MESSAGES:
            raise ApiError(50013)
    if message.poll is not None:
        raise ApiError(520003)
    if channel.is_thread and channel.archived:
        raise ApiError(50083)
    held = permissions_in(channel, world.bot)
    if call.uploads and not held & Permission.ATTACH_FILES:
        raise ApiError(50013)
    if any(one.size_bytes > channel.upload_limit_bytes for one in call.uploads.values()):
        raise ApiError(40005)
    limits.check_edit(message, call.body, file_count=len(call.uploads))
    posting.edit(world, message, call.body, posting.placed_uploads(call.body, call.uploads))
    return shown(world, message)


async def delete(call: Incoming) -> Answer:
    """DELETE /channels/{channel}/messages/{message}."""
    world = call.world
    channel = world.channel_for_bot(call.id("channel"))
    message = world.message(channel, call.id("message"))
    if message.author is not world.bot:
        if channel.guild is None:
            raise ApiError(50003)
        if not permissions_in(channel, world.bot) & Permission.MANAGE_MESSAGES:
            raise ApiError(50013)
    if channel.is_thread and channel.archived:
        raise ApiError(50083)
    posting.delete(world, [message])


async def delete_many(call: Incoming) -> Answer:
    """POST /channels/{channel}/messages/bulk-delete."""
    world = call.world
    channel = world.channel_for_bot(call.id("channel"))
    if channel.guild is None:
        raise ApiError(50003)
    if not permissions_in(channel, world.bot) & Permission.MANAGE_MESSAGES:
        raise ApiError(50013)
    ids = {int(one) for one in parts_of(call.body, "messages")}
    if not 2 <= len(ids) <= _HISTORY_MAX:
        raise ApiError(50016)
    found = [one for one in channel.messages if one.id in ids]
    if any(world.clock.now() - one.created_at > _BULK_MAX_AGE_SECONDS for one in found):
        raise ApiError(50034)
    posting.delete(world, found)


async def crosspost(call: Incoming) -> Answer:
    """POST /channels/{channel}/messages/{message}/crosspost, in an announcement channel; no channel follows it here."""
    world = call.world
    channel = world.channel_for_bot(call.id("channel"))
    message = world.message(channel, call.id("message"))
    if channel.type != NEWS:
        raise ApiError(50024)
    needed = Permission.SEND_MESSAGES if message.author is world.bot else Permission.MANAGE_MESSAGES
    if not permissions_in(channel, world.bot) & needed:
        raise ApiError(50013)
    if message.flags & FLAG_CROSSPOSTED:
        raise ApiError(40033)
    message.flags |= FLAG_CROSSPOSTED
    world.hub.announce("MESSAGE_UPDATE", message)
    return shown(world, message)


async def typing(call: Incoming) -> Answer:
    """POST /channels/{channel}/typing; people see it, the bot gets no event about itself."""
    channel = call.world.channel_for_bot(call.id("channel"))
    if not permissions_in(channel, call.world.bot) & (
        Permission.SEND_MESSAGES_IN_THREADS if channel.is_thread else Permission.SEND_MESSAGES
    ):
        raise ApiError(50013)
    call.world.hub.announce("TYPING_START", channel, call.world.bot.id)


def _number(call: Incoming, name: str, default: int) -> int:
    text = call.query.get(name, str(default))
    if not text.isdecimal():
        raise bad_field(name, f'Value "{text}" is not snowflake.', "NUMBER_TYPE_COERCE")
    return int(text)


def shown(world: World, message: Message) -> Json:
    """A message as a REST response."""
    # Over REST the app's own toggle decides about the content, not the intents of one connection.
    allowed = bool(world.rules.privileged_intents & payloads.MESSAGE_CONTENT_INTENT)
    return payloads.message_json(world, message, content_intent=allowed)
