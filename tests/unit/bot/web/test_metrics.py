"""What is counted and measured for `/metrics`, and that a fault in it reaches neither the bot nor the other metrics."""

import asyncio
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.chat.provider_states import Condition, ProviderState
from bot.engine.snapshot import Snapshot
from bot.jobs.database import Database
from bot.jobs.life_log import heard_by
from bot.jobs.limits import Limits
from bot.jobs.model import Cause, Job, UserId
from bot.jobs.states import Event, State
from bot.jobs.store import moving
from bot.jobs.store.accepting import accept
from bot.media.disk_space import VIDEO_FLOOR_BYTES
from bot.web import exposition, stays
from bot.web.counters import Counters
from bot.web.exposition import Exposition
from bot.web.loop_lag import measure_lag
from bot.web.reading import Facts, Figures, Reading, ShardFacts
from tests.databases import a_database
from tests.metrics import FINE, PROVIDER, every_metric, open_labels, samples_of, value_of
from tests.unit.bot.engine.fake_clock import FakeClock
from tests.unit.bot.jobs.samples import ANNA, BEN, a_job


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def counters(clock: FakeClock) -> Counters:
    made = Counters(clock)
    made.begin_providers([PROVIDER])
    return made


def page_of(counters: Counters, reading: Reading) -> str:
    return Exposition(counters).text(reading).decode()


def counted(counters: Counters) -> str:
    """The page of a process that is starting."""
    return page_of(counters, Reading(0.0))


async def make_a_way(database: Database, clock: FakeClock, job: Job) -> None:
    """Accept the job, and send it 20 s later; 3 s later the provider takes it."""
    assert await database.write(accept, job, Limits(3, 0))
    clock.seconds += 20.0
    sent = await database.write(moving.apply, job, Event.SUBMIT, now=clock.now(), submitted_at=clock.now())
    assert sent is not None
    clock.seconds += 3.0
    assert await database.write(moving.apply, job, Event.SUBMIT, now=clock.now()) is None
    assert await database.write(moving.apply, sent, Event.TAKEN, now=clock.now(), remote_id="video_1")


# ── what is counted as it happens ──────────────────────────────────────────────────────────────────────────────────


async def test_moves_of_stored_jobs_are_counted_with_their_times(
    tmp_path: Path, clock: FakeClock, counters: Counters
) -> None:
    """Each by its event, once it is stored; the time in the state that the job left is measured by the bot's clock."""
    job = a_job(accepted_at=clock.now())
    async with a_database(tmp_path) as database:
        with heard_by(counters):
            await make_a_way(database, clock, job)
        lost = replace(job, state=State.ACCEPTED, fence=7)
        await database.write(moving.apply, lost, Event.CANCEL, now=clock.now())
    page = counted(counters)
    events = {sample.labels["event"]: sample.value for sample in samples_of(page) if "event" in sample.labels}
    assert {event: count for event, count in events.items() if count} == {"submit": 1, "taken": 1}
    assert value_of(page, "videobot_job_state_seconds_sum", state="accepted") == pytest.approx(20.0)
    assert value_of(page, "videobot_job_state_seconds_sum", state="submitting") == pytest.approx(3.0)
    assert value_of(page, "videobot_job_state_seconds_count", state="rendering") == 0


def test_an_end_has_its_cause(counters: Counters) -> None:
    """Of each state that a job can end in."""
    rendering = a_job(State.RENDERING, submitted_at=1_000.0)
    counters.job_moved(Event.RENDER_FAILED, rendering, replace(rendering, state=State.FAILED, cause=Cause.CONTENT))
    posting = a_job(State.POSTING, completed_at=1_000.0)
    counters.job_moved(Event.POSTED, posting, replace(posting, state=State.DELIVERED))
    page = counted(counters)
    assert value_of(page, "videobot_jobs_ended_total", end="failed", cause="content") == 1
    assert value_of(page, "videobot_jobs_ended_total", end="delivered", cause="none") == 1


def test_money_is_counted_once_by_its_currency(counters: Counters) -> None:
    """The estimate when a provider accepts a video, the reported cost when it becomes known, also in two steps."""
    job = a_job(State.SUBMITTING, price_micros=1_500_000, currency="EUR")
    taken = replace(job, state=State.RENDERING, cost_micros=400_000)
    done = replace(taken, state=State.FETCHING, cost_micros=1_200_000)
    counters.job_moved(Event.TAKEN, job, taken)
    counters.job_moved(Event.COMPLETE, taken, done)
    counters.job_moved(Event.FETCHED, done, replace(done, state=State.POSTING))
    unknown = a_job(State.RENDERING)
    counters.job_moved(Event.COMPLETE, unknown, replace(unknown, state=State.FETCHING, cost_micros=100_000))
    page = counted(counters)
    assert value_of(page, "videobot_estimated_cost_total", currency="EUR") == pytest.approx(1.5)
    assert value_of(page, "videobot_reported_cost_total", currency="EUR") == pytest.approx(1.2)
    assert value_of(page, "videobot_reported_cost_total", currency="none") == pytest.approx(0.1)


def test_what_can_happen_is_shown_as_nothing_before_it_does(counters: Counters) -> None:
    """So that the first fault is an increase, which a rule can see."""
    page = counted(counters)
    for request, outcome in (("submit", "doubtful"), ("submit", "account_refused"), ("poll", "poll_failed")):
        found = [sample for sample in samples_of(page) if sample.labels.get("outcome") == outcome]
        assert any(sample.labels["request"] == request and sample.value == 0 for sample in found)
    assert {sample.labels["kind"] for sample in samples_of(page) if sample.name == "videobot_messages_total"} >= {
        "video"
    }


def test_a_job_of_an_earlier_process_has_the_times_of_its_row() -> None:
    """What this process doesn't remember is taken from what is stored; a state without a stored time is left out."""
    remembered = stays.Stays()
    assert remembered.since(a_job(State.ACCEPTED, accepted_at=5.0)) == 5.0
    assert remembered.since(a_job(State.RENDERING, submitted_at=6.0)) == 6.0
    assert remembered.since(a_job(State.POSTING, completed_at=7.0)) == 7.0
    assert remembered.since(a_job(State.POSTING, completed_at=7.0, revived_at=9.0)) == 9.0
    assert remembered.moved(a_job(State.POSTING), a_job(State.DELIVERED), 10.0) is None


def test_what_is_remembered_of_jobs_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest are forgotten, so that jobs of other processes take no memory for ever."""
    monkeypatch.setattr(stays, "_REMEMBERED_MAX", 3)
    remembered = stays.Stays()
    jobs = [a_job(State.POSTING) for _ in range(5)]
    for job in jobs:
        remembered.moved(replace(job, state=State.FETCHING), job, 50.0)
    assert [remembered.since(job) for job in jobs] == [None, None, 50.0, 50.0, 50.0]
    remembered.moved(jobs[-1], replace(jobs[-1], state=State.DELIVERED), 60.0)
    assert remembered.since(jobs[-1]) is None


async def test_the_lag_of_the_event_loop_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """By how much later than planned it turns."""
    found = list[float]()
    reported = asyncio.Event()

    def report(lag_seconds: float) -> None:
        found.append(lag_seconds)
        reported.set()

    measuring = asyncio.create_task(measure_lag(report))
    async with asyncio.timeout(20):
        await reported.wait()
    measuring.cancel()
    assert 0 <= found[0] < 10


# ── what is measured at a scrape ───────────────────────────────────────────────────────────────────────────────────


def test_jobs_are_counted_by_state_with_the_age_of_the_oldest(clock: FakeClock, counters: Counters) -> None:
    """From memory; the queue's age is that since the acceptance."""
    now = clock.now()
    jobs = (
        a_job(State.ACCEPTED, accepted_at=now - 50.0),
        a_job(State.ACCEPTED, accepted_at=now - 70.0),
        a_job(State.RENDERING, submitted_at=now - 90.0),
    )
    snapshot = Snapshot(jobs, queued=1, outbox=4, held=frozenset({ANNA, BEN}), backup_age_seconds=math.inf)
    reading = Reading(now, FINE, snapshot, Figures(3, 0.25))
    page = page_of(counters, reading)
    assert value_of(page, "videobot_jobs", state="accepted") == 2
    assert value_of(page, "videobot_jobs", state="posting") == 0
    assert value_of(page, "videobot_job_oldest_seconds", state="rendering") == pytest.approx(90.0)
    assert value_of(page, "videobot_queue_oldest_seconds") == pytest.approx(70.0)
    assert value_of(page, "videobot_queue_jobs") == 1
    assert value_of(page, "videobot_outbox_messages") == 4
    assert value_of(page, "videobot_people_held") == 2
    assert value_of(page, "videobot_people_resting") == 3
    assert value_of(page, "videobot_backup_age_seconds") == math.inf
    assert value_of(page, "videobot_daily_ceiling_used_ratio") == 0.25


def test_the_state_of_each_part_is_shown(counters: Counters) -> None:
    """As `/readyz` judges it; with providers, shards and the disk."""
    facts = replace(
        FINE,
        shards=[ShardFacts(0, 0.25), ShardFacts(1, None), ShardFacts(2, float("inf"))],
        providers=[ProviderState(PROVIDER, Condition.DOWN), ProviderState("backup", Condition.HEALTHY)],
        disk_free_bytes=VIDEO_FLOOR_BYTES,
        is_paused=True,
        clock_in_doubt=True,
    )
    page = page_of(counters, Reading(0.0, facts))
    assert value_of(page, "videobot_ready") == 0
    assert value_of(page, "videobot_part_state", part="gateway", state="failing") == 1
    assert value_of(page, "videobot_part_state", part="clock", state="degraded") == 1
    assert value_of(page, "videobot_part_state", part="database", state="ok") == 1
    assert value_of(page, "videobot_provider_state", provider=PROVIDER, state="down") == 1
    assert value_of(page, "videobot_provider_state", provider="backup", state="healthy") == 1
    assert value_of(page, "videobot_provider_breaker_open") == 1
    assert value_of(page, "videobot_gateway_connected") == 2
    assert value_of(page, "videobot_gateway_latency_seconds") == 0.25
    assert value_of(page, "videobot_disk_free_bytes") == VIDEO_FLOOR_BYTES
    assert value_of(page, "videobot_paused") == 1


@pytest.mark.parametrize("facts", [None, replace(FINE, is_stopping=True)])
def test_a_process_that_starts_or_stops_is_shown(counters: Counters, facts: Facts | None) -> None:
    """Not ready, in its phase; what isn't known is left out instead of being 0."""
    page = page_of(counters, Reading(0.0, facts))
    assert value_of(page, "videobot_ready") == 0
    assert value_of(page, "videobot_phase", phase="stopping" if facts else "starting") == 1
    assert not [sample for sample in samples_of(page) if sample.name == "videobot_jobs"]


def test_no_label_says_more_than_it_may(clock: FakeClock) -> None:
    """Each is of a small closed set, and none is an id: not of a person, a server, a job or a message."""
    counters, _metrics = every_metric(clock)
    counters.job_moved(Event.POSTED, a_job(State.POSTING), a_job(State.DELIVERED))
    reading = Reading(clock.now(), FINE, Snapshot((a_job(),), 1, 1, frozenset({UserId(7)}), None), Figures(1, None))
    page = page_of(counters, reading)
    assert open_labels(page, [PROVIDER], shards=2) == set()
    counters.message_sent("1234567890", "posted", 1)
    assert open_labels(counted(counters), [PROVIDER], 2) == {("videobot_messages_total", "kind", "1234567890")}


# ── faults ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_measure_that_fails_leaves_the_others(monkeypatch: pytest.MonkeyPatch, counters: Counters) -> None:
    """It is logged once, however often the page is read, and counted."""

    def broken(_reading: Reading, _stays: object) -> Iterator[object]:
        yield from ()
        raise RuntimeError("a measure of ours")

    monkeypatch.setattr(exposition, "MEASURES", (broken, *exposition.MEASURES))
    with capture_logs() as logs:
        page_of(counters, Reading(0.0, FINE))
        page = page_of(counters, Reading(0.0, FINE))
    assert [(line["event"], line["where"]) for line in logs] == [("metric failed", "broken")]
    assert value_of(page, "videobot_ready") == 1
    assert value_of(page, "videobot_metrics_failures_total") == 2


def test_a_count_that_fails_reaches_no_one(counters: Counters) -> None:
    """What is reported in a way that can't be counted raises nothing where it happened."""
    with capture_logs() as logs:
        for _ in range(3):
            counters.video_fetched("many")  # pyright: ignore[reportArgumentType]
            counters.job_moved(Event.TAKEN, None, None)  # pyright: ignore[reportArgumentType]
        counters.video_fetched(5)
    assert [line["where"] for line in logs] == ["video_fetched", "job_moved"]
    page = counted(counters)
    assert value_of(page, "videobot_fetched_bytes_total") == 5
    assert value_of(page, "videobot_metrics_failures_total") == 6
