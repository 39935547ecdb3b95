"""The courier: sends messages to Discord and reports the outcome of each.

discord.py retries 500, 502, 504 and 524 itself, under one nonce; every other fault (docs/facts/discord.md) is raised as
a `CourierFault` (`bot.chat.discord_errors`). While the breaker is open (`bot.chat.discord_health`) nothing is sent,
and everything is `NotTaken`.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from typing import TypeVar

import aiohttp
import discord

from bot.chat.cards import Message, files_of, to_discord, video_file
from bot.chat.discord_errors import CourierFault, NotTaken, OutcomeUnknown, Refused, TooLarge, judge
from bot.chat.discord_health import DiscordHealth, RequestOutcome
from bot.chat.global_limit import free_global_limit
from bot.chat.guilds import Guilds
from bot.chat.naming import edited_text
from bot.chat.newest import Newest
from bot.chat.observing import observed
from bot.chat.owners import owners_of
from bot.chat.parcel import Parcel, ParcelKind, Seen
from bot.chat.permissions import no_place
from bot.chat.shards import Shards
from bot.chat.threads import open_on, reopen
from bot.jobs.denials import Denial
from bot.jobs.model import ChannelId, GuildId, MessageId, Place, Upload, UserId
from bot.ops.clock import Clock
from bot.ops.observer import SILENT, Observer

__all__ = [
    "DEFAULT_UPLOAD_LIMIT_BYTES",
    "Courier",
    "CourierFault",
    "NotTaken",
    "OutcomeUnknown",
    "Parcel",
    "ParcelKind",
    "Refused",
    "Seen",
    "TooLarge",
]

DEFAULT_UPLOAD_LIMIT_BYTES = discord.utils.DEFAULT_FILE_SIZE_LIMIT_BYTES
_SEND_SECONDS = 60.0  # of real time
_SEND_SECONDS_MAX = 290.0  # discord.py's own session ends any request after 300 s
_UPLOAD_BYTES_PER_SECOND = 100_000
_UNKNOWN_MESSAGE = 10008
_GONE = frozenset({10003, 10004, _UNKNOWN_MESSAGE})  # with its channel, or with its server
_ARCHIVED = 50083
_CANT_REFER = 160002
_HISTORY_MAX = 20_000
_ALL_SHARDS = Shards()

T = TypeVar("T")


class Courier:
    """Posts, edits, finds and removes the bot's own messages with its own token."""

    def __init__(
        self,
        client: discord.Client,
        clock: Clock,
        owner_ids: tuple[int, ...] = (),
        *,
        served: Shards = _ALL_SHARDS,
        send_seconds: float = _SEND_SECONDS,
        observer: Observer = SILENT,
    ) -> None:
        """`owner_ids`: the bot's owners; if empty, Discord names them. `served`: this process's shards."""
        self._client = client
        self._guilds = Guilds(client, served)
        self._health = DiscordHealth(clock, observer.discord_answered)
        self._owner_ids = tuple(UserId(owner_id) for owner_id in owner_ids)
        self._send_seconds = send_seconds
        self._uploading_to: Counter[ChannelId] = Counter()
        self._newest = Newest(clock)
        self._observer = observer

    def rest_seconds(self) -> float:
        """In how many seconds something may be sent again; 0 if it may be tried now."""
        return self._health.breaker.wait_seconds()

    async def post(self, parcel: Parcel) -> MessageId | None:
        """Post the message, with its file streamed from disk.

        Returns its id; None if the nonce belongs to a message that was posted and has been deleted since. Raises
        `CourierFault`.
        """
        size_bytes = (await asyncio.to_thread(parcel.file.stat)).st_size if parcel.file else 0
        seconds = min(_SEND_SECONDS_MAX, self._send_seconds + size_bytes / _UPLOAD_BYTES_PER_SECOND)
        with observed(self._observer, parcel.kind, size_bytes), self._in_line(parcel) as behind_upload:
            async with self._asking(parcel.nonce, seconds, behind_upload=behind_upload):
                try:
                    return self._newest.see(MessageId((await self._send(parcel)).id))
                except discord.HTTPException as error:
                    if error.code != _UNKNOWN_MESSAGE:
                        raise
        return None

    def surely_past(self) -> MessageId | None:
        """An id that is older than every later post; None as long as this process has posted nothing."""
        return self._newest.surely_past()

    async def edit(self, channel_id: ChannelId, message_id: MessageId, message: Message, *, file: bool = False) -> bool:
        """Edit the message, with `file` also its text file; False if that message is gone. Raises `CourierFault`."""
        arguments = to_discord(message)
        if file:
            arguments["attachments"] = files_of(message)
        return await self._act_on(channel_id, message_id, lambda found: found.edit(**arguments))

    async def delete(self, channel_id: ChannelId, message_id: MessageId) -> bool:
        """Delete the message; False if it was gone already. Raises `CourierFault`."""
        return await self._act_on(channel_id, message_id, lambda found: found.delete())

    async def read(self, place: Place, message_id: MessageId) -> Seen | None:
        """A person's message as it is now; None if it doesn't exist any more. Raises `CourierFault`."""
        found = await self._fetch(place.channel_id, message_id)
        if found is None:
            return None
        async with self._asking(str(message_id), self._send_seconds):
            guild = await self._guilds.named_in(place.guild_id, found.content)
        me = self._client.user
        return Seen(edited_text(found, guild, me.id if me else None), edited=found.edited_at is not None)

    async def shows(self, channel_id: ChannelId, message_id: MessageId, is_ours: Callable[[str], bool]) -> bool:
        """Whether that message is the bot's own, with a component whose custom id `is_ours`. Raises `CourierFault`."""
        found, me = await self._fetch(channel_id, message_id), self._client.user
        if found is None or me is None or found.author.id != me.id:
            return False
        return any(map(is_ours, _custom_ids(found)))

    async def find_file(self, channel_id: ChannelId, message_id: MessageId) -> Upload | None:
        """The first file of the bot's own message, with a fresh address; None without one. Raises `CourierFault`."""
        found, me = await self._fetch(channel_id, message_id), self._client.user
        ours = found is not None and me is not None and found.author.id == me.id
        return next((Upload(f.url, f.filename, f.size) for f in found.attachments), None) if found and ours else None

    async def find(
        self,
        channel_id: ChannelId,
        after: MessageId,
        is_ours: Callable[[str], bool],
    ) -> MessageId | None:
        """Search that channel after `after` for the bot's own message with a component whose custom id `is_ours`.

        Raises `CourierFault`; `Refused` also when the history may not be read: an empty result then proves nothing.
        """
        return await self._find(channel_id, after, lambda message: any(map(is_ours, _custom_ids(message))))

    async def has_said(self, channel_id: ChannelId, contents: frozenset[str], since: float) -> bool:
        """Whether the bot has posted exactly one of those texts there since then (epoch seconds).

        Raises `CourierFault`, as `find` does.
        """
        moment = datetime.fromtimestamp(since, UTC)
        after = MessageId(discord.utils.time_snowflake(moment))
        return await self._find(channel_id, after, lambda message: message.content in contents) is not None

    async def find_denial(self, place: Place) -> Denial | None:
        """Why no message can be posted in that place any more; None if it can, as far as is known.

        Discord is requested only for a channel that is not in the gateway's cache. Raises `CourierFault`.
        """
        if place.guild_id is None:
            return None
        guild = self._guilds.cached(place.guild_id)
        if self._guilds.is_elsewhere(place.guild_id):
            async with self._asking(str(place.channel_id), self._send_seconds):
                guild = await self._guilds.fetch_around(place.guild_id, place.channel_id)
        channel = None if guild is None or guild.unavailable else guild.get_channel_or_thread(place.channel_id)
        if guild is None or channel is None:
            async with self._asking(str(place.channel_id), self._send_seconds):
                await self._client.http.get_channel(place.channel_id)
            return None
        try:
            granted = channel.permissions_for(guild.me)
        except discord.ClientException:
            # A thread below a channel that discord.py doesn't have.
            return None
        return None if no_place(guild, granted, channel) is None else Denial.ACCESS

    def thread_of(self, place: Place) -> ChannelId | None:
        """The channel above the place, if that is a public thread."""
        return self._guilds.public_parent(place.guild_id, place.channel_id)

    def takes_threads(self, place: Place) -> bool | None:
        """Whether a thread can be opened on a message there; None if that isn't known."""
        return self._guilds.takes_threads(place)

    async def open_thread(self, channel_id: ChannelId, message_id: MessageId, name: str) -> ChannelId:
        """The thread that is opened on that message, or was before. Raises `CourierFault`."""
        async with self._asking(str(message_id), self._send_seconds):
            return await open_on(self._client, channel_id, message_id, name)

    async def open_dm(self, user_id: UserId) -> ChannelId:
        """The channel of direct messages with that person. Raises `CourierFault`."""
        async with self._asking(str(user_id), self._send_seconds):
            return ChannelId((await self._client.create_dm(discord.Object(user_id))).id)

    def owner_ids(self) -> tuple[UserId, ...]:
        """The bot's owners: the named ones, else the application's owner, or its team's admins and developers."""
        application = self._client.application
        if self._owner_ids or application is None:
            return self._owner_ids
        return owners_of(application)

    async def upload_limit_bytes(self, guild_id: GuildId | None) -> int | None:
        """The largest file that place takes; None while the gateway has not sent the server, or Discord can't be asked.

        Discord decides in the end (docs/facts/discord.md, "Sizes").
        """
        if guild_id is None:
            return DEFAULT_UPLOAD_LIMIT_BYTES
        guild = self._guilds.cached(guild_id)
        if self._guilds.is_elsewhere(guild_id):
            try:
                async with self._asking(str(guild_id), self._send_seconds):
                    guild = await self._guilds.fetch(guild_id)
            except CourierFault:
                return None
        return None if guild is None or guild.unavailable else guild.filesize_limit

    async def _send(self, parcel: Parcel) -> discord.Message:
        channel = self._client.get_partial_messageable(parcel.channel_id)
        arguments = to_discord(parcel.message)
        if parcel.reply_to is not None:
            # A prompt that was deleted meanwhile must not prevent the posting of its video.
            arguments["reference"] = discord.MessageReference(
                message_id=parcel.reply_to, channel_id=parcel.channel_id, fail_if_not_exists=False
            )
        try:
            return await self._send_once(channel, parcel, arguments)
        except discord.HTTPException as error:
            if error.code == _CANT_REFER and arguments.pop("reference", None) is not None:
                # Without the right to read the history nothing can be replied to; a plain message can be posted.
                return await self._send_once(channel, parcel, arguments)
            if error.code != _ARCHIVED or not await reopen(self._client, parcel.channel_id):
                raise
            return await self._send_once(channel, parcel, arguments)

    async def _send_once(
        self, channel: discord.PartialMessageable, parcel: Parcel, arguments: dict[str, object]
    ) -> discord.Message:
        # A File is good for one attempt only: a used one uploads nothing, with success.
        video = [] if parcel.file is None else [video_file(parcel.message, parcel.file, parcel.file_name)]
        files = video + files_of(parcel.message)
        return await channel.send(nonce=parcel.nonce, files=files, **arguments)  # pyright: ignore[reportArgumentType, reportCallIssue, reportUnknownVariableType]  # overloads cannot see through a dict

    async def _fetch(self, channel_id: ChannelId, message_id: MessageId) -> discord.Message | None:
        found: list[discord.Message] = []

        async def fetch(message: discord.PartialMessage) -> None:
            found.append(await message.fetch())

        return found[-1] if await self._act_on(channel_id, message_id, fetch) else None

    async def _act_on(
        self,
        channel_id: ChannelId,
        message_id: MessageId,
        act: Callable[[discord.PartialMessage], Awaitable[object]],
    ) -> bool:
        """Whether the edited or deleted message exists; a 404 counts only with Discord's own code."""
        message = self._client.get_partial_messageable(channel_id).get_partial_message(message_id)
        async with self._asking(str(message_id), self._send_seconds):
            try:
                await act(message)
            except discord.NotFound as error:
                if error.code not in _GONE:
                    raise
                return False
        return True

    async def _find(
        self, channel_id: ChannelId, after: MessageId, is_wanted: Callable[[discord.Message], bool]
    ) -> MessageId | None:
        async with self._asking(str(channel_id), None):
            me, empty, read = self._client.user, True, 0
            history = self._client.get_partial_messageable(channel_id).history(
                limit=_HISTORY_MAX, after=discord.Object(after), oldest_first=True
            )
            # A long history takes its time: the limit is for one page.
            while (message := await self._in_time(anext(history, None))) is not None:
                empty, read = False, read + 1
                if me is not None and message.author.id == me.id and is_wanted(message):
                    return MessageId(message.id)
            if read >= _HISTORY_MAX:
                raise OutcomeUnknown("There is too much to look through.")
            may_read = not empty or await self._in_time(self._guilds.may_read_history(channel_id))
        if may_read is None:
            raise OutcomeUnknown("Whether the history may be read is not known yet.")
        if not may_read:
            raise Refused(50013)
        return None

    @contextmanager
    def _in_line(self, parcel: Parcel) -> Generator[bool]:
        """Whether it may have to wait for an upload: discord.py may send one message at a time to a channel."""
        behind_upload = parcel.channel_id in self._uploading_to
        own_upload = Counter((parcel.channel_id,) if parcel.file else ())
        self._uploading_to += own_upload
        try:
            yield behind_upload
        finally:
            self._uploading_to -= own_upload

    @asynccontextmanager
    async def _asking(
        self, about: str, within_seconds: float | None, *, behind_upload: bool = False
    ) -> AsyncGenerator[None]:
        """Send a request to Discord, if the breaker allows it; faults are raised as `CourierFault`."""
        rest_seconds = self._health.breaker.wait_seconds()
        if self._client.user is None or rest_seconds > 0:
            raise NotTaken(rest_seconds)
        began_at = self._health.begin()
        try:
            async with asyncio.timeout(within_seconds):
                yield
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
            if isinstance(error, TimeoutError):
                free_global_limit(self._client)
            fault, outcome = judge(error)
            if behind_upload and isinstance(error, TimeoutError):
                outcome = RequestOutcome.UNKNOWN
            rest_seconds = fault.retry_after_seconds if isinstance(fault, NotTaken) else 0.0
            self._health.end(began_at, outcome, about, rest_seconds=rest_seconds)
            raise fault from error
        else:
            self._health.end(began_at, RequestOutcome.ANSWERED, about)

    async def _in_time(self, request: Awaitable[T]) -> T:
        async with asyncio.timeout(self._send_seconds):
            return await request


def _custom_ids(message: discord.Message) -> list[str]:
    buttons = (child for row in message.components if isinstance(row, discord.ActionRow) for child in row.children)
    return [button.custom_id for button in buttons if isinstance(button, discord.Button) and button.custom_id]
