"""How quick a start is: imports, the first poll, idle memory; and what a long history adds."""

import asyncio
import subprocess
import sys
import time

from bot.jobs.states import State
from tests.bench.acknowledgement import commands
from tests.bench.report import Report, Scale, count, median, p50_p99
from tests.bench.world import ROOT, BenchWorld, a_world, acks, calm, until

_RUNS = 7
_STARTS = 3
_JOBS = 10
_IDLE_SECONDS = 8.0
_ENDED = 200_000
_OF_ONE_PERSON = 4_000
_KEYSTROKES = 60
_DISCORD = "import discord"
# All modules that a start needs, however late it imports them.
_BOT = "import importlib, bot.cli, bot.app, bot.client, bot.settings; [*map(importlib.import_module, bot.client.COGS)]"


def _took(code: str) -> float:
    began_at = time.perf_counter()
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, check=True, timeout=60)
    return time.perf_counter() - began_at


def _imports(scale: Scale, report: Report) -> None:
    """Turn by turn, so that both meet the same machine."""
    pairs = [(_took(_DISCORD), _took(_BOT)) for _ in range(scale.times(_RUNS))]
    bare = median([one for one, _ in pairs])
    ratio = median([ours / theirs for theirs, ours in pairs])
    report.row(
        "import of everything a start needs, against `import discord`",
        limit=f"{bare:.2f} s",
        goal="2.5x",
        today=f"{ratio:.1f}x",
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


async def _starts(world: BenchWorld, scale: Scale) -> float:
    found = []
    for _ in range(scale.times(_STARTS)):
        found.append(await _first_poll(world))
        await world.stop()
    return median(found)


async def _with_history(report: Report, scale: Scale, empty: float) -> None:
    """Ended jobs of many, and a person who has had thousands."""
    ended, own = round(_ENDED * scale.share), round(_OF_ONE_PERSON * scale.share)
    async with a_world() as world:
        world.fill(State.DELIVERED, ended, age_seconds=90 * 86_400.0, card=False)
        world.fill(State.DELIVERED, own, age_seconds=86_400.0, people=[world.people[0].id], card=False)
        world.fill(State.RENDERING, _JOBS)
        later = await _starts(world, scale)
        await world.start()
        await calm(world, scale.seconds(10.0))
        everyone, times = world.people, scale.times(_KEYSTROKES)
        found = {}
        for name, people in (("old", everyone[:1]), ("new", everyone[1:])):
            world.people = people
            found[name] = await acks(world, commands(world), times, 10.0)
    metric = f"the first poll, ms later with {count(ended)} ended jobs"
    report.row(metric, goal="50", today=f"{1_000 * (later - empty):+.0f}")
    metric = f"`/video` of a person with {count(own)} jobs, p50 / p99 in ms"
    report.row(metric, limit=p50_p99(found["new"]), goal="as others", today=p50_p99(found["old"]))


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
    report.row("the first poll after the process began, s", goal="0.7", today=f"{empty:.2f}")
    report.row("memory of an idle bot, MiB", goal="80", today=f"{memory:.0f}")
    await _with_history(report, scale, empty)
    return report
