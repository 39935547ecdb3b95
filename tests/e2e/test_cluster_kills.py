"""Two processes on one PostgreSQL, killed with it at random moments: nothing is lost, charged twice or posted twice."""

from pathlib import Path

import pytest

from sandbox.chaos.cluster import run_cluster

# With this seed a process, the database and a process again are killed, and one process sleeps in between.
SEED, KILLS, JOBS = 11, 3, 8


@pytest.mark.slow
async def test_kills_of_processes_and_their_database_lose_nothing(tmp_path: Path) -> None:
    """P1, P2, P3 and the limits of all processes together, by the counts of both servers."""
    report = await run_cluster(tmp_path, SEED, KILLS, JOBS, processes=2)
    print(report.as_text())  # noqa: T201  # the seed and its figures are part of what the test says
    assert report.violations == []
    assert (report.kills, report.database_kills, report.pauses) == (KILLS, 1, 1)
    assert report.jobs >= JOBS
    assert report.uncertain == report.uncertain_told
