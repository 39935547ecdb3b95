"""What a user would pick instead of this bot, and what can't be beaten: small programs, each run as its own process.

`python -m tests.bench.peers NAME` takes its options as JSON and prints its figures as JSON. None of them keeps our
promises: they are as short as people write them.
"""

import asyncio
import heapq
import io
import json
import resource
import sqlite3
import sys
import tempfile
import time
import warnings
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import discord
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from sandbox.loopback import stay_on_loopback

Options = dict[str, Any]
_WORKERS = 32
_CHUNK_BYTES = 256 * 1024
_TICK_SECONDS = 0.005


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def memory_mib(name: str = "VmRSS") -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1]) / 1024


def a_client(options: Options) -> tuple[discord.Client, "app_commands.CommandTree[Any]"]:
    """A client of the local Discord that answers nothing yet."""
    Route.BASE = options["discord_api"]
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(options["gateway"])
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    client = discord.Client(intents=discord.Intents(guilds=True), max_messages=None)
    tree: app_commands.CommandTree[Any] = app_commands.CommandTree(client)

    async def setup_hook() -> None:
        await tree.sync()

    client.setup_hook = setup_hook
    return client, tree


async def bare_defer(options: Options) -> None:
    """discord.py alone: `/video` is deferred, and a list of twenty-five suggested from memory."""
    client, tree = a_client(options)

    @tree.command(name="video", description="A video")
    async def video(interaction: discord.Interaction, prompt: str) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)

    @tree.command(name="remix", description="A remix")
    async def remix(interaction: discord.Interaction, prompt: str, video: str) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)

    @remix.autocomplete("video")
    async def suggest(_interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=f"{typed} {number}", value=str(number)) for number in range(25)]

    await client.start(options["token"])


async def submit_first(options: Options) -> None:
    """The first draft of many a bot: it sends the paid request, then answers."""
    client, tree = a_client(options)

    @tree.command(name="video", description="A video")
    async def video(interaction: discord.Interaction, prompt: str) -> None:
        key = {"Authorization": f"Bearer {options['api_key']}"}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{options['provider']}/videos", json={"prompt": prompt}, headers=key) as response,
        ):
            await response.json()
        await interaction.response.send_message("Started", ephemeral=True)

    await client.start(options["token"])


async def bare_polls(options: Options) -> Options:
    """One session, one heap of due times, thirty-two workers; the response is read and parsed, nothing else.

    `per_second`: no more than so many; else one after the other.
    """
    ids, polls = options["ids"], 0
    pause_seconds = 1.0 / options["per_second"] if "per_second" in options else 0.0
    began_with, began_at = cpu_seconds(), time.monotonic()
    due = [(0.0, number) for number in range(len(ids))]
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {options['api_key']}"}) as session:

        async def work() -> None:
            nonlocal polls
            while polls < options["polls"]:
                at, number = heapq.heappop(due)
                polls += 1
                if pause_seconds:
                    await asyncio.sleep(max(0.0, began_at + polls * pause_seconds - time.monotonic()))
                async with session.get(f"{options['provider']}/videos/{ids[number]}") as response:
                    await response.json()
                heapq.heappush(due, (at + 5.0, number))

        await asyncio.gather(*(work() for _ in range(min(_WORKERS, len(ids)))))
    return {"polls": polls, "cpu_seconds": cpu_seconds() - began_with}


async def poll_loops(options: Options) -> Options:
    """A task per job: poll, keep the state in a database, sleep five seconds. `own_session`: one for each job."""
    polls, refused, memory_before = 0, 0, memory_mib()
    with tempfile.TemporaryDirectory() as folder:
        database = sqlite3.connect(Path(folder) / "jobs.db", isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE jobs (id TEXT PRIMARY KEY, state TEXT)")
        database.executemany("INSERT INTO jobs VALUES (?, '')", [(one,) for one in options["ids"]])
        key = {"Authorization": f"Bearer {options['api_key']}"}
        shared = aiohttp.ClientSession(headers=key)
        began_with, began_at = cpu_seconds(), time.monotonic()

        async def watch(job_id: str, first_seconds: float) -> None:
            nonlocal polls, refused
            session = aiohttp.ClientSession(headers=key) if options.get("own_session") else shared
            try:
                await asyncio.sleep(first_seconds)
                while True:
                    async with session.get(f"{options['provider']}/videos/{job_id}") as response:
                        body, polls = await response.json(), polls + 1
                        refused += response.status == 429
                    database.execute("UPDATE jobs SET state = ? WHERE id = ?", (body.get("status"), job_id))
                    await asyncio.sleep(5.0)
            finally:
                await session.close()

        number = len(options["ids"])
        spread = 0.0 if options.get("herd") else 5.0
        tasks = [asyncio.create_task(watch(one, spread * at / number)) for at, one in enumerate(options["ids"])]
        await asyncio.sleep(options["seconds"])
        figures = {
            "polls": polls,
            "refused": refused,
            "cpu_seconds": cpu_seconds() - began_with,
            "seconds": time.monotonic() - began_at,
            "memory_mib": memory_mib() - memory_before,
        }
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await shared.close()
        database.close()
    return figures


async def sdk_loops(options: Options) -> Options:
    """A task per job with the package of the provider, all on one client: poll as `create_and_poll` does.

    It returns at the state `processing`, which it doesn't know, so each task calls it again after five seconds.
    """
    import openai  # what it takes to load is measured elsewhere

    warnings.simplefilter("ignore", DeprecationWarning)
    client = openai.AsyncOpenAI(api_key=options["api_key"], base_url=options["provider"], max_retries=0)
    polls, number, memory_before = 0, len(options["ids"]), memory_mib()
    began_with = cpu_seconds()

    async def watch(job_id: str, first_seconds: float) -> None:
        nonlocal polls
        await asyncio.sleep(first_seconds)
        while True:
            await client.videos.poll(job_id, poll_interval_ms=5_000)
            polls += 1
            await asyncio.sleep(5.0)

    tasks = [asyncio.create_task(watch(one, 5.0 * at / number)) for at, one in enumerate(options["ids"])]
    await asyncio.sleep(options["seconds"])
    figures = {"polls": polls, "cpu_seconds": cpu_seconds() - began_with, "memory_mib": memory_mib() - memory_before}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await client.close()
    return figures


async def deliver_in_memory(options: Options) -> Options:
    """The documentation's way: read the whole video, and send it from memory."""

    async def move(client: discord.Client, session: aiohttp.ClientSession, url: str, number: int) -> None:
        async with session.get(url) as response:
            video = discord.File(io.BytesIO(await response.read()), f"{number}.mp4")
        await client.get_partial_messageable(options["channel"]).send(file=video)

    return await _deliver(options, move)


async def deliver_by_disk(options: Options) -> Options:
    """Written to the disk piece by piece, sent from there: no more is needed, and none of it is checked or stored."""
    with tempfile.TemporaryDirectory() as folder:

        async def move(client: discord.Client, session: aiohttp.ClientSession, url: str, number: int) -> None:
            path = Path(folder) / f"{number}.mp4"
            async with session.get(url) as response:
                with path.open("wb") as file:
                    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                        await asyncio.to_thread(file.write, chunk)
            await client.get_partial_messageable(options["channel"]).send(file=discord.File(path))

        return await _deliver(options, move)


async def _deliver(options: Options, move: Callable[..., Awaitable[None]]) -> Options:
    client, _tree = a_client(options)
    lag_seconds, loop = 0.0, asyncio.get_running_loop()

    def tick(due_at: float) -> None:
        nonlocal lag_seconds
        lag_seconds = max(lag_seconds, loop.time() - due_at)
        loop.call_later(_TICK_SECONDS, tick, loop.time() + _TICK_SECONDS)

    async with client, aiohttp.ClientSession() as session:
        await client.login(options["token"])
        before = memory_mib()
        tick(loop.time())
        began_at = time.monotonic()
        await asyncio.gather(*(move(client, session, url, at) for at, url in enumerate(options["urls"])))
        return {
            "seconds": time.monotonic() - began_at,
            "memory_mib": memory_mib("VmHWM") - before,
            "lag_seconds": lag_seconds,
        }


PEERS: dict[str, Callable[[Options], Awaitable[Options | None]]] = {
    one.__name__: one
    for one in (bare_defer, submit_first, bare_polls, poll_loops, sdk_loops, deliver_in_memory, deliver_by_disk)
}


def main() -> None:
    stay_on_loopback()
    figures = asyncio.run(PEERS[sys.argv[1]](json.loads(sys.stdin.read())))  # pyright: ignore[reportArgumentType]
    sys.stdout.write(json.dumps(figures))


if __name__ == "__main__":
    main()
