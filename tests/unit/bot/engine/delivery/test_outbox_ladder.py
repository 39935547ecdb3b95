"""A video's message on its way down the ladder: under one nonce, and never away from a place where it may be."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.chat.courier import CourierFault, OutcomeUnknown, Refused, TooLarge
from bot.jobs.denials import Denial
from bot.jobs.model import Cause, ChannelId, Job, MessageId, Origin, Post, PostKind, PostState, Via
from bot.jobs.rungs import Rung, Why
from bot.jobs.states import State
from bot.jobs.store import finding, posts
from bot.jobs.store.upload_limits import find_limit
from bot.videos.provider_faults import PollFailed
from bot.videos.values import RemoteState, RemoteVideo
from tests.unit.bot.engine.delivery.test_outbox import FakeProvider, OutboxHarness, a_video, an_outbox_harness
from tests.unit.bot.engine.providers_of_test import one_provider
from tests.unit.bot.jobs.samples import ANNA, HERE

pytestmark = pytest.mark.both_databases
DM = ChannelId(500)
ABOVE = ChannelId(501)
SMALL = 1_000


class FakeLinks(FakeProvider):
    """Has a link to the video that ends at that time, as long as it answers."""

    def __init__(self, expires_at: float) -> None:
        super().__init__()
        self.expires_at = expires_at
        self.fault: PollFailed | None = None

    async def poll(self, remote_id: str) -> RemoteVideo:
        self.polled += 1
        if self.fault is not None:
            raise self.fault
        url = "https://files.test/v.mp4"
        return RemoteVideo(remote_id, RemoteState.COMPLETED, url=url, expires_at=self.expires_at)

    def key_for(self, _url: str) -> None:
        return None


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[OutboxHarness]:
    async with an_outbox_harness(tmp_path) as outbox:
        yield outbox


async def the_video(outbox: OutboxHarness, job: Job) -> Post:
    (video,) = [
        post for post in await outbox.database.read(posts.find_posts_of_jobs, [job.id]) if post.kind is PostKind.VIDEO
    ]
    return video


async def tried_with(outbox: OutboxHarness, job: Job, fault: CourierFault | None) -> Post:
    """Let the video's turn come; Discord answers with that fault."""
    post = await the_video(outbox, job)
    outbox.clock.seconds += max(0.0, post.not_before - outbox.clock.now())
    outbox.courier.fault = fault
    await outbox.turn()
    return await the_video(outbox, job)


def opens_dms(outbox: OutboxHarness) -> None:
    async def open_dm(_user_id: object) -> ChannelId:
        return DM

    outbox.courier.open_dm = open_dm  # pyright: ignore[reportAttributeAccessIssue]


def links(outbox: OutboxHarness, *, lasting_seconds: float = 3_600.0) -> FakeLinks:
    """Let the provider have a link that lasts so long."""
    provider = FakeLinks(outbox.clock.now() + lasting_seconds)
    outbox.outbox._context.providers = one_provider(provider)  # pyright: ignore[reportAttributeAccessIssue]
    return provider


def of(job: Job, outbox: OutboxHarness) -> list[tuple[ChannelId, bool]]:
    """Where a message with the video was tried, and whether with its file."""
    mine = [parcel for parcel in outbox.courier.parcels if job.id in parcel.nonce]
    return [(parcel.channel_id, parcel.file is not None) for parcel in mine]


def finds(outbox: OutboxHarness, found: MessageId | None) -> list[ChannelId]:
    """Let the search end so; returns where is searched."""
    searched: list[ChannelId] = []

    async def find(channel_id: ChannelId, *_: object) -> MessageId | None:
        searched.append(channel_id)
        return found

    outbox.courier.find = find  # pyright: ignore[reportAttributeAccessIssue]
    return searched


async def job_of(outbox: OutboxHarness, job: Job) -> Job:
    found = await outbox.database.read(finding.get, job.id)
    assert found is not None
    return found


async def test_a_size_that_was_refused_is_learned_and_not_tried_again(outbox: OutboxHarness) -> None:
    """One upload; then the next way is taken, also by another video of that size in that server."""
    for number in (1, 2):
        job = await a_video(outbox, video_bytes=12_000_000, id=f"LEARNED{number}", remote_id=f"video_{number}")
        await tried_with(outbox, job, TooLarge("Too large."))
    uploaded = [parcel for parcel in outbox.courier.parcels if parcel.file is not None]
    assert len(uploaded) == 1
    learned = await outbox.database.read(find_limit, job.origin.place.guild_id)
    assert (learned.refused_bytes, learned.refused_hint_bytes) == (12_000_000, 10_000_000)


async def test_a_refusal_does_not_undo_a_lost_answer(outbox: OutboxHarness) -> None:
    """P3: the first answer was lost, the second upload was refused for its size: the first may be there."""
    job = await a_video(outbox, video_bytes=12_000_000)
    attempted_at = (await tried_with(outbox, job, OutcomeUnknown("The connection broke."))).attempted_at
    assert attempted_at is not None
    left = await tried_with(outbox, job, TooLarge("Too large."))
    assert left.attempted_at == attempted_at


async def test_a_video_moves_to_the_dm_under_its_nonce(outbox: OutboxHarness) -> None:
    """Its channel takes no message any more: the same message goes to its requester, with the reason."""
    opens_dms(outbox)
    job = await a_video(outbox, video_bytes=SMALL)
    moved = await tried_with(outbox, job, Refused(50001))
    assert (moved.channel_id, moved.moved_for, moved.attempted_at) == (DM, Why.ACCESS, None)
    sent = await tried_with(outbox, job, None)
    assert sent.state is PostState.SENT
    mine = [parcel for parcel in outbox.courier.parcels if job.id in parcel.nonce]
    assert [parcel.channel_id for parcel in mine] == [job.origin.place.channel_id, DM]
    assert len({parcel.nonce for parcel in mine}) == 1
    assert (await job_of(outbox, job)).posted_as is Rung.UPLOAD


@pytest.mark.parametrize("found", [None, MessageId(77)])
async def test_a_place_is_left_only_after_a_search(outbox: OutboxHarness, found: MessageId | None) -> None:
    """P3: an earlier attempt may have posted it there; then it is found, and doesn't come by DM as well."""
    opens_dms(outbox)
    searched = finds(outbox, found)
    job = await a_video(outbox, video_bytes=SMALL)
    await tried_with(outbox, job, OutcomeUnknown("The connection broke."))
    left = await tried_with(outbox, job, Refused(50013))
    assert searched == [job.origin.place.channel_id]
    if found is None:
        assert left.channel_id == DM
    else:
        assert (left.state, left.message_id) == (PostState.SENT, found)


async def test_a_place_that_cannot_be_searched_is_not_left(outbox: OutboxHarness) -> None:
    """P3: the video may be there unseen: it is kept instead of coming a second time."""
    opens_dms(outbox)

    async def find(*_: object) -> None:
        raise Refused(50001)

    outbox.courier.find = find  # pyright: ignore[reportAttributeAccessIssue]
    job = await a_video(outbox, video_bytes=SMALL)
    await tried_with(outbox, job, OutcomeUnknown("The connection broke."))
    await tried_with(outbox, job, Refused(50001))
    kept = await job_of(outbox, job)
    assert (kept.state, kept.cause, kept.field) == (State.UNDELIVERABLE, Cause.PERMISSION, Denial.ACCESS)
    assert DM not in {parcel.channel_id for parcel in outbox.courier.parcels}


async def test_a_refused_file_is_remembered_with_its_message(outbox: OutboxHarness) -> None:
    """Discord's filter blocks it: after a restart it isn't uploaded there again."""
    job = await a_video(outbox, video_bytes=SMALL)
    left = await tried_with(outbox, job, Refused(20009, 400))
    assert (left.file_denial, left.state) == (Denial.EXPLICIT, PostState.DUE)
    outbox.outbox._waiting.clear()
    await tried_with(outbox, job, None)
    uploaded = [parcel for parcel in outbox.courier.parcels if parcel.file is not None]
    assert len(uploaded) == 1


async def test_a_size_that_was_accepted_is_learned(outbox: OutboxHarness) -> None:
    """Discord's number is a hint: what it took in that server counts for the next video."""
    job = await a_video(outbox, video_bytes=12_000_000)
    await tried_with(outbox, job, None)
    learned = await outbox.database.read(find_limit, job.origin.place.guild_id)
    assert (learned.accepted_bytes, learned.refused_bytes) == (12_000_000, None)


async def test_a_missing_answer_about_the_link_does_not_undo_a_lost_answer(outbox: OutboxHarness) -> None:
    """P3: the link may be posted already, and then the provider doesn't answer: that attempt is not forgotten."""
    provider = links(outbox)
    job = await a_video(outbox)
    attempted_at = (await tried_with(outbox, job, OutcomeUnknown("The connection broke."))).attempted_at
    assert attempted_at is not None
    provider.fault = PollFailed(status=503)
    left = await tried_with(outbox, job, None)
    assert (left.state, left.attempted_at) == (PostState.SENDING, attempted_at)
    assert of(job, outbox) == [(HERE.channel_id, False)]


async def test_the_provider_is_not_asked_sooner_than_it_says(outbox: OutboxHarness) -> None:
    """It says in how many seconds it may be asked for the link again."""
    links(outbox).fault = PollFailed(status=429, retry_after_seconds=4_000.0)
    job = await a_video(outbox)
    asked_at = outbox.clock.now()
    with capture_logs() as logs:
        assert (await tried_with(outbox, job, None)).not_before >= asked_at + 4_000.0
    assert [line["job"] for line in logs if line["event"] == "link not found"] == [job.id]


@pytest.mark.parametrize("in_doubt", [False, True])
async def test_an_expired_link_is_not_posted(outbox: OutboxHarness, in_doubt: bool) -> None:
    """It leads nowhere: the video is kept. While the clock is in doubt it may not have expired, and is posted."""
    provider = links(outbox, lasting_seconds=-1.0)
    outbox.outbox._context.signals.time_in_doubt = in_doubt
    job = await a_video(outbox)
    await tried_with(outbox, job, None)
    left = await job_of(outbox, job)
    if in_doubt:
        assert (left.state, left.posted_as) == (State.DELIVERED, Rung.LINK)
        assert f"<t:{int(provider.expires_at)}:R>" in outbox.courier.parcels[-1].message.content
    else:
        assert (left.state, left.cause, provider.polled) == (State.UNDELIVERABLE, Cause.SIZE, 1)
        assert of(job, outbox) == []


async def test_a_link_that_never_comes_is_not_waited_for_where_there_is_a_dm(outbox: OutboxHarness) -> None:
    """Three times the provider doesn't answer: the refused file goes to the DM then."""
    opens_dms(outbox)
    job = await a_video(outbox, video_bytes=SMALL)
    left = await tried_with(outbox, job, Refused(20009, 400))
    while left.state is not PostState.SENT:
        assert outbox.provider.polled <= 3
        left = await tried_with(outbox, job, None)
    assert outbox.provider.polled == 3
    assert (left.channel_id, left.moved_for) == (DM, Why.EXPLICIT)
    assert of(job, outbox) == [(HERE.channel_id, True), (DM, True)]


async def test_a_dm_that_is_closed_ends_the_way(outbox: OutboxHarness) -> None:
    """Neither place takes it: it is kept at once, for the reason of the place where it was requested."""
    job = await a_video(outbox, video_bytes=SMALL)
    await tried_with(outbox, job, Refused(50001))
    left = await job_of(outbox, job)
    assert (left.state, left.cause, left.field) == (State.UNDELIVERABLE, Cause.PERMISSION, Denial.ACCESS)
    assert of(job, outbox) == [(HERE.channel_id, True)]


async def test_a_dm_that_refuses_the_message_ends_the_way(outbox: OutboxHarness) -> None:
    """The reason is still that of the place where the video was requested."""
    opens_dms(outbox)
    job = await a_video(outbox, video_bytes=SMALL)
    await tried_with(outbox, job, Refused(50001))
    await tried_with(outbox, job, Refused(50007))
    left = await job_of(outbox, job)
    assert (left.state, left.cause, left.field) == (State.UNDELIVERABLE, Cause.PERMISSION, Denial.ACCESS)
    assert of(job, outbox) == [(HERE.channel_id, True), (DM, True)]


async def test_a_deleted_threads_video_goes_above_without_a_search(outbox: OutboxHarness) -> None:
    """An earlier attempt went with the thread; the reply that it answered is not there either."""
    searched = finds(outbox, None)
    origin = Origin("reply", Via.REPLY, ANNA, HERE, reply_to=MessageId(5), thread_of=ABOVE)
    job = await a_video(outbox, video_bytes=SMALL, origin=origin)
    await tried_with(outbox, job, OutcomeUnknown("The connection broke."))
    await tried_with(outbox, job, Refused(10003))
    sent = await tried_with(outbox, job, None)
    assert (sent.state, sent.channel_id, sent.moved_for) == (PostState.SENT, ABOVE, Why.GONE)
    assert searched == []
    mine = [parcel for parcel in outbox.courier.parcels if job.id in parcel.nonce]
    assert [(parcel.channel_id, parcel.reply_to) for parcel in mine] == [
        (HERE.channel_id, 5), (HERE.channel_id, 5), (ABOVE, None),
    ]  # fmt: skip


async def test_a_link_that_is_too_large_a_message_is_not_tried_for_ever(outbox: OutboxHarness) -> None:
    """Without a file every further try would be refused for the same size."""
    links(outbox)
    job = await a_video(outbox)
    await tried_with(outbox, job, TooLarge("Too large."))
    left = await job_of(outbox, job)
    assert (left.state, left.cause) == (State.UNDELIVERABLE, Cause.SIZE)
    assert of(job, outbox) == [(HERE.channel_id, False)]
