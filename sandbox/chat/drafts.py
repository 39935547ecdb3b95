"""Reads the body of a request to send a message, with Discord's checks."""

from sandbox.chat import limits, polls, posting
from sandbox.chat.access import permissions_in
from sandbox.chat.errors import ApiError, bad_field
from sandbox.chat.mentions import check_allowed_mentions
from sandbox.chat.model import Channel, Message
from sandbox.chat.payloads import MESSAGE_CONTENT_INTENT, content_is_free
from sandbox.chat.permissions import Permission
from sandbox.chat.records import (
    CONVERSATION_TYPES,
    FLAG_COMPONENTS_V2,
    FLAG_SILENT,
    FLAG_SUPPRESS_EMBEDS,
    FLAG_VOICE,
    Attachment,
    Json,
    Sticker,
    part_of,
    parts_of,
)
from sandbox.chat.world import World

STICKERS_MAX = 3
_FORWARD = 1
_SETTABLE_FLAGS = FLAG_SUPPRESS_EMBEDS | FLAG_SILENT | FLAG_VOICE | FLAG_COMPONENTS_V2


def draft_of(world: World, channel: Channel, body: Json, uploads: dict[int, Attachment]) -> posting.Draft:
    """The message as the body describes it; raises `ApiError`."""
    limits.check_message(body, file_count=len(uploads))
    forwards = forwarded(world, part_of(body, "message_reference"))
    if forwards is None:
        limits.check_not_empty(body, file_count=len(uploads))
    check_allowed_mentions(body.get("allowed_mentions"))
    flags = int(body.get("flags") or 0)
    attachments = posting.placed_uploads(body, uploads)
    if flags & FLAG_VOICE:
        _check_voice(body, attachments)
    return posting.Draft(
        content=body.get("content") or "",
        embeds=parts_of(body, "embeds"),
        components=parts_of(body, "components"),
        attachments=attachments,
        allowed_mentions=body.get("allowed_mentions"),
        flags=flags & _SETTABLE_FLAGS,
        poll=polls.poll_of(body.get("poll"), world.clock.now()),
        stickers=_stickers(world, channel, [int(one) for one in parts_of(body, "sticker_ids")]),
        forwards=forwards,
        tts=bool(body.get("tts")),
    )


def forwarded(world: World, reference: Json) -> Message | None:
    """The message to forward, if the reference is a forward; raises `ApiError`."""
    if int(reference.get("type") or 0) != _FORWARD:
        return None
    if not reference.get("channel_id"):
        raise bad_field("message_reference.channel_id", "This field is required", "BASE_TYPE_REQUIRED")
    channel = world.channel_for_bot(int(reference["channel_id"]))
    message = world.message(channel, int(reference.get("message_id") or 0))
    if message.type not in CONVERSATION_TYPES or message.poll is not None or message.snapshot is not None:
        raise ApiError(50068)
    if not world.rules.privileged_intents & MESSAGE_CONTENT_INTENT and not content_is_free(world, message):
        raise ApiError(160014)
    return message


def _stickers(world: World, channel: Channel, ids: list[int]) -> list[Sticker]:
    """The stickers with those ids: of the channel's own server, or of others where that is allowed."""
    if len(ids) > STICKERS_MAX:
        raise bad_field("sticker_ids", f"Must be {STICKERS_MAX} or fewer in length.", "BASE_TYPE_MAX_LENGTH")
    usable: dict[int, Sticker] = {}
    outside = permissions_in(channel, world.bot) & Permission.USE_EXTERNAL_STICKERS
    for guild in world.guilds.values():
        if guild.has_bot and (guild is channel.guild or outside):
            usable |= guild.stickers
    if any(one not in usable for one in ids):
        raise ApiError(50081)
    return [usable[one] for one in ids]


def _check_voice(body: Json, attachments: list[Attachment]) -> None:
    if any(body.get(name) for name in ("content", "embeds", "components", "poll", "sticker_ids")):
        raise ApiError(50159)
    if len(attachments) != 1:
        raise ApiError(50160)
    if attachments[0].waveform is None or attachments[0].duration_seconds is None:
        raise ApiError(50161)
