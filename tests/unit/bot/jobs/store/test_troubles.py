"""What the owner's alerts count: jobs that ended badly, how many people they are of, and jobs that went well."""

from bot.jobs.database import Database
from bot.jobs.states import State
from bot.jobs.store.troubles import Share, count_uncertain, count_unposted
from tests.unit.bot.jobs.samples import ANNA, BEN, a_job, put

SINCE = 1_000.0


async def test_videos_that_could_not_be_posted_are_counted(database: Database) -> None:
    """Of those that ended since then, beside those that were posted; a withheld one is meant to stay."""
    await database.write(
        put,
        a_job(State.UNDELIVERABLE, ended_at=SINCE, user_id=ANNA),
        a_job(State.UNDELIVERABLE, ended_at=SINCE + 1, user_id=ANNA),
        a_job(State.UNDELIVERABLE, ended_at=SINCE + 1, user_id=BEN),
        a_job(State.UNDELIVERABLE, ended_at=SINCE - 1),
        a_job(State.UNDELIVERABLE, ended_at=SINCE + 1, withheld=True),
        a_job(State.DELIVERED, ended_at=SINCE),
        a_job(State.DELIVERED, ended_at=SINCE - 1),
        a_job(State.REFUSED, ended_at=SINCE + 1),
        a_job(State.POSTING),
    )
    assert await database.read(count_unposted, SINCE) == Share(3, 2, 1)


async def test_requests_without_a_clear_answer_are_counted(database: Database) -> None:
    """Of those that were sent since then, beside those that the provider took, also where they have ended."""
    sent = {"submitted_at": SINCE}
    await database.write(
        put,
        a_job(State.UNCERTAIN, **sent, user_id=ANNA),
        a_job(State.UNCERTAIN, **sent, user_id=ANNA),
        a_job(State.UNCERTAIN, **sent, user_id=BEN),
        a_job(State.UNCERTAIN, submitted_at=SINCE - 1),
        a_job(State.RENDERING, **sent, remote_id="video_1"),
        a_job(State.DELIVERED, **sent, remote_id="video_2", ended_at=SINCE + 1),
        a_job(State.RENDERING, submitted_at=SINCE - 1, remote_id="video_3"),
        a_job(State.SUBMITTING, **sent),
        a_job(),
    )
    assert await database.read(count_uncertain, SINCE) == Share(3, 2, 2)


async def test_nothing_is_counted_where_nothing_is(database: Database) -> None:
    """An empty database has no trouble."""
    assert await database.read(count_uncertain, SINCE) == Share(0, 0, 0)
    assert await database.read(count_unposted, SINCE) == Share(0, 0, 0)
