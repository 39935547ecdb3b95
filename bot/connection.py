"""Holds the connection to Discord for as long as the process lives: log in, stay connected, disconnect in order."""

import asyncio
from time import monotonic

import aiohttp
import discord
import structlog

from bot.client import VideoBot
from bot.ops.tasks import BACKOFF_SECONDS_MAX, in_a_row

_FORBIDDEN_SECONDS = 600.0
_LEAVING_SECONDS = 2.0
_log = structlog.stdlib.get_logger(__name__)


class DiscordRefusedError(Exception):
    """Discord rejects the token, or closed the gateway for good."""


async def stay_connected(client: VideoBot, token: str, logged_in: asyncio.Event) -> None:
    """Log in, then hold the gateway; one malformed event ends discord.py's own loop, so it is connected again.

    Raises `DiscordRefusedError` when a retry is of no use.
    """
    await _log_in(client, token)
    logged_in.set()
    breaks = 0
    while not client.is_closed():
        began_at = monotonic()
        try:
            await client.connect()
        except discord.ConnectionClosed as error:
            raise DiscordRefusedError(f"Discord closed the connection for good (code {error.code}).") from error
        except Exception:  # noqa: BLE001  # after any event's error the next ones must be received
            _log.exception("gateway broke", times=breaks + 1)
        breaks = in_a_row(breaks, monotonic() - began_at)
        # A second start() would load the cogs again; only the socket is opened again.
        if client.ws:
            await client.ws.close()
        await asyncio.sleep(min(BACKOFF_SECONDS_MAX, 2.0**breaks))


async def _log_in(client: VideoBot, token: str) -> None:
    tries = 0
    while True:
        try:
            await client.login(token)
        except discord.LoginFailure as error:
            raise DiscordRefusedError("DISCORD_TOKEN is wrong: Discord does not know it.") from error
        except (discord.DiscordException, aiohttp.ClientError, OSError, ValueError, TypeError, LookupError) as error:
            # Also responses that only claim to be JSON, of programs between us and Discord.
            tries += 1
            _log.warning("not logged in yet", tries=tries, error=str(error))
            await client.http.close()
            client.http.connector = discord.utils.MISSING
            await asyncio.sleep(until_next_login(tries, error))
        else:
            return


def until_next_login(tries: int, error: Exception) -> float:
    """Seconds until the next try: doubled after each; the requested wait, or ten minutes, after a 429."""
    seconds = min(BACKOFF_SECONDS_MAX, 2.0**tries)
    if isinstance(error, discord.RateLimited):
        return max(error.retry_after, seconds)
    if isinstance(error, discord.HTTPException) and error.status == 429:
        # From the network in front of Discord, or Discord's own after five times (docs/facts/discord.md, "Retries").
        return _FORBIDDEN_SECONDS
    return seconds


async def disconnect(client: VideoBot, gateway: asyncio.Task[None]) -> None:
    """Stop reading first: only then does discord.py close the session properly (docs/facts/discord.md).

    Raises the exception that ended the connection earlier, if any.
    """
    gateway.cancel()
    (ended,) = await asyncio.gather(gateway, return_exceptions=True)
    try:
        async with asyncio.timeout(_LEAVING_SECONDS):
            await client.close()
    except TimeoutError:
        _log.warning("gateway did not close in time")
    if isinstance(ended, Exception):
        raise ended
