"""Retry, Request again, Make another and a late yes repeat an earlier request, with today's rights."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.jobs.model import Job, MessageId
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.rights import Asker
from bot.jobs.states import State
from bot.jobs.store import moving
from tests.unit.bot.engine.requests_harness import RequestsHarness, a_requests_harness
from tests.unit.bot.jobs.samples import ANNA, HERE, NEXT_DOOR, OTHER_SERVER, a_job


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[RequestsHarness]:
    async with a_requests_harness(tmp_path) as harness:
        yield harness


def reason_of(made: Job | Refusal) -> Reason | None:
    return made.reason if isinstance(made, Refusal) else None


async def test_retry_makes_no_remix_in_another_server(harness: RequestsHarness) -> None:
    """A failed remix, retried from /status in another server: the video is unknown there."""
    failed = await harness.failed(await harness.video())
    made = await harness.job_actions.retry(failed.id, *harness.pressing(OTHER_SERVER), harness.sees)
    assert reason_of(made) is Reason.VIDEO_UNKNOWN


async def test_retry_remixes_no_video_of_a_channel_that_is_hidden_by_now(harness: RequestsHarness) -> None:
    """The person can no longer see the channel of the video."""
    failed = await harness.failed(await harness.video(place=NEXT_DOOR))
    harness.unseen.add(NEXT_DOOR.channel_id)
    made = await harness.job_actions.retry(failed.id, *harness.pressing(), harness.sees)
    assert reason_of(made) is Reason.VIDEO_UNKNOWN


@pytest.mark.parametrize("state", [State.FAILED, State.UNCERTAIN])
async def test_a_deleted_video_is_not_remixed_by_asking_again(harness: RequestsHarness, state: State) -> None:
    """Delete forbids remixing, by Retry and **Request again** as by anything else."""
    video = await harness.video()
    job = await harness.failed(video, state)
    await harness.database.write(moving.remove, video, harness.clock.now())
    press = harness.job_actions.retry if state is State.FAILED else harness.job_actions.request_again
    made = await press(job.id, *harness.pressing(), harness.sees)
    assert reason_of(made) is Reason.VIDEO_REMOVED


async def test_a_video_elsewhere_is_remixed_from_its_last_frame(harness: RequestsHarness) -> None:
    """A job remembers its provider; since then the bot was given another one, which doesn't know the video."""
    failed = await harness.failed(await harness.video(provider="https://old.test/v1"))
    made = await harness.job_actions.retry(failed.id, *harness.pressing(), harness.sees)
    assert reason_of(made) is Reason.REMIX_UNDRAWN


async def test_again_under_a_remix_checks_the_video_before_it(harness: RequestsHarness) -> None:
    """The remix exists, but the video that it was made from was deleted: it can't be remixed once more."""
    video = await harness.video()
    remix = await harness.failed(video, State.DELIVERED)
    await harness.database.write(moving.remove, video, harness.clock.now())
    asker, origin = harness.pressing()
    made = await harness.intake.repeat(remix, origin, asker, harness.sees)
    assert reason_of(made) is Reason.VIDEO_REMOVED


async def test_a_yes_to_a_deleted_video_makes_nothing(harness: RequestsHarness) -> None:
    """The question is open for a minute, and in that time the video was deleted."""
    video = await harness.video()
    await harness.answer(harness.reply(11, "darker", video))
    await harness.database.write(moving.remove, video, harness.clock.now())
    question = await harness.replies.offers.take(MessageId(11), Asker(ANNA, HERE))
    assert not isinstance(question, Refusal)
    made = await harness.replies.offers.accept(*question, harness.sees)
    assert reason_of(made) is Reason.VIDEO_REMOVED


async def test_a_second_yes_finds_the_video_of_the_first(harness: RequestsHarness) -> None:
    """Pressed twice, at once or one after the other: one video, and no word of a limit that it filled itself."""
    video = await harness.video()
    harness.limit(1)
    await harness.answer(harness.reply(11, "darker", video))
    question = await harness.replies.offers.take(MessageId(11), Asker(ANNA, HERE))
    assert not isinstance(question, Refusal)
    made = await asyncio.gather(*(harness.replies.offers.accept(*question, harness.sees) for _ in range(2)))
    made.append(await harness.replies.offers.accept(*question, harness.sees))
    assert len({one.id for one in made if isinstance(one, Job)}) == 1
    assert not [one for one in made if isinstance(one, Refusal)]


async def test_a_reply_heard_of_twice_gets_no_no(harness: RequestsHarness) -> None:
    """Discord may tell of a message twice; what it has led to fills the limit, and that is no reason for a no."""
    video = await harness.video()
    harness.limit(1)
    for _ in range(2):
        await harness.answer(harness.reply(11, "make it much darker please", video))
    assert harness.said == []


async def test_a_second_retry_finds_the_first_ones_job(harness: RequestsHarness) -> None:
    """Even when the video was deleted in between: what the first press made is in the queue."""
    video = await harness.video()
    failed = await harness.failed(video)
    first = await harness.job_actions.retry(failed.id, *harness.pressing(), harness.sees)
    await harness.database.write(moving.remove, video, harness.clock.now())
    assert await harness.job_actions.retry(failed.id, *harness.pressing(), harness.sees) == first


async def test_retry_after_a_cancelled_retry_makes_a_new_one(harness: RequestsHarness) -> None:
    """Retry, Cancel, Retry: the third press asks again, and says of no cancelled job that it is in the queue."""
    failed = await harness.failed()
    first = await harness.job_actions.retry(failed.id, *harness.pressing(), harness.sees)
    assert isinstance(first, Job)
    await harness.job_actions.cancel(first.id, harness.pressing()[0])
    presses = [harness.job_actions.retry(failed.id, *harness.pressing(), harness.sees) for _ in range(2)]
    second, third = await asyncio.gather(*presses)
    assert isinstance(second, Job)
    assert second == third
    assert second.id != first.id
    assert (second.state, second.request, second.origin.retry_of) == (State.ACCEPTED, failed.request, first.id)


@pytest.mark.parametrize("state", [s for s in State if s not in (State.ACCEPTED, State.CANCELLED)])
async def test_retry_makes_no_second_one_of_what_was_or_may_be_paid(harness: RequestsHarness, state: State) -> None:
    """What the first press made is under way, posted, in doubt, or has a notice of its own: nothing more is made."""
    failed = await harness.failed()
    made = await harness.stored(a_job(state, accepted_at=harness.clock.now(), origin_id=f"retry:{failed.id}"))
    again = await harness.job_actions.retry(failed.id, *harness.pressing(), harness.sees)
    assert isinstance(again, Job)
    assert (again.id, again.state) == (made.id, state)
