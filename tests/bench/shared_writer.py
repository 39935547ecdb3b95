"""One of several processes that write to a shared database as fast as they can: `python -m tests.bench.shared_writer`.

It prints how many deciding writes it has stored: jobs accepted, with all limits asked, and jobs cancelled.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa
import structlog

from bot.jobs.database import open_shared_database
from bot.jobs.limits import Limits
from bot.jobs.model import UserId
from bot.jobs.states import Event
from bot.jobs.store import accepting, moving, processes
from tests.unit.bot.jobs.samples import a_job

# As many as a busy process has under way.
_AT_ONCE = 8
_LIMITS = Limits(5, 25, 20_000)


async def _write(url: str, name: str, seconds: float) -> int:
    written = 0
    with tempfile.TemporaryDirectory() as folder:
        database = open_shared_database(sa.make_url(url), name, Path(folder) / "bot.generation")
        await database.write(processes.enter, name, "{}")
        database.entered()
        end = time.monotonic() + seconds

        async def one(person: int) -> None:
            nonlocal written
            while time.monotonic() < end:
                job = a_job(user_id=UserId(person), accepted_at=time.time())
                accepted = await database.write(accepting.accept, job, _LIMITS)
                if isinstance(accepted, accepting.Accepted):
                    await database.write(moving.apply, accepted.job, Event.CANCEL, now=time.time())
                written += 2

        await asyncio.gather(*(one(hash((name, number)) & 0xFFFFFFF) for number in range(_AT_ONCE)))
        await database.close()
    return written


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("url")
    arguments.add_argument("name")
    arguments.add_argument("seconds", type=float)
    given = arguments.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    sys.stdout.write(f"{asyncio.run(_write(given.url, given.name, given.seconds))}\n")


if __name__ == "__main__":
    main()
