"""The experiment with several processes on one PostgreSQL database.

Processes and the database are killed, and processes are stopped until others have taken over their work, while
requests come in on all shards and both servers misbehave. Then the outcome is counted.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from sandbox.chaos import plan
from sandbox.chaos.blows import PlannedBlow, a_planned_blow
from sandbox.chaos.cluster_count import count_cluster
from sandbox.chaos.crowd import Crowd
from sandbox.chaos.limits import Limits, LimitWatch
from sandbox.chaos.report import Report
from sandbox.chaos.settling import open_query, settle
from sandbox.chaos.shared_rows import SharedRows
from sandbox.chaos.supervisor import Supervisor
from sandbox.cluster_stage import ClusterStage
from sandbox.postgres import PostgresServer
from sandbox.studio import Dials

GIVE_UP_SECONDS = 86_400.0
LIMITS = Limits(rendering_jobs=4, submits_per_minute=20, active_jobs_of_a_person=3)
_DATABASE = "bot"
_SHARDS_EACH = 2
_CHANNELS = 24
_RENDER_SECONDS = (0.1, 0.3, 1.0, 2.0)
_RUSH_SHARE = 0.3
_RUSH = 6
_ASKED_MAX = 30
_WORKING_SHARE = 0.7
_WORKING_SECONDS = 10.0
_ROUNDS_MAX = 400
_LOOK_SECONDS = 0.05
_READY_SECONDS = 60.0
_BURIED_SECONDS = 40.0
_AFTER_JUMP_SECONDS = 2.0
# The database has to keep what it has confirmed.
_DURABLE: dict[str, Any] = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
_SETTINGS = {
    "POLL_MIN_SECONDS": "0.1",
    "POLL_MAX_SECONDS": "0.5",
    "REPLY_REMIX": "on",
    "REPLY_GRACE_SECONDS": "0.2",
    "MAX_ACTIVE_JOBS_PER_USER": str(LIMITS.active_jobs_of_a_person),
    "MAX_JOBS_PER_USER_PER_DAY": "0",
    "MAX_SUBMITS_PER_MINUTE": str(LIMITS.submits_per_minute),
    "MAX_RENDERING_JOBS": str(LIMITS.rendering_jobs),
    # Time passes in jumps here. They alone must not make a job late, or end it unsent.
    "JOB_DEADLINE_SECONDS": "43200",
    "JOB_GIVE_UP_SECONDS": str(int(GIVE_UP_SECONDS)),
}


async def run_cluster(
    folder: Path, seed: int, kills: int, jobs: int, processes: int, say: Callable[[str], None] = print
) -> Report:
    """Run it, with all files in `folder`, and return its report. `kills` are of processes and of the database."""
    began_at = time.monotonic()
    dials = Dials(render_seconds=0.3, frames_per_second=1.0, default_size="160x90", alike=True)
    server = await asyncio.to_thread(PostgresServer(**_DURABLE).__enter__)
    try:
        url = await asyncio.to_thread(server.create, _DATABASE)
        stage = ClusterStage(
            folder, url, processes=processes, shards_each=_SHARDS_EACH, settings=_SETTINGS, dials=dials
        )
        async with stage:
            experiment = ClusterChaos(stage, server, SharedRows(url), Report(seed, kills, jobs), say)
            clock_began_at = stage.clock.now()
            report = await experiment.run()
            report.duration_seconds = round(time.monotonic() - began_at, 1)
            report.hours_passed = round((stage.clock.now() - clock_began_at) / 3600, 2)
            return report
    finally:
        await asyncio.to_thread(server.__exit__, None, None, None)


class ClusterChaos:
    """One run: `run` it once."""

    def __init__(
        self, stage: ClusterStage, server: PostgresServer, rows: SharedRows, report: Report, say: Callable[[str], None]
    ) -> None:
        self.stage = stage
        self.server = server
        self.rows = rows
        self.report = report
        self._say = say
        self._rng = Random(report.seed)
        # Decided apart from the rest, so that a seed always gives the same blows.
        self._blows = Random(report.seed)
        shards = stage.shards
        guilds = [stage.chat.add_guild(f"Night Shift {n}", shard=(n, shards)) for n in range(shards)]
        self._crowd = Crowd(stage.chat, self._rng, report.jobs_wanted, guilds, max(_CHANNELS, shards))
        report.people, report.processes = len(self._crowd.people), len(stage.bots)
        self.supervisor = Supervisor(stage)
        self.watch = LimitWatch(rows)
        self.hit: set[str] = set()
        self.known: set[str] = set()
        self.jumps: list[tuple[float, float]] = []
        self.not_ended: list[str] = []
        self._stepped: dict[int, tuple[int, float]] = {}

    async def run(self) -> Report:
        """The whole run: blows until so many kills, then peace, then counting."""
        looking = [asyncio.create_task(one.run()) for one in (self.supervisor, self.watch)]
        try:
            await self._begin()
            number = 0
            while self.report.kills < self.report.kills_wanted:
                number += 1
                await self._round(number)
            await self._rest()
        finally:
            for task in looking:
                task.cancel()
            await asyncio.gather(*looking, return_exceptions=True)
        for number in range(len(self.stage.bots)):
            self.supervisor.note_end(number)
        await self._end()
        self.report.asked = self._crowd.asked
        report = await count_cluster(self, LIMITS)
        await self.rows.close()
        return report

    async def _end(self) -> None:
        for number, bot in enumerate(self.stage.bots):
            try:
                code = await bot.terminate()
            except TimeoutError:
                code = -1
            if code:
                self.supervisor.strange.append(f"process {number} ended with {code} after SIGTERM")

    async def _begin(self) -> None:
        """Start all processes and have a first video to reply to."""
        await self._all_online()
        channel = self._crowd.channels[0]
        await self._crowd.people[0].slash(channel, "video", prompt="The first balloon")
        await self.stage.chat.wait_message(channel, lambda m: m.attachments, timeout_seconds=60)

    async def _round(self, number: int) -> None:
        """Some requests with faults, then one blow."""
        rng, stage, report = self._rng, self.stage, self.report
        blow = a_planned_blow(self._blows, len(stage.bots))
        faults = plan.plan_faults(rng, stage)
        report.faults.update(plan.kind_of(fault) for fault in faults)
        stage.studio.dials.render_seconds = rng.choice(_RENDER_SECONDS)
        drop, shard = plan.a_gateway_drop(rng), rng.randrange(stage.shards)
        self._set_clocks(blow)
        if rng.random() < _WORKING_SHARE:
            await self._submitting()
        asked = await self._ask_some(rush=rng.random() < _RUSH_SHARE)
        if drop is not None:
            report.gateway_drops += 1
            await stage.chat.drop_gateway(how=drop[0], resumable=drop[1], shard_id=shard)
        # The experiment itself: the moment of the blow.
        await asyncio.sleep(blow.after_seconds)
        await self._strike(blow)
        report.kills += blow.kills
        stage.chat.faults.clear()
        stage.studio.faults.clear()
        hit = await self._note_submitting()
        report.kills_while_submitting += len(hit)
        self._jump(blow.passing_seconds)
        wrong = "; ".join(faults) or "nothing went wrong"
        self._say(
            f"  round {number}, {report.kills} kills: {blow.what} {blow.after_seconds:.3f} s after {asked} questions, "
            f"submitting {len(hit)}, {blow.passing_seconds:g} s pass; {wrong}"
        )

    async def _submitting(self) -> None:
        """Wait until a process submits, or for a while: otherwise most blows would hit processes that are starting."""
        until = time.monotonic() + _WORKING_SECONDS
        while time.monotonic() < until:
            holders = await self.rows.read("SELECT holder FROM roles WHERE holder IN (SELECT name FROM processes)")
            if holders:
                return
            await asyncio.sleep(_LOOK_SECONDS)

    async def _strike(self, blow: PlannedBlow) -> None:
        if blow.what == "pause":
            await self._pause(await self._target(blow, alive=2))
            return
        if blow.what in ("process", "both"):
            number = await self._target(blow)
            await self.supervisor.kill(number, blow.process_down_seconds)
            self._clock_is_right(number)
        if blow.what in ("database", "both"):
            self.supervisor.trouble_until = float("inf")
            await asyncio.to_thread(self.server.kill)
            await asyncio.sleep(blow.database_down_seconds)
            await asyncio.to_thread(self.server.start)
            self.supervisor.trouble_until = time.monotonic()
            self.report.database_kills += 1

    async def _target(self, blow: PlannedBlow, alive: int = 0) -> int:
        """The number of the process to strike, once so many are alive; with that it is one of them."""
        while True:
            names = await self._alive()
            living = [number for number in range(len(self.stage.bots)) if self.stage.name_of(number) in names]
            if len(living) >= alive:
                break
            await asyncio.sleep(_LOOK_SECONDS)
        roles = await self.rows.read("SELECT holder FROM roles WHERE name = 'submitter'")
        submitter = [number for number in living if roles and self.stage.name_of(number) == roles[0]["holder"]]
        if blow.at_submitter and submitter:
            return submitter[0]
        return blow.process if blow.process in living or not alive else living[0]

    async def _pause(self, number: int) -> None:
        """Stop a process until others have taken over its work; then it has to end by itself."""
        bot, name = self.stage.bots[number], self.stage.name_of(number)
        self.supervisor.trouble_until = float("inf")
        bot.pause()
        await self._note_submitting()
        until = time.monotonic() + _BURIED_SECONDS
        while name in await self._alive():
            if time.monotonic() > until:
                self.not_ended.append(f"{name} was stopped, and not taken over")
                break
            await asyncio.sleep(_LOOK_SECONDS)
        await self._note_submitting()
        await self._ask_some(rush=True)
        bot.resume()
        self.supervisor.trouble_until = time.monotonic()
        self.report.pauses += 1
        try:
            await bot.ended()
        except TimeoutError:
            self.not_ended.append(f"{name} was taken over, and did not end")

    async def _alive(self) -> set[str]:
        return {row["name"] for row in await self.rows.read("SELECT name FROM processes")}

    def _set_clocks(self, blow: PlannedBlow) -> None:
        """Set a process's wall clock for the rest of its life; its machine is right again when it is started next."""
        for number, (life, _) in list(self._stepped.items()):
            if self.stage.bots[number].lives != life:
                self._clock_is_right(number)
        if blow.step is not None and blow.step[0] not in self._stepped and self.stage.bots[blow.step[0]].running:
            number, seconds = blow.step
            self._stepped[number] = (self.stage.bots[number].lives, seconds)
            self.stage.bots[number].step_wall(seconds)
            self.report.clock_steps += 1

    def _clock_is_right(self, number: int) -> None:
        _, seconds = self._stepped.pop(number, (0, 0.0))
        if seconds:
            self.stage.bots[number].step_wall(-seconds)

    def _jump(self, seconds: float) -> None:
        if seconds:
            self.stage.jump(seconds)
            now = self.stage.clock.now()
            self.jumps.append((now, now + _AFTER_JUMP_SECONDS))

    async def _note_submitting(self) -> set[str]:
        """Note the jobs that are being sent now, and all that are known."""
        rows = await self.rows.read("SELECT id, state FROM jobs")
        self.known |= {row["id"] for row in rows}
        hit = {row["id"] for row in rows if row["state"] == "submitting"}
        self.hit |= hit
        return hit

    async def _ask_some(self, *, rush: bool) -> int:
        """Make as many requests as keep the number of jobs in step with the kills; one person makes many at once."""
        report = self.report
        due = report.jobs_wanted * (report.kills + 1) / max(1, report.kills_wanted) - await self._accepted()
        asked = max(1, min(int(due) + 1, _ASKED_MAX))
        for _ in range(asked):
            await self._crowd.ask()
        if rush:
            person = self._rng.choice(self._crowd.people)
            for _ in range(_RUSH):
                await self._crowd.ask(person)
        return asked + _RUSH * rush

    async def _rest(self) -> None:
        """Let the bots run undisturbed until everything has ended, at the very end past JOB_GIVE_UP_SECONDS."""
        self.stage.studio.dials.render_seconds = min(_RENDER_SECONDS)
        for number in range(len(self.stage.bots)):
            self._clock_is_right(number)
        for _ in range(_ROUNDS_MAX):
            await self._all_online()
            missing = self.report.jobs_wanted - await self._accepted()
            if missing <= 0:
                break
            for _ in range(min(missing, 2 * _ASKED_MAX)):
                await self._crowd.ask()
            # Requests are accepted while nothing else happens here.
            await asyncio.sleep(_LOOK_SECONDS)
            await self._settle("uncertain")
        await self._settle("uncertain")
        states = Counter(row["state"] for row in await self.rows.read("SELECT state FROM jobs"))
        self._say(f"  at peace: {dict(states)}; now JOB_GIVE_UP_SECONDS pass")
        self._jump(GIVE_UP_SECONDS)
        await self._settle()

    async def _settle(self, *besides: str) -> None:
        async def count_open() -> int:
            return await self.rows.number(open_query(besides))

        await settle(count_open, self._jump)

    async def _all_online(self) -> None:
        """Return when every shard receives events and the commands are synced."""
        chat, wanted = self.stage.chat, set(range(self.stage.shards))
        until = time.monotonic() + _READY_SECONDS
        while not (wanted <= set(chat.shards_online) and chat.commands):
            if time.monotonic() > until:
                raise TimeoutError(f"Only the shards {chat.shards_online} are online.")
            await asyncio.sleep(_LOOK_SECONDS)

    async def _accepted(self) -> int:
        return await self.rows.number("SELECT count(*) FROM jobs")
