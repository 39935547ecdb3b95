"""Taking jobs in: once per act, and never more than the limits allow, however many ask at once."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.jobs.database import Database
from bot.jobs.limits import DAY_SECONDS, REST_SECONDS, Limits, Usage
from bot.jobs.model import Cause, Job, PostKind, PostState, UserId, new_job_id
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.states import State
from bot.jobs.store import finding, posts
from bot.jobs.store.accepting import Accepted, accept, begin_submit, find_resting, measure_usage
from tests.figures import figure
from tests.unit.bot.jobs.samples import ANNA, BEN, DM, a_job, a_picture, put

GENEROUS = Limits(1_000, 0)
NOW = 1_000_000.0


async def test_an_accepted_job_is_stored_with_its_card(database: Database) -> None:
    """In one transaction the job is stored as it was asked for and its card becomes due."""
    job = a_job(place=DM, prompt="ein 🦊\n", pictures=(a_picture("b"), a_picture("a", "jpg")))
    assert await database.write(accept, job, GENEROUS) == Accepted(job, new=True)
    assert await database.read(finding.get, job.id) == job
    (card,) = await database.read(posts.find_posts_of_jobs, [job.id])
    assert (card.kind, card.number, card.state, card.channel_id) == (PostKind.CARD, 1, PostState.DUE, DM.channel_id)


async def test_one_act_makes_one_job(database: Database) -> None:
    """The same action again returns the job that it has made, even if a limit is reached by now."""
    first = a_job(origin_id="press-1")
    await database.write(accept, first, GENEROUS)
    again = a_job(origin_id="press-1", prompt="another")
    assert await database.write(accept, again, Limits(1, 1)) == Accepted(first, new=False)
    assert await database.read(finding.get, again.id) is None
    assert len(await database.read(posts.find_unsent_of_jobs, [first.id])) == 1


@pytest.mark.reliability
async def test_one_act_twice_at_the_same_moment_makes_one_job(
    database: Database, open_another: Callable[[], Database]
) -> None:
    """Two processes that hear of the same act at once store one job and agree on it."""
    twins = [a_job(origin_id="press-1") for _ in range(10)]
    sides = [database, open_another()]
    made = await asyncio.gather(*(sides[number % 2].write(accept, job, GENEROUS) for number, job in enumerate(twins)))
    assert sum(isinstance(one, Accepted) and one.new for one in made) == 1
    assert len({one.job.id for one in made if isinstance(one, Accepted)}) == 1


@pytest.mark.slow
@pytest.mark.reliability
@pytest.mark.parametrize("seed", range(figure(3, 20)))
@pytest.mark.parametrize("limits", [Limits(10, 0), Limits(1_000, 10)])
async def test_two_hundred_at_once_never_pass_the_limit(
    database: Database, open_another: Callable[[], Database], limits: Limits, seed: int
) -> None:
    """Of 200 commands of one person at one moment, in two processes, exactly as many are accepted as allowed."""
    dice = random.Random(seed)
    sides = [database, open_another()]

    async def ask(job: Job) -> Accepted | Refusal:
        for _ in range(dice.randrange(5)):
            await asyncio.sleep(0)
        return await dice.choice(sides).write(accept, job, limits)

    given = [a_job(user_id=ANNA) for _ in range(200)]
    others = [a_job(user_id=BEN) for _ in range(3)]
    everyone = [*given, *others]
    dice.shuffle(everyone)
    answers = dict(zip([job.id for job in everyone], await asyncio.gather(*map(ask, everyone)), strict=True))
    assert sum(isinstance(answers[job.id], Accepted) for job in given) == 10
    assert all(isinstance(answers[job.id], Accepted) for job in others)
    found = await database.read(finding.find_by_ids, [job.id for job in given])
    assert {job_id for job_id, said in answers.items() if isinstance(said, Accepted)} == set(found) | {
        job.id for job in others
    }


async def test_a_refused_job_leaves_nothing(database: Database) -> None:
    """No row and no card of a job that a limit has refused."""
    await database.write(accept, a_job(), Limits(1, 0))
    refused = a_job()
    assert await database.write(accept, refused, Limits(1, 0)) == Refusal(Reason.ACTIVE_LIMIT, {"limit": 1})
    assert await database.read(finding.get, refused.id) is None
    assert await database.read(posts.find_posts_of_jobs, [refused.id]) == []


@pytest.mark.parametrize("state", State)
async def test_what_holds_an_active_slot(database: Database, state: State) -> None:
    """Queued and rendering jobs are active; uncertain ones, those being delivered and ended ones are not."""
    await database.write(put, a_job(state))
    usage = await database.read(measure_usage, ANNA, NOW)
    assert usage.active_jobs == int(state in {State.ACCEPTED, State.SUBMITTING, State.RENDERING})


async def test_a_late_job_holds_no_active_slot_but_counts(database: Database) -> None:
    """Past its deadline a job gives its slot back; within 24 hours it still counts."""
    await database.write(put, a_job(State.RENDERING, accepted_at=NOW - 4_000, late_at=NOW - 400))
    assert await database.read(measure_usage, ANNA, NOW) == Usage(0, (NOW - 4_000,))


@pytest.mark.parametrize("state", State)
async def test_what_counts_in_a_day(database: Database, state: State) -> None:
    """Running and successful jobs count, and what was paid for; failed ones and those cancelled in time do not."""
    await database.write(put, a_job(state, accepted_at=NOW - 60))
    usage = await database.read(measure_usage, ANNA, NOW)
    free = {State.REFUSED, State.FAILED, State.LOST, State.CANCELLED}
    assert usage.counted_at == (() if state in free else (NOW - 60,))


async def test_a_withheld_video_counts(database: Database) -> None:
    """Don't post: the render is paid for and counts, though the job ends as cancelled."""
    await database.write(put, a_job(State.CANCELLED, withheld=True, accepted_at=NOW - 60))
    assert (await database.read(measure_usage, ANNA, NOW)).counted_at == (NOW - 60,)


async def test_a_day_is_24_hours(database: Database) -> None:
    """What was accepted 24 hours ago counts no more; the rest counts oldest first, each person for themselves."""
    ages = (DAY_SECONDS, 5.0, DAY_SECONDS - 1, 700.0)
    await database.write(put, *(a_job(State.DELIVERED, accepted_at=NOW - age) for age in ages))
    await database.write(put, a_job(State.DELIVERED, user_id=BEN, accepted_at=NOW - 1))
    usage = await database.read(measure_usage, ANNA, NOW)
    assert usage.counted_at == (NOW - DAY_SECONDS + 1, NOW - 700, NOW - 5)


async def test_a_retry_remembers_what_it_repeats(database: Database) -> None:
    """`retry_of` and the message to answer are kept."""
    job = a_job()
    origin = replace(job.origin, retry_of=a_job().id, reply_to=11, history_after=12, locale="de")
    retry = replace(job, origin=origin)
    await database.write(accept, retry, GENEROUS)
    assert await database.read(finding.get, retry.id) == retry


def refused(ago_seconds: float, state: State = State.REFUSED, **changes: object) -> Job:
    """A job of Anna's that the content rules refused so long ago."""
    ended_at = NOW - ago_seconds
    facts = {"cause": Cause.CONTENT, "submitted_at": ended_at - 1, "accepted_at": ended_at - 2} | changes
    return a_job(state, ended_at=ended_at, **facts)


async def test_three_refusals_for_content_make_only_that_person_rest(database: Database) -> None:
    """Refused at once or in the render, three in ten minutes block that person only, and count in no daily limit."""
    await database.write(put, refused(300), refused(200, State.FAILED), refused(100))
    usage = await database.read(measure_usage, ANNA, NOW)
    assert usage == Usage(0, (), NOW - 100 + REST_SECONDS)
    said = await database.write(accept, a_job(accepted_at=NOW), GENEROUS)
    assert said == Refusal(Reason.RESTING, {"free_at": NOW - 100 + REST_SECONDS})
    assert isinstance(await database.write(accept, a_job(user_id=BEN, accepted_at=NOW), GENEROUS), Accepted)
    later = NOW - 100 + REST_SECONDS
    assert isinstance(await database.write(accept, a_job(accepted_at=later), GENEROUS), Accepted)


@pytest.mark.parametrize(
    "other",
    [
        refused(100, cause=Cause.PROVIDER),
        refused(100, cause=Cause.KEY),
        refused(100, cause=Cause.CREDIT),
        refused(100, State.FAILED, submitted_at=None),
        refused(REST_SECONDS + 301),
        refused(-50),
        refused(100, user_id=BEN),
    ],
    ids=[
        "of the provider's own fault",
        "for the key",
        "for credit",
        "never sent",
        "too long ago",
        "in the future",
        "another person's",
    ],
)
async def test_what_makes_no_person_rest(database: Database, other: Job) -> None:
    """Other failures, jobs that were never sent, old ones and those of others don't add up to three."""
    await database.write(put, refused(300), refused(200), other)
    assert (await database.read(measure_usage, ANNA, NOW)).rests_until is None


@pytest.mark.parametrize("cause", [Cause.CONTENT, Cause.INPUT, Cause.SIZE, Cause.LENGTH])
async def test_what_a_person_can_change_makes_them_rest(database: Database, cause: Cause) -> None:
    """Three sent requests refused for content, input, size or length, in any mixture."""
    await database.write(put, refused(300), refused(200, cause=cause), refused(100, State.FAILED, cause=cause))
    assert (await database.read(measure_usage, ANNA, NOW)).rests_until == NOW - 100 + REST_SECONDS


def failed_render(ago_seconds: float, **changes: object) -> Job:
    """A job of Anna's that was taken and whose render failed so long ago, for no reason of hers."""
    facts: dict[str, object] = {"cause": Cause.PROVIDER, "remote_id": f"video_{new_job_id()}"}
    return refused(ago_seconds, State.FAILED, **facts | changes)


def made(ago_seconds: float, **changes: object) -> Job:
    """A job of Ben's that was completed so long ago."""
    at = NOW - ago_seconds
    facts: dict[str, object] = {"remote_id": f"video_{new_job_id()}", "user_id": BEN, "accepted_at": at - 60}
    return a_job(State.DELIVERED, **facts | {"completed_at": at, "ended_at": at} | changes)


async def test_three_renders_that_failed_make_a_person_rest_while_others_went_well(database: Database) -> None:
    """Anna's alone fail: she rests for ten minutes, Ben doesn't."""
    await database.write(put, *(failed_render(ago) for ago in (300, 200, 100)), made(250), made(150))
    assert (await database.read(measure_usage, ANNA, NOW)).rests_until == NOW - 100 + REST_SECONDS
    assert (await database.read(measure_usage, BEN, NOW)).rests_until is None


@pytest.mark.parametrize(
    "others",
    [
        [failed_render(250, user_id=BEN)],
        [failed_render(250, user_id=BEN), made(150), made(160)],
        [failed_render(650, user_id=BEN)],
    ],
    ids=["Ben's failed, too", "a third of Ben's failed", "Ben's failed shortly before"],
)
async def test_an_outage_of_renders_makes_no_person_rest(database: Database, others: list[Job]) -> None:
    """Other people's renders fail in the same time: it is the provider."""
    await database.write(put, *(failed_render(ago) for ago in (300, 200, 100)), *others)
    assert (await database.read(measure_usage, ANNA, NOW)).rests_until is None


async def test_one_of_many_others_that_failed_is_no_outage(database: Database) -> None:
    """Ben's renders fail once in a while, as renders do."""
    ben = [failed_render(250, user_id=BEN), *(made(ago) for ago in (290, 240, 190))]
    await database.write(put, *(failed_render(ago) for ago in (300, 200, 100)), *ben)
    assert (await database.read(measure_usage, ANNA, NOW)).rests_until is not None


@pytest.mark.parametrize("change", [{"remote_id": None}, {"accepted_at": NOW - 90_000}, {"state": State.LOST}])
async def test_what_is_no_failed_render_makes_no_person_rest(database: Database, change: dict[str, object]) -> None:
    """Two failed renders, and one job that was never taken, is of another day, or was lost."""
    third = replace(failed_render(200), **change)  # pyright: ignore[reportArgumentType]
    await database.write(put, failed_render(300), third, failed_render(100))
    assert (await database.read(measure_usage, ANNA, NOW)).rests_until is None


async def test_the_people_who_rest_are_found(database: Database) -> None:
    """By refusals or by failed renders; neither those of whom two were refused, nor those whose rest is over."""
    cy, dee = UserId(44), UserId(45)
    refusals = [refused(ago) for ago in (300, 200, 100)]
    of_ben = [failed_render(ago, user_id=BEN) for ago in (300, 200, 100)]
    over = [refused(ago, user_id=dee) for ago in (800, 750, 700)]
    two = [refused(ago, user_id=cy) for ago in (200, 100)]
    others = [made(ago, user_id=cy) for ago in (290, 250, 190, 150)]
    await database.write(put, *refusals, *of_ben, *over, *two, *others)
    assert set(await database.read(find_resting, NOW)) == {ANNA, BEN}
    assert await database.read(find_resting, NOW + REST_SECONDS) == []


async def test_a_full_queue_accepts_no_job(database: Database) -> None:
    """As many wait as may, of whomever: the next one is refused with the number, and taken when one has gone ahead."""
    limits = Limits(10, 0, 3)
    waiting = [a_job(user_id=UserId(number)) for number in range(1, 4)]
    sent = a_job(State.RENDERING, user_id=UserId(5))
    await database.write(put, *waiting, sent)
    said = await database.write(accept, a_job(accepted_at=NOW), limits)
    assert said == Refusal(Reason.QUEUE_FULL, {"limit": 3})
    await database.write(begin_submit, waiting[0], NOW)
    assert isinstance(await database.write(accept, a_job(accepted_at=NOW), limits), Accepted)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
async def test_two_hundred_people_at_once_never_fill_the_queue_beyond_its_limit(
    database: Database, open_another: Callable[[], Database], seed: int
) -> None:
    """Decided in the accepting transaction: no two can be the last."""
    dice = random.Random(seed)
    sides = [database, open_another()]
    limits = Limits(10, 0, 7)
    asks = [a_job(user_id=UserId(number), accepted_at=NOW) for number in range(40)]
    answers = await asyncio.gather(*(dice.choice(sides).write(accept, job, limits) for job in asks))
    assert sum(isinstance(answer, Accepted) for answer in answers) == 7


async def test_a_waiting_job_rests_with_its_person(database: Database) -> None:
    """A job that was accepted before is not marked as sent, says what it waits for, and is sent after the rest."""
    job = a_job(accepted_at=NOW - 400)
    await database.write(put, job, refused(300), refused(200), refused(100))
    held = await database.write(begin_submit, job, NOW)
    assert held is not None
    assert (held.state, held.waiting_for, held.not_before) == (State.ACCEPTED, Cause.CONTENT, NOW - 100 + REST_SECONDS)
    assert await database.read(finding.get, job.id) == held
    sent = await database.write(begin_submit, held, held.not_before)
    assert sent is not None
    assert (sent.state, sent.waiting_for, sent.submitted_at) == (State.SUBMITTING, None, held.not_before)


@pytest.mark.parametrize("seed", range(figure(3, 20)))
async def test_after_a_refusal_ten_at_once_send_no_fourth(
    database: Database, open_another: Callable[[], Database], seed: int
) -> None:
    """With one refused for content lately, of ten waiting jobs marked at one moment just two are sent."""
    dice = random.Random(seed)
    sides = [database, open_another()]
    waiting = [a_job(accepted_at=NOW - 50) for _ in range(10)]
    bens = a_job(user_id=BEN)
    await database.write(put, refused(100), bens, *waiting)

    async def mark(job: Job) -> Job | None:
        for _ in range(dice.randrange(5)):
            await asyncio.sleep(0)
        return await dice.choice(sides).write(begin_submit, job, NOW)

    marked = await asyncio.gather(*(mark(job) for job in [*waiting, bens]))
    states = [job.state for job in marked if job is not None]
    assert states.count(State.SUBMITTING) == 3, f"seed {seed}"
    assert states[-1] is State.SUBMITTING
    assert all(job.not_before > NOW for job in marked if job is not None and job.state is State.ACCEPTED)
