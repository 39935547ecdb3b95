"""The log of a job's life: one line per event, when it is stored and only then, and never a prompt."""

from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.jobs.database import Database, StoreUnavailableError
from bot.jobs.life_log import hash_prompt, log_accepted
from bot.jobs.limits import Limits
from bot.jobs.model import Cause, Charged, Job
from bot.jobs.pending_write import once_stored
from bot.jobs.states import TABLE, Event, State
from bot.jobs.store import moving
from bot.jobs.store.accepting import accept
from tests.unit.bot.jobs.samples import PROVIDER, a_job, put

SECRET = "a fox nobody may read of"


async def moved(database: Database, job: Job, event: Event, **changes: Any) -> Job:
    after = await database.write(moving.apply, job, event, now=2_000.0, **changes)
    assert after is not None
    return after


def lines(logs: Any) -> list[tuple[str, dict[str, Any]]]:
    """Each line's event with its facts, all of which must be of one job."""
    return [(line["event"], {name: fact for name, fact in line.items() if name != "event"}) for line in logs]


async def test_a_whole_life_has_three_lines(database: Database) -> None:
    """Accepted, submitted, done: with what belongs to each, and whose job it is."""
    job = a_job(prompt=SECRET)
    with capture_logs() as logs:
        assert await database.write(accept, job, Limits(3, 0))
        log_accepted(job)
        job = await moved(database, job, Event.SUBMIT, submitted_at=1_010.0)
        job = await moved(database, job, Event.TAKEN, remote_id="video_1")
        job = await moved(database, job, Event.COMPLETE, completed_at=1_090.5, cost_micros=250_000)
        job = await moved(database, job, Event.FETCHED, video_sha256="0" * 64, video_bytes=9)
        job = await moved(database, job, Event.POSTED)
    whose = {"log_level": "info", "job": job.id, "user": 42, "guild": 8, "channel": 7}
    assert lines(logs) == [
        (
            "job accepted",
            whose
            | {
                "via": "command", "model": "gpt-4o-video", "size": "1280x720", "seconds": "8", "references": 0,
                "prompt_length": len(SECRET), "prompt_hash": hash_prompt(SECRET),
            },
        ),
        ("job submitted", whose | {"provider": PROVIDER, "remote_id": "video_1", "queued_for": 10.0}),
        ("job done", whose | {"render_time": 80.5, "bytes": 9, "price": 0.25, "charged": "yes"}),
    ]  # fmt: skip
    assert SECRET not in str(logs)


def test_the_hash_shows_equal_prompts_and_nothing_else() -> None:
    """It is the same for the same prompt, and is not one that anybody could make without the key."""
    import hashlib

    assert hash_prompt(SECRET) == hash_prompt(SECRET) != hash_prompt(SECRET + ".")
    assert hash_prompt(SECRET) not in hashlib.sha256(SECRET.encode()).hexdigest()
    assert len(hash_prompt("\ud800")) == 16


@pytest.mark.parametrize(("state", "event"), TABLE)
async def test_every_end_has_its_line(database: Database, state: State, event: Event) -> None:
    """Each way to an end has one line, with the cause of a bad one; no event makes two lines."""
    job = a_job(
        state, withheld=event in (Event.KEEP, Event.STOP), submitted_at=None if state is State.ACCEPTED else 1_001.0
    )
    await database.write(put, job)
    with capture_logs() as logs:
        after = await moved(database, job, event, cause=Cause.PROVIDER, provider_code="server_error")
    ended = after.state in {State.REFUSED, State.FAILED, State.LOST, State.UNDELIVERABLE}
    names = [name for name, _ in lines(logs)]
    if ended:
        assert names == ["job failed"]
        facts = lines(logs)[0][1]
        assert (facts["cause"], facts["code"], facts["end"]) == (Cause.PROVIDER, "server_error", after.state)
        assert facts["charged"] in set(Charged)
    elif after.state in {State.CANCELLED, State.STOPPED, State.DELIVERED, State.UNCERTAIN}:
        assert len(names) == 1
    else:
        assert len(names) <= 1


async def test_what_is_not_stored_is_not_logged(database: Database) -> None:
    """A write that is undone, and one that somebody else was quicker than, leave no line."""
    job = a_job()
    await database.write(put, job)

    async def broken(connection: Any) -> None:
        await moving.apply(connection, job, Event.CANCEL, now=1.0)
        raise StoreUnavailableError("no")

    with capture_logs() as logs:
        with pytest.raises(StoreUnavailableError):
            await database.write(broken)
        assert await database.write(moving.apply, replace(job, fence=9), Event.CANCEL, now=1.0) is None
    assert logs == []
    with capture_logs() as logs:
        await moved(database, job, Event.CANCEL)
    assert [line["event"] for line in logs] == ["job cancelled"]


async def test_a_follow_up_belongs_to_one_write(database: Database) -> None:
    """It is done once, after its own write, and outside of any write there is none."""
    done: list[str] = []

    async def work(_connection: Any, name: str) -> None:
        once_stored(lambda: done.append(name))
        assert name not in done

    await database.write(work, "a")
    await database.write(work, "b")
    assert done == ["a", "b"]
    once_stored(lambda: done.append("c"))
    assert done == ["a", "b"]
