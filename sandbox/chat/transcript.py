"""A conversation as readable text, as people see it."""

import re

from sandbox.chat.interactions import AUTOCOMPLETE, COMMAND, COMPONENT
from sandbox.chat.model import Channel, Interaction, Message
from sandbox.chat.records import TYPE_PINNED, Json, flatten, part_of, parts_of
from sandbox.chat.world import World

_WHO = re.compile(r"<@!?(\d+)>")
_INDENT = "    "


def transcript(world: World, channel: Channel, *, with_deleted: bool = False) -> str:
    """Everything posted and done in that channel, oldest first; private responses are marked with who sees them."""
    said = [one for one in channel.all_messages.values() if with_deleted or not one.deleted]
    done = [one for one in world.interactions.values() if one.channel is channel and one.kind != AUTOCOMPLETE]
    entries = [(one.id, _message_lines(world, one)) for one in said]
    entries += [(one.id, _interaction_lines(world, one)) for one in done]
    place = f"#{channel.name} in {channel.guild.name}" if channel.guild else f"DM with {channel.name}"
    lines = [line for _, one in sorted(entries, key=lambda entry: entry[0]) for line in one]
    return "\n".join([f"── {place} ──", *lines])


def transcript_entry(world: World, what: Message | Interaction) -> str:
    """One message, or one use of the bot, as text."""
    return "\n".join(_message_lines(world, what) if isinstance(what, Message) else _interaction_lines(world, what))


def everything(world: World) -> str:
    """Every conversation, deleted messages included: the report of a failed wait."""
    channels = [*(one for guild in world.guilds.values() for one in guild.channels.values()), *world.dms.values()]
    shown = [transcript(world, one, with_deleted=True) for one in channels]
    return "\n\n".join(one for one in shown if "\n" in one) or "(nothing was said anywhere)"


def _message_lines(world: World, message: Message) -> list[str]:
    marks = [f"only {message.visible_to.name} sees this"] if message.visible_to else []
    marks += ["is thinking…"] if message.loading else []
    marks += ["edited"] if message.edited_at is not None else []
    marks += ["deleted"] if message.deleted else []
    answered = message.reply_to
    to_whom = f" → {answered.author.name}" if answered else ""
    mark = f" ({', '.join(marks)})" if marks else ""
    head = f"{message.author.name}{to_whom}{mark}:"
    lines = [head]
    if answered is not None:
        quote = readable(world, answered.text).replace("\n", " ")[:60] or "(a file)"
        lines.append(f"{_INDENT}↪ {quote}")
    lines += _indented(readable(world, message.content))
    lines += _kind_lines(world, message)
    for embed in message.embeds:
        lines += _card_lines(world, embed)
    lines += [
        line
        for one in flatten(message.components)
        if "content" in one
        for line in _indented(readable(world, str(one["content"])))
    ]
    lines += [f"{_INDENT}📎 {one.file_name} ({_size(one.size_bytes)})" for one in message.attachments]
    if message.buttons:
        lines.append(
            _INDENT + " ".join(f"[{one.label}]" if not one.disabled else f"({one.label})" for one in message.buttons)
        )
    return lines


def _kind_lines(world: World, message: Message) -> list[str]:
    """Lines for parts that are neither text, card, file nor button."""
    lines: list[str] = []
    if message.poll is not None:
        answers = ", ".join(str(one["poll_media"]["text"]) for one in message.poll.answers)
        lines.append(f"📊 {message.poll.question}: {answers}")
    if message.snapshot is not None:
        lines += [f"↱ {line}" for line in readable(world, message.snapshot.text).splitlines() or ["(a file)"]]
    if message.type == TYPE_PINNED:
        lines.append("pinned a message")
    lines += [f"({one.name} {one.tags})" for one in message.stickers]
    reactions = [f"{one.emoji['name']} {len(one.user_ids)}" for one in message.reactions.values()]
    return [_INDENT + line for line in [*lines, *([" ".join(reactions)] if reactions else [])]]


def _card_lines(world: World, embed: Json) -> list[str]:
    parts = [str(embed.get("title") or ""), str(embed.get("description") or "")]
    parts += [f"{one['name']}: {one['value']}" for one in parts_of(embed, "fields")]
    parts.append(str(part_of(embed, "footer").get("text") or ""))
    text = readable(world, "\n".join(part for part in parts if part))
    return [f"{_INDENT}│ {line}" for line in text.splitlines()]


def _interaction_lines(world: World, interaction: Interaction) -> list[str]:
    data, name = interaction.data, interaction.user.name
    if interaction.kind == COMMAND:
        words = " ".join(_option_words(interaction, parts_of(data, "options")))
        line = f"{name} uses /{interaction.command_name} {words}".rstrip()
    elif interaction.kind == COMPONENT:
        line = f"{name} presses [{_label(interaction)}]"
    else:
        line = f"{name} sends a form: {'; '.join(_form_words(interaction))}"
    lines = [readable(world, line)]
    if interaction.modal is not None:
        lines.append(f"{_INDENT}a form opens: {interaction.modal['title']}")
    if interaction.failed:
        lines.append(f"{_INDENT}The application did not respond")
    return lines


def _option_words(interaction: Interaction, options: list[Json]) -> list[str]:
    words: list[str] = []
    files: Json = part_of(part_of(interaction.data, "resolved"), "attachments")
    for one in options:
        if "options" in one:
            words += [one["name"], *_option_words(interaction, one["options"])]
        elif one["type"] == 11 and one["value"] in files:
            words.append(f"{one['name']}:📎{files[one['value']]['filename']}")
        else:
            words.append(f"{one['name']}:{one['value']}")
    return words


def _form_words(interaction: Interaction) -> list[str]:
    files: Json = part_of(part_of(interaction.data, "resolved"), "attachments")
    words: list[str] = []
    for one in flatten(interaction.data["components"]):
        values = one.get("values") or ([one["value"]] if one.get("value") else [])
        words += [f"📎{files[key]['filename']}" if key in files else str(key) for key in values]
    return words


def _label(interaction: Interaction) -> str:
    custom_id = interaction.data["custom_id"]
    versions = interaction.source.history if interaction.source else []
    for version in reversed(versions):
        for one in flatten(version.components):
            if one.get("custom_id") == custom_id:
                return str(one.get("label") or one.get("placeholder") or custom_id)
    return str(custom_id)


def readable(world: World, text: str) -> str:
    """The text with mentions as names."""
    return _WHO.sub(
        lambda found: f"@{world.users[int(found[1])].name}" if int(found[1]) in world.users else found[0], text
    )


def _indented(text: str) -> list[str]:
    return [f"{_INDENT}{line}" for line in text.splitlines()]


def _size(size_bytes: int) -> str:
    return f"{size_bytes} B" if size_bytes < 1024 else f"{size_bytes / 1024:.0f} KiB"
