"""The invariants of the chaos runs: each broken promise has a name, and a clean run has none."""

import json
from dataclasses import replace
from random import Random

import pytest

from sandbox.chaos import plan
from sandbox.chaos.invariants import ForgottenJob, JobFacts, WorldFacts, find_violations
from sandbox.chaos.report import Report

GOOD = JobFacts(
    id="ABCDEFGH",
    prompt="Balloon number 1, a bright one",
    state="delivered",
    paid=1,
    paid_by_key=1,
    videos=1,
    failures=0,
    unsure=0,
    late=0,
    cards=1,
    cards_standing=0,
    expected="delivered",
    in_doubt=False,
    clean_refusals=0,
)
LOST = replace(GOOD, state="lost", videos=0, failures=1, unsure=1, in_doubt=True)
WORLD = WorldFacts((), "ok", (), 0, (), ())


def test_a_clean_run_breaks_nothing() -> None:
    """Delivered once, failed and announced once, asked once in doubt, given up after three clean refusals: all as
    promised.
    """
    failed = replace(GOOD, state="failed", videos=0, failures=1, expected="failed")
    given_up = replace(failed, paid=0, expected="delivered", clean_refusals=3)
    assert find_violations([GOOD, LOST, failed, given_up], WORLD) == []


TAKEN_BACK = replace(GOOD, rolled_back=True)


def test_a_job_that_was_taken_back_may_end_otherwise() -> None:
    """Ended uncharged by the restore although its video was posted since, or after its card was posted again."""
    stopped = replace(TAKEN_BACK, state="failed", failures=1, videos=0, paid=0)
    assert find_violations([TAKEN_BACK, stopped, replace(stopped, failures=0, videos=1, paid=1, cards=2)], WORLD) == []
    assert find_violations([replace(stopped, rolled_back=False, clock_set=True)], WORLD) == []


@pytest.mark.parametrize(
    ("job", "promise"),
    [
        (replace(TAKEN_BACK, paid=2), "charged twice"),
        (replace(TAKEN_BACK, videos=2), "posted twice"),
        (replace(TAKEN_BACK, failures=2), "told twice"),
        (replace(TAKEN_BACK, state="failed", videos=0), "lost in silence"),
        (replace(TAKEN_BACK, paid=0), "delivered unpaid"),
        (replace(TAKEN_BACK, state="accepted"), "not ended"),
    ],
)
def test_a_job_that_was_taken_back_keeps_the_other_promises(job: JobFacts, promise: str) -> None:
    """It is paid once, posted once, and its requester is notified."""
    assert promise in {violation.promise for violation in find_violations([job], WORLD)}


@pytest.mark.parametrize(("paid", "videos", "broken"), [(1, 1, 0), (0, 0, 0), (1, 0, 0), (2, 1, 1), (1, 2, 1)])
def test_a_forgotten_job_is_counted_apart(paid: int, videos: int, broken: int) -> None:
    """A restore made it unknown: what was done twice is still found."""
    assert len(find_violations([GOOD], WORLD, [ForgottenJob("ABCDEFGH", "Balloon", paid, videos)])) == broken


@pytest.mark.parametrize(
    ("job", "promise"),
    [
        (replace(GOOD, paid=2), "charged twice"),
        (replace(GOOD, paid_by_key=2), "charged twice"),
        (replace(GOOD, begun_elsewhere=True), "begun elsewhere while in doubt"),
        (replace(GOOD, videos=2), "posted twice"),
        (replace(GOOD, cards=2), "told twice"),
        (replace(LOST, unsure=2), "told twice"),
        (replace(GOOD, videos=0), "lost in silence"),
        (replace(LOST, unsure=0), "lost in silence"),
        (replace(GOOD, state="cancelled", videos=0), "lost in silence"),
        (replace(GOOD, unsure=1), "asked without need"),
        (replace(GOOD, state="rendering"), "not ended"),
        (replace(GOOD, cards_standing=1), "card left standing"),
        (replace(GOOD, strayed=1), "posted elsewhere"),
        (replace(LOST, in_doubt=False), "in doubt without a cause"),
        (replace(GOOD, state="failed", videos=0, failures=1), "ended wrongly"),
        (replace(GOOD, paid=0), "delivered unpaid"),
    ],
)
def test_each_broken_promise_is_named(job: JobFacts, promise: str) -> None:
    """Each fault of one job is found, beside any number of good ones."""
    assert promise in {violation.promise for violation in find_violations([GOOD, job, LOST], WORLD)}


@pytest.mark.parametrize(
    ("world", "promise"),
    [
        (replace(WORLD, paid_without_job=("A ghost",)), "charged without a job"),
        (replace(WORLD, integrity="row 3 missing"), "database damaged"),
        (replace(WORLD, partial_files=("video.part",)), "partial file left over"),
        (replace(WORLD, tracebacks=1), "unexpected error"),
        (replace(WORLD, strange_exits=(1,)), "ended by itself"),
        (replace(WORLD, unknown_calls=("GET /x",)), "unknown call"),
        (replace(WORLD, leaks=("/videos/1.mp4",)), "key at another server"),
    ],
)
def test_what_is_wrong_with_the_whole_run_is_named(world: WorldFacts, promise: str) -> None:
    """So is what belongs to no single job."""
    assert [violation.promise for violation in find_violations([GOOD], world)] == [promise]


def test_a_seed_decides_everything_that_is_planned() -> None:
    """The same seed asks the same, and dies at the same moments; another one does not."""

    def planned(seed: int) -> list[object]:
        rng = Random(seed)
        return [
            (plan.a_planned_request(rng, number, 9), plan.a_planned_kill(rng), plan.a_gateway_drop(rng))
            for number in range(50)
        ]

    assert planned(7) == planned(7)
    assert planned(7) != planned(8)


def test_a_report_says_what_was_broken() -> None:
    """Both forms name each broken promise; a report without one says so."""
    report = Report(seed=3, kills_wanted=1, jobs_wanted=1)
    assert "nothing was broken" in report.as_text()
    report.violations = find_violations([replace(GOOD, paid=2)], WORLD)
    assert "charged twice 1" in report.as_text()
    report.ends.update(["delivered", "delivered", "failed"])
    written = json.loads(report.as_json())
    assert (written["broken"], written["ends"]) == ({"charged twice": 1}, {"delivered": 2, "failed": 1})
    assert written["violations"][0]["promise"] == "charged twice"
