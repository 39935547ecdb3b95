"""L10: a row that no version of the bot has written: lists go on with the other rows."""

from collections.abc import Awaitable, Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from bot.jobs.database import Database
from bot.jobs.drafts import Draft, Offer, OfferKind
from bot.jobs.model import Job, JobId, MessageId, PostKind, VideoRequest
from bot.jobs.states import State
from bot.jobs.store import drafts, finding, moving, pictures, posts, renders, rows
from bot.jobs.tables import jobs, offers
from bot.jobs.tables import posts as posts_table
from tests.unit.bot.jobs.samples import ANNA, HERE, PROVIDER, a_job, a_picture, put

NOW = 5_000.0
# PostgreSQL refuses what is not of a column's type.
pytestmark = pytest.mark.parametrize("open_another", ["sqlite"], indirect=True)
# Words, numbers and lists that can't be read; names, prompts and ids may be anything.
SPOILT = [
    *((name, "nonsense") for name in ("via", "cause", "waiting_for", "references")),
    *(("references", text) for text in ("", "{", "7", "null", '[["a"]]', '{"a": 1}')),
    *((name, "soon") for name in ("fetch_tries", "clean_refusals", "progress", "user_id", "channel_id", "removed_at")),
]


async def spoil(connection: AsyncConnection, table: sa.Table, column: str, value: str, **key: object) -> None:
    """Put a text into a row past every type."""
    wanted = " AND ".join(f'"{name}" = :{name}' for name in key)
    text = f'UPDATE "{table.name}" SET "{column}" = :value WHERE {wanted}'  # noqa: S608  # names of our own schema
    changed = await connection.execute(sa.text(text), {"value": value, **key})
    assert changed.rowcount == 1


async def filled(database: Database, state: State, column: str = "via", value: str = "nonsense") -> list[Job]:
    """Twenty jobs in that state, a poisoned one in their middle; the good ones are returned."""
    given = [a_job(state, submitted_at=1_000.0) for _ in range(21)]
    await database.write(put, *given)
    await database.write(spoil, jobs, column, value, id=given[10].id)
    return given[:10] + given[11:]


def ids(found: list[Job]) -> set[JobId]:
    return {job.id for job in found}


@pytest.mark.reliability
@pytest.mark.parametrize(("column", "value"), SPOILT)
async def test_one_poisoned_job_stops_no_other(database: Database, column: str, value: str) -> None:
    """Of 21 jobs with one unreadable one 20 are claimed; it is logged once, claimed too, and not claimed again."""
    rows.tell_unreadable.cache_clear()
    good = await filled(database, State.RENDERING, column, value)
    with capture_logs() as log:
        claimed = await database.write(moving.claim, "me")
        await database.read(finding.find_by_ids, await database.read(all_ids))
    assert ids(claimed) == ids(good)
    assert [(entry["event"], entry["what"].split()[0]) for entry in log] == [("row not readable", "jobs")]
    assert await database.write(moving.claim, "me") == []


@pytest.mark.parametrize(
    ("state", "find", "given"),
    [
        (State.UNCERTAIN, finding.find_unclear_at_provider, ((PROVIDER,), 0.0)),
        (State.DELIVERED, finding.find_own_everywhere, (ANNA, 25)),
        (State.RENDERING, finding.find_own_everywhere, (ANNA, 25)),
    ],
)
async def test_every_list_of_jobs_leaves_it_out(
    database: Database,
    state: State,
    find: Callable[..., Awaitable[list[Job]]],
    given: tuple[object, ...],
) -> None:
    """What people and loops are shown is all the rest."""
    good = await filled(database, state)
    assert ids(await database.read(find, *given)) == ids(good)


@pytest.mark.parametrize("column", ["prompt", "accepted_at"])
async def test_a_choice_that_cannot_be_shown_is_left_out(database: Database, column: str) -> None:
    """Autocomplete goes on with the others."""
    good = await filled(database, State.DELIVERED, column, "soon")
    if column == "prompt":
        await database.write(spoil_bytes)
    for found in (
        await database.read(finding.suggest_finished_in_place, ANNA, HERE, "", 25),
        await database.read(finding.suggest_own_everywhere, ANNA, "", 25),
    ):
        assert {one.id for one in found} == ids(good)


async def spoil_bytes(connection: AsyncConnection) -> None:
    await connection.execute(sa.text("UPDATE jobs SET prompt = x'00ff' WHERE prompt = 'soon'"))


@pytest.mark.parametrize("column", ["completed_at", "submitted_at"])
async def test_a_poisoned_time_teaches_nothing(database: Database, column: str) -> None:
    """How long renders take, and how much was spent in the last minute, is known from all others."""
    good, bad = (a_job(State.DELIVERED, submitted_at=100.0, completed_at=150.0) for _ in range(2))
    await database.write(put, good, bad)
    await database.write(spoil, jobs, column, "soon", id=bad.id)
    assert [one.took_seconds for one in await database.read(renders.find_latest_renders, 10)] == [50.0]
    assert set(await database.read(finding.find_submit_times_since, 0.0)) == {100.0}


async def all_ids(connection: AsyncConnection) -> list[str]:
    return list(await connection.scalars(sa.select(jobs.c.id)))


@pytest.mark.reliability
@pytest.mark.parametrize("column", ["kind", "tries", "not_before", "channel_id"])
async def test_one_poisoned_message_silences_no_other(database: Database, column: str) -> None:
    """A message of no known kind, or with no time that can be read, is left out of those that are to be said."""
    good, bad = a_job(State.FAILED), a_job(State.FAILED)
    await database.write(put, good, bad)
    for job in (good, bad):
        await database.write(posts.make_due, job, PostKind.FAILURE)
    await database.write(spoil, posts_table, column, "nonsense", job_id=bad.id)
    assert [post.job_id for post, _job in await database.read(posts.find_unsent_of_jobs, [good.id, bad.id])] == [
        good.id
    ]
    assert [post.job_id for post in await database.read(posts.find_posts_of_jobs, [good.id, bad.id])] == [good.id]


async def test_a_stale_card_of_a_poisoned_job_is_left(database: Database) -> None:
    """The cards of the others are cleared away."""
    good, bad = a_job(State.CANCELLED), a_job(State.CANCELLED)
    await database.write(put, good, bad)
    for number, job in enumerate((good, bad)):
        await database.write(posts.make_due, job, PostKind.CARD)
        (card,) = await database.read(posts.find_posts_of_jobs, [job.id])
        await database.write(posts.mark_sent, card, MessageId(number))
    await database.write(spoil, jobs, "cause", "nonsense", id=bad.id)
    found = await database.read(posts.find_with_jobs, [good.id, bad.id])
    assert [(job.id, [post.kind for post in said]) for job, said in found] == [(good.id, [PostKind.CARD])]


async def test_one_poisoned_offer_hides_no_other(database: Database) -> None:
    """An offer of no known kind is neither shown nor taken away; the others are."""
    for number in (1, 2):
        offer = Offer(MessageId(number), ANNA, JobId(f"V{number}"), HERE, f"d{number}", OfferKind.FORM, delete_at=NOW)
        draft = Draft(offer.draft_id, ANNA, HERE, VideoRequest("more"), None, NOW)
        assert await database.write(drafts.make_offer, offer, draft)
    await database.write(spoil, offers, "kind", "song", id=1)
    assert [offer.id for offer in await database.read(drafts.find_open_offers, [MessageId(1), MessageId(2)])] == [2]


async def test_pictures_of_poisoned_jobs_hinder_no_sweep(database: Database) -> None:
    """The pictures of all others are still known to be needed."""
    good, bad = a_job(pictures=(a_picture("a"),)), a_job(pictures=(a_picture("b"),))
    await database.write(put, good, bad)
    for value in ("{", "7", '[["a"]]'):
        await database.write(spoil, jobs, "references", value, id=bad.id)
        assert await database.read(pictures.find_kept_references, NOW) == {a_picture("a").file_name}


async def test_asked_for_by_its_id_it_is_an_error(database: Database) -> None:
    """A read of that very job doesn't report it as missing."""
    job = a_job()
    await database.write(put, job)
    await database.write(spoil, jobs, "state", "nonsense", id=job.id)
    with pytest.raises(rows.UnreadableRowError, match="jobs"):
        await database.read(finding.get, job.id)
