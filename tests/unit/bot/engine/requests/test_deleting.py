"""C8: Delete deletes the very message that was pressed, for any stored state, and is never undone."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.chat.courier import OutcomeUnknown, Refused
from bot.engine.requests.job_actions import JobActions
from bot.jobs.model import ChannelId, Job, JobId, MessageId, PostKind
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.rights import Asker, may_post
from bot.jobs.states import State
from bot.jobs.store import finding, moving, posts
from tests.unit.bot.engine.delivery.test_outbox import OutboxHarness, a_video, an_outbox_harness
from tests.unit.bot.jobs.samples import ANNA, BEN, HERE

PRESSED = MessageId(5)
BY_ANNA = Asker(ANNA, HERE)
BY_A_MODERATOR = Asker(BEN, HERE, manages_messages=True)


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[OutboxHarness]:
    async with an_outbox_harness(tmp_path) as outbox:
        yield outbox


class FakeDeletion:
    """What Discord is asked for by a press of Delete."""

    def __init__(self, outbox: OutboxHarness, shown_job: JobId | None) -> None:
        self.deleted: list[tuple[ChannelId, MessageId]] = []
        self.fault: Exception | None = None
        self.shown_job = shown_job
        outbox.courier.shows = self.shows  # pyright: ignore[reportAttributeAccessIssue]
        outbox.courier.delete = self.delete  # pyright: ignore[reportAttributeAccessIssue]

    async def shows(self, _channel: ChannelId, _message: MessageId, is_ours: Callable[[str], bool]) -> bool:
        return self.shown_job is not None and is_ours(f"vb:video:delete:{self.shown_job}:1")

    async def delete(self, channel_id: ChannelId, message_id: MessageId) -> bool:
        if self.fault is not None:
            raise self.fault
        self.deleted.append((channel_id, message_id))
        return True


def acts_of(outbox: OutboxHarness) -> JobActions:
    return JobActions(outbox.outbox._context, None)  # pyright: ignore[reportArgumentType]  # nothing is taken in here


async def left(outbox: OutboxHarness, job: Job) -> Job:
    found = await outbox.database.read(finding.get, job.id)
    assert found is not None
    return found


async def test_a_video_whose_answer_is_under_way_is_deleted(outbox: OutboxHarness) -> None:
    """The message is there, its id is not written down: it goes, and is neither remixed nor posted again."""
    job = await a_video(outbox, video_bytes=1_000)
    asked = FakeDeletion(outbox, job.id)
    await outbox.look()
    await outbox.courier.asked.wait()
    done = await acts_of(outbox).delete(job.id, BY_ANNA, PRESSED)
    assert isinstance(done, Job)
    assert asked.deleted == [(HERE.channel_id, PRESSED)]
    removed_at = (await left(outbox, job)).removed_at
    assert removed_at is not None
    outbox.clock.seconds += 10
    await outbox.turn()
    ended = await left(outbox, job)
    assert (ended.state, ended.removed_at) == (State.DELIVERED, removed_at)


async def test_a_video_whose_answer_was_lost_is_not_posted_again(outbox: OutboxHarness) -> None:
    """Ten minutes later the nonce counts no more, and the history shows nothing: it was deleted."""
    job = await a_video(outbox, video_bytes=1_000)
    outbox.courier.fault = OutcomeUnknown("The connection broke.")
    await outbox.turn()
    posted = len(outbox.courier.parcels)
    FakeDeletion(outbox, job.id)
    await acts_of(outbox).delete(job.id, BY_ANNA, PRESSED)
    outbox.courier.fault = None
    outbox.clock.seconds += 600

    async def nothing(*_: object) -> None:
        return None

    outbox.courier.find = nothing  # pyright: ignore[reportAttributeAccessIssue]
    await outbox.turn()
    assert (await left(outbox, job)).state is State.DELIVERED
    assert len([one for one in outbox.courier.parcels[posted:] if "video" in one.nonce]) == 0


async def test_a_moderator_who_deletes_it_is_remembered(outbox: OutboxHarness) -> None:
    """Its requester sees that in /status; a second deletion changes nothing."""
    job = await a_video(outbox, video_bytes=1_000)
    FakeDeletion(outbox, job.id)
    await acts_of(outbox).delete(job.id, BY_A_MODERATOR, PRESSED)
    found = await left(outbox, job)
    assert found.removed_by == BEN
    await outbox.database.write(moving.remove, job, outbox.clock.now() + 9, ANNA)
    assert await left(outbox, job) == found


async def test_the_requesters_own_deletion_names_no_person(outbox: OutboxHarness) -> None:
    """`removed_by` is for what somebody else did. The first frame goes with the video."""
    job = await a_video(outbox, video_bytes=1_000)
    FakeDeletion(outbox, job.id)
    await acts_of(outbox).delete(job.id, BY_ANNA, PRESSED)
    assert (await left(outbox, job)).removed_by is None
    assert outbox.frames.forgotten == [job.id]


@pytest.mark.parametrize("shown", [None, JobId("0THER000")])
async def test_a_forged_press_deletes_no_other_message(outbox: OutboxHarness, shown: JobId | None) -> None:
    """The custom id is anybody's to make up: the message must show that very video."""
    job = await a_video(outbox, video_bytes=1_000)
    asked = FakeDeletion(outbox, shown)
    done = await acts_of(outbox).delete(job.id, BY_ANNA, PRESSED)
    assert isinstance(done, Refusal)
    assert done.reason is Reason.VIDEO_UNKNOWN
    assert asked.deleted == []
    assert (await left(outbox, job)).removed_at is None


@pytest.mark.parametrize(
    ("fault", "deleted"), [(OutcomeUnknown("503"), False), (Refused(50013), False), (Refused(10003, 404), True)]
)
async def test_nothing_is_said_to_be_deleted_that_stays(outbox: OutboxHarness, fault: Exception, deleted: bool) -> None:
    """While Discord can't be reached, the person has to press again; a channel that is gone counts as deleted."""
    job = await a_video(outbox, video_bytes=1_000)
    asked = FakeDeletion(outbox, job.id)
    asked.fault = fault
    done = await acts_of(outbox).delete(job.id, BY_ANNA, PRESSED)
    assert isinstance(done, Job) == deleted
    asked.fault = None
    assert isinstance(await acts_of(outbox).delete(job.id, BY_ANNA, PRESSED), Job)


async def test_what_was_deleted_is_not_posted_after_all(outbox: OutboxHarness) -> None:
    """*Post it* is no way round Delete."""
    job = await a_video(outbox, video_bytes=1_000)
    FakeDeletion(outbox, job.id)
    await acts_of(outbox).delete(job.id, BY_ANNA, PRESSED)
    assert not may_post(await left(outbox, job))
    await outbox.turn()
    (video,) = [
        one for one in await outbox.database.read(posts.find_posts_of_jobs, [job.id]) if one.kind is PostKind.VIDEO
    ]
    assert video.message_id is None
