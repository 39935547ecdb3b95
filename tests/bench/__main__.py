"""`python -m tests.bench` measures everything, or what it is given by name; `--write` rewrites docs/performance.md.

A whole run takes about a quarter of an hour on two cores. The figures depend on the machine: compare within one run.
"""

import argparse
import asyncio
import logging
import sys
import time
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

import structlog

from sandbox.loopback import stay_on_loopback
from tests.bench import (
    acknowledgement,
    autocomplete,
    backup,
    commands,
    delays,
    delivery,
    edits,
    ffmpeg,
    fitting,
    idle,
    page,
    polls,
    records,
    restart,
    scaling,
    start,
    store,
    world,
)
from tests.bench.report import FULL, Report, Row, Scale

WHOLE_SECONDS = 900
# A measure that hangs is given up after so many times its budget, or after the least.
_PATIENCE = 3.0
_LEAST_SECONDS = 120.0


class Measure(NamedTuple):
    """What is measured, and how many seconds of a whole run it may take."""

    run: Callable[[Scale], Awaitable[Report]]
    budget_seconds: int


MEASURES: dict[str, Measure] = {
    "acknowledgement": Measure(acknowledgement.measure, 110),
    "autocomplete": Measure(autocomplete.measure, 60),
    "commands": Measure(commands.measure, 75),
    "delays": Measure(delays.measure, 15),
    "polls": Measure(polls.measure, 105),
    "idle": Measure(idle.measure, 60),
    "edits": Measure(edits.measure, 65),
    "store": Measure(store.measure, 15),
    "backup": Measure(backup.measure, 30),
    "delivery": Measure(delivery.measure, 55),
    "ffmpeg": Measure(ffmpeg.measure, 80),
    "fitting": Measure(fitting.measure, 30),
    "start": Measure(start.measure, 65),
    "restart": Measure(restart.measure, 55),
    "scaling": Measure(scaling.measure, 79),
    "records": Measure(records.measure, 1),
}


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def show(rows: list[Row]) -> None:
    for row in rows:
        verdict = {None: "", True: "reached", False: "NOT REACHED"}[row.reached]
        say(f"  {row.metric}\n      limit {row.limit} | instead {row.peer} | goal {row.goal} | today {row.today}")
        if verdict:
            say(f"      {verdict}")


async def attempt(measure: Measure, scale: Scale) -> Report:
    """Its report; one that says why if it fails or hangs, so that the others are measured all the same."""
    limit = max(_LEAST_SECONDS, _PATIENCE * measure.budget_seconds)
    try:
        async with asyncio.timeout(limit):
            return await measure.run(scale)
    except Exception as error:  # noqa: BLE001  # what a measure raises must not cost the other measures
        say(traceback.format_exc())
        return Report(failed=_in_a_line(error))


def _in_a_line(error: Exception) -> str:
    return f"{' '.join(f'{type(error).__name__}: {error}'.split())[:200].rstrip(' .:')}."


async def run(names: list[str], scale: Scale, each: Callable[[str, Report], None]) -> dict[str, Report]:
    """Each measure's report; one after the other, as each needs the machine for itself."""
    reports: dict[str, Report] = {}
    for name in names:
        began_at = time.monotonic()
        reports[name] = await attempt(MEASURES[name], scale)
        say(f"{name} ({time.monotonic() - began_at:.0f} of {MEASURES[name].budget_seconds} s)")
        show(reports[name].rows)
        try:
            each(name, reports[name])
        except Exception as error:  # noqa: BLE001  # a page that can't be written costs this measure alone
            say(traceback.format_exc())
            reports[name].failed = _in_a_line(error)
    return reports


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure the bot against its goals.")
    arguments.add_argument("names", nargs="*", metavar="MEASURE", help=f"any of {', '.join(MEASURES)}; all by default")
    arguments.add_argument("--write", action="store_true", help="rewrite the tables and plots of docs/performance.md")
    arguments.add_argument("--jobs", type=int, nargs="+", default=FULL.counts, metavar="N", help="numbers of jobs")
    arguments.add_argument("--share", type=float, default=FULL.share, help="of the usual times, for a quick look")
    arguments.add_argument("--profile", type=Path, metavar="FOLDER", help="write a profile of each bot there")
    given = arguments.parse_args()
    names: list[str] = given.names or list(MEASURES)
    if unknown := [name for name in names if name not in MEASURES]:
        arguments.error(f"unknown: {', '.join(unknown)}")
    if given.profile is not None:
        given.profile.mkdir(parents=True, exist_ok=True)
        world.profiles = given.profile.resolve()
    if given.write:
        page.check()
    stay_on_loopback()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    budget = sum(MEASURES[name].budget_seconds for name in names)
    say(f"{len(names)} measures, about {budget / 60:.0f} minutes")
    began_at = time.monotonic()

    def keep(name: str, report: Report) -> None:
        """At once, so that a run that is ended early leaves what it has measured."""
        if given.write:
            page.write({name: report})

    reports = asyncio.run(run(names, Scale(tuple(given.jobs), given.share), keep))
    if given.write and set(names) == set(MEASURES):
        page.write(reports, is_whole=True)
    took = time.monotonic() - began_at
    say(f"took {took / 60:.1f} of {budget / 60:.1f} minutes")
    failed = [name for name, report in reports.items() if report.failed]
    if failed:
        say(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
