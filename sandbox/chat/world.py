"""Everything that exists in this chat, by id."""

import asyncio
import secrets
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path

from bot.ops.clock import Clock
from sandbox.chat.access import can_see
from sandbox.chat.errors import ApiError
from sandbox.chat.files import FileStore
from sandbox.chat.hub import Hub
from sandbox.chat.identifies import Identifies
from sandbox.chat.model import DM, Channel, Guild, Interaction, Message
from sandbox.chat.records import Json, User
from sandbox.chat.snowflakes import Snowflakes


@dataclass(slots=True)
class Rules:
    """Discord's numbers that a test may want to bend. All times are seconds of the clock."""

    nonce_window_seconds: float = 180.0
    ack_seconds: float = 3.0
    token_seconds: float = 900.0
    privileged_intents: int = 0
    # The number of shards that Discord recommends.
    shards: int = 1
    # Fields that some interactions lack: the channel they were made in, and the data of files that they name.
    tell_channel: bool = True
    resolve_files: bool = True
    # What the application's owner has set in the developer portal, beside the usual.
    application: Json = field(default_factory=Json)


@dataclass(eq=False, slots=True)
class Nonce:
    """A message that was posted with a nonce, and when."""

    message: Message
    at: float


class World:
    """The state of the chat: one application with its bot, people, servers, DMs, messages, interactions, commands."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        ids = Snowflakes(clock)
        self.clock = clock
        self.hub = Hub(clock, ids)
        self.files = FileStore(folder / "files", clock, ids)
        self.rules = Rules()
        self.identifies = Identifies(clock)
        self.token = f"sandbox.{secrets.token_urlsafe(24)}"
        self.bot = User(ids.next(), "Video Bot", bot=True)
        self.application_id = self.bot.id
        self.owner = User(ids.next(), "Owner")
        self.users: dict[int, User] = {self.bot.id: self.bot, self.owner.id: self.owner}
        self.guilds: dict[int, Guild] = {}
        self.dms: dict[int, Channel] = {}
        self.posts: list[Message] = []
        self.nonces: dict[tuple[int, str], Nonce] = {}
        self.commands: list[Json] = []
        self.interactions: dict[str, Interaction] = {}
        self._timers: set[asyncio.Task[None]] = set()

    def next_id(self) -> int:
        """A fresh id."""
        return self.hub.ids.next()

    def channel(self, channel_id: int) -> Channel:
        """The channel, thread or DM with that id; raises `ApiError` 10003."""
        for place in (self.dms, *(guild.channels for guild in self.guilds.values())):
            if channel_id in place:
                return place[channel_id]
        raise ApiError(10003)

    def channel_for_bot(self, channel_id: int) -> Channel:
        """The same, for the bot; raises `ApiError` 10003 or 50001."""
        channel = self.channel(channel_id)
        if not can_see(channel, self.bot):
            raise ApiError(50001)
        return channel

    def message(self, channel: Channel, message_id: int) -> Message:
        """A message that the bot may look up; raises `ApiError` 10008."""
        message = channel.all_messages.get(message_id)
        if message is None or message.deleted or message.visible_to is not None:
            raise ApiError(10008)
        return message

    def user(self, user_id: int) -> User:
        """The user with that id; raises `ApiError` 10013."""
        if user_id not in self.users:
            raise ApiError(10013)
        return self.users[user_id]

    def dm_with(self, user: User) -> Channel:
        """The DM between the bot and that user, created on demand."""
        for channel in self.dms.values():
            if user in channel.recipients:
                return channel
        channel = Channel(self.hub, self.next_id(), user.name, DM, recipients=[user, self.bot])
        self.dms[channel.id] = channel
        return channel

    def share_a_guild(self, user: User) -> bool:
        """Whether the bot and that user have a server in common."""
        return any(guild.has_bot and user.id in guild.members for guild in self.guilds.values())

    def start_timer(self, work: Coroutine[None, None, None]) -> None:
        """Run a timer; `stop_timers` ends it at the latest."""
        task = asyncio.get_running_loop().create_task(work)
        self._timers.add(task)
        task.add_done_callback(self._timers.discard)

    async def stop_timers(self) -> None:
        """End all timers."""
        timers = tuple(self._timers)
        for task in timers:
            task.cancel()
        await asyncio.gather(*timers, return_exceptions=True)
