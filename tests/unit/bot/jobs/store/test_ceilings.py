"""The operator's daily ceilings and blocked people, decided in the transaction that accepts a job."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.jobs.allowlist import Allowlist
from bot.jobs.database import Database
from bot.jobs.limits import DAY_SECONDS, Limits
from bot.jobs.model import Charged, GuildId, Job, UserId
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.states import ENDS, State
from bot.jobs.store import blocking, finding, moving
from bot.jobs.store.accepting import Accepted, accept
from bot.jobs.store.budgets import count_spent
from bot.jobs.store.usage import UsageLine, find_usage_since
from tests.unit.bot.jobs.samples import ANNA, BEN, DM, HERE, NEXT_DOOR, OTHER_SERVER, a_job, put

NOW = 1_000_000.0
FREE = Limits(1_000, 0)


def limits(*, guild: int = 0, everybody: int = 0) -> Limits:
    return replace(FREE, guild_jobs_per_day=guild, all_jobs_per_day=everybody)


async def ask(database: Database, allowed: Limits, **given: object) -> Accepted | Refusal:
    return await database.write(accept, a_job(**{"accepted_at": NOW, **given}), allowed)  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize("allowed", [limits(guild=20), limits(everybody=20), limits(guild=20, everybody=30)])
async def test_fifty_at_once_never_pass_a_ceiling(
    database: Database, open_another: Callable[[], Database], allowed: Limits
) -> None:
    """Of 50 people at one moment, in two processes, exactly as many are accepted as allowed: waiting ones count."""
    sides = [database, open_another()]
    given = [a_job(user_id=UserId(number), accepted_at=NOW) for number in range(1, 51)]
    answers = await asyncio.gather(*(sides[n % 2].write(accept, job, allowed) for n, job in enumerate(given)))
    assert sum(isinstance(answer, Accepted) for answer in answers) == 20
    assert len(await database.read(finding.find_by_ids, [job.id for job in given])) == 20


async def test_what_counts_towards_the_ceiling_of_all_is_counted(database: Database) -> None:
    """Waiting and charged jobs of the last day, of any server; not those that ended without a charge."""
    waits = a_job(accepted_at=NOW)
    charged = a_job(State.DELIVERED, submitted_at=NOW - 60, ended_at=NOW, charged=Charged.YES, place=OTHER_SERVER)
    free = a_job(State.REFUSED, submitted_at=NOW - 60, ended_at=NOW, charged=Charged.NO)
    old = a_job(State.DELIVERED, submitted_at=NOW - DAY_SECONDS - 1, ended_at=NOW, charged=Charged.YES)
    await database.write(put, waits, charged, free, old)
    assert await database.read(count_spent, NOW) == 2


async def test_the_ceilings_are_of_a_server_and_of_all(database: Database) -> None:
    """Another server has its own; DMs count towards that of the whole bot only."""
    allowed = limits(guild=1, everybody=3)
    assert isinstance(await ask(database, allowed, place=HERE), Accepted)
    refused = await ask(database, allowed, place=NEXT_DOOR, user_id=BEN)
    assert refused == Refusal(Reason.SERVER_BUDGET, {"limit": 1, "free_at": NOW + DAY_SECONDS})
    assert isinstance(await ask(database, allowed, place=OTHER_SERVER), Accepted)
    assert isinstance(await ask(database, allowed, place=DM), Accepted)
    refused = await ask(database, allowed, place=DM)
    assert refused == Refusal(Reason.BOT_BUDGET, {"limit": 3, "free_at": NOW + DAY_SECONDS})


def counts(job: Job) -> bool:
    """The rule: everything that isn't surely free, for as long as it may still be sent, or for a day after it was."""
    if job.state in ENDS and job.charged is Charged.NO:
        return False
    return job.submitted_at is None or job.submitted_at > NOW - DAY_SECONDS


@pytest.mark.slow
@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("charged", Charged)
async def test_what_counts(database: Database, state: State, charged: Charged) -> None:
    """Every job that isn't surely free counts, and one that waits as well, since it may yet cost."""
    for submitted_at in (NOW - DAY_SECONDS + 1, NOW - DAY_SECONDS - 1):
        sent = None if state is State.ACCEPTED else submitted_at
        job = a_job(state, accepted_at=submitted_at - 5, submitted_at=sent, charged=charged, user_id=BEN)
        await database.write(put, job)
        accepted = await ask(database, limits(everybody=1))
        assert isinstance(accepted, Refusal) is counts(job), (state, charged, submitted_at)
        await database.write(_clear)


async def _clear(connection: object) -> None:
    from bot.jobs.tables import jobs

    await connection.execute(jobs.delete())  # type: ignore[attr-defined]


async def test_there_is_room_again_when_the_oldest_is_a_day_old(database: Database) -> None:
    """Which is said; it depends on when jobs were sent, not on when they were asked for."""
    sent = [
        a_job(State.DELIVERED, accepted_at=NOW - 80_000, submitted_at=at, charged=Charged.YES)
        for at in (NOW - 3_000, NOW - 70_000, NOW - 2_000)
    ]
    await database.write(put, *sent)
    refused = await ask(database, limits(everybody=2))
    assert refused == Refusal(Reason.BOT_BUDGET, {"limit": 2, "free_at": NOW - 3_000 + DAY_SECONDS})


async def test_how_much_is_used_is_known_with_each_job(database: Database) -> None:
    """At 80 and at 100 per cent there is a mark to alert the owner of; below there is none."""
    marks = []
    for _ in range(10):
        accepted = await ask(database, limits(guild=10))
        assert isinstance(accepted, Accepted)
        marks.append(accepted.budgets[0].used_percent)
    assert marks == [None] * 7 + [80, 80, 100]
    accepted = await ask(database, limits(everybody=11), place=OTHER_SERVER)
    assert isinstance(accepted, Accepted)
    assert [budget.used_percent for budget in accepted.budgets] == [100]


async def test_a_blocked_person_is_refused_everywhere(database: Database) -> None:
    """In servers and DMs, until they are unblocked; other people aren't."""
    await database.write(blocking.block, ANNA, BEN, NOW)
    for place in (HERE, OTHER_SERVER, DM):
        assert await ask(database, FREE, place=place, user_id=ANNA) == Refusal(Reason.BLOCKED)
        assert isinstance(await ask(database, FREE, place=place, user_id=BEN), Accepted)
    assert await database.write(blocking.unblock, ANNA) is True
    assert await database.write(blocking.unblock, ANNA) is False
    assert isinstance(await ask(database, FREE, user_id=ANNA), Accepted)


async def test_blocking_cancels_what_waits(database: Database) -> None:
    """Nothing was sent of it, so it costs nothing; what the provider has goes on. Twice is the same."""
    given = {state: a_job(state, user_id=ANNA) for state in State}
    other = a_job(user_id=BEN)
    await database.write(put, *given.values(), other)
    cancelled = await database.write(blocking.block, ANNA, BEN, NOW)
    assert [job.id for job in cancelled] == [given[State.ACCEPTED].id]
    assert await database.write(blocking.block, ANNA, BEN, NOW) == []
    for state, job in given.items():
        now = await database.read(finding.get, job.id)
        assert now is not None
        assert now.state is (State.CANCELLED if state is State.ACCEPTED else state)
    assert (await database.read(finding.get, other.id)).state is State.ACCEPTED  # type: ignore[union-attr]


async def test_what_comes_back_to_a_blocked_person_is_cancelled(database: Database) -> None:
    """It was on its way when they were blocked, and the provider took nothing: it isn't sent again."""
    sending, other = a_job(State.SUBMITTING, user_id=ANNA), a_job(State.SUBMITTING, user_id=BEN)
    await database.write(put, sending, other)
    await database.write(blocking.block, ANNA, BEN, NOW)
    back = await database.write(moving.come_back, sending, now=NOW, not_before=NOW + 5)
    assert back is not None
    assert (back.state, back.charged) == (State.CANCELLED, Charged.NO)
    bens = await database.write(moving.come_back, other, now=NOW, not_before=NOW + 5)
    assert bens is not None
    assert bens.state is State.ACCEPTED


async def test_block_and_request_at_once(database: Database, open_another: Callable[[], Database]) -> None:
    """However they meet: afterwards nothing of the blocked person waits."""
    sides = [database, open_another()]
    asking = [sides[n % 2].write(accept, a_job(user_id=ANNA), FREE) for n in range(20)]
    asking.insert(10, database.write(blocking.block, ANNA, BEN, NOW))
    await asyncio.gather(*asking)
    left = await database.read(finding.find_own_everywhere, ANNA, 100)
    assert all(job.state is State.CANCELLED for job in left)


async def test_where_the_operator_lets_it_work(database: Database) -> None:
    """Servers that aren't named are refused, and DMs where they are switched off."""
    allowed = replace(FREE, allowlist=Allowlist(frozenset({8}), direct_messages=False))
    assert isinstance(await ask(database, allowed, place=HERE), Accepted)
    assert await ask(database, allowed, place=OTHER_SERVER) == Refusal(Reason.SERVER_CLOSED)
    assert await ask(database, allowed, place=DM) == Refusal(Reason.DIRECT_MESSAGES_OFF)


async def test_usage_is_by_server_and_person(database: Database) -> None:
    """Requests, videos, charges and reported costs since a moment."""
    await database.write(
        put,
        a_job(State.DELIVERED, accepted_at=NOW, completed_at=NOW, charged=Charged.YES, cost_micros=250_000),
        a_job(State.DELIVERED, accepted_at=NOW, completed_at=NOW, charged=Charged.YES),
        a_job(State.FAILED, accepted_at=NOW, charged=Charged.UNKNOWN),
        a_job(State.REFUSED, accepted_at=NOW),
        a_job(State.DELIVERED, accepted_at=NOW, place=DM, user_id=BEN, completed_at=NOW, charged=Charged.YES),
        a_job(State.DELIVERED, accepted_at=NOW - 10, completed_at=NOW),
    )
    assert await database.read(find_usage_since, NOW - 5) == [
        UsageLine(GuildId(8), ANNA, 4, 2, 2, 1, 250_000),
        UsageLine(None, BEN, 1, 1, 1, 0, None),
    ]


async def test_usage_adds_no_different_currencies(database: Database) -> None:
    """The provider's number replaces the estimate; what surely wasn't charged costs nothing."""
    dollars, euros = ({"price_micros": 800_000, "currency": currency} for currency in ("USD", "EUR"))
    paid = {"accepted_at": NOW, "completed_at": NOW, "charged": Charged.YES}
    await database.write(
        put,
        a_job(State.DELIVERED, **paid, **dollars, cost_micros=2**40),
        a_job(State.DELIVERED, **paid, **dollars, cost_micros=5),
        a_job(State.DELIVERED, **paid, **dollars),
        a_job(State.UNCERTAIN, accepted_at=NOW, charged=Charged.UNKNOWN, **dollars),
        a_job(State.FAILED, accepted_at=NOW, charged=Charged.NO, **dollars),
        a_job(State.ACCEPTED, accepted_at=NOW, **euros),
        a_job(State.DELIVERED, **paid, **euros),
        a_job(State.DELIVERED, **paid, cost_micros=7),
    )
    lines = await database.read(find_usage_since, NOW - 5)
    assert {line.currency: (line.jobs, line.cost_micros, line.estimated_micros) for line in lines} == {
        "USD": (5, 2**40 + 5, 1_600_000),
        "EUR": (2, None, 800_000),
        None: (1, 7, None),
    }
    assert all(type(line.cost_micros) in (int, type(None)) for line in lines)
    assert [line.jobs for line in lines] == [5, 2, 1]


async def test_lines_with_as_many_jobs_have_a_fixed_order(database: Database) -> None:
    """By server, person and currency, so that a page of them shows none twice."""
    given = [(place, user, currency) for place in (OTHER_SERVER, HERE) for user in (BEN, ANNA) for currency in "DC"]
    await database.write(
        put, *(a_job(accepted_at=NOW, place=place, user_id=user, currency=code) for place, user, code in given)
    )
    lines = await database.read(find_usage_since, NOW - 5)
    assert [(line.guild_id, line.user_id, line.currency) for line in lines] == sorted(
        (place.guild_id, user, code) for place, user, code in given
    )
