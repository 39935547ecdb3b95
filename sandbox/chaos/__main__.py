"""`python -m sandbox.chaos --seed S --kills N --jobs M`: 0 when every promise held, 1 when one was broken."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from sandbox.chaos.run import run_chaos


def main() -> int:
    """Run the experiment and print its report; with `--report` also write it there, as JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.chaos", description="Kill the bot at random moments while both servers misbehave."
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--jobs", type=int, default=100)
    parser.add_argument("--processes", type=int, default=1, help="so many on one PostgreSQL, which is killed, too")
    parser.add_argument("--restores", type=int, default=0, help="put back older copies so often, and set the clock")
    parser.add_argument("--two-providers", action="store_true", help="with a second provider, of another dialect")
    parser.add_argument("--report", type=Path, help="write the report as JSON to this file")
    parser.add_argument("--keep", type=Path, help="keep the database, the log and the files in this (new) folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="video-bot-chaos-") as temporary:
        folder: Path = options.keep or Path(temporary)
        print(f"seed {options.seed}", flush=True)
        if options.processes > 1:
            # The driver of PostgreSQL is an extra.
            from sandbox.chaos.cluster import run_cluster

            run = run_cluster(folder, options.seed, options.kills, options.jobs, options.processes, _say)
        else:
            run = run_chaos(
                folder,
                options.seed,
                options.kills,
                options.jobs,
                _say,
                restores=options.restores,
                two_providers=options.two_providers,
            )
        report = asyncio.run(run)
        if options.report is not None:
            options.report.write_text(report.as_json() + "\n", encoding="utf-8")
        print(report.as_text())
    return 1 if report.violations else 0


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
