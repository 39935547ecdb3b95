"""Killed at random moments while both servers misbehave, the bot loses, charges and posts nothing twice: 20 kills."""

from pathlib import Path

import pytest

from sandbox.chaos.run import run_chaos

pytestmark = pytest.mark.sqlite_only("the chaos of one process; sandbox.chaos runs on PostgreSQL by itself")


KILLS = 10
JOBS = 12
KILLS_WITH_RESTORES, JOBS_WITH_RESTORES = 6, 8
KILLS_WITH_TWO, JOBS_WITH_TWO = 5, 8


@pytest.mark.parametrize("seed", range(1, 4))
async def test_kills_and_faults_at_random_lose_charge_and_post_nothing_twice(tmp_path: Path, seed: int) -> None:
    """P1, P2, P3: many people's jobs through ten `kill -9` end where they see it, paid and posted at most once."""
    report = await run_chaos(tmp_path, seed, KILLS, JOBS)
    print(report.as_text())  # noqa: T201  # the seed and its figures are part of what the test says
    assert report.violations == []
    assert (report.kills, report.jobs >= JOBS) == (KILLS, True)
    assert report.uncertain == report.uncertain_told


async def test_older_copies_of_the_database_pay_and_post_nothing_twice(tmp_path: Path) -> None:
    """C9: between processes older copies are restored and the clock is set: nothing is paid or posted twice."""
    report = await run_chaos(tmp_path, 1, KILLS_WITH_RESTORES, JOBS_WITH_RESTORES, restores=2)
    print(report.as_text())  # noqa: T201  # the seed and its figures are part of what the test says
    assert report.violations == []
    assert report.restores == 2


async def test_a_second_provider_pays_and_posts_nothing_twice(tmp_path: Path) -> None:
    """P1, P4: while the first provider fails in every way, nothing is paid at both, and no key goes astray."""
    report = await run_chaos(tmp_path, 2, KILLS_WITH_TWO, JOBS_WITH_TWO, two_providers=True)
    print(report.as_text())  # noqa: T201  # the seed and its figures are part of what the test says
    assert report.violations == []
    assert report.jobs >= JOBS_WITH_TWO
    assert report.uncertain == report.uncertain_told
