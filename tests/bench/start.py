"""How quick a start is: imports, the first poll, idle memory; and what a long history adds."""

import asyncio
import subprocess
import sys
import time
from typing import NamedTuple

from bot.jobs.states import State
from tests.bench.acknowledgement import commands
from tests.bench.report import Report, Scale, count, median, p50_p99, percentile, spread
from tests.bench.world import ROOT, BenchWorld, a_world, acks, calm, until

_RUNS = 5
_STARTS = 3
_JOBS = 10
_IDLE_SECONDS = 8.0
_ENDED = 200_000
_OF_ONE_PERSON = 4_000
_COMMANDS = 50
_GOAL_RATIO = 2.5
_GOAL_FIRST_SECONDS = 0.7
_GOAL_MIB = 80
_GOAL_LATER_MS = 50.0
_DISCORD = "import discord"
_NAIVE = "import discord, discord.ext.commands, openai, sqlalchemy.ext.asyncio; openai.AsyncOpenAI(api_key='k').videos"
_SHOW_MEMORY = (
    "\nwith open('/proc/self/status') as status:"
    "\n    print(next(line.split()[1] for line in status if line.startswith('VmRSS')))"
)
# All modules that a start needs, however late it imports them.
_BOT = "import importlib, bot.cli, bot.app, bot.client, bot.settings; [*map(importlib.import_module, bot.client.COGS)]"


class Import(NamedTuple):
    """Of a fresh interpreter: its seconds, and its memory at the end."""

    seconds: float
    memory_mib: float


def _import(code: str) -> Import:
    began_at = time.perf_counter()
    command = [sys.executable, "-W", "ignore", "-c", code + _SHOW_MEMORY]
    said = subprocess.run(command, cwd=ROOT, check=True, timeout=60, stdout=subprocess.PIPE).stdout
    return Import(time.perf_counter() - began_at, int(said) / 1_024)


def _imports(scale: Scale, report: Report) -> None:
    """Turn by turn, so that all meet the same machine."""
    rounds = [[_import(code) for code in (_DISCORD, _NAIVE, _BOT)] for _ in range(scale.times(_RUNS))]
    bare, naive, ours = zip(*rounds, strict=True)
    ratios = [one.seconds / limit.seconds for limit, one in zip(bare, ours, strict=True)]
    others = [one.seconds / limit.seconds for limit, one in zip(bare, naive, strict=True)]
    report.row(
        "import of everything a start needs, in times `import discord`",
        limit=f"{spread([one.seconds for one in bare], 2)} s",
        peer=f"with `openai`, SQLAlchemy {spread(others, 1)}",
        goal=f"{_GOAL_RATIO}",
        today=spread(ratios, 1),
        reached=median(ratios) <= _GOAL_RATIO,
        reason="a start in 2.5 times the import of discord",
    )
    report.row(
        "memory after these imports, MiB",
        limit=f"{median([one.memory_mib for one in bare]):.0f}",
        peer=f"{median([one.memory_mib for one in naive]):.0f}",
        today=f"{median([one.memory_mib for one in ours]):.0f}",
    )


async def _first_poll(world: BenchWorld) -> float:
    """Seconds from the start of the process to its first poll; afterwards the bot has ended."""
    world.forget_requests()
    began_at, requests = world.stage.clock.now(), world.stage.studio.requests
    await world.start(ready=False)
    await until(lambda: any(one.operation == "poll" for one in requests), 60.0)
    first = next((one.at for one in requests if one.operation == "poll"), began_at + 60.0)
    await world.stage.chat.bot_ready(60)
    return first - began_at


async def _starts(world: BenchWorld, scale: Scale) -> list[float]:
    found: list[float] = []
    for _ in range(scale.times(_STARTS)):
        found.append(await _first_poll(world))
        await world.stop()
    return found


async def _with_history(report: Report, scale: Scale, empty: list[float]) -> None:
    """Ended jobs of many, and a person who has had thousands."""
    ended, own = round(_ENDED * scale.share), round(_OF_ONE_PERSON * scale.share)
    async with a_world() as world:
        world.fill(State.DELIVERED, ended, age_seconds=90 * 86_400.0, card=False)
        world.fill(State.DELIVERED, own, age_seconds=86_400.0, people=[world.people[0].id], card=False)
        world.fill(State.RENDERING, _JOBS)
        later = await _starts(world, scale)
        await world.start()
        await calm(world, scale.seconds(10.0))
        everyone, times = world.people, scale.times(_COMMANDS)
        found = {}
        for name, people in (("old", everyone[:1]), ("new", everyone[1:])):
            world.people = people
            found[name] = await acks(world, commands(world), times, 10.0)
    added_ms = 1_000 * (median(later) - median(empty))
    report.row(
        f"the first poll, ms later with {count(ended)} ended jobs (s in all)",
        goal=f"{_GOAL_LATER_MS:.0f}",
        today=f"{added_ms:+.0f} ({spread(later, 2)})",
        reached=added_ms <= _GOAL_LATER_MS,
        reason="a start 50 ms later with 200,000 ended jobs",
    )
    old, new = found["old"], found["new"]
    report.row(
        f"`/video` of a person with {count(own)} jobs, p50 / p99 in ms",
        limit=p50_p99(new),
        goal="1 ms over others",
        today=p50_p99(old),
        reached=1_000 * (percentile(old, 0.5) - percentile(new, 0.5)) <= 1.0,
        reason="a person with many jobs waits no longer",
    )


async def measure(scale: Scale) -> Report:
    """Starts with ten jobs that render; the first one also migrates, and doesn't count."""
    report = Report()
    await asyncio.to_thread(_imports, scale, report)
    async with a_world() as world:
        world.fill(State.RENDERING, _JOBS)
        await _first_poll(world)
        await world.stop()
        empty = await _starts(world, scale)
        await world.start()
        await asyncio.sleep(scale.seconds(_IDLE_SECONDS))
        memory = world.memory_mib()
    report.row(
        "the first poll after the process began, s",
        goal=f"{_GOAL_FIRST_SECONDS}",
        today=spread(empty, 2),
        reached=median(empty) <= _GOAL_FIRST_SECONDS,
        reason="first poll after 0.7 s",
    )
    report.row(
        "memory of an idle bot, MiB",
        goal=f"{_GOAL_MIB}",
        today=f"{memory:.0f}",
        reached=memory <= _GOAL_MIB,
        reason="80 MiB idle",
    )
    await _with_history(report, scale, empty)
    return report
