"""What several processes on one PostgreSQL carry: jobs, writes, and the memory of many servers (docs/scaling.md)."""

import asyncio
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.jobs.migrating_shared import migrate_shared
from sandbox.bot_process import BotProcess
from sandbox.chat import Channel
from sandbox.postgres import PostgresServer
from tests.bench.report import Report, Scale, count
from tests.bench.world import ROOT, BenchWorld, a_world, calm, until

_TICKS = os.sysconf("SC_CLK_TCK")
_COUNTS = (1, 2, 4)
_JOBS = 60
_WRITE_SECONDS = 3.0
_GUILDS = 1_000
_CHANNELS_EACH = 25


def _cpu_seconds(pids: Sequence[int]) -> float:
    used = 0
    for pid in pids:
        # A connection may end meanwhile.
        with suppress(FileNotFoundError, ProcessLookupError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            used += int(fields[11]) + int(fields[12])
    return used / _TICKS


def _transactions(server: PostgresServer, database: str) -> int:
    time.sleep(1.1)  # the server's own statistics are a second late
    return int(server.execute(f"SELECT xact_commit FROM pg_stat_database WHERE datname = '{database}'"))  # noqa: S608


async def _carried(processes: int, scale: Scale) -> tuple[float, float, float, float]:
    """Jobs a second from command to video; CPU ms per job of the bots and of the database; transactions per job."""
    jobs = scale.times(_JOBS)
    with PostgresServer(in_memory=False, fsync="on", synchronous_commit="on") as server:
        url = await asyncio.to_thread(server.create, "bot")
        await asyncio.to_thread(migrate_shared, sa.make_url(url))
        async with a_world(people=100, render_seconds=0.5) as world:
            bots = await _start(world, url, processes)
            channels = [channel for _, channel in _places(world, processes)]
            await asyncio.sleep(scale.seconds(3.0))
            pids = [bot._process.pid for bot in bots if bot._process is not None]
            transactions = await asyncio.to_thread(_transactions, server, "bot")
            began = (_cpu_seconds(pids), _cpu_seconds([server.pid, *server.connections()]), time.monotonic())
            each = _commands(world, channels)
            asked = [asyncio.create_task(next(each)) for _ in range(jobs)]
            await until(lambda: _videos(channels) >= jobs, 120.0)
            took = time.monotonic() - began[2]
            cpu = _cpu_seconds(pids) - began[0], _cpu_seconds([server.pid, *server.connections()]) - began[1]
            await asyncio.gather(*asked, return_exceptions=True)
            transactions = await asyncio.to_thread(_transactions, server, "bot") - transactions
            done = max(1, _videos(channels))
            for bot in bots:
                await bot.terminate()
    return done / took, 1000 * cpu[0] / done, 1000 * cpu[1] / done, transactions / done


async def _start(world: BenchWorld, url: str, processes: int) -> list[BotProcess]:
    stage = world.stage
    stage.chat.rules.shards = processes
    addresses = {"--discord-api": stage.chat.api_base, "--gateway": stage.chat.gateway_url}
    bots = [BotProcess(stage.folder / f"bot-{number}", stage.clock, addresses) for number in range(processes)]
    for number, bot in enumerate(bots):
        await bot.start(
            {
                "DISCORD_TOKEN": stage.chat.bot_token,
                "VIDEOS_API_KEY": stage.studio.api_key,
                "VIDEOS_API_BASE_URL": stage.studio.base_url,
                **stage.settings,
                "DATABASE_URL": url,
                "SHARD_COUNT": str(processes),
                "SHARD_IDS": str(number),
            }
        )
    assert await until(lambda: len(stage.chat.shards_online) == processes, 120.0), "every shard connects"
    return bots


def _places(world: BenchWorld, processes: int) -> list[tuple[Any, Channel]]:
    """A server with a channel in each shard."""
    found: list[tuple[Any, Channel]] = []
    for shard in range(processes):
        guild = world.stage.chat.add_guild(f"Shard {shard}", shard=(shard, processes))
        for person in world.people:
            guild.join(person)
        found.extend((guild, guild.add_channel(f"videos-{number}")) for number in range(5))
    return found


def _commands(world: BenchWorld, channels: list[Channel]) -> Iterator[Any]:
    number = 0
    while True:
        person = world.people[number % len(world.people)]
        yield person.slash(channels[number % len(channels)], "video", prompt=f"A red fox, number {number}")
        number += 1


def _videos(channels: list[Channel]) -> int:
    return sum(bool(message.attachments) for channel in channels for message in channel.messages)


async def _written(processes: int, scale: Scale) -> float:
    """Deciding writes a second of that many processes together, on a disk that is waited for."""
    seconds = scale.seconds(_WRITE_SECONDS)
    with PostgresServer(in_memory=False, fsync="on", synchronous_commit="on") as server:
        url = await asyncio.to_thread(server.create, "bot")
        await asyncio.to_thread(migrate_shared, sa.make_url(url))
        writers = [
            await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.bench.shared_writer", url, f"writer {number}", str(seconds),
                cwd=ROOT, stdout=asyncio.subprocess.PIPE,
            )
            for number in range(processes)
        ]  # fmt: skip
        written = [int((await writer.communicate())[0]) for writer in writers]
    return sum(written) / seconds


async def _memory_of_guilds(scale: Scale) -> float:
    """MiB that 1,000 servers add to a process, each with as many channels and roles as a middling one."""
    guilds = scale.times(_GUILDS)
    used: list[float] = []
    for number in (0, guilds):
        async with a_world(people=1) as world:
            for index in range(number):
                guild = world.stage.chat.add_guild(f"Server {index}")
                for channel in range(_CHANNELS_EACH):
                    guild.add_channel(f"channel-{channel}")
            await world.start()
            await calm(world, 30.0, scale.seconds(2.0))
            used.append(world.memory_mib())
    return (used[1] - used[0]) * 1_000 / guilds


async def measure(scale: Scale) -> Report:
    """One, two and four processes, a shard each; all on this machine, with both servers and the database."""
    report = Report()
    for processes in _COUNTS:
        per_second, bots_ms, database_ms, transactions = await _carried(processes, scale)
        which = f"{processes} {'process' if processes == 1 else 'processes'}"
        report.row(f"jobs a second from command to video, {which}", today=f"{per_second:.0f}")
        report.row(f"CPU per job of the bot, and of PostgreSQL, ms, {which}", today=f"{bots_ms:.0f}, {database_ms:.0f}")
        report.row(f"transactions per job at PostgreSQL, {which}", today=f"{transactions:.0f}")
    for processes in _COUNTS:
        per_second = await _written(processes, scale)
        which = f"{processes} {'process' if processes == 1 else 'processes'}"
        report.row(f"deciding writes a second in all, {which}", today=count(round(per_second)))
    report.row(
        f"memory per 1,000 servers with {_CHANNELS_EACH} channels each, MiB",
        today=f"{await _memory_of_guilds(scale):.0f}",
    )
    return report
