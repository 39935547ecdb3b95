"""The measures of `make bench` run; what they measure is no test's business."""

import pytest

from tests.bench import backup, delays, ffmpeg, idle, page, store
from tests.bench.__main__ import MEASURES
from tests.bench.report import TINY, Report, Row

pytestmark = pytest.mark.sqlite_only("measures SQLite's file")


async def test_a_measure_with_the_real_bot_runs() -> None:
    """Jobs are written, the bot starts with them, and its CPU is read."""
    [row] = (await idle.measure(TINY)).rows
    assert "polls" in row.today


@pytest.mark.parametrize("measure", [delays, store, backup, ffmpeg], ids=lambda measure: measure.__name__)
async def test_measures_without_the_bot_run(measure) -> None:
    """Each row has a figure."""
    report = await measure.measure(TINY)
    assert report.rows
    assert all(any(map(str.isdigit, row.today)) for row in report.rows)


def test_the_page_has_a_place_for_every_table_and_plot() -> None:
    """A run of the bench finds its markers, and changes nothing else."""
    text = page.PAGE.read_text()
    report = Report([Row("speed", "1", "2", "3", "4")])
    for mark in ["bench:machine", *(f"bench:{name}" for name in MEASURES), *(f"plot:{name}" for name in page.PLOTS)]:
        filled = page.between(text, mark, page.table(report))
        assert "| speed | 1 | 2 | 3 | 4 |" in filled
        assert page.between(filled, mark, "") == page.between(text, mark, "")
