"""Moving jobs along: only by the one who read them as they are, and only by the one who holds them."""

import asyncio
from collections.abc import Callable

import pytest

from bot.jobs.database import Database, StoreConflictError
from bot.jobs.drafts import Draft, Offer, OfferKind
from bot.jobs.model import Cause, Job, MessageId, Post, PostKind, PostState, VideoRequest
from bot.jobs.states import ENDS, Event, IllegalMoveError, State
from bot.jobs.store import drafts, finding, moving, posts, processes
from tests.unit.bot.jobs.samples import ANNA, HERE, a_job, put

NOW = 5_000.0
UNENDED = [state for state in State if state not in ENDS]


async def stored(database: Database, job: Job) -> Job:
    await database.write(put, job)
    return await read(database, job)


async def read(database: Database, job: Job) -> Job:
    found = await database.read(finding.get, job.id)
    assert found is not None
    return found


async def post_of(database: Database, job: Job, kind: PostKind) -> Post:
    (found,) = [post for post in await database.read(posts.find_posts_of_jobs, [job.id]) if post.kind is kind]
    return found


async def test_a_move_is_seen_with_its_changes(database: Database) -> None:
    """A move sets the state and the further columns, and returns the job as it is now."""
    job = await stored(database, a_job(State.SUBMITTING))
    moved = await database.write(moving.apply, job, Event.TAKEN, now=NOW, remote_id="video_1", submitted_at=NOW)
    assert moved == await read(database, job)
    assert moved is not None
    assert (moved.state, moved.remote_id, moved.submitted_at, moved.ended_at) == (
        State.RENDERING,
        "video_1",
        NOW,
        None,
    )


async def test_of_two_movers_one_wins(database: Database, open_another: Callable[[], Database]) -> None:
    """Two processes read the same job and move it at once: one moves it, the other gets None."""
    for _ in range(5):
        job = await stored(database, a_job())
        other = open_another()
        results = await asyncio.gather(
            database.write(moving.apply, job, Event.SUBMIT, now=NOW),
            other.write(moving.apply, job, Event.CANCEL, now=NOW),
        )
        winners = [result for result in results if result is not None]
        assert len(winners) == 1
        assert await read(database, job) == winners[0]


async def test_a_loser_says_nothing(database: Database) -> None:
    """A move that came too late makes no message due."""
    job = await stored(database, a_job())
    await database.write(moving.apply, job, Event.CANCEL, now=NOW)
    assert await database.write(moving.apply, job, Event.EXPIRE, now=NOW) is None
    assert await database.read(posts.find_posts_of_jobs, [job.id]) == []


async def test_an_illegal_move_changes_nothing(database: Database) -> None:
    """An event that cannot happen raises and leaves the job as it is."""
    job = await stored(database, a_job())
    with pytest.raises(IllegalMoveError):
        await database.write(moving.apply, job, Event.POSTED, now=NOW)
    assert await read(database, job) == job


@pytest.mark.parametrize(
    ("state", "event", "kind"),
    [
        (State.ACCEPTED, Event.EXPIRE, PostKind.FAILURE),
        (State.SUBMITTING, Event.REFUSE, PostKind.FAILURE),
        (State.SUBMITTING, Event.DOUBT, PostKind.UNSURE),
        (State.FETCHING, Event.FETCHED, PostKind.VIDEO),
    ],
)
async def test_a_move_and_its_message_are_one(database: Database, state: State, event: Event, kind: PostKind) -> None:
    """What the table says is to be said becomes due with the move."""
    job = await stored(database, a_job(state))
    await database.write(moving.apply, job, event, now=NOW)
    post = await post_of(database, job, kind)
    assert (post.number, post.state, post.channel_id) == (1, PostState.DUE, job.origin.place.channel_id)


async def test_an_end_lets_go_of_the_job(database: Database) -> None:
    """An ended job has its time and its cause, and waits for nothing."""
    await database.write(put, a_job(waiting_for=Cause.CREDIT))
    (job,) = await database.write(moving.claim, "me")
    ended = await database.write(moving.apply, job, Event.EXPIRE, now=NOW, cause=Cause.CREDIT)
    assert ended is not None
    assert (ended.ended_at, ended.cause, ended.waiting_for) == (NOW, Cause.CREDIT, None)


@pytest.mark.parametrize(
    ("state", "event"),
    [(State.UNDELIVERABLE, Event.POST_IT), (State.CANCELLED, Event.POST_IT), (State.LOST, Event.LINK)],
)
async def test_a_job_taken_up_again_is_free_to_claim(database: Database, state: State, event: Event) -> None:
    """A move out of an end clears the end's time, and any process may claim the job."""
    before = {State.UNDELIVERABLE: Event.GIVE_UP, State.CANCELLED: Event.KEEP, State.LOST: Event.EXPIRE}[state]
    await database.write(put, a_job(State.UNCERTAIN if state is State.LOST else State.FETCHING, withheld=True))
    (held,) = await database.write(moving.claim, "other")
    job = await database.write(moving.apply, held, before, now=NOW)
    assert job is not None
    assert job.state is state
    revived = await database.write(moving.apply, job, event, now=NOW, revived_at=NOW)
    assert revived is not None
    assert (revived.ended_at, revived.revived_at) == (None, NOW)
    assert [one.id for one in await database.write(moving.claim, "me")] == [job.id]


async def test_two_jobs_never_have_the_same_remote_id(database: Database) -> None:
    """A provider's id belongs to one job: a second one with it is refused whole."""
    await database.write(put, a_job(State.RENDERING, remote_id="video_1"))
    job = await stored(database, a_job(State.SUBMITTING))
    with pytest.raises(StoreConflictError, match="remote_id"):
        await database.write(moving.apply, job, Event.TAKEN, now=NOW, remote_id="video_1")
    assert await read(database, job) == job
    elsewhere = await stored(database, a_job(State.SUBMITTING, provider="https://elsewhere.test"))
    assert await database.write(moving.apply, elsewhere, Event.TAKEN, now=NOW, remote_id="video_1")


async def test_delivering_is_one_with_the_end(database: Database) -> None:
    """The message's id and the end of its job are stored together."""
    fetched = await stored(database, a_job(State.FETCHING))
    job = await database.write(moving.apply, fetched, Event.FETCHED, now=NOW)
    assert job is not None
    post = await post_of(database, job, PostKind.VIDEO)
    await database.write(moving.deliver, job, post, MessageId(99), NOW + 1)
    done, sent = await read(database, job), await post_of(database, job, PostKind.VIDEO)
    assert (done.state, done.ended_at, done.removed_at) == (State.DELIVERED, NOW + 1, None)
    assert (sent.state, sent.message_id, sent.attempted_at) == (PostState.SENT, MessageId(99), None)


@pytest.mark.parametrize("event", [None, Event.UNPOSTABLE])
async def test_what_became_of_a_message_holds_for_any_owner_of_the_job(database: Database, event: Event | None) -> None:
    """A job that was claimed after it was read for posting ends all the same: its message exists or never will."""
    job = await stored(database, a_job(State.POSTING))
    await database.write(posts.make_due, job, PostKind.VIDEO)
    post = await post_of(database, job, PostKind.VIDEO)
    (claimed,) = await database.write(moving.claim, "me")
    assert claimed.fence > job.fence
    if event is None:
        await database.write(moving.deliver, job, post, MessageId(99), NOW)
    else:
        await database.write(moving.stop_delivering, job, post, event, NOW)
    assert (await read(database, job)).state is (State.DELIVERED if event is None else State.UNDELIVERABLE)


async def test_claiming_leaves_ones_own_jobs_alone(database: Database) -> None:
    """A job stays claimed under the same fence until its process is buried."""
    await database.write(put, a_job(State.RENDERING))
    (mine,) = await database.write(moving.claim, "me")
    assert await database.write(moving.claim, "me") == []
    assert await read(database, mine) == mine
    assert await database.write(moving.note, mine, progress=5) is not None


async def test_a_delivery_that_breaks_half_way_is_not_there(database: Database) -> None:
    """If the job cannot end, its message does not count as sent: neither of the two is noted."""
    job = await stored(database, a_job(State.FETCHING))
    await database.write(posts.make_due, job, PostKind.VIDEO)
    post = await post_of(database, job, PostKind.VIDEO)
    with pytest.raises(IllegalMoveError):
        await database.write(moving.deliver, job, post, MessageId(99), NOW)
    assert await post_of(database, job, PostKind.VIDEO) == post


async def test_a_video_deleted_meanwhile_is_removed(database: Database) -> None:
    """A message that people deleted before it was noted: the job is delivered and may not be remixed."""
    job = await stored(database, a_job(State.POSTING))
    await database.write(posts.make_due, job, PostKind.VIDEO)
    await database.write(moving.deliver, job, await post_of(database, job, PostKind.VIDEO), None, NOW)
    done = await read(database, job)
    assert (done.state, done.removed_at) == (State.DELIVERED, NOW)


@pytest.mark.parametrize(
    ("event", "state"),
    [(Event.UNPOSTABLE, State.UNDELIVERABLE), (Event.KEEP, State.CANCELLED), (Event.REFETCH, State.FETCHING)],
)
async def test_giving_a_message_up_is_one_with_the_move(database: Database, event: Event, state: State) -> None:
    """The refused message and what becomes of its job are noted together."""
    job = await stored(database, a_job(State.POSTING, withheld=event is Event.KEEP))
    await database.write(posts.make_due, job, PostKind.VIDEO)
    post = await post_of(database, job, PostKind.VIDEO)
    await database.write(moving.stop_delivering, job, post, event, NOW, cause=Cause.PERMISSION)
    assert (await read(database, job)).state is state
    assert (await post_of(database, job, PostKind.VIDEO)).state is PostState.REFUSED


async def test_a_refusal_that_breaks_half_way_is_not_there(database: Database) -> None:
    """If the job cannot move by that event, its message still waits."""
    job = await stored(database, a_job(State.POSTING))
    await database.write(posts.make_due, job, PostKind.VIDEO)
    post = await post_of(database, job, PostKind.VIDEO)
    with pytest.raises(IllegalMoveError):
        await database.write(moving.stop_delivering, job, post, Event.TAKEN, NOW)
    assert await post_of(database, job, PostKind.VIDEO) == post


async def test_noting_is_for_who_has_read_the_job(database: Database) -> None:
    """Columns are set without a move, unless the job was moved since it was read."""
    job = await stored(database, a_job(State.RENDERING))
    noted = await database.write(moving.note, job, progress=40)
    assert noted is not None
    assert (noted.progress, noted.state) == (40, State.RENDERING)
    await database.write(moving.apply, job, Event.COMPLETE, now=NOW)
    assert await database.write(moving.note, job, progress=50) is None
    assert (await read(database, job)).progress == 40


async def test_a_late_notice_is_one_with_its_note(database: Database) -> None:
    """The notice becomes due with the columns; of a job that was moved meanwhile neither is stored."""
    job = await stored(database, a_job(State.RENDERING))
    await database.write(moving.note_late, job, PostKind.LATE, late_at=NOW)
    assert (await read(database, job)).late_at == NOW
    assert (await post_of(database, job, PostKind.LATE)).state is PostState.DUE
    other = await stored(database, a_job(State.RENDERING))
    await database.write(moving.apply, other, Event.COMPLETE, now=NOW)
    assert await database.write(moving.note_late, other, PostKind.LATE, late_at=NOW) is None
    assert await database.read(posts.find_posts_of_jobs, [other.id]) == []


@pytest.mark.parametrize("state", State)
async def test_what_can_be_withheld(database: Database, state: State) -> None:
    """Don't post works from the submission until the end; before it Cancel does, after it nothing."""
    job = await stored(database, a_job(state))
    withheld = await database.write(moving.withhold, job)
    assert (withheld is not None) == (state not in ENDS and state is not State.ACCEPTED)
    assert (await read(database, job)) == (withheld or job)


async def test_a_video_on_its_way_is_not_withheld(database: Database) -> None:
    """Once its message is being sent it is too late; while it is due it is not."""
    job = await stored(database, a_job(State.POSTING))
    await database.write(posts.make_due, job, PostKind.VIDEO)
    post = await post_of(database, job, PostKind.VIDEO)
    assert await database.write(posts.begin_sending, post, job, NOW)
    assert not await database.write(moving.withhold, job)
    assert not (await read(database, job)).withheld


async def test_withholding_and_sending_exclude_each_other(
    database: Database, open_another: Callable[[], Database]
) -> None:
    """Pressed at the very moment of posting: either it is withheld or it is sent, never both and never neither."""
    for _ in range(5):
        job = await stored(database, a_job(State.POSTING))
        await database.write(posts.make_due, job, PostKind.VIDEO)
        post = await post_of(database, job, PostKind.VIDEO)
        withheld, sending = await asyncio.gather(
            database.write(moving.withhold, job), open_another().write(posts.begin_sending, post, job, NOW)
        )
        assert (withheld is not None) != sending


async def test_the_asking_ends_once(database: Database) -> None:
    """Request again and Dismiss: the first answer counts, a second or one to another state does not."""
    job = await stored(database, a_job(State.UNCERTAIN))
    assert await database.write(moving.answer, job, NOW)
    assert not await database.write(moving.answer, job, NOW + 1)
    assert (await read(database, job)).answered_at == NOW
    settled = await stored(database, a_job(State.RENDERING))
    assert not await database.write(moving.answer, settled, NOW)


async def test_a_removed_video_is_marked(database: Database) -> None:
    """Delete marks the job, so that it is not remixed."""
    job = await stored(database, a_job(State.DELIVERED))
    await database.write(moving.remove, job, NOW)
    assert (await read(database, job)).removed_at == NOW


async def test_every_unended_job_is_claimed_once(database: Database, open_another: Callable[[], Database]) -> None:
    """Two processes that claim at once share the jobs between them: each job has one owner, ended ones none."""
    unended = [a_job(state) for state in UNENDED for _ in range(3)]
    await database.write(put, *unended, *(a_job(state) for state in ENDS))
    mine, theirs = await asyncio.gather(database.write(moving.claim, "me"), open_another().write(moving.claim, "they"))
    claimed = [job.id for job in (*mine, *theirs)]
    assert sorted(claimed) == sorted(job.id for job in unended)


async def test_the_fence_shuts_out_an_old_holder(database: Database) -> None:
    """A process whose jobs were freed can neither move nor note a job that another has claimed since."""
    await database.write(put, a_job(State.SUBMITTING))
    (old,) = await database.write(moving.claim, "old")
    assert await database.write(moving.claim, "new") == []
    await database.write(processes.void_ownership)
    (new,) = await database.write(moving.claim, "new")
    assert (new.fence, new.owner) == (old.fence + 1, "new")
    assert await database.write(moving.apply, old, Event.TAKEN, now=NOW) is None
    assert await database.write(moving.note, old, progress=1) is None
    assert await read(database, old) == new
    assert await database.write(moving.apply, new, Event.TAKEN, now=NOW) is not None


async def test_what_only_the_submitter_takes(database: Database) -> None:
    """A process that does not submit leaves accepted, submitting and uncertain jobs to the one that does."""
    given = [a_job(state) for state in UNENDED]
    await database.write(put, *given)
    taken = await database.write(moving.claim, "another", submits=False)
    assert {job.state for job in taken} == set(UNENDED) - set(moving.OF_SUBMITTER)
    left = await database.read(moving.find_unclaimed, submits=True)
    assert {job.id for job in given} - {job.id for job in taken} == set(left)
    assert await database.read(moving.find_unclaimed, submits=False) == []


async def test_void_ownership_frees_every_job(database: Database) -> None:
    """At a start where no other process lives, all jobs can be claimed at once, and old holders are shut out."""
    await database.write(put, a_job(), a_job(State.RENDERING))
    old = await database.write(moving.claim, "old")
    await database.write(processes.void_ownership)
    new = await database.write(moving.claim, "new")
    assert {job.id for job in new} == {job.id for job in old}
    assert all(await asyncio.gather(*(database.write(moving.note, job, progress=1) for job in new)))
    assert await database.write(moving.note, old[0], progress=9) is None


async def test_a_start_on_a_clock_that_was_set_back(database: Database) -> None:
    """What unended jobs have seen happen lies no more in the future, and nothing waits longer than it ever would."""
    ahead = NOW + 3_600.0
    times = {"completed_at": ahead, "late_at": ahead, "revived_at": ahead, "submitted_at": ahead}
    rendering = a_job(State.RENDERING, accepted_at=ahead, not_before=ahead, **times)
    unclear = a_job(State.UNCERTAIN, accepted_at=NOW - 5, submitted_at=ahead)
    ended = a_job(State.DELIVERED, accepted_at=ahead, ended_at=ahead, **times)
    waiting = a_job(not_before=NOW + 600.0)
    await database.write(put, rendering, unclear, ended, waiting)
    await database.write(posts.make_due, rendering, PostKind.CARD)
    card = await post_of(database, rendering, PostKind.CARD)
    await database.write(posts.mark_unsent, card, not_before=ahead, known=True)
    offer = Offer(MessageId(5), ANNA, rendering.id, HERE, "d", OfferKind.FORM, delete_at=ahead)
    draft = Draft("d", ANNA, HERE, VideoRequest("more"), None, NOW)
    assert await database.write(drafts.make_offer, offer, draft)

    await database.write(moving.bring_to_now, NOW)
    now = await read(database, rendering)
    assert (now.accepted_at, now.completed_at, now.late_at, now.revived_at, now.submitted_at) == (NOW,) * 5
    assert now.not_before == NOW
    assert (await post_of(database, rendering, PostKind.CARD)).not_before == NOW
    (standing,) = await database.read(drafts.find_open_offers, await database.write(drafts.adopt_offers, "machine"))
    assert standing.delete_at == NOW
    # The time by which the provider's list is searched, and what is over, stay as they were noted.
    for job in (unclear, ended, waiting):
        assert await read(database, job) == job


@pytest.mark.parametrize("is_sent", [False, True])
async def test_what_another_process_sends_or_has_sent_is_not_stopped(database: Database, is_sent: bool) -> None:
    """Two processes read the message of a dead one: the one that lacks the file leaves it to the one that sends it."""
    job = await stored(database, a_job(State.POSTING))
    await database.write(posts.make_due, job, PostKind.VIDEO)
    post = await post_of(database, job, PostKind.VIDEO)
    assert await database.write(posts.begin_sending, post, job, NOW, None, "other")
    if is_sent:
        await database.write(moving.deliver, job, post, MessageId(99), NOW)
    assert await database.write(moving.stop_delivering, job, post, Event.REFETCH, NOW, process="this one") is None
    state = (await post_of(database, job, PostKind.VIDEO)).state
    assert state is (PostState.SENT if is_sent else PostState.SENDING)


async def test_a_message_that_two_processes_find_is_delivered_once(database: Database) -> None:
    """Both read a dead process's message, and search the channel for it: the second has nothing left to store."""
    job = await stored(database, a_job(State.POSTING))
    await database.write(posts.make_due, job, PostKind.VIDEO)
    post = await post_of(database, job, PostKind.VIDEO)
    delivered = await database.write(moving.deliver, job, post, MessageId(99), NOW, process="one")
    assert delivered is not None
    assert await database.write(moving.deliver, job, post, MessageId(99), NOW, process="other") is None
    assert await read(database, job) == delivered
