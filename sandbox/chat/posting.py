"""Posting, editing and deleting messages, for the bot and for people alike; the callers check the rights."""

from dataclasses import dataclass, field, replace

from sandbox.chat.component_ids import numbered
from sandbox.chat.errors import bad_field, too_long
from sandbox.chat.media import check_named
from sandbox.chat.mentions import mentions_of
from sandbox.chat.model import Channel, Interaction, Message
from sandbox.chat.records import (
    FLAG_COMPONENTS_V2,
    FLAG_HAS_SNAPSHOT,
    FLAG_LOADING,
    FLAG_SUPPRESS_EMBEDS,
    TYPE_COMMAND_ANSWER,
    TYPE_DEFAULT,
    TYPE_MENU_ANSWER,
    TYPE_REPLY,
    Attachment,
    Json,
    Poll,
    Sticker,
    User,
    flatten,
    parts_of,
)
from sandbox.chat.world import Nonce, World

DESCRIPTION_MAX = 1024
_SMALLEST_SNOWFLAKE = 1 << 22


@dataclass(slots=True)
class Draft:
    """A message that is about to be posted; or, with a `type`, Discord's own message about an action."""

    content: str = ""
    embeds: list[Json] = field(default_factory=list[Json])
    components: list[Json] = field(default_factory=list[Json])
    attachments: list[Attachment] = field(default_factory=list[Attachment])
    allowed_mentions: Json | None = None
    answers: Message | None = None
    nonce: str | None = None
    flags: int = 0
    interaction: Interaction | None = None
    visible_to: User | None = None
    poll: Poll | None = None
    type: int | None = None
    about: Message | None = None
    opened: Channel | None = None
    stickers: list[Sticker] = field(default_factory=list[Sticker])
    forwards: Message | None = None
    tts: bool = False


def post(world: World, channel: Channel, author: User, draft: Draft) -> Message:
    """Post it in the channel, and announce it to everybody who sees the channel."""
    check_named(draft.components, draft.attachments)
    kind = TYPE_DEFAULT if draft.answers is None else TYPE_REPLY
    if draft.type is not None:
        kind = draft.type
    message = Message(world.next_id(), channel, author, world.clock.now(), kind)
    if draft.interaction is not None:
        if draft.interaction.source is None:
            of_menu = draft.interaction.data.get("type") in (2, 3)
            message.type = TYPE_MENU_ANSWER if of_menu else TYPE_COMMAND_ANSWER
        message.interaction = draft.interaction
    message.content = draft.content
    message.embeds = shown_embeds(draft.embeds)
    message.components = numbered(draft.components)
    message.attachments = draft.attachments
    message.flags = draft.flags
    message.nonce = draft.nonce
    message.visible_to = draft.visible_to
    message.poll = draft.poll
    message.opened = draft.opened
    message.stickers = draft.stickers
    message.tts = draft.tts
    if draft.forwards is not None:
        message.forwards = draft.forwards
        message.snapshot = _snapshot(world, channel, draft.forwards)
        message.flags |= FLAG_HAS_SNAPSHOT
    referred = draft.answers or draft.about
    message.reference = referred.id if referred else None
    _settle_files(channel, message)
    _count_mentions(world, message, draft, pings=draft.visible_to is None)
    message.remember(message.created_at)
    channel.all_messages[message.id] = message
    if author is world.bot and draft.type is None:
        world.posts.append(message)
        if draft.nonce is not None:
            world.nonces[author.id, draft.nonce] = Nonce(message, world.clock.now())
    if channel.is_thread and channel.archived:
        channel.archive(False)
    world.hub.announce("MESSAGE_CREATE", message)
    return message


def _snapshot(world: World, channel: Channel, source: Message) -> Message:
    """A copy of a message's content with its own files: later changes of the message don't affect it."""
    files = [world.files.copy(one) for one in source.attachments]
    for one in files:
        one.place_id = channel.id
    return replace(source, attachments=files, reactions={}, history=[])


def posted_before(world: World, author: User, nonce: str) -> Message | None:
    """The message that this author posted with that nonce within the window."""
    known = world.nonces.get((author.id, nonce))
    if known is None or world.clock.now() - known.at > world.rules.nonce_window_seconds:
        return None
    return known.message if world.rules.nonce_window_seconds else None


def edit(world: World, message: Message, body: Json, uploads: list[Attachment]) -> None:
    """Change what the body names; an unnamed part stays (`attachments` lists the files to keep).

    Raises `ApiError` 50035 when a component names a file that isn't there then.
    """
    kept = message.attachments
    if "attachments" in body:
        wanted = {int(one["id"]): one for one in parts_of(body, "attachments")}
        kept = [one for one in message.attachments if one.id in wanted]
        for one in kept:
            if "description" in wanted[one.id]:
                _describe(one, wanted[one.id])
    if "components" in body:
        check_named(body["components"] or [], [*kept, *uploads])
    if "content" in body:
        message.content = body["content"] or ""
    if "embeds" in body:
        message.embeds = shown_embeds(body["embeds"] or [])
    if "components" in body:
        message.components = numbered(body["components"] or [])
    message.attachments = [*kept, *uploads]
    if "flags" in body:
        asked = int(body["flags"] or 0)
        # A message with the layout of components V2 keeps it.
        message.flags = message.flags & ~FLAG_SUPPRESS_EMBEDS | asked & (FLAG_SUPPRESS_EMBEDS | FLAG_COMPONENTS_V2)
    was_loading = message.loading
    message.flags &= ~FLAG_LOADING
    _settle_files(message.channel, message)
    draft = Draft(message.content, allowed_mentions=body.get("allowed_mentions"), answers=message.reply_to)
    _count_mentions(world, message, draft, pings=was_loading and message.visible_to is None)
    now = world.clock.now()
    if not was_loading:
        message.edited_at = now
    message.remember(now)
    world.hub.announce("MESSAGE_UPDATE", message)


def delete(world: World, messages: list[Message]) -> None:
    """Delete messages of one channel, as one event."""
    for message in messages:
        message.deleted = True
        for attachment in message.attachments:
            attachment.gone = True
    if len(messages) == 1:
        world.hub.announce("MESSAGE_DELETE", messages[0])
    elif messages:
        world.hub.announce("MESSAGE_DELETE_BULK", messages[0].channel, tuple(messages))


def hide(world: World, message: Message) -> None:
    """Remove a private response."""
    message.deleted = True
    world.hub.touch()


def shown_embeds(embeds: list[Json]) -> list[Json]:
    """Embeds as Discord returns them."""
    return [{"type": "rich", **one} for one in embeds]


def placed_uploads(body: Json, uploads: dict[int, Attachment]) -> list[Attachment]:
    """The uploaded files in the order of the body's `attachments` list, with their descriptions.

    Raises `ApiError` 50035 when the list names a file that was not uploaded.
    """
    placed: list[Attachment] = []
    for one in parts_of(body, "attachments"):
        upload = uploads.get(int(one["id"]))
        if upload is None:
            # A number that is no snowflake names an upload of this request; any other one names a file to keep.
            if int(one["id"]) < _SMALLEST_SNOWFLAKE:
                raise bad_field("attachments", f"No file for attachment {one['id']} was uploaded.")
            continue
        _describe(upload, one)
        placed.append(upload)
    placed += [one for one in uploads.values() if one not in placed]
    return placed


def _describe(attachment: Attachment, about: Json) -> None:
    """Store a request's description of a file; raises `ApiError` 50035."""
    if len(about.get("description") or "") > DESCRIPTION_MAX:
        raise too_long("attachments.description", DESCRIPTION_MAX)
    attachment.description = about.get("description")
    attachment.duration_seconds = about.get("duration_secs", attachment.duration_seconds)
    attachment.waveform = about.get("waveform", attachment.waveform)


def _settle_files(channel: Channel, message: Message) -> None:
    for attachment in message.attachments:
        attachment.place_id = channel.id
        attachment.ephemeral = message.visible_to is not None


def _count_mentions(world: World, message: Message, draft: Draft, *, pings: bool) -> None:
    channel = message.channel
    answered = draft.answers
    said = [message.content, *(str(one["content"]) for one in flatten(message.components) if "content" in one)]
    text = "\n".join(said)
    found = mentions_of(channel, message.author, text, draft.allowed_mentions, answered, known=world.users)
    message.mentions, message.mention_roles = found.users, found.role_ids
    message.mention_everyone = found.everyone
    if pings:
        message.pinged = found.pinged
