"""Replies to the bot's messages, edits and deletions. Without a privileged intent (docs/facts/discord.md)."""

import discord
from discord.ext import commands

from bot.chat.custom_ids import ButtonId
from bot.chat.naming import edited_text, is_long_text, said_in
from bot.chat.permissions import no_place
from bot.engine.requests.reply_rule import Reply, Right
from bot.engine.services import Services
from bot.jobs.model import LOCALE_MAX_CHARACTERS, ChannelId, GuildId, MessageId, Place, Upload, UserId
from bot.jobs.reasons import Refusal
from cogs.facts import sight_of, uploads_of
from cogs.host import Host
from cogs.messages import button_on, is_id, is_whole

_PICTURE_TYPES = frozenset({"image/png", "image/jpeg", "image/jpg", "image/webp"})
_PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
_NO_TYPE = frozenset({"", "application/octet-stream"})


class RepliesCog(commands.Cog, name="Replies"):
    """Passes replies, edits and deletions on to the engine."""

    def __init__(self, services: Services, host: Host) -> None:
        self._services = services
        self._host = host

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Handle a person's reply to any message, their mentions of the bot, and their messages in a DM."""
        if not is_whole(message) or message.author.bot:
            return
        reference = message.reference
        if message.type is discord.MessageType.default and reference is None:
            await (self._answer(message, None) if self._names_bot(message) else self._talk(message))
            return
        if message.type is not discord.MessageType.reply or reference is None:
            return
        if reference.type is not discord.MessageReferenceType.reply or not is_id(reference.message_id):
            return
        await self._answer(message, MessageId(reference.message_id or 0))

    @commands.Cog.listener()
    async def on_raw_message_edit(self, event: discord.RawMessageUpdateEvent) -> None:
        """The newest text of a reply counts until its video is started."""
        message = event.message
        # Without this time only a link's preview was added.
        if is_whole(message) and not message.author.bot and message.edited_at is not None:
            said = edited_text(message, message.guild, self._me())
            await self._services.replies.edited(MessageId(message.id), said)

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
        if not is_id(message_id):
            return
        await self._services.job_actions.forget_message(MessageId(message_id))
        await self._services.replies.offers.end(MessageId(message_id))

    async def _answer(self, message: discord.Message, to: MessageId | None) -> None:
        reply = await self._reply(message, to)
        await self._services.replies.answer(reply, sight_of(message.guild, message.author))

    def _names_bot(self, message: discord.Message) -> bool:
        """Whether its text mentions the bot, in a server; the ping of a reply is no part of the text."""
        in_server = not isinstance(message.channel, discord.DMChannel)
        return in_server and any(mention in message.content for mention in (f"<@{self._me()}>", f"<@!{self._me()}>"))

    async def _talk(self, message: discord.Message) -> None:
        if isinstance(message.channel, discord.DMChannel):
            place = Place(ChannelId(message.channel.id))
            user_id = UserId(message.author.id)
            await self._services.replies.hint(MessageId(message.id), user_id, place, message.content)

    async def _reply(self, message: discord.Message, to: MessageId | None) -> Reply:
        guild, me = message.guild, self._me()
        said = said_in(message, guild, me)
        pictures, others, long_text = _sorted_files(message)
        is_dm = isinstance(message.channel, discord.DMChannel)
        return Reply(
            id=MessageId(message.id),
            to=to,
            user_id=UserId(message.author.id),
            place=Place(ChannelId(message.channel.id), None if is_dm else _guild_id(message)),
            locale=guild.preferred_locale.value[:LOCALE_MAX_CHARACTERS] if guild else "en",
            text=said.raw,
            prompt=said.readable,
            readable=is_dm or any(person.id == me for person in message.mentions),
            uploads=pictures,
            others=others,
            long_text=long_text,
            shown=_shown_by(message, me),
            names_bot=self._names_bot(message),
            right=await _right_of(message),
            no_place=_no_place(message),
        )

    def _me(self) -> int | None:
        return self._host.user.id if self._host.user is not None else None


def _guild_id(message: discord.Message) -> GuildId | None:
    """The server of the message, also one that is not in the client's cache."""
    guild_id = message.guild.id if message.guild else getattr(message.channel, "guild_id", None)
    return GuildId(guild_id) if isinstance(guild_id, int) else None


def _shown_by(message: discord.Message, me: int | None) -> ButtonId | None:
    """A button of the bot's on the answered message, if Discord has sent it: it shows which message it is."""
    answered = message.reference.resolved if message.reference else None
    return button_on(answered, me) if isinstance(answered, discord.Message) and is_whole(answered) else None


def _sorted_files(message: discord.Message) -> tuple[tuple[Upload, ...], tuple[Upload, ...], Upload | None]:
    """The pictures, the other files, and the text of a long message, by Discord's claims about them."""
    pictures: list[discord.Attachment] = []
    others: list[discord.Attachment] = []
    long_text: Upload | None = None
    for file in message.attachments:
        kind, name = (file.content_type or "").partition(";")[0].strip().lower(), file.filename.lower()
        if kind in _PICTURE_TYPES or (kind in _NO_TYPE and name.endswith(_PICTURE_SUFFIXES)):
            pictures.append(file)
        elif is_long_text(name) and long_text is None and kind in _NO_TYPE | {"text/plain"}:
            (long_text,) = uploads_of(file)
        else:
            others.append(file)
    return uploads_of(*pictures), uploads_of(*others), long_text


async def _right_of(message: discord.Message) -> Right:
    """Whether the author may use commands there; in threads that is a right in the channel above (in DMs everybody)."""
    channel, author = message.channel, message.author
    if isinstance(channel, discord.DMChannel):
        return Right.GIVEN
    if isinstance(channel, discord.Thread):
        above = channel.parent or await _fetch_parent(channel)
    else:
        above = channel if isinstance(channel, discord.abc.GuildChannel) else None
    if above is None or not isinstance(author, discord.Member):
        return Right.UNKNOWN
    held = above.permissions_for(author)
    return Right.GIVEN if held.administrator or held.use_application_commands else Right.DENIED


async def _fetch_parent(thread: discord.Thread) -> discord.abc.GuildChannel | None:
    """The channel above a thread, if it is not in the client's cache; None if Discord or discord.py doesn't have it."""
    try:
        found = await thread.guild.fetch_channel(thread.parent_id)
    except (discord.DiscordException, OSError):
        return None
    return found if isinstance(found, discord.abc.GuildChannel) else None


def _no_place(message: discord.Message) -> Refusal | None:
    """Why the bot could not answer there, if so; in an unknown channel Discord decides."""
    channel, guild = message.channel, message.guild
    if guild is None or isinstance(channel, discord.PartialMessageable | discord.DMChannel | discord.GroupChannel):
        return None
    try:
        granted = channel.permissions_for(guild.me)
    except discord.ClientException:
        # A thread with an unknown parent.
        return None
    return no_place(guild, granted, channel)


async def setup(bot: Host) -> None:
    """Add the cog."""
    await bot.add_cog(RepliesCog(bot.services, bot))
