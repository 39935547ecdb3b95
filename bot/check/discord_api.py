"""Reads Discord's REST API with the bot's token: GETs alone, slowly enough for a bot that runs beside it.

discord.py's client would sync commands and open a gateway. Its base address is used, as the sandbox sets that.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

import aiohttp
import discord
from discord.http import Route

from bot.check.reaching import Failure, failure_of
from bot.ops.clock import Clock
from bot.videos.json_values import at, number
from bot.videos.response import decode

REQUEST_SECONDS = 10.0
# All requests of a bot together may be 50 a second, and a running one needs most of them.
_APART_SECONDS = 0.05
_TRIES = 4
_WAIT_SECONDS_MAX = 10.0
_BODY_MAX_BYTES = 8 * 1024 * 1024


class UnansweredError(Exception):
    """A request got no answer of Discord's, for that reason."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.what)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class DiscordAnswer:
    """An answer of Discord's: status, decoded body, and its code for an error (0 without one).

    `date` is the header of that name; the request took from `began_at` to `ended_at` of this machine's clock.
    """

    status: int
    body: object
    date: str = ""
    began_at: float = 0.0
    ended_at: float = 0.0

    @property
    def code(self) -> int:
        """Discord's code for an error; 0 if it isn't Discord's own."""
        return int(number(at(self.body, ("code",))) or 0)

    @property
    def items(self) -> list[dict[str, object]]:
        """The objects of a list."""
        found = cast("list[object]", self.body) if isinstance(self.body, list) else []
        return [cast("dict[str, object]", each) for each in found if isinstance(each, dict)]


class DiscordApi:
    """One session with one token."""

    def __init__(self, session: aiohttp.ClientSession, clock: Clock, proxy: str | None = None) -> None:
        self._session = session
        self._proxy = proxy
        self._clock = clock
        self._pace = asyncio.Lock()

    async def get(self, path: str, **query: str) -> DiscordAnswer:
        """The answer to a GET of a path such as `/users/@me`; a rate limit is waited for. Raises `UnansweredError`."""
        for _ in range(_TRIES):
            await self._take_turn()
            began_at = self._clock.now()
            try:
                async with (
                    asyncio.timeout(REQUEST_SECONDS),
                    self._session.get(f"{Route.BASE}{path}", params=query, allow_redirects=False) as response,
                ):
                    body = decode(await response.content.read(_BODY_MAX_BYTES))
                    answer = DiscordAnswer(
                        response.status, body, response.headers.get("Date", ""), began_at, self._clock.now()
                    )
                    is_from_discord = "Via" in response.headers
            except (aiohttp.ClientError, OSError) as error:
                raise UnansweredError(failure_of(error, REQUEST_SECONDS, self._proxy)) from error
            if answer.status != 429:
                return answer
            wait_seconds = number(at(answer.body, ("retry_after",)))
            if not is_from_discord or wait_seconds is None or wait_seconds > _WAIT_SECONDS_MAX:
                # As docs/facts/discord.md says of the network in front of Discord.
                break
            await asyncio.sleep(wait_seconds)
        raise UnansweredError(
            Failure("asks this address to wait (429)", "Wait ten minutes, and find what else sends so many requests.")
        )

    async def _take_turn(self) -> None:
        async with self._pace:
            await asyncio.sleep(_APART_SECONDS)


@asynccontextmanager
async def discord_api(token: str, clock: Clock, proxy: str | None = None) -> AsyncGenerator[DiscordApi]:
    """Discord's API, through that proxy if one is given, for as long as the context lasts."""
    headers: Mapping[str, str] = {
        "Authorization": f"Bot {token}",
        # Discord's network refuses agents of another form (docs/facts/discord.md, "The check").
        "User-Agent": f"DiscordBot (https://github.com/Rapptz/discord.py {discord.__version__})",
    }
    async with aiohttp.ClientSession(
        headers=headers, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False, proxy=proxy
    ) as session:
        yield DiscordApi(session, clock, proxy)
