"""The world of a measure: the real bot as its own process between the sandbox's servers, with as many jobs as wanted.

Jobs of earlier are written to the database before the bot starts. The bot's CPU and memory are the operating system's
figures for its process alone; the stand-ins run in this one.
"""

import asyncio
import json
import os
import sqlite3
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.jobs.migrating import migrate
from bot.jobs.model import ChannelId, GuildId, Place, UserId, new_job_id
from bot.jobs.states import State
from bot.jobs.store.rows import row_of
from bot.jobs.tables import jobs as jobs_table
from sandbox.chat import Channel, Guild, Person
from sandbox.chat.posting import Draft, post
from sandbox.stage import Stage
from sandbox.studio import Dials
from sandbox.studio.dials import Outcome
from sandbox.studio.faults import Faults
from sandbox.studio.state import Render, Submission
from tests.bench import meters
from tests.unit.bot.jobs.samples import a_job

ROOT = Path(__file__).resolve().parents[2]
_HOOK = Path(__file__).parent / "hook"
_TICKS = os.sysconf("SC_CLK_TCK")
_HOURS = 3_600.0 * 10
JOBS_PER_PERSON = 5
# Of a core.
_HARDLY = 0.1
# The limits that would refuse what is measured are raised; all else is as it comes.
_SETTINGS = {
    "MAX_ACTIVE_JOBS_PER_USER": "100000",
    "MAX_JOBS_PER_USER_PER_DAY": "0",
    "MAX_SUBMITS_PER_MINUTE": "100000",
    "MAX_RENDERING_JOBS": "20000",
    "MAX_QUEUED_JOBS": "20000",
    "JOB_DEADLINE_SECONDS": "7d",
    "JOB_GIVE_UP_SECONDS": "30d",
    "LOG_FORMAT": "json",
}
_QUICK_VIDEOS = {"frames_per_second": 1.0, "default_size": "160x90"}

profiles: Path | None = None
"""Where each bot's profile is written; None: none is made."""


@dataclass
class BenchWorld:
    """One world; `start` starts the bot."""

    stage: Stage
    guild: Guild
    channels: list[Channel]
    people: list[Person]
    meters_file: Path
    wanted: str
    first_ids: dict[State, int] = field(default_factory=dict)

    @property
    def pid(self) -> int:
        assert self.stage.bot._process is not None
        return self.stage.bot._process.pid

    async def start(self, *, ready: bool = True) -> float:
        """Start a process of its own, not one that is forked; returns after how many seconds it was connected."""
        meters.make(self.meters_file)
        inside = {"BENCH_METERS": str(self.meters_file), "BENCH_WANTED": self.wanted}
        if profiles is not None:
            inside["BENCH_PROFILE"] = str(profiles / f"{uuid.uuid4().hex[:8]}.prof")
        # Without any meter the process is exactly what an operator starts.
        needed = inside if self.wanted or profiles is not None else {}
        path = f"{ROOT}:{_HOOK}" if needed else str(ROOT)
        began_at = self.stage.clock.now()
        await self.stage.start_bot(ready=False, PYTHONPATH=path, **needed)
        if ready:
            await self.stage.chat.wait_for(lambda: self.stage.chat.bot_online, 120, what="the bot to connect")
            connected_at = self.stage.clock.now()
            await self.stage.chat.bot_ready(60)
            return connected_at - began_at
        return 0.0

    async def stop(self) -> None:
        await self.stage.bot.terminate()
        await self.stage.chat.bot_gone()

    def cpu_seconds(self, pid: int | None = None) -> float:
        """What the bot's process, all its threads, has used so far; or the process of that id."""
        fields = Path(f"/proc/{pid or self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory_mib(self) -> float:
        return _status(self.pid, "VmRSS")

    def peak_mib(self) -> float:
        return _status(self.pid, "VmHWM")

    def reset_peak(self) -> None:
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def meters(self) -> meters.Readings:
        return meters.read(self.meters_file)

    def polls(self, status: int | None = None) -> int:
        """How many polls were answered so far, with that status or any."""
        return sum(
            one.operation == "poll" and one.status is not None and status in (None, one.status)
            for one in self.stage.studio.requests
        )

    def edits(self, channel: Channel | None = None) -> int:
        """How many edits of messages were received so far, in that channel or all."""
        there = f"/channels/{channel.id}/" if channel else ""
        return sum(one.kind == "message_edit" and there in one.path for one in self.stage.chat.requests)

    def videos_posted(self) -> int:
        return sum(bool(one.attachments) for one in self.stage.chat.posts)

    def forget_requests(self) -> None:
        """Begin to count again."""
        self.stage.studio.requests.clear()
        self.stage.chat.requests.clear()

    def fill(
        self,
        state: State,
        number: int,
        *,
        age_seconds: float = 600.0,
        render_seconds: float | None = None,
        people: Iterable[int] | None = None,
        card: bool = True,
        channels: list[Channel] | None = None,
    ) -> list[Render]:
        """Write that many jobs in that state, as an earlier process would have left them; the bot must not run.

        They are of many people and of evenly spread ages up to `age_seconds`. Those at the provider render there for
        `render_seconds`, or for ever.
        """
        database = self.make_database()
        if number == 0:
            return []
        stage, now = self.stage, self.stage.clock.now()
        places = channels or self.channels
        renders: list[Render] = []
        requesters = list(people or (100_000 + index // JOBS_PER_PERSON for index in range(number)))
        rows: list[dict[str, Any]] = []
        posts: list[tuple[Any, ...]] = []
        template = self._template(state, places[0])
        for index in range(number):
            at = now - age_seconds + age_seconds * index / number
            channel = places[index % len(places)]
            row = template | {
                "id": new_job_id(),
                "origin_id": uuid.uuid4().hex,
                "idempotency_key": str(uuid.uuid4()),
                "user_id": UserId(requesters[index % len(requesters)]),
                "channel_id": channel.id,
                "accepted_at": at,
            }
            if state is State.RENDERING:
                renders.append(self._render(at, render_seconds))
                row |= {"remote_id": renders[-1].id, "submitted_at": at}
            elif state is State.DELIVERED:
                row |= {"remote_id": uuid.uuid4().hex, "submitted_at": at, "completed_at": at + 1, "ended_at": at + 2}
            rows.append(row)
            kind = "video" if state is State.DELIVERED else "card"
            message_id = post(stage.chat.world, channel, stage.chat.bot_user, Draft("A card")).id if card else at * 1e6
            posts.append((row["id"], kind, 1, "sent", channel.id, int(message_id), 1, 0.0))
        names = list(rows[0])
        with closing(sqlite3.connect(database)) as connection, connection:
            _insert(connection, "jobs", names, ([_plain(row[name]) for name in names] for row in rows))
            columns = ["job_id", "kind", "number", "state", "channel_id", "message_id", "tries", "not_before"]
            _insert(connection, "posts", columns, posts)
        return renders

    def make_database(self) -> Path:
        """Migrate here if no process has done so: it would keep the memory that this takes."""
        data_dir = self.stage.bot.data_dir
        data_dir.mkdir(parents=True, mode=0o700, exist_ok=True)
        if not (data_dir / "bot.db").exists():
            migrate(data_dir / "bot.db")
        return data_dir / "bot.db"

    def _template(self, state: State, channel: Channel) -> dict[str, Any]:
        """The columns of a job in that state."""
        place = Place(ChannelId(channel.id), GuildId(self.guild.id))
        facts: dict[str, Any] = {"provider": self.stage.studio.base_url}
        job = a_job(state, place=place, prompt="A red fox in snow", **facts)
        known = {one.name: getattr(job, one.name) for one in jobs_table.columns if hasattr(job, one.name)}
        return {**known, **row_of(job)}

    def _render(self, at: float, seconds: float | None) -> Render:
        state = self.stage.studio._state
        outcome = Outcome.hang() if seconds is None else Outcome.ok()
        asked = Submission("A red fox in snow", "gpt-4o-video", "160x90", "4")
        render = Render(f"video_{uuid.uuid4().hex[:24]}", asked, at, seconds or _HOURS, outcome)
        state.renders.append(render)
        state._by_id[render.id] = render
        if seconds is not None:
            state._go_on(render)
        return render


def _insert(connection: sqlite3.Connection, table: str, names: list[str], rows: Iterable[Any]) -> None:
    columns, marks = ", ".join(f'"{name}"' for name in names), ", ".join("?" * len(names))
    connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)  # noqa: S608  # our own names


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return json.dumps(value)
    return str(value) if isinstance(value, str) else value


def _status(pid: int, name: str) -> float:
    text = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in text.splitlines() if line.startswith(f"{name}:")).split()[1]) / 1024


@asynccontextmanager
async def a_world(
    *,
    settings: dict[str, str] | None = None,
    people: int = 50,
    channels: int = 20,
    wanted: str = "",
    faults: Faults | None = None,
    **dials: Any,
) -> AsyncIterator[BenchWorld]:
    """A world without jobs; `wanted` names the meters inside of the bot: `transactions`, `lag`."""
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        turned: dict[str, Any] = {"render_seconds": _HOURS, **_QUICK_VIDEOS, **dials}
        stage = Stage(Path(folder), settings=_SETTINGS | (settings or {}), dials=Dials(**turned))
        if faults is not None:
            stage.studio.faults = faults
        async with stage:
            guild = stage.chat.add_guild("Rush hour", premium_tier=2)
            places = [guild.add_channel(f"videos-{number}") for number in range(channels)]
            everyone = [stage.chat.add_person(f"Person {number}") for number in range(people)]
            for person in everyone:
                guild.join(person)
            yield BenchWorld(stage, guild, places, everyone, Path(folder) / "meters", wanted)
            if profiles is not None:
                # A killed process writes none.
                await stage.bot.terminate()


async def until(predicate: Any, timeout_seconds: float) -> bool:
    """Wait for it, looking now and then; whether it came true in time."""
    loop = asyncio.get_running_loop()
    end = loop.time() + timeout_seconds
    while not predicate():
        if loop.time() > end:
            return False
        await asyncio.sleep(0.02)
    return True


async def calm(world: BenchWorld, timeout_seconds: float, quiet_seconds: float = 2.0) -> None:
    """Wait until what a start sets off is done: for a while the bot sends Discord nothing, and hardly computes."""
    loop = asyncio.get_running_loop()
    end, known, since, used = loop.time() + timeout_seconds, -1, loop.time(), world.cpu_seconds()
    while loop.time() < end:
        now = len(world.stage.chat.requests)
        if now != known or world.cpu_seconds() - used > _HARDLY * quiet_seconds:
            known, since, used = now, loop.time(), world.cpu_seconds()
        elif loop.time() - since >= quiet_seconds:
            return
        await asyncio.sleep(0.1)


async def acks(world: BenchWorld, each: Iterator[Any], times: int, per_second: float) -> list[float]:
    """Act `times` times at that rate, however slow the bot is; how long each first response took to arrive, in seconds.

    `each` yields coroutines that open an interaction. One that isn't answered in time counts as three seconds.
    """
    chat, loop = world.stage.chat, asyncio.get_running_loop()
    before = set(chat.world.interactions)
    began_at, tasks = loop.time(), []
    for number in range(times):
        await asyncio.sleep(max(0.0, began_at + number / per_second - loop.time()))
        tasks.append(asyncio.create_task(next(each)))
    await asyncio.sleep(0)
    opened = [one for token, one in chat.world.interactions.items() if token not in before]

    def answered() -> dict[str, float]:
        return {one.path.split("/")[-3]: one.at for one in chat.requests if one.kind == "callback"}

    await until(lambda: len(answered().keys() & {str(one.id) for one in opened}) == len(opened), 5.0)
    await asyncio.gather(*tasks, return_exceptions=True)
    at = answered()
    return [at.get(str(one.id), one.created_at + 3.0) - one.created_at for one in opened]
