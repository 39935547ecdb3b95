"""Holds the connection to Discord for as long as the process lives: log in, stay connected, disconnect in order."""

import asyncio
from typing import Any

import discord
import structlog

from bot.chat.discord_errors import is_refused_by_proxy
from bot.client import VideoBot
from bot.gateway import UNREACHABLE, SessionStarts, Shard
from bot.ops.tasks import BACKOFF_SECONDS_MAX, drain

_FORBIDDEN_SECONDS = 600.0
_LEAVING_SECONDS = 1.0
# They have had the time of the drain before.
_ANSWERING_SECONDS = 3.0
_WRONG_SHARDS = " SHARD_COUNT or SHARD_IDS is wrong: leave both empty, and Discord's recommendation is used."
_HINTS = {4010: _WRONG_SHARDS, 4011: _WRONG_SHARDS}
_log = structlog.stdlib.get_logger(__name__)


class DiscordRefusedError(Exception):
    """Discord rejects the token, or closed the gateway for good, or the proxy to it rejects its password."""


async def stay_connected(client: VideoBot, token: str, logged_in: asyncio.Event, starts: SessionStarts) -> None:
    """Log in, then hold the connection of each shard until cancelled.

    Raises `DiscordRefusedError` when a retry is of no use.
    """
    await _log_in(client, token)
    logged_in.set()
    recommended = await _recommended_count(starts)
    count = client.served.count or recommended
    shards = [Shard(client, shard_id, starts) for shard_id in client.served.ids or range(count)]
    await starts.serve([shard.id for shard in shards])
    client.begin_shards(count, shards)
    running = [asyncio.create_task(shard.run(), name=f"shard {shard.id}") for shard in shards]
    try:
        for ended in (await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED))[0]:
            ended.result()
    except discord.ConnectionClosed as error:
        hint = _HINTS.get(error.code, "")
        raise DiscordRefusedError(f"Discord closed the connection for good (code {error.code}).{hint}") from error
    finally:
        # Reading stops first: only then does discord.py close the session properly (docs/facts/discord.md).
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await asyncio.gather(*(shard.close() for shard in shards))


async def _recommended_count(starts: SessionStarts) -> int:
    """The number of shards that Discord recommends, once it responds; the limits of sessions are known then, too."""
    tries = 0
    while True:
        try:
            return await starts.read()
        except UNREACHABLE as error:
            tries += 1
            _log.warning("number of shards unknown", tries=tries, error=repr(error))
            await asyncio.sleep(until_next_login(tries, error))


async def _log_in(client: VideoBot, token: str) -> None:
    tries = 0
    while True:
        try:
            await client.login(token)
        except discord.LoginFailure as error:
            raise DiscordRefusedError("DISCORD_TOKEN is wrong: Discord does not know it.") from error
        except UNREACHABLE as error:
            if client.http.proxy is not None and is_refused_by_proxy(error):
                raise DiscordRefusedError(
                    "DISCORD_PROXY is wrong: the proxy does not take its name and password (407)."
                ) from error
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
    """Close the shards, let what they have received be answered, then close the client.

    Raises the exception that ended the connection earlier, if any.
    """
    gateway.cancel()
    (ended,) = await asyncio.gather(gateway, return_exceptions=True)
    # Otherwise they would break at the closed session, and their people would wait in vain.
    await drain(_handlers(), _ANSWERING_SECONDS)
    try:
        async with asyncio.timeout(_LEAVING_SECONDS):
            await client.close()
    except TimeoutError:
        _log.warning("client did not close in time")
    if isinstance(ended, Exception):
        raise ended


def _handlers() -> list[asyncio.Task[Any]]:
    """The tasks in which discord.py runs commands and listeners (docs/facts/discord.md, "Shutdown")."""
    named = ((task, task.get_name()) for task in asyncio.all_tasks())
    return [task for task, name in named if name == "CommandTree-invoker" or name.startswith("discord.py: on_")]
