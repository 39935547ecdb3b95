"""*Make another* is one at a time for each person and video, and never grey."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.jobs.model import Job, PostKind, PostState
from bot.jobs.states import Event, State
from bot.jobs.store import moving, posts
from tests.unit.bot.engine.counter import Counter, a_counter
from tests.unit.bot.jobs.samples import BEN, a_job


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Counter]:
    async with a_counter(tmp_path) as counter:
        yield counter


async def press(counter: Counter, video: Job) -> Job:
    asker, origin = counter.pressing()
    made = await counter.acts.make_another(video, asker, origin, counter.sees)
    assert isinstance(made, Job)
    return made


async def test_pressed_twice_it_makes_one(counter: Counter) -> None:
    """At once, within two seconds, or while the first is under way."""
    video = await counter.video()
    made = await asyncio.gather(*(press(counter, video) for _ in range(3)))
    counter.clock.seconds += 2
    made.append(await press(counter, video))
    counter.clock.seconds += 600
    made.append(await press(counter, video))
    assert len({one.id for one in made}) == 1


async def test_another_is_made_after_the_first_has_ended(counter: Counter) -> None:
    """However often; each is a job of its own."""
    video, made = await counter.video(), set[str]()
    for _ in range(3):
        job = await press(counter, video)
        made.add(job.id)
        counter.clock.seconds += 60
        await counter.database.write(moving.apply, job, Event.EXPIRE, now=counter.clock.now())
    assert len(made) == 3


async def test_one_that_was_cancelled_does_not_stand_in_the_way(counter: Counter) -> None:
    """Cancelled for free, and pressed again at once: that is meant."""
    video = await counter.video()
    job = await press(counter, video)
    await counter.database.write(moving.apply, job, Event.CANCEL, now=counter.clock.now())
    assert (await press(counter, video)).id != job.id


async def test_each_video_and_person_counts_alone(counter: Counter) -> None:
    """Two videos, or two people, are two requests."""
    one, other = await counter.video(), await counter.video(remote_id="video_2")
    assert (await press(counter, one)).id != (await press(counter, other)).id
    asker, origin = counter.pressing()
    by_ben = type(asker)(BEN, asker.place)
    made = await counter.acts.make_another(one, by_ben, type(origin)("x", origin.via, BEN, origin.place), counter.sees)
    assert isinstance(made, Job)
    assert made.origin.user_id == BEN
    assert made.id != (await press(counter, one)).id


async def test_the_doubt_is_one_message(counter: Counter) -> None:
    """D10: once the notice with the question is posted, the card goes; before, it stays."""
    job = await counter.stored(a_job(State.UNCERTAIN))
    for kind in (PostKind.CARD, PostKind.UNSURE):
        await counter.database.write(posts.make_due, job, kind)
    said = {one.kind: one for one in await counter.database.read(posts.find_posts, [job.id])}
    await counter.database.write(posts.mark_sent, said[PostKind.CARD], None)
    assert await counter.database.read(posts.find_stale_cards) == []
    await counter.database.write(posts.mark_sent, said[PostKind.UNSURE], None)
    ((card, _),) = await counter.database.read(posts.find_stale_cards)
    assert (card.kind, card.state) == (PostKind.CARD, PostState.SENT)
