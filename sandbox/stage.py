"""The whole stage: a local Discord, a local Videos API, and the real bot between them. Tests and stories use it.

With `providers` there is a studio for each, and the bot reads about them in a providers file.
"""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox.bot_process import BotProcess
from sandbox.chat import Chat
from sandbox.clock import ScaledClock
from sandbox.providers import StudioPlan, key_name, model_table, provider_tables
from sandbox.studio import Dials, Render, Studio
from sandbox.studio import Request as StudioRequest

_FIT = "VIDEOS_REFERENCE_FIT"
_READY_SECONDS = 60.0


class Stage:
    """All servers in this process, the bot in its own. `settings` are environment variables of the bot.

    `studio` is the first provider; `studios` has all of them by their names.
    """

    def __init__(
        self,
        folder: Path,
        *,
        speed: float = 1.0,
        settings: Mapping[str, str] | None = None,
        dials: Dials | None = None,
        providers: Mapping[str, StudioPlan] | None = None,
    ) -> None:
        """`dials` are those of the one studio that there is without `providers`."""
        self.folder = folder
        self.clock = ScaledClock(speed)
        self.chat = Chat(folder / "chat", self.clock)
        self._plans = dict(providers or {})
        self.studios = {
            name: Studio(folder / f"studio-{name}", self.clock, f"sk-{name}-of-the-stage", plan.dials, plan.dialect)
            for name, plan in self._plans.items()
        } or {"main": Studio(folder / "studio", self.clock, dials=dials)}
        self.studio = next(iter(self.studios.values()))
        self.models: str | None = None
        """The models in the providers file, as TOML; None: one that all of the providers have."""
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
        for studio in self.studios.values():
            await studio.start()
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
        for studio in self.studios.values():
            await studio.stop()
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
        """The settings of a process of the bot, with the tokens and addresses of all servers."""
        chosen = {"DISCORD_TOKEN": self.chat.bot_token, **self._provider_settings(), **self.settings}
        if self._plans:
            # It is in their file, beside which the setting would be a mistake.
            chosen.pop(_FIT, None)
        return chosen

    def _provider_settings(self) -> dict[str, str]:
        if not self._plans:
            return {"VIDEOS_API_KEY": self.studio.api_key, "VIDEOS_API_BASE_URL": self.studio.base_url}
        models = model_table(self.studios) if self.models is None else self.models
        file = self.folder / "providers.toml"
        tables = provider_tables(self.studios, self._plans, self.settings.get(_FIT) or "cover")
        file.write_text(f"{tables}\n{models}", encoding="utf-8")
        keys = {key_name(name): studio.api_key for name, studio in self.studios.items()}
        return {"PROVIDERS_FILE": str(file), **keys}

    @property
    def renders(self) -> list[Render]:
        """Every accepted paid submission to any provider, in order: the truth about charges."""
        return sorted((one for studio in self.studios.values() for one in studio.renders), key=lambda one: one.taken_at)

    @property
    def provider_requests(self) -> list[StudioRequest]:
        """Every request to any provider, in order."""
        return sorted((one for studio in self.studios.values() for one in studio.requests), key=lambda one: one.at)

    @property
    def api_keys(self) -> tuple[str, ...]:
        """The keys of all providers."""
        return tuple(studio.api_key for studio in self.studios.values())

    def paid(self, what: str) -> int:
        """How many accepted paid submissions, over all providers, had exactly this prompt or this idempotency key."""
        return sum(studio.paid(what) for studio in self.studios.values())

    def clear_faults(self) -> None:
        """Remove all planned faults of all servers."""
        self.chat.faults.clear()
        for studio in self.studios.values():
            studio.faults.clear()

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
