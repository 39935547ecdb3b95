"""Retry, Try again, Again and a late yes ask anew for what was asked before: what was allowed then may not be now."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.jobs.model import Job, MessageId
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.rights import Asker
from bot.jobs.states import State
from bot.jobs.store import moving
from tests.unit.bot.engine.counter import Counter, a_counter
from tests.unit.bot.jobs.samples import ANNA, HERE, NEXT_DOOR, OTHER_SERVER, a_job


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Counter]:
    async with a_counter(tmp_path) as counter:
        yield counter


def reason_of(made: Job | Refusal) -> Reason | None:
    return made.reason if isinstance(made, Refusal) else None


async def test_retry_makes_no_remix_in_another_server(counter: Counter) -> None:
    """A failed remix, retried from /status in another server: the video is unknown there."""
    failed = await counter.failed(await counter.video())
    made = await counter.acts.retry(failed.id, *counter.pressing(OTHER_SERVER), counter.sees)
    assert reason_of(made) is Reason.VIDEO_UNKNOWN


async def test_retry_remixes_no_video_of_a_channel_that_is_hidden_by_now(counter: Counter) -> None:
    """The person has lost sight of the channel in which the video stands."""
    failed = await counter.failed(await counter.video(place=NEXT_DOOR))
    counter.unseen.add(NEXT_DOOR.channel_id)
    made = await counter.acts.retry(failed.id, *counter.pressing(), counter.sees)
    assert reason_of(made) is Reason.VIDEO_UNKNOWN


@pytest.mark.parametrize("state", [State.FAILED, State.UNCERTAIN])
async def test_a_deleted_video_is_not_remixed_by_asking_again(counter: Counter, state: State) -> None:
    """Delete forbids remixing, by Retry and **Request again** as by anything else."""
    video = await counter.video()
    job = await counter.failed(video, state)
    await counter.database.write(moving.remove, video, counter.clock.now())
    press = counter.acts.retry if state is State.FAILED else counter.acts.try_again
    made = await press(job.id, *counter.pressing(), counter.sees)
    assert reason_of(made) is Reason.VIDEO_REMOVED


async def test_a_video_elsewhere_is_not_remixed_by_asking_again(counter: Counter) -> None:
    """A job remembers its provider; since then the bot was given another one."""
    failed = await counter.failed(await counter.video(provider="https://old.test/v1"))
    made = await counter.acts.retry(failed.id, *counter.pressing(), counter.sees)
    assert reason_of(made) is Reason.VIDEO_ELSEWHERE


async def test_again_under_a_remix_looks_at_the_video_before_it(counter: Counter) -> None:
    """The remix stands, but the video that it was made from was deleted: it can't be remixed once more."""
    video = await counter.video()
    remix = await counter.failed(video, State.DELIVERED)
    await counter.database.write(moving.remove, video, counter.clock.now())
    asker, origin = counter.pressing()
    made = await counter.intake.repeat(remix, origin, asker, counter.sees)
    assert reason_of(made) is Reason.VIDEO_REMOVED


async def test_a_yes_to_a_deleted_video_makes_nothing(counter: Counter) -> None:
    """The question stands for a minute, and in it the video was deleted."""
    video = await counter.video()
    await counter.answer(counter.reply(11, "darker", video))
    await counter.database.write(moving.remove, video, counter.clock.now())
    question = await counter.replies.offers.take(MessageId(11), Asker(ANNA, HERE))
    assert not isinstance(question, Refusal)
    made = await counter.replies.offers.accept(*question, counter.sees)
    assert reason_of(made) is Reason.VIDEO_REMOVED


async def test_a_second_yes_finds_the_video_of_the_first(counter: Counter) -> None:
    """Pressed twice, at once or one after the other: one video, and no word of a limit that it filled itself."""
    video = await counter.video()
    counter.limit(1)
    await counter.answer(counter.reply(11, "darker", video))
    question = await counter.replies.offers.take(MessageId(11), Asker(ANNA, HERE))
    assert not isinstance(question, Refusal)
    made = await asyncio.gather(*(counter.replies.offers.accept(*question, counter.sees) for _ in range(2)))
    made.append(await counter.replies.offers.accept(*question, counter.sees))
    assert len({one.id for one in made if isinstance(one, Job)}) == 1
    assert not [one for one in made if isinstance(one, Refusal)]


async def test_a_reply_heard_of_twice_gets_no_no(counter: Counter) -> None:
    """Discord may tell of a message twice; what it has led to fills the limit, and that is no reason for a no."""
    video = await counter.video()
    counter.limit(1)
    for _ in range(2):
        await counter.answer(counter.reply(11, "make it much darker please", video))
    assert counter.said == []


async def test_a_second_retry_finds_the_first_ones_job(counter: Counter) -> None:
    """Even when the video was deleted in between: what the first press made is in the queue."""
    video = await counter.video()
    failed = await counter.failed(video)
    first = await counter.acts.retry(failed.id, *counter.pressing(), counter.sees)
    await counter.database.write(moving.remove, video, counter.clock.now())
    assert await counter.acts.retry(failed.id, *counter.pressing(), counter.sees) == first


async def test_retry_after_a_cancelled_retry_makes_a_new_one(counter: Counter) -> None:
    """Retry, Cancel, Retry: the third press asks again, and says of no cancelled job that it is in the queue."""
    failed = await counter.failed()
    first = await counter.acts.retry(failed.id, *counter.pressing(), counter.sees)
    assert isinstance(first, Job)
    await counter.acts.cancel(first.id, counter.pressing()[0])
    presses = [counter.acts.retry(failed.id, *counter.pressing(), counter.sees) for _ in range(2)]
    second, third = await asyncio.gather(*presses)
    assert isinstance(second, Job)
    assert second == third
    assert second.id != first.id
    assert (second.state, second.request, second.origin.retry_of) == (State.ACCEPTED, failed.request, first.id)


@pytest.mark.parametrize("state", [s for s in State if s not in (State.ACCEPTED, State.CANCELLED)])
async def test_retry_makes_no_second_one_of_what_was_or_may_be_paid(counter: Counter, state: State) -> None:
    """What the first press made is under way, posted, in doubt, or has a notice of its own: nothing more is made."""
    failed = await counter.failed()
    made = await counter.stored(a_job(state, accepted_at=counter.clock.now(), origin_id=f"retry:{failed.id}"))
    again = await counter.acts.retry(failed.id, *counter.pressing(), counter.sees)
    assert isinstance(again, Job)
    assert (again.id, again.state) == (made.id, state)
