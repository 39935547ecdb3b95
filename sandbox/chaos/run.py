"""The experiment: many people make requests, the bot is killed repeatedly while both servers misbehave, then the
outcome is counted.

A seed decides the requests, the faults, the kills and the time between them. What the bot does at the moment of a kill
depends on the machine, so the same seed gives a similar experiment, not the same one.
"""

import asyncio
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

from bot.videos.provider_setup import Abilities
from sandbox.chaos import plan
from sandbox.chaos.counting import count_forgotten, count_jobs, count_world
from sandbox.chaos.crowd import Crowd
from sandbox.chaos.invariants import find_violations
from sandbox.chaos.machine_faults import MachineFaults
from sandbox.chaos.plan import is_private
from sandbox.chaos.report import Report
from sandbox.chaos.rows import read_rows
from sandbox.chaos.scraping import Scraper
from sandbox.chaos.settling import open_query, settle
from sandbox.providers import StudioPlan
from sandbox.stage import Stage
from sandbox.studio import Dials, ModelCard

GIVE_UP_SECONDS = 86_400.0
# Many, so that a search of one's history stays short.
_CHANNELS = 24
_LOOK_SECONDS = 0.05
_ROUNDS_MAX = 400
_READY_SECONDS = 60.0
# Longer than any alert needs to be silent again.
_CALM_SCRAPES, _CALM_SECONDS = 10, 240.0
# The moment of the last kill, for a scraper.
KILLED = "killed"
_SIZE = "160x90"
_BACKUP_MODEL = "vendor/clip-1"
_SETTINGS = {
    "POLL_MIN_SECONDS": "0.1",
    "POLL_MAX_SECONDS": "0.5",
    "REPLY_REMIX": "on",
    "REPLY_GRACE_SECONDS": "0.2",
    "MAX_ACTIVE_JOBS_PER_USER": "10",
    "MAX_JOBS_PER_USER_PER_DAY": "0",
    "MAX_SUBMITS_PER_MINUTE": "600",
    "MAX_RENDERING_JOBS": "100",
    # Time passes in jumps here. They alone must not make a job late, or end it unsent.
    "JOB_DEADLINE_SECONDS": "43200",
    "JOB_GIVE_UP_SECONDS": str(int(GIVE_UP_SECONDS)),
}


async def run_chaos(
    folder: Path,
    seed: int,
    kills: int,
    jobs: int,
    say: Callable[[str], None] = print,
    *,
    restores: int = 0,
    two_providers: bool = False,
    scraper: Scraper | None = None,
) -> Report:
    """Run it, with all files in `folder`, and return its report.

    With `restores` older copies of the database are restored that often, and the machine's clock is set between
    processes. With `two_providers` a second one, of the other dialect, takes over what the first surely didn't take.
    `scraper` scrapes the bot before and after each kill, and for a while in the calm before the end.
    """
    began_at = time.monotonic()
    providers = _two_providers() if two_providers else None
    served = {} if scraper is None else {"HTTP_PORT": str(scraper.port)}
    async with Stage(folder, settings=_SETTINGS | served, dials=_dials(), providers=providers) as stage:
        if scraper is not None:
            scraper.now = stage.clock.now
        chaos = _Chaos(
            stage,
            Report(seed, kills, jobs),
            say,
            MachineFaults(stage, folder / "copies", Random(seed), restores, kills),
            scraper,
        )
        clock_began_at = stage.clock.now()
        await chaos.begin()
        for number in range(1, kills + 1):
            await chaos.live_and_die(number)
        await chaos.rest()
        report = chaos.count()
        report.duration_seconds = round(time.monotonic() - began_at, 1)
        report.hours_passed = round((stage.clock.now() - clock_began_at) / 3600, 2)
        return report


def _dials() -> Dials:
    return Dials(render_seconds=0.3, frames_per_second=1.0, default_size=_SIZE, alike=True)


def _two_providers() -> dict[str, StudioPlan]:
    backup = _dials()
    backup.models, backup.cards = (_BACKUP_MODEL,), {_BACKUP_MODEL: ModelCard(sizes=(_SIZE,))}
    return {
        "main": StudioPlan("openai", _dials(), Abilities(remix=True)),
        "backup": StudioPlan("openrouter", backup),
    }


class _Chaos:
    def __init__(
        self,
        stage: Stage,
        report: Report,
        say: Callable[[str], None],
        machine_faults: MachineFaults,
        scraper: Scraper | None = None,
    ) -> None:
        self._stage = stage
        self._scraper = scraper
        self._report = report
        self._say = say
        self._machine_faults = machine_faults
        self._rng = Random(report.seed)
        guild = stage.chat.add_guild("Night Shift")
        self._crowd = Crowd(stage.chat, self._rng, report.jobs_wanted, [guild], _CHANNELS)
        report.people = len(self._crowd.people)
        self._hit: set[str] = set()
        self._strange_exits: list[int] = []

    async def begin(self) -> None:
        """Start the bot and have a first video to reply to."""
        await self._stage.start_bot()
        channel = self._crowd.channels[0]
        await self._crowd.people[0].slash(channel, "video", prompt="The first balloon")
        await self._stage.chat.wait_message(channel, lambda m: m.attachments, timeout_seconds=60)

    async def live_and_die(self, number: int) -> None:
        """Run one process with its faults, until it is killed."""
        stage, rng = self._stage, self._rng
        kill = plan.a_planned_kill(rng)
        self._note_exit()
        if kill.at_start:
            await stage.bot.kill()
            await stage.chat.bot_gone()
        if not stage.bot.running:
            await stage.start_bot(ready=not kill.at_start)
        faults = plan.plan_faults(rng, stage)
        self._report.faults.update(plan.kind_of(fault) for fault in faults)
        drop = plan.a_gateway_drop(rng)
        if not kill.at_start:
            await self._machine_faults.resume()
        asked = 0 if kill.at_start else await self._ask_some(number)
        if drop is not None and stage.chat.bot_online:
            self._report.gateway_drops += 1
            await stage.chat.drop_gateway(how=drop[0], resumable=drop[1])
        # The experiment itself: the moment of the kill.
        await asyncio.sleep(kill.after_seconds)
        await self._scrape()
        self._note_exit()
        await stage.bot.kill()
        await stage.chat.bot_gone()
        stage.clear_faults()
        hit = {row["id"] for row in self._rows("SELECT id FROM jobs WHERE state = 'submitting'")}
        self._hit |= hit
        self._report.kills += 1
        self._report.kills_while_submitting += len(hit)
        stage.jump(kill.pause_seconds)
        if kill.pause_seconds > 0:
            await self._scrape()
        self._machine_faults.between(number, self._say)
        where = "after its start" if kill.at_start else f"after {asked} questions"
        wrong = "; ".join(faults) or "nothing went wrong"
        self._say(
            f"  kill {number}: {kill.after_seconds:.3f} s {where}, submitting {len(hit)}, "
            f"{kill.pause_seconds:g} s pass; {wrong}"
        )

    async def _scrape(self, times: int = 1) -> None:
        """Scrape now; with `times`, that often, some minutes apart."""
        if self._scraper is None:
            return
        for number in range(times):
            if number:
                self._stage.jump(_CALM_SECONDS)
            await self._scraper.scrape()

    def _note_exit(self) -> None:
        """A process that ended by itself is a finding."""
        code = self._stage.bot.exit_code
        if code is not None and code >= 0:
            self._strange_exits.append(code)

    async def _ask_some(self, number: int) -> int:
        """Make as many requests as keep the number of jobs in step with the kills."""
        due = self._report.jobs_wanted * number / max(1, self._report.kills_wanted) - self._accepted()
        asked = 0
        while asked < due + 1:
            await self._crowd.ask()
            asked += 1
        return asked

    async def rest(self) -> None:
        """Let the bot run undisturbed until everything has ended, at the very end past JOB_GIVE_UP_SECONDS."""
        stage = self._stage
        if self._scraper is not None:
            self._scraper.remember(KILLED)
        stage.clear_faults()
        self._machine_faults.set_right(self._say)
        if not stage.bot.running:
            await stage.start_bot()
        for _ in range(_ROUNDS_MAX):
            missing = self._report.jobs_wanted - self._accepted()
            if missing <= 0:
                break
            await stage.chat.bot_ready(_READY_SECONDS)
            await self._machine_faults.resume()
            for _ in range(min(missing, 20)):
                await self._crowd.ask()
            # Requests are accepted while nothing else happens here.
            await asyncio.sleep(_LOOK_SECONDS)
            await self._settle("uncertain")
        await self._settle("uncertain")
        await self._scrape(_CALM_SCRAPES)
        states = Counter(row["state"] for row in self._rows("SELECT state FROM jobs"))
        self._say(f"  at peace: {dict(states)}; now JOB_GIVE_UP_SECONDS pass")
        stage.jump(GIVE_UP_SECONDS)
        await self._settle()
        self._note_exit()

    async def _settle(self, *besides: str) -> None:
        async def count_open() -> int:
            return self._number(open_query(besides))

        await settle(count_open, self._stage.jump)

    def _accepted(self) -> int:
        return self._number("SELECT count(*) FROM jobs")

    def _number(self, query: str) -> int:
        return int(self._rows(query)[0][0])

    def _rows(self, query: str) -> list[sqlite3.Row]:
        return read_rows(self._stage.bot.data_dir / "bot.db", query)

    def count(self) -> Report:
        """The figures and the broken promises."""
        machine_faults, report = self._machine_faults, self._report
        rows = self._rows("SELECT * FROM jobs ORDER BY accepted_at")
        clock_set = machine_faults.clock_steps > 0
        jobs = count_jobs(self._stage, rows, self._hit, machine_faults.rolled_back, clock_set=clock_set)
        report.forgotten = count_forgotten(self._stage, machine_faults.forgotten())
        integrity = "; ".join(str(row[0]) for row in self._rows("PRAGMA integrity_check"))
        world = count_world(self._stage, jobs, integrity, self._strange_exits, report.forgotten)
        report.asked = self._crowd.asked
        report.restores, report.clock_steps = machine_faults.restores, machine_faults.clock_steps
        report.rolled_back = sum(job.rolled_back for job in jobs)
        report.jobs, report.private = len(jobs), sum(is_private(job.prompt) for job in jobs)
        report.paid = len(self._stage.renders)
        report.paid_elsewhere = report.paid - len(self._stage.studio.renders)
        report.videos_posted = sum(job.videos for job in jobs)
        report.ends = Counter(job.state for job in jobs)
        uncertain = [job for job in jobs if job.state in {"lost", "uncertain"}]
        report.uncertain = len(uncertain)
        report.uncertain_told = sum(job.unsure == 1 for job in uncertain)
        report.integrity = world.integrity
        report.violations = find_violations(jobs, world, report.forgotten)
        return report
