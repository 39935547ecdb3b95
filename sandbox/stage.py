"""The whole stage: a local Discord, a local Videos API, and the real bot between them. Tests and stories use it."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox.bot_process import BotProcess
from sandbox.chat import Chat
from sandbox.clock import ScaledClock
from sandbox.studio import Dials, Studio

_READY_SECONDS = 60.0


class Stage:
    """Both servers in this process, the bot in its own. `settings` are environment variables of the bot."""

    def __init__(
        self,
        folder: Path,
        *,
        speed: float = 1.0,
        settings: Mapping[str, str] | None = None,
        dials: Dials | None = None,
    ) -> None:
        self.folder = folder
        self.clock = ScaledClock(speed)
        self.chat = Chat(folder / "chat", self.clock)
        self.studio = Studio(folder / "studio", self.clock, dials=dials)
        self.settings = dict(settings or {})
        self.bots: list[BotProcess] = []

    @property
    def bot(self) -> BotProcess:
        """The bot's process (the first of several); it exists once the stage is set."""
        if not self.bots:
            raise RuntimeError("The stage is set before the bot is asked for.")
        return self.bots[0]

    async def __aenter__(self) -> Self:
        await self.chat.start()
        await self.studio.start()
        self.bots.append(self.a_bot("bot"))
        return self

    def a_bot(self, name: str) -> BotProcess:
        """A bot in a folder of that name, not started yet."""
        addresses = {"--discord-api": self.chat.api_base, "--gateway": self.chat.gateway_url}
        return BotProcess(self.folder / name, self.clock, addresses)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for bot in self.bots:
            await bot.kill()
        await self.studio.stop()
        await self.chat.stop()

    async def start_bot(self, *, ready: bool = True, **settings: str) -> None:
        """Start a process of the bot; `settings` change those of the stage from now on.

        With `ready` it returns when the bot receives the chat's events.
        """
        self.settings |= settings
        if ready:
            # A killed bot's connection may not be closed yet, and would pass for the new one's.
            await self.chat.bot_gone()
        await self.bot.start(self.environment())
        if ready:
            await self.chat.bot_ready(timeout_seconds=_READY_SECONDS)

    def environment(self) -> dict[str, str]:
        """The settings of a process of the bot, with the tokens and addresses of both servers."""
        return {
            "DISCORD_TOKEN": self.chat.bot_token,
            "VIDEOS_API_KEY": self.studio.api_key,
            "VIDEOS_API_BASE_URL": self.studio.base_url,
            **self.settings,
        }

    def jump(self, seconds: float) -> None:
        """Let time pass at once, for the bot and for both servers."""
        self.clock.jump(seconds)
        for bot in self.bots:
            bot.jump(seconds)

    def step_wall(self, seconds: float) -> None:
        """Set the bot's wall clock alone forward or back, as an operator would.

        No time passes, its monotonic clock does not move, and both servers continue as before. The step survives
        restarts.
        """
        self.bot.step_wall(seconds)
