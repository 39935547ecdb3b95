"""The measures of `make bench` run; what they measure is no test's business."""

import asyncio

import pytest

from tests.bench import backup, delays, ffmpeg, fitting, idle, page, records, restart, store
from tests.bench.__main__ import MEASURES, WHOLE_SECONDS, Measure, attempt
from tests.bench.report import TINY, Report, Row, Scale, extent, p50_p99, reasons, split, spread
from tests.rules.sources import python_files

pytestmark = pytest.mark.sqlite_only("measures SQLite's file")


async def test_a_measure_with_the_real_bot_runs() -> None:
    """Jobs are written, the bot starts with them, and its CPU is read."""
    [row] = (await idle.measure(TINY)).rows
    assert "polls" in row.today


async def test_a_measure_with_a_peer_and_the_real_bot_runs() -> None:
    """A program that a user would pick instead runs between the same servers as the bot."""
    rows = (await restart.measure(TINY)).rows
    assert any(map(str.isdigit, rows[-1].peer))


@pytest.mark.parametrize(
    "measure", [delays, store, backup, ffmpeg, fitting, records], ids=lambda measure: measure.__name__
)
async def test_measures_without_the_bot_run(measure) -> None:
    """Each row has a figure."""
    report = await measure.measure(TINY)
    assert report.rows
    assert all(any(map(str.isdigit, row.today)) for row in report.rows)


async def test_a_measure_that_fails_costs_no_other() -> None:
    """What it raises becomes a line of the page."""

    async def fail(_scale: Scale) -> Report:
        raise RuntimeError("no\nroom")

    report = await attempt(Measure(fail, 1), TINY)
    assert report.failed == "RuntimeError: no room."
    assert "RuntimeError: no room." in page.table(report)
    assert "fine" not in page.goals({"broken": report})
    assert "broken" in page.goals({"broken": report})


async def test_a_measure_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a multiple of its budget."""
    monkeypatch.setattr("tests.bench.__main__._LEAST_SECONDS", 0.0)

    async def hang(_scale: Scale) -> Report:
        await asyncio.Event().wait()
        raise AssertionError

    assert "TimeoutError" in (await attempt(Measure(hang, 0), TINY)).failed


def test_a_whole_run_fits_a_quarter_of_an_hour() -> None:
    """The budgets of all measures together."""
    assert sum(measure.budget_seconds for measure in MEASURES.values()) <= WHOLE_SECONDS


def test_the_page_has_a_place_for_every_table_and_plot() -> None:
    """A run of the bench finds its markers, and changes nothing else."""
    text = page.PAGE.read_text()
    report = Report([Row("speed", "1", "2", "3", "4")])
    names = [f"bench:{name}" for name in ("machine", "goals", *MEASURES)]
    for mark in [*names, *(f"plot:{name}" for name in page.PLOTS)]:
        filled = page.between(text, mark, page.table(report))
        assert "| speed | 1 | 2 | 3 | 4 | – |" in filled
        assert page.between(filled, mark, "") == page.between(text, mark, "")


def test_a_missed_goal_is_listed_with_its_reason() -> None:
    """Below its table, once for all rows that share it, and in the sum of all goals."""
    name, why = next(iter(reasons().items()))
    report = Report()
    for metric, reached in (("quick", True), ("slow", False), ("slower", False)):
        report.row(metric, goal="1", today="2", reached=reached, reason=name)
    assert page.table(report).count(f"- **{name}**: {why}") == 1
    summed = page.goals({"speed": report})
    assert summed.startswith("1 of 3 goals")
    assert "| slow |" in summed
    assert "| quick |" not in summed


def test_every_reason_is_that_of_a_goal() -> None:
    """None is left over from a goal that is not measured any more."""
    code = "".join(path.read_text() for path in python_files("tests/bench"))
    assert [name for name in reasons() if f'"{name}"' not in code] == []


def test_medians_have_ranges() -> None:
    """The median first, the range in brackets; parts of a run are as equal as may be, and few values have none."""
    assert spread([3.0, 1.0, 2.0]) == "2 [1–3]"
    assert spread([3.0]) == "3"
    assert extent([]) == ""
    assert [len(part) for part in split(range(12))] == [2, 2, 3, 2, 3]
    assert p50_p99([0.001] * 4 + [0.003] * 6) == "3.0 [1.0–3.0] / 3.0"
    assert p50_p99([]) == "inf / inf"
