"""*Make another* is one at a time for each person and video, and never grey."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.jobs.model import Job
from bot.jobs.states import Event
from bot.jobs.store import moving
from tests.unit.bot.engine.requests_harness import RequestsHarness, a_requests_harness
from tests.unit.bot.jobs.samples import BEN


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[RequestsHarness]:
    async with a_requests_harness(tmp_path) as harness:
        yield harness


async def press(harness: RequestsHarness, video: Job) -> Job:
    asker, origin = harness.pressing()
    made = await harness.job_actions.make_another(video, asker, origin, harness.sees)
    assert isinstance(made, Job)
    return made


async def test_pressed_twice_it_makes_one(harness: RequestsHarness) -> None:
    """At once, within two seconds, or while the first is under way."""
    video = await harness.video()
    made = await asyncio.gather(*(press(harness, video) for _ in range(3)))
    harness.clock.seconds += 2
    made.append(await press(harness, video))
    harness.clock.seconds += 600
    made.append(await press(harness, video))
    assert len({one.id for one in made}) == 1


async def test_another_is_made_after_the_first_has_ended(harness: RequestsHarness) -> None:
    """However often; each is a job of its own."""
    video, made = await harness.video(), set[str]()
    for _ in range(3):
        job = await press(harness, video)
        made.add(job.id)
        harness.clock.seconds += 60
        await harness.database.write(moving.apply, job, Event.EXPIRE, now=harness.clock.now())
    assert len(made) == 3


async def test_one_that_was_cancelled_does_not_stand_in_the_way(harness: RequestsHarness) -> None:
    """Cancelled for free, and pressed again at once: that is meant."""
    video = await harness.video()
    job = await press(harness, video)
    await harness.database.write(moving.apply, job, Event.CANCEL, now=harness.clock.now())
    assert (await press(harness, video)).id != job.id


async def test_each_video_and_person_counts_alone(harness: RequestsHarness) -> None:
    """Two videos, or two people, are two requests."""
    one, other = await harness.video(), await harness.video(remote_id="video_2")
    assert (await press(harness, one)).id != (await press(harness, other)).id
    asker, origin = harness.pressing()
    by_ben = type(asker)(BEN, asker.place)
    made = await harness.job_actions.make_another(
        one, by_ben, type(origin)("x", origin.via, BEN, origin.place), harness.sees
    )
    assert isinstance(made, Job)
    assert made.origin.user_id == BEN
    assert made.id != (await press(harness, one)).id
