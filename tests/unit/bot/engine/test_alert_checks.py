"""What the owners are alerted of without any job that meets it, and what shows that it is over."""

import itertools
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.engine.alert_checks import AlertChecks, DiscordStanding, concerns_all, is_down_long, is_well
from bot.engine.pipeline.fault_window import Sender
from bot.engine.pipeline.throttle import Trouble, TroubleSince
from bot.jobs.alerts import AlertKind
from bot.jobs.generation import generation_path
from bot.jobs.model import Cause, JobId, UserId
from bot.jobs.states import State
from bot.jobs.store import marks
from bot.jobs.store.marks import Mark
from bot.jobs.store.troubles import Share
from tests.unit.bot.engine.scheduler_harness import SchedulerHarness, a_scheduler_harness
from tests.unit.bot.jobs.samples import a_job, put

MINUTE = 60.0


class FakeClient:
    """The connection to Discord, as a test wants it."""

    def __init__(self) -> None:
        self.now = DiscordStanding()

    def standing(self) -> DiscordStanding:
        return self.now


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[SchedulerHarness]:
    async with a_scheduler_harness(tmp_path, providers=2) as harness:
        yield harness


def checks_of(harness: SchedulerHarness, client: FakeClient | None = None, *, has_backups: bool = True) -> AlertChecks:
    context: Any = harness.context
    context.shelf.space = context.fetcher.space
    return AlertChecks(context, harness.throttles, client or FakeClient(), has_backups=has_backups)


def break_down(harness: SchedulerHarness) -> None:
    """The first provider's breaker opens."""
    throttle = harness.throttles.of(next(iter(harness.providers)))
    for number in range(5):
        throttle.failed(Sender(JobId(f"JOB{number}"), UserId(number)))
    assert throttle.is_open


async def test_a_provider_that_is_down_for_ten_minutes(harness: SchedulerHarness) -> None:
    """Not before; it is over with the first good answer, of a poll or a free request, and then probed no more."""
    checks = checks_of(harness)
    break_down(harness)
    harness.start()
    await checks.check()
    for _ in range(9):
        harness.clock.jump(MINUTE)
        await checks.check()
        assert harness.rung == []
    harness.clock.jump(MINUTE)
    await checks.check()
    assert harness.rung == [AlertKind.PROVIDER_DOWN]
    await harness.until(lambda: harness.alerts.ended == [AlertKind.PROVIDER_DOWN], "the end", step_seconds=5)


async def test_an_alert_of_the_process_before_is_probed(harness: SchedulerHarness) -> None:
    """After a restart no job may be there to show that a provider or its key works: a free request does."""
    first, second = harness.providers
    harness.alerts.alert(AlertKind.PROVIDER_DOWN, first.name)
    harness.alerts.alert(AlertKind.KEY, second.name)
    checks = checks_of(harness)
    harness.start()
    await checks.check()
    await harness.until(lambda: len(harness.alerts.ended) == 2, "both ends", step_seconds=1)
    assert not any(harness.throttles.of(provider).wants_probe for provider in harness.providers)


async def test_what_is_not_set_up_any_more_is_over(harness: SchedulerHarness) -> None:
    """After a restart with other settings nothing could show it: a provider, a backup, the other database."""
    there = next(iter(harness.providers)).name
    kinds = (AlertKind.ACCOUNT, AlertKind.KEY, AlertKind.PROVIDER_DOWN)
    for kind in kinds:
        harness.alerts.alert(kind, "removed")
        harness.alerts.alert(kind, there)
    for kind in (AlertKind.BACKUP, AlertKind.ROOM, AlertKind.POSTGRESQL):
        harness.alerts.alert(kind, "another machine" if harness.database.is_shared is False else "")
    await checks_of(harness, has_backups=False).check()
    gone = [*kinds, AlertKind.BACKUP, AlertKind.ROOM, *([] if harness.database.is_shared else [AlertKind.POSTGRESQL])]
    assert sorted(harness.alerts.ended) == sorted(gone)
    assert all(harness.alerts.lasts(kind, there) for kind in kinds)


async def test_of_a_provider_that_the_owner_has_paused_nothing_is_said(harness: SchedulerHarness) -> None:
    """They know; nothing is sent there."""
    break_down(harness)
    harness.signals.paused_providers[next(iter(harness.providers)).id] = 1.0
    checks = checks_of(harness)
    for _ in range(2):
        await checks.check()
        harness.clock.jump(20 * MINUTE)
    assert harness.rung == []


@pytest.mark.parametrize("kind", [kind for kind in Trouble if kind is not Trouble.DOWN])
def test_a_provider_that_only_waits_is_not_down(kind: Trouble) -> None:
    """Its key and credit have alerts of their own, and a rate limit passes."""
    assert not is_down_long(TroubleSince(kind, 0.0, None), 10_000.0)
    assert not is_down_long(None, 10_000.0)
    assert is_down_long(TroubleSince(Trouble.DOWN, 0.0, None), 600.0)


@pytest.mark.parametrize(
    ("kind", "field", "minutes"),
    [(AlertKind.GATEWAY, "is_connected", 10), (AlertKind.COMMANDS, "is_in_step", 30)],
)
async def test_discord_that_is_only_half_there(
    harness: SchedulerHarness, kind: AlertKind, field: str, minutes: int
) -> None:
    """A shard without a connection, or commands that aren't synced, for long: then it is said, and when it is over."""
    client = FakeClient()
    checks = checks_of(harness, client)
    client.now = client.now._replace(**{field: False})
    await checks.check()
    harness.clock.jump(minutes * MINUTE - 5)
    await checks.check()
    assert harness.rung == []
    harness.clock.jump(5)
    await checks.check()
    assert harness.rung == [kind]
    client.now = DiscordStanding()
    await checks.check()
    assert harness.alerts.ended == [kind]


@pytest.mark.parametrize("kind", [AlertKind.ROOM, AlertKind.ROOM_PICTURES])
async def test_room_on_the_disk_is_noticed(
    harness: SchedulerHarness, kind: AlertKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No video or picture need come for it; a disk that can't be asked has no room."""
    harness.alerts.alert(kind)
    checks = checks_of(harness)
    for free in (0, OSError("no such disk"), 1 << 40):
        assert harness.alerts.ended == []

        def free_bytes(found: int | OSError = free) -> int:
            if isinstance(found, OSError):
                raise found
            return found

        monkeypatch.setattr(harness.fetcher.space.folder, "free_bytes", free_bytes)
        await checks.check()
    assert harness.alerts.ended == [kind]


@pytest.mark.sqlite_only("a trigger in its words")
async def test_a_database_that_can_be_written_again_is_noticed(harness: SchedulerHarness) -> None:
    """By a write such as each paid request needs, not by a read."""
    harness.alerts.alert(AlertKind.STORE)
    checks = checks_of(harness)
    full = sa.text("CREATE TRIGGER full BEFORE UPDATE ON marks BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    await harness.database.write(lambda connection: connection.execute(full))
    await checks.check()
    assert harness.alerts.ended == []
    await harness.database.write(lambda connection: connection.execute(sa.text("DROP TRIGGER full")))
    await checks.check()
    assert harness.alerts.ended == [AlertKind.STORE]


async def test_the_file_beside_the_database_counts_too(harness: SchedulerHarness, tmp_path: Path) -> None:
    """Without it nothing is paid for."""
    harness.alerts.alert(AlertKind.STORE)
    file = generation_path(tmp_path / "bot.db")
    file.unlink(missing_ok=True)
    file.mkdir()
    await checks_of(harness).check()
    assert harness.alerts.ended == []
    file.rmdir()
    await checks_of(harness).check()
    assert harness.alerts.ended == [AlertKind.STORE]


async def test_a_restored_database_is_over_once_it_is_resumed(harness: SchedulerHarness) -> None:
    """By whichever process the owner's command reaches."""
    harness.alerts.alert(AlertKind.RESTORED)
    checks = checks_of(harness)
    await harness.database.write(marks.put, Mark.RESTORED, "yes")
    await checks.check()
    assert harness.alerts.ended == []
    await harness.database.write(marks.drop, Mark.RESTORED)
    await checks.check()
    assert harness.alerts.ended == [AlertKind.RESTORED]


@pytest.mark.parametrize(
    ("jobs", "people", "is_said"), [(5, 3, True), (5, 2, False), (4, 4, False), (50, 1, False), (20, 20, True)]
)
def test_one_person_alone_causes_no_alert(jobs: int, people: int, is_said: bool) -> None:
    """What one may have caused says nothing about all."""
    assert concerns_all(Share(jobs, people, 0)) == is_said


def test_only_what_goes_well_is_an_end() -> None:
    """An hour without requests shows nothing."""
    assert is_well(Share(0, 0, 1))
    assert not is_well(Share(0, 0, 0))
    assert not is_well(Share(1, 1, 9))


@pytest.mark.both_databases
async def test_videos_of_many_that_cannot_be_posted(harness: SchedulerHarness) -> None:
    """Within the hour, not those that were withheld; it is over when all are posted again."""
    checks = checks_of(harness)
    now = harness.clock.now()
    ended = itertools.cycle([UserId(1), UserId(2), UserId(3)])

    async def end(state: State, at: float, **changes: Any) -> None:
        job = a_job(state, user_id=next(ended), ended_at=at, accepted_at=at, **changes)
        await harness.database.write(put, job)

    for _ in range(9):
        await end(State.UNDELIVERABLE, now - 7_200.0, cause=Cause.PLACE)
        await end(State.UNDELIVERABLE, now, withheld=True)
        await end(State.DELIVERED, now)
    for _ in range(4):
        await end(State.UNDELIVERABLE, now, cause=Cause.PLACE)
    await pass_checks(harness, checks)
    assert harness.rung == []
    await end(State.UNDELIVERABLE, now, cause=Cause.PLACE)
    await pass_checks(harness, checks)
    assert harness.rung == [AlertKind.UNDELIVERABLE]
    harness.clock.jump(3_600.0)
    await pass_checks(harness, checks)
    assert harness.alerts.ended == []
    await end(State.DELIVERED, harness.clock.now())
    await pass_checks(harness, checks)
    assert harness.alerts.ended == [AlertKind.UNDELIVERABLE]


@pytest.mark.both_databases
async def test_requests_of_many_without_a_clear_answer(harness: SchedulerHarness) -> None:
    """Each may be charged. It is over when, for an hour, all that were sent have been accepted."""
    checks = checks_of(harness)
    now = harness.clock.now()
    for number in range(6):
        job = a_job(State.UNCERTAIN, user_id=UserId(number % 3), submitted_at=now, accepted_at=now, cause=Cause.LOST)
        await harness.database.write(put, job)
    await pass_checks(harness, checks)
    assert harness.rung == [AlertKind.UNCERTAIN]
    harness.clock.jump(3_600.0)
    await pass_checks(harness, checks)
    assert harness.alerts.ended == []
    sent = a_job(State.RENDERING, remote_id="video_1", submitted_at=harness.clock.now(), accepted_at=now)
    await harness.database.write(put, sent)
    await pass_checks(harness, checks)
    assert harness.alerts.ended == [AlertKind.UNCERTAIN]


async def pass_checks(harness: SchedulerHarness, checks: AlertChecks) -> None:
    """Ten minutes: so often rows are counted."""
    harness.clock.jump(10 * MINUTE)
    await checks.check()
