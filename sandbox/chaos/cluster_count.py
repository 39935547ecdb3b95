"""Counts the outcome of a run with several processes, by both servers and by the database."""

import asyncio
import json
from collections import Counter
from dataclasses import asdict, replace
from typing import Protocol

from sandbox.chaos.counting import count_jobs, count_world
from sandbox.chaos.invariants import Violation, find_violations
from sandbox.chaos.limits import Limits, LimitWatch, reached
from sandbox.chaos.plan import is_private
from sandbox.chaos.report import Report
from sandbox.chaos.shared_rows import SharedRows
from sandbox.chaos.supervisor import Supervisor
from sandbox.cluster_stage import ClusterStage
from sandbox.postgres import PostgresServer

_INDEXES = """
    SELECT bt_index_check(i.indexrelid, true) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_am a ON a.oid = c.relam WHERE a.amname = 'btree' AND c.relnamespace = 'public'::regnamespace
"""
_TABLES = """
    SELECT count(*) FROM pg_class c, LATERAL verify_heapam(c.oid)
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
"""
# Outages of the database and ends of leases in the log, by the last line of the exception.
_EXPECTED = (
    "bot.jobs.database.StoreUnavailableError:",
    "bot.jobs.database.MustEndError:",
    "ConnectionError: unexpected connection_lost() call",
    # The pool gives up a connection that broke in the middle of a statement.
    "sqlalchemy.dialects.postgresql.asyncpg.",
    # A process ends while a command of a moment ago is being answered.
    "RuntimeError: Session is closed",
)
_OWNED = "SELECT (SELECT count(*) FROM processes) + (SELECT count(*) FROM jobs WHERE owner IS NOT NULL)"


class Run(Protocol):
    """A run that is over."""

    stage: ClusterStage
    server: PostgresServer
    rows: SharedRows
    report: Report
    supervisor: Supervisor
    watch: LimitWatch
    hit: set[str]
    known: set[str]
    jumps: list[tuple[float, float]]
    not_ended: list[str]


async def count_cluster(run: Run, limits: Limits) -> Report:
    """The figures and the broken promises."""
    report, supervisor = run.report, run.supervisor
    rows = await run.rows.read("SELECT * FROM jobs ORDER BY accepted_at")
    jobs = count_jobs(run.stage, rows, run.hit)
    integrity = await asyncio.to_thread(_integrity, run.server, str(run.stage.database))
    world = replace(count_world(run.stage, jobs, integrity, []), tracebacks=0)
    report.jobs, report.private = len(jobs), sum(is_private(job.prompt) for job in jobs)
    report.paid = len(run.stage.renders)
    report.videos_posted = sum(job.videos for job in jobs)
    report.ends = Counter(job.state for job in jobs)
    uncertain = [job for job in jobs if job.state in {"lost", "uncertain"}]
    report.uncertain = len(uncertain)
    report.uncertain_told = sum(job.unsure == 1 for job in uncertain)
    report.integrity = integrity
    report.taken_over, report.without_database = supervisor.taken_over, supervisor.without_database
    most = reached(run.stage, run.watch, {job.prompt for job in uncertain}, run.jumps)
    report.limits, report.reached = asdict(limits), asdict(most)
    report.violations = find_violations(jobs, world)
    report.violations += [Violation("ended by itself", words) for words in supervisor.strange]
    report.violations += [Violation("not taken over", words) for words in run.not_ended]
    report.violations += [
        Violation("over a limit", f"{name}: {report.reached[name]} of {limit}")
        for name, limit in report.limits.items()
        if report.reached[name] > limit
    ]
    report.violations += [
        Violation("unexpected error", words) for bot in run.stage.bots for words in find_unexpected(bot.log())
    ]
    vanished = run.known - {job.id for job in jobs}
    report.violations += [Violation("lost in silence", f"the row of {job_id} is gone") for job_id in sorted(vanished)]
    if left := await run.rows.number(_OWNED):
        report.violations.append(Violation("left owned", f"{left} rows after all processes have ended"))
    return report


def _integrity(server: PostgresServer, database: str) -> str:
    """The word "ok", or what is wrong with the tables and indexes."""
    try:
        server.execute("CREATE EXTENSION amcheck", database)
        server.execute(_INDEXES, database)
        broken = server.execute(_TABLES, database)
    except OSError as error:
        return str(error)
    return "ok" if broken == "0" else f"{broken} faults in the tables"


def find_unexpected(log: str) -> list[str]:
    """The last lines of logged exceptions, and lines of others, that no outage of the database explains."""
    found: list[str] = []
    for line in log.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            found += [line] if "Traceback" in line else []
            continue
        exception = str(event.get("exception", "")).strip()
        last = exception.rpartition("\n")[2]
        if exception and not last.startswith(_EXPECTED):
            found.append(f"{event.get('event')}: {last}")
    return found
