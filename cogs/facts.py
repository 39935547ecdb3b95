"""The facts of an interaction or a message: who asks, where and with which rights."""

from collections.abc import Mapping
from typing import Any, cast

import discord

from bot.chat.naming import names_in, readable
from bot.chat.permissions import no_place
from bot.chat.words import Reader
from bot.engine.requests.lookup import SeesChannel
from bot.jobs.model import LOCALE_MAX_CHARACTERS, ChannelId, GuildId, MessageId, Origin, Place, Upload, UserId, Via
from bot.jobs.reasons import Reason, Refusal, RefusalError
from bot.jobs.rights import Asker
from cogs.host import Host


def place_of(interaction: discord.Interaction) -> Place:
    """The channel, thread or DM of an interaction.

    Raises `RefusalError` without a channel from discord.py: a made-up one would be posted to.
    """
    if interaction.channel_id is None:
        raise RefusalError(Refusal(Reason.PLACE_UNSUITABLE))
    return Place(
        ChannelId(interaction.channel_id),
        GuildId(interaction.guild_id) if interaction.guild_id is not None else None,
    )


def reader_of(interaction: discord.Interaction) -> Reader:
    """The acting person, as the reader of a private response."""
    return cast("Host", interaction.client).reader_of(interaction)


def asker_of(interaction: discord.Interaction) -> Asker:
    """The acting person, with their rights in this very channel according to Discord."""
    return Asker(
        UserId(interaction.user.id),
        place_of(interaction),
        manages_messages=interaction.permissions.manage_messages,
        manages_server=interaction.permissions.manage_guild,
    )


def origin_of(
    interaction: discord.Interaction, via: Via, *, reply_to: MessageId | None = None, private: bool = False
) -> Origin:
    """The action as an origin. Its id is a snowflake, so later history contains all its messages.

    They are posted in the language of the server, or in a DM in the person's own.
    """
    locale = interaction.locale if private else interaction.guild_locale or interaction.locale
    return Origin(
        id=str(interaction.id),
        via=via,
        user_id=UserId(interaction.user.id),
        place=place_of(interaction),
        locale=locale.value[:LOCALE_MAX_CHARACTERS],
        reply_to=reply_to,
        history_after=MessageId(interaction.id),
    )


def pressed(interaction: discord.Interaction) -> str:
    """The custom id of the pressed button; empty if it is no press."""
    if interaction.type is not discord.InteractionType.component or interaction.data is None:
        return ""
    return str(interaction.data.get("custom_id", ""))


def is_private(interaction: discord.Interaction) -> bool:
    """Whether the pressed button is on a private answer; a forged press may be on any message of the bot's."""
    return interaction.message is not None and interaction.message.flags.ephemeral


def no_right_of(interaction: discord.Interaction) -> Refusal | None:
    """Why the person may request nothing here, if so: Discord checks the right for commands, not for buttons."""
    if interaction.guild_id is None:
        # A DM has no permissions (docs/facts/discord.md, "Rights of people").
        return None
    held = interaction.permissions
    if held.administrator or held.use_application_commands:
        return None
    return Refusal(Reason.COMMANDS_DENIED)


def no_place_of(interaction: discord.Interaction, *, private: bool = False) -> Refusal | None:
    """Why nothing may be requested here: the person has no right to, or the bot could not post the video later.

    Everything that costs money checks this. In a DM with the bot both are possible. A private video isn't posted here.
    """
    if interaction.guild_id is None:
        with_bot = isinstance(interaction.channel, discord.DMChannel) and not interaction.context.private_channel
        return None if with_bot else Refusal(Reason.PLACE_UNSUITABLE)
    if refusal := no_right_of(interaction):
        return refusal
    guild = interaction.client.get_guild(interaction.guild_id)
    if private and guild is not None:
        return None
    return no_place(guild, interaction.app_permissions, interaction.channel)


def prompt_of(interaction: discord.Interaction, text: str) -> str:
    """The typed text, as a person reads it: names for ids."""
    me = interaction.client.user
    return readable(text, names_in(interaction.guild, me.id if me else None, _resolved_names(interaction)))


def _resolved_names(interaction: discord.Interaction) -> dict[str, dict[str, str]]:
    """The names of the people, roles and channels that Discord sent along with the typed text."""
    resolved = _mapping(_mapping(interaction.data).get("resolved"))
    members = _mapping(resolved.get("members"))
    names: dict[str, dict[str, str]] = {"users": {}, "roles": {}, "channels": {}}
    for kind, found in names.items():
        for key, value in _mapping(resolved.get(kind)).items():
            entry = {**_mapping(value), "nick": _mapping(members.get(key)).get("nick")}
            name = next((entry[one] for one in ("nick", "global_name", "username", "name") if entry.get(one)), None)
            if isinstance(name, str):
                found[key] = name
    return names


def _mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def uploads_of(*attachments: discord.Attachment | None) -> tuple[Upload, ...]:
    """The given files, in order.

    Raises `RefusalError` if Discord named a file without its data; discord.py then has a bare id.
    """
    given = [attachment for attachment in attachments if attachment is not None]
    kinds: tuple[object, ...] = tuple(map(type, given))
    if not all(kind is discord.Attachment for kind in kinds):
        raise RefusalError(Refusal(Reason.CLIENT_STALE))
    return tuple(Upload(attachment.url, attachment.filename, attachment.size) for attachment in given)


def sight_by(interaction: discord.Interaction, *, fetches: bool = True) -> SeesChannel:
    """Which channels the acting person can see."""
    return sight_of(interaction.guild, interaction.user, fetches=fetches)


def sight_of(guild: discord.Guild | None, person: discord.abc.User, *, fetches: bool = True) -> SeesChannel:
    """A function that returns whether that person can see a channel of the server; unsure means no.

    With `fetches` False nothing is requested of Discord, for what is called at each keystroke.
    """

    async def sees(channel_id: ChannelId) -> bool:
        if guild is None or not isinstance(person, discord.Member):
            return False
        channel = guild.get_channel_or_thread(channel_id)
        if channel is None and not fetches:
            return False
        if channel is None:
            try:
                channel = await guild.fetch_channel(channel_id)
            except discord.DiscordException:
                # An invisible channel, one of another server, or a request with too long a wait.
                return False
        try:
            granted = channel.permissions_for(person)
        except discord.ClientException:
            # A thread with an unknown parent.
            return False
        if not (granted.view_channel and granted.read_message_history):
            return False
        return await _is_inside(channel, person, granted, fetches=fetches)

    return sees


async def _is_inside(
    channel: discord.abc.GuildChannel | discord.Thread,
    person: discord.Member,
    granted: discord.Permissions,
    *,
    fetches: bool,
) -> bool:
    """Whether the person is a member of a private thread; for other channels the permissions decide."""
    if not isinstance(channel, discord.Thread) or not channel.is_private() or granted.manage_threads:
        return True
    if not fetches:
        return False
    try:
        await channel.fetch_member(person.id)
    except discord.DiscordException:
        return False
    return True
