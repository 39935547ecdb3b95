"""The life of an interaction: opened by a person, acknowledged in time, answered while its token lives."""

import secrets

from sandbox.chat import limits, modal_limits, polls, posting
from sandbox.chat.command_limits import check_value
from sandbox.chat.component_ids import numbered
from sandbox.chat.drafts import draft_of
from sandbox.chat.errors import ApiError, bad_field
from sandbox.chat.model import Channel, Interaction, Message
from sandbox.chat.payloads import interaction_json
from sandbox.chat.records import (
    FLAG_EPHEMERAL,
    FLAG_LOADING,
    Attachment,
    Json,
    User,
    flatten_options,
    part_of,
    parts_of,
)
from sandbox.chat.world import World

COMMAND, COMPONENT, AUTOCOMPLETE, FORM = 2, 3, 4, 5
SAY, DEFER, DEFER_UPDATE, UPDATE, CHOICES, SHOW_FORM = 4, 5, 6, 7, 8, 9
_ALLOWED = {
    COMMAND: {SAY, DEFER, SHOW_FORM},
    COMPONENT: {SAY, DEFER, DEFER_UPDATE, UPDATE, SHOW_FORM},
    AUTOCOMPLETE: {CHOICES},
    FORM: {SAY, DEFER, DEFER_UPDATE, UPDATE},
}
CHOICES_MAX = 25


def open_interaction(
    world: World, kind: int, user: User, channel: Channel, data: Json, source: Message | None = None
) -> Interaction:
    """Send the bot a person's action, and start the clock for its response."""
    token = secrets.token_urlsafe(48)
    interaction = Interaction(world.next_id(), token, kind, user, channel, world.clock.now(), data, source)
    interaction.command_name = str(data.get("name", ""))
    interaction.payload = interaction_json(world, interaction)
    world.interactions[token] = interaction
    world.hub.announce("INTERACTION_CREATE", interaction)
    world.start_timer(_give_up(world, interaction))
    return interaction


async def _give_up(world: World, interaction: Interaction) -> None:
    """Show 'the application did not respond' when no acknowledgement, or nothing after 'is thinking…', came."""
    await world.clock.sleep(interaction.created_at + world.rules.ack_seconds - world.clock.now())
    if interaction.response_type is None:
        interaction.failed = True
        world.hub.touch()
        return
    await world.clock.sleep(interaction.created_at + world.rules.token_seconds - world.clock.now())
    original = interaction.original
    if original is not None and original.loading and not original.deleted:
        interaction.failed = True
        world.hub.touch()


def respond(world: World, interaction_id: int, token: str, body: Json, uploads: dict[int, Attachment]) -> Interaction:
    """The one acknowledgement. Raises `ApiError` 10062 (unknown or late), 40060 (second one), 50035."""
    interaction = world.interactions.get(token)
    if interaction is None or interaction.id != interaction_id:
        raise ApiError(10062)
    if interaction.response_type is not None:
        raise ApiError(40060)
    if world.clock.now() - interaction.created_at > world.rules.ack_seconds:
        raise ApiError(10062)
    kind = int(body.get("type") or 0)
    if kind not in _ALLOWED[interaction.kind] or (kind in (DEFER_UPDATE, UPDATE) and interaction.source is None):
        raise bad_field("type", f"Callback type {kind} cannot answer this interaction.")
    data: Json = part_of(body, "data")
    _ANSWERS[kind](world, interaction, data, uploads)
    interaction.response_type = kind
    world.hub.touch()
    return interaction


def _say(world: World, interaction: Interaction, data: Json, uploads: dict[int, Attachment]) -> None:
    interaction.original = say(world, interaction, data, uploads)


def _defer(world: World, interaction: Interaction, data: Json, uploads: dict[int, Attachment]) -> None:
    del uploads
    flags = FLAG_LOADING | (int(data.get("flags") or 0) & FLAG_EPHEMERAL)
    draft = posting.Draft(flags=flags, interaction=interaction, visible_to=_only_for(interaction, flags))
    interaction.original = posting.post(world, interaction.channel, world.bot, draft)


def _defer_update(world: World, interaction: Interaction, data: Json, uploads: dict[int, Attachment]) -> None:
    del world, data, uploads
    interaction.original = interaction.source


def _update(world: World, interaction: Interaction, data: Json, uploads: dict[int, Attachment]) -> None:
    if interaction.source is None or interaction.source.deleted:
        raise ApiError(10008)
    change(world, interaction, interaction.source, data, uploads)
    interaction.original = interaction.source


def _offer_choices(world: World, interaction: Interaction, data: Json, uploads: dict[int, Attachment]) -> None:
    del world, uploads
    choices: list[Json] = parts_of(data, "choices")
    if len(choices) > CHOICES_MAX:
        raise bad_field("data.choices", "Must be 25 or fewer in length.", "BASE_TYPE_MAX_LENGTH")
    kind = _typed_kind(parts_of(interaction.data, "options"))
    for index, choice in enumerate(choices):
        if not 1 <= len(str(choice.get("name", ""))) <= 100:
            raise bad_field(f"data.choices.{index}", "Must be between 1 and 100 in length.", "BASE_TYPE_BAD_LENGTH")
        check_value(kind, choice.get("value"), f"data.choices.{index}")
    interaction.choices = choices


def _typed_kind(options: list[Json]) -> int:
    """The type of the option that is being typed."""
    for one in flatten_options(options):
        if one.get("focused"):
            return int(one["type"])
    raise ValueError("Nothing is being typed.")


def _show_form(world: World, interaction: Interaction, data: Json, uploads: dict[int, Attachment]) -> None:
    del world, uploads
    modal_limits.check_modal(data)
    interaction.modal = {**data, "components": numbered(data["components"])}


_ANSWERS = {
    SAY: _say,
    DEFER: _defer,
    DEFER_UPDATE: _defer_update,
    UPDATE: _update,
    CHOICES: _offer_choices,
    SHOW_FORM: _show_form,
}


def say(world: World, interaction: Interaction, data: Json, uploads: dict[int, Attachment]) -> Message:
    """Post a response or a follow-up, public or for one person."""
    draft = draft_of(world, interaction.channel, data, uploads)
    _check_sizes(interaction, uploads)
    draft.flags |= int(data.get("flags") or 0) & FLAG_EPHEMERAL
    draft.interaction = interaction
    draft.visible_to = _only_for(interaction, draft.flags)
    message = posting.post(world, interaction.channel, world.bot, draft)
    polls.start(world, message)
    return message


def change(
    world: World, interaction: Interaction, message: Message, body: Json, uploads: dict[int, Attachment]
) -> None:
    """Edit a response by the interaction's token; a poll fits only into a deferred one."""
    if message.poll is not None:
        raise ApiError(520003)
    poll = polls.poll_of(body.get("poll"), world.clock.now()) if message.loading else None
    limits.check_edit(message, body, file_count=len(uploads))
    _check_sizes(interaction, uploads)
    placed = posting.placed_uploads(body, uploads)
    message.poll = poll
    polls.start(world, message)
    posting.edit(world, message, body, placed)


def remove(world: World, message: Message) -> None:
    """Delete a response by the interaction's token."""
    if message.visible_to is not None:
        posting.hide(world, message)
    else:
        posting.delete(world, [message])


def by_token(world: World, application_id: int, token: str) -> Interaction:
    """The acknowledged interaction of a valid token; raises `ApiError` 10015 or 50027."""
    interaction = world.interactions.get(token)
    if interaction is None or application_id != world.application_id or interaction.response_type is None:
        raise ApiError(10015)
    if world.clock.now() - interaction.created_at > world.rules.token_seconds:
        raise ApiError(50027)
    return interaction


def answer_of(interaction: Interaction, which: str) -> Message:
    """The message that `@original` or an id names among an interaction's responses; raises `ApiError` 10008."""
    if which == "@original":
        message = interaction.original
    else:
        candidates = [one for one in (interaction.original, *interaction.followups) if one is not None]
        message = next((one for one in candidates if str(one.id) == which), None)
    if message is None or message.deleted:
        raise ApiError(10008)
    return message


def _only_for(interaction: Interaction, flags: int) -> User | None:
    return interaction.user if flags & FLAG_EPHEMERAL else None


def _check_sizes(interaction: Interaction, uploads: dict[int, Attachment]) -> None:
    limit = max(interaction.channel.upload_limit_bytes, interaction.user.upload_limit_bytes)
    if any(one.size_bytes > limit for one in uploads.values()):
        raise ApiError(40005)
