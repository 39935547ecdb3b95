"""`python -m tests.bench` measures everything, or what it is given by name; `--write` rewrites docs/performance.md.

A whole run takes about a quarter of an hour on two cores. The figures depend on the machine: compare within one run.
"""

import argparse
import asyncio
import logging
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

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
    idle,
    page,
    polls,
    restart,
    scaling,
    start,
    store,
    world,
)
from tests.bench.report import FULL, Report, Row, Scale

MEASURES: dict[str, Callable[[Scale], Awaitable[Report]]] = {
    "acknowledgement": acknowledgement.measure,
    "autocomplete": autocomplete.measure,
    "commands": commands.measure,
    "delays": delays.measure,
    "polls": polls.measure,
    "idle": idle.measure,
    "edits": edits.measure,
    "store": store.measure,
    "backup": backup.measure,
    "delivery": delivery.measure,
    "ffmpeg": ffmpeg.measure,
    "start": start.measure,
    "restart": restart.measure,
    "scaling": scaling.measure,
}


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def show(rows: list[Row]) -> None:
    for row in rows:
        say(f"  {row.metric}\n      limit {row.limit} | instead {row.peer} | goal {row.goal} | today {row.today}")


async def run(names: list[str], scale: Scale) -> dict[str, Report]:
    """Each measure's report; one after the other, as each needs the machine for itself."""
    reports: dict[str, Report] = {}
    for name in names:
        began_at = time.monotonic()
        reports[name] = await MEASURES[name](scale)
        say(f"{name} ({time.monotonic() - began_at:.0f} s)")
        show(reports[name].rows)
    return reports


def main() -> None:
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
    began_at = time.monotonic()
    reports = asyncio.run(run(names, Scale(tuple(given.jobs), given.share)))
    say(f"took {(time.monotonic() - began_at) / 60:.1f} minutes")
    if given.write:
        page.write(reports)


if __name__ == "__main__":
    main()
