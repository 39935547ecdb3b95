"""Killed at random moments while both servers misbehave, the bot loses, charges and posts nothing twice: 20 kills."""

from pathlib import Path

import pytest

from bot.settings._setup import NAME_OF_SETTINGS
from sandbox.chaos.run import KILLED, run_chaos
from sandbox.chaos.scraping import Scraper
from tests.e2e.alert_record import NAMES, Record
from tests.metrics import open_labels, value_of
from tests.ports import free_port

pytestmark = pytest.mark.sqlite_only("the chaos of one process; sandbox.chaos runs on PostgreSQL by itself")


KILLS = 10
# Fewer than a process lives.
LIFE_SECONDS = 2
# As the alert rule has it.
MANY_UNCERTAIN = 3
JOBS = 12
KILLS_WITH_RESTORES, JOBS_WITH_RESTORES = 6, 8
KILLS_WITH_TWO, JOBS_WITH_TWO = 5, 8


@pytest.mark.parametrize("seed", range(2, 4))
async def test_kills_and_faults_at_random_lose_charge_and_post_nothing_twice(tmp_path: Path, seed: int) -> None:
    """P1, P2, P3: many people's jobs through ten `kill -9` end where they see it, paid and posted at most once."""
    report = await run_chaos(tmp_path, seed, KILLS, JOBS)
    print(report.as_text())  # noqa: T201  # the seed and its figures are part of what the test says
    assert report.violations == []
    assert (report.kills, report.jobs >= JOBS) == (KILLS, True)
    assert report.uncertain == report.uncertain_told


async def test_the_metrics_of_such_a_run_name_no_one_and_tell_what_is_wrong(tmp_path: Path) -> None:
    """P1, P2, P3: the same, scraped: no label is an id; the alert for restarts fires, and in the calm after it none."""
    record = Record(scraper := Scraper(free_port(), NAMES), LIFE_SECONDS)
    report = await run_chaos(tmp_path / "run", 1, KILLS, JOBS, scraper=scraper)
    print(report.as_text())  # noqa: T201  # the seed and its figures are part of what the test says
    assert report.violations == []
    assert open_labels(scraper.page, [NAME_OF_SETTINGS], shards=1) == set()
    record.fire("VideoBotRestarting", at=scraper.moments[KILLED])
    many = value_of(scraper.page, "videobot_jobs", state="uncertain") >= MANY_UNCERTAIN
    record.silent(but={"VideoBotJobsUncertain": many})
    record.judge(tmp_path)


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
