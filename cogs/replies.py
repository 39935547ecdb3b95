"""Replies to finished videos, and messages that people delete. Without a privileged intent (docs/facts/discord.md)."""

import re

import discord
from discord.ext import commands

from bot.chat.custom_ids import Kind, parse_button
from bot.chat.permissions import no_place
from bot.engine.desk import Desk
from bot.engine.replies import Reply
from bot.jobs.model import ChannelId, GuildId, JobId, MessageId, Place, UserId
from bot.jobs.reasons import Refusal
from cogs.facts import sight_of, uploads_of
from cogs.host import Host


class RepliesCog(commands.Cog, name="Replies"):
    """Hears messages and hands replies over; what becomes of them is decided in the engine."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Hand a person's reply to any message over."""
        if not _is_whole(message):
            return
        reference = message.reference
        if message.author.bot or message.type is not discord.MessageType.reply or reference is None:
            return
        if reference.type is not discord.MessageReferenceType.reply or not _is_id(reference.message_id):
            return
        await self._desk.replies.answer(
            _reply(message, MessageId(reference.message_id or 0)), sight_of(message.guild, message.author)
        )

    @commands.Cog.listener()
    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        """A deleted reply takes its waiting job and its offer with it."""
        await self._forget(event.message_id)

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, event: discord.RawBulkMessageDeleteEvent) -> None:
        """The same for many at once."""
        for message_id in event.message_ids:
            await self._forget(message_id)

    async def _forget(self, message_id: int) -> None:
        if not _is_id(message_id):
            return
        await self._desk.acts.forget_message(MessageId(message_id))
        await self._desk.replies.end_offer(MessageId(message_id))


def _is_whole(message: discord.Message) -> bool:
    """Whether it has what every message has: of an event that lacks parts discord.py makes a message that does, too."""
    author: object = getattr(message, "author", None)
    content: object = getattr(message, "content", None)
    return (
        isinstance(author, discord.User | discord.Member)
        and isinstance(content, str)
        and all(map(_is_id, (message.id, author.id, message.channel.id)))
    )


def _is_id(number: int | None) -> bool:
    """Whether it can be an id of Discord's: a whole number below 2**63, which is all that a database column holds."""
    return number is not None and 0 < number < 2**63


def _reply(message: discord.Message, to: MessageId) -> Reply:
    guild, me = message.guild, message.guild.me if message.guild else None
    mentioned = any(person.bot and me is not None and person.id == me.id for person in message.mentions)
    text = re.sub(rf"<@!?{me.id}>", "", message.content) if me is not None else message.content
    return Reply(
        id=MessageId(message.id),
        to=to,
        user_id=UserId(message.author.id),
        place=Place(ChannelId(message.channel.id), GuildId(guild.id) if guild else None),
        locale=guild.preferred_locale.value if guild else "en",
        text=text.strip(),
        uploads=uploads_of(*message.attachments),
        readable=guild is None or mentioned,
        to_video=_video_of(message),
        no_place=_no_place(message),
    )


def _video_of(message: discord.Message) -> JobId | None:
    """The finished video that the answered message shows, by its own buttons, if Discord sent the message along."""
    answered = message.reference.resolved if message.reference else None
    if not isinstance(answered, discord.Message) or not _is_whole(answered) or not answered.author.bot:
        return None
    for row in answered.components:
        for child in row.children if isinstance(row, discord.ActionRow) else ():
            button = parse_button(getattr(child, "custom_id", None) or "")
            if button is not None and button.kind is Kind.VIDEO:
                return button.job_id
    return None


def _no_place(message: discord.Message) -> Refusal | None:
    """Why the bot could not answer there, if so; in a channel that it doesn't know, Discord decides."""
    channel, guild = message.channel, message.guild
    if guild is None or isinstance(channel, discord.PartialMessageable | discord.DMChannel | discord.GroupChannel):
        return None
    try:
        granted = channel.permissions_for(guild.me)
    except discord.ClientException:
        # A thread below a channel that discord.py doesn't know: Discord decides there, too.
        return None
    return no_place(guild, granted, channel)


async def setup(bot: Host) -> None:
    """Let the cog hear messages."""
    await bot.add_cog(RepliesCog(bot.desk))
