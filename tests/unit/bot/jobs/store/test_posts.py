"""The messages that jobs say: numbered, begun before the first byte, noted once."""

from dataclasses import replace

import pytest

from bot.jobs.database import Database
from bot.jobs.model import ChannelId, Job, JobId, MessageId, Post, PostKind, PostState
from bot.jobs.states import ENDS, State
from bot.jobs.store import moving, posts
from tests.unit.bot.jobs.samples import DM, a_job, a_private_job, put

NOW = 5_000.0
KEPT_SINCE = 4_000.0


async def due(database: Database, job: Job, kind: PostKind) -> Post:
    """One more message of that kind, just become due."""
    await database.write(posts.make_due, job, kind)
    return (await of_kind(database, job, kind))[-1]


async def of_kind(database: Database, job: Job, kind: PostKind) -> list[Post]:
    return [post for post in await database.read(posts.find_posts_of_jobs, [job.id]) if post.kind is kind]


async def again(database: Database, post: Post) -> Post:
    """The message as it is now."""
    (found,) = [
        other
        for other in await database.read(posts.find_posts_of_jobs, [post.job_id])
        if (other.kind, other.number) == (post.kind, post.number)
    ]
    return found


@pytest.fixture
async def job(database: Database) -> Job:
    job = a_job(State.POSTING)
    await database.write(put, job)
    return job


async def test_repeats_are_numbered(database: Database, job: Job) -> None:
    """Each kind counts for itself from one, so that every message has a nonce of its own."""
    for kind in (PostKind.VIDEO, PostKind.FAILURE, PostKind.VIDEO, PostKind.VIDEO):
        await database.write(posts.make_due, job, kind)
    assert [post.number for post in await of_kind(database, job, PostKind.VIDEO)] == [1, 2, 3]
    assert [post.number for post in await of_kind(database, job, PostKind.FAILURE)] == [1]


async def test_all_messages_of_a_private_job_are_due_in_the_dm(database: Database) -> None:
    """From its card on, which is there once it is sent."""
    job = a_private_job(State.POSTING)
    await database.write(put, job)
    said = [await due(database, job, kind) for kind in PostKind]
    assert {post.channel_id for post in said} == {DM.channel_id}
    assert not await database.read(posts.has_card, job.id)
    (card,) = await of_kind(database, job, PostKind.CARD)
    await database.write(posts.mark_refused, card)
    assert not await database.read(posts.has_card, job.id)
    await database.write(posts.mark_sent, card, MessageId(9))
    assert await database.read(posts.has_card, job.id)


async def test_an_attempt_is_noted_before_it_begins(database: Database, job: Job) -> None:
    """The first attempt is counted and its time kept; a second one of unknown outcome keeps the first one's time."""
    post = await due(database, job, PostKind.VIDEO)
    assert await database.write(posts.begin_sending, post, job, NOW)
    assert await database.write(posts.begin_sending, await again(database, post), job, NOW + 100)
    noted = await again(database, post)
    assert (noted.state, noted.tries, noted.attempted_at) == (PostState.SENDING, 2, NOW)


async def test_what_was_changed_since_it_was_read_is_not_begun(database: Database, job: Job) -> None:
    """After Don't post the video's message is not sent, nor what another try has begun: both are read again."""
    video, notice = await due(database, job, PostKind.VIDEO), await due(database, job, PostKind.FAILURE)
    assert await database.write(moving.withhold, job)
    assert not await database.write(posts.begin_sending, video, job, NOW)
    assert await again(database, video) == video
    withheld = replace(job, withheld=True)
    assert await database.write(posts.begin_sending, notice, withheld, NOW)
    assert not await database.write(posts.begin_sending, notice, withheld, NOW)
    moved = replace(withheld, state=State.DELIVERED)
    assert not await database.write(posts.begin_sending, await again(database, notice), moved, NOW)


@pytest.mark.parametrize("settled", ["sent", "refused", "gone"])
async def test_a_settled_message_is_not_begun_again(database: Database, job: Job, settled: str) -> None:
    """What is sent, refused or taken back is never sent once more."""
    post = await due(database, job, PostKind.VIDEO)
    if settled == "sent":
        await database.write(posts.mark_sent, post, MessageId(9))
    elif settled == "refused":
        await database.write(posts.mark_refused, post)
    else:
        await database.write(posts.mark_gone, post)
    assert not await database.write(posts.begin_sending, post, job, NOW)
    assert (await again(database, post)).state is PostState(settled)


async def test_an_attempt_that_surely_failed_is_due_again(database: Database, job: Job) -> None:
    """Its time is forgotten, since Discord has nothing of it; it waits until it may be tried again."""
    post = await due(database, job, PostKind.CARD)
    await database.write(posts.begin_sending, post, job, NOW)
    await database.write(posts.mark_unsent, post, not_before=NOW + 5, known=True)
    noted = await again(database, post)
    assert (noted.state, noted.attempted_at, noted.not_before, noted.tries) == (PostState.DUE, None, NOW + 5, 1)


async def test_an_attempt_of_unknown_outcome_stays_one(database: Database, job: Job) -> None:
    """Its first time is kept, so that a late repeat looks before it sends."""
    post = await due(database, job, PostKind.CARD)
    await database.write(posts.begin_sending, post, job, NOW)
    await database.write(posts.mark_unsent, post, not_before=NOW + 5, known=False)
    noted = await again(database, post)
    assert (noted.state, noted.attempted_at, noted.not_before) == (PostState.SENDING, NOW, NOW + 5)


async def test_a_redirected_message_begins_again_elsewhere(database: Database, job: Job) -> None:
    """Sent to the requester's DM instead, it is due there with no tries behind it."""
    post = await due(database, job, PostKind.FAILURE)
    await database.write(posts.begin_sending, post, job, NOW)
    await database.write(posts.redirect, post, ChannelId(500))
    noted = await again(database, post)
    assert noted == replace(post, channel_id=ChannelId(500))


async def test_unsent_messages_are_found(database: Database, job: Job) -> None:
    """Due and unknown ones, of all jobs; settled ones are not."""
    waiting = await due(database, job, PostKind.CARD)
    begun = await due(database, job, PostKind.VIDEO)
    await database.write(posts.begin_sending, begun, job, NOW)
    for kind, settle in ((PostKind.LATE, posts.mark_refused), (PostKind.SLOW, posts.mark_gone)):
        await database.write(settle, await due(database, job, kind))
    await database.write(posts.mark_sent, await due(database, job, PostKind.UNSURE), MessageId(3))
    assert set(await database.read(posts.find_all_unsent_jobs)) == {job.id}
    found = await database.read(posts.find_unsent_of_jobs, [job.id])
    assert {owner for _post, owner in found} == {job}
    assert {(post.kind, post.state) for post, _owner in found} == {
        (waiting.kind, PostState.DUE),
        (begun.kind, PostState.SENDING),
    }


async def test_a_video_is_found_by_its_message(database: Database, job: Job) -> None:
    """A reply to the video's message means that job; a reply to a card, a notice or any other message means none."""
    for number, kind in enumerate(PostKind, start=100):
        await database.write(posts.mark_sent, await due(database, job, kind), MessageId(number))
    found = {
        kind: await database.read(posts.find_video_by_message, MessageId(number))
        for number, kind in enumerate(PostKind, start=100)
    }
    assert found == {kind: job.id if kind is PostKind.VIDEO else None for kind in PostKind}
    assert await database.read(posts.find_video_by_message, MessageId(5)) is None


async def card_of(database: Database, state: State, **changes: object) -> tuple[Job, Post]:
    """A job in that state with a card in its channel."""
    job = a_job(state, **changes)
    await database.write(put, job)
    card = await due(database, job, PostKind.CARD)
    await database.write(posts.mark_sent, card, MessageId(11))
    return job, await again(database, card)


async def found(database: Database, kept_since: float = KEPT_SINCE) -> tuple[list[JobId], list[JobId]]:
    """The jobs with a message that may be outdated, and those with a card to keep up to date."""
    outdated = await database.read(posts.find_outdated, kept_since)
    return outdated, [card.post.job_id for card in await database.read(posts.find_standing_cards, None, 100)]


@pytest.mark.parametrize("state", State)
async def test_a_start_finds_each_card_once(database: Database, state: State) -> None:
    """The card of an ended or uncertain job may have to go; any other is kept up to date."""
    job, _card = await card_of(database, state, ended_at=KEPT_SINCE if state is State.STOPPED else None)
    if state is State.STOPPED:
        assert await found(database) == ([job.id], [job.id])
        return
    outdated = state in ENDS or state is State.UNCERTAIN
    assert await found(database) == (([job.id], []) if outdated else ([], [job.id]))


@pytest.mark.parametrize("state", [State.CANCELLED, State.STOPPED])
@pytest.mark.parametrize("ended_at", [KEPT_SINCE, KEPT_SINCE + 1])
async def test_a_start_finds_the_cards_of_kept_videos(database: Database, ended_at: float, state: State) -> None:
    """Such a card is outdated only when the file is gone, or no video can turn up any more."""
    job, card = await card_of(database, state, withheld=True, ended_at=ended_at)
    assert await found(database) == ([] if ended_at > KEPT_SINCE else [job.id], [job.id])
    (standing,) = await database.read(posts.find_standing_cards, None, 100)
    assert (standing.post, standing.state, standing.changed_at, standing.ended_at) == (
        card, state, ended_at, ended_at
    )  # fmt: skip


async def test_cards_are_found_in_pieces(database: Database) -> None:
    """By their jobs' ids, so that a start never reads all at once."""
    ids = sorted([(await card_of(database, State.RENDERING))[0].id for _ in range(5)])
    first = [card.post.job_id for card in await database.read(posts.find_standing_cards, None, 3)]
    rest = [card.post.job_id for card in await database.read(posts.find_standing_cards, first[-1], 3)]
    assert first + rest == ids


async def test_a_card_that_is_gone_or_never_came_is_not_found(database: Database) -> None:
    """Only an existing card is edited or deleted."""
    _job, card = await card_of(database, State.CANCELLED)
    await database.write(posts.mark_gone, card)
    unsent = a_job(State.CANCELLED)
    await database.write(put, unsent)
    await due(database, unsent, PostKind.CARD)
    assert await found(database) == ([], [])
