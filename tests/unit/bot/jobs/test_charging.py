"""Whether a job was paid for follows from what happened to it, in one place."""

import pytest

from bot.jobs.charging import charged_after
from bot.jobs.database import Database
from bot.jobs.model import Charged
from bot.jobs.states import TABLE, Event, State
from bot.jobs.store import moving
from tests.unit.bot.jobs.samples import a_job, put

NO, YES, UNKNOWN = Charged.NO, Charged.YES, Charged.UNKNOWN
NOW = 5_000.0


@pytest.mark.parametrize(
    ("events", "charged"),
    [
        ([Event.CANCEL], NO),
        ([Event.EXPIRE], NO),
        ([Event.SUBMIT], NO),
        ([Event.SUBMIT, Event.POSTPONE], NO),
        ([Event.SUBMIT, Event.POSTPONE, Event.EXPIRE], NO),
        ([Event.SUBMIT, Event.REFUSE], NO),
        ([Event.SUBMIT, Event.REJECT], NO),
        ([Event.SUBMIT, Event.TAKEN], UNKNOWN),
        ([Event.SUBMIT, Event.DOUBT], UNKNOWN),
        ([Event.SUBMIT, Event.DOUBT, Event.EXPIRE], UNKNOWN),
        ([Event.SUBMIT, Event.DOUBT, Event.EXPIRE, Event.LINK], UNKNOWN),
        ([Event.SUBMIT, Event.TAKEN, Event.RENDER_FAILED], UNKNOWN),
        ([Event.SUBMIT, Event.TAKEN, Event.VANISH], UNKNOWN),
        ([Event.SUBMIT, Event.TAKEN, Event.STOP], UNKNOWN),
        ([Event.SUBMIT, Event.TAKEN, Event.STOP, Event.LINK], UNKNOWN),
        ([Event.SUBMIT, Event.TAKEN, Event.STOP, Event.LINK, Event.COMPLETE], YES),
        ([Event.SUBMIT, Event.TAKEN, Event.COMPLETE], YES),
        ([Event.SUBMIT, Event.TAKEN, Event.COMPLETE, Event.RENDER_FAILED], YES),
        ([Event.SUBMIT, Event.TAKEN, Event.COMPLETE, Event.GIVE_UP], YES),
        ([Event.SUBMIT, Event.TAKEN, Event.COMPLETE, Event.GIVE_UP, Event.POST_IT], YES),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else " ".join(value),
)
async def test_a_charge_follows_from_what_happened(database: Database, events: list[Event], charged: Charged) -> None:
    """Refused or never sent is no, completed is yes, everything else once it was sent is unknown."""
    job = a_job(withheld=Event.STOP in events)
    await database.write(put, job)
    for event in events:
        moved = await database.write(moving.apply, job, event, now=NOW)
        assert moved is not None
        job = moved
    assert job.charged is charged


async def test_a_reported_cost_is_a_charge(database: Database) -> None:
    """What the provider says that it took was taken, however the render ends; a cost of nothing says nothing."""
    for micros, charged in ((250_000, YES), (0, UNKNOWN), (None, UNKNOWN)):
        job = a_job(State.RENDERING, charged=UNKNOWN)
        await database.write(put, job)
        failed = await database.write(moving.apply, job, Event.RENDER_FAILED, now=NOW, cost_micros=micros)
        assert failed is not None
        assert (failed.charged, failed.cost_micros) == (charged, micros)


@pytest.mark.parametrize(("state", "event"), TABLE)
def test_no_event_takes_a_certain_charge_back(state: State, event: Event) -> None:
    """What was paid stays paid, but for the provider's word that a request was not taken."""
    after = charged_after(a_job(state, charged=YES), event)
    not_taken = event in (Event.POSTPONE, Event.REFUSE, Event.REJECT)
    assert after is (NO if not_taken else YES)
