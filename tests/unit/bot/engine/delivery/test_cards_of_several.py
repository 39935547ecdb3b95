"""Cards of jobs that other processes own, on a database that several share."""

from dataclasses import replace

from bot.jobs.states import State
from tests.unit.bot.engine.delivery.test_card_updates import CardsHarness, harness

__all__ = ["harness"]


async def test_the_card_of_a_job_elsewhere_is_left_to_its_process(harness: CardsHarness) -> None:
    """What this process had still to show is dropped: the other one shows something newer. Nothing is remembered."""
    job = await harness.card(State.RENDERING, submitted_at=harness.clock.now() - 60.0)
    await harness.recover()
    await harness.pass_seconds(10)
    for progress in (40, 41):
        harness.signals.card_touched(job.id, replace(job, progress=progress))
        await harness.turn()
    harness.courier.edits.clear()
    harness.signals.card_touched_elsewhere(job.id)
    await harness.pass_seconds(60)
    assert harness.courier.edits == []
    assert job.id not in harness.updater._cards


async def test_the_card_of_an_own_job_is_edited_when_another_process_stores_it(harness: CardsHarness) -> None:
    """The other process has shown it without what only this one knows, such as its place."""
    job = await harness.card(State.ACCEPTED)
    harness.signals.owns = {job.id}.__contains__
    await harness.recover()
    await harness.pass_seconds(10)
    harness.courier.edits.clear()
    harness.signals.card_touched_elsewhere(job.id)
    await harness.pass_seconds(10)
    assert [message_id for _at, message_id, _message in harness.courier.edits] == [1]


async def test_a_card_that_another_process_posted_shows_its_place(harness: CardsHarness) -> None:
    """The process that submits orders the queue, and has not posted the cards itself."""
    await harness.recover()
    waiting = [await harness.card(State.ACCEPTED) for _ in range(3)]
    harness.order([])
    harness.order(waiting)
    await harness.pass_seconds(10)
    assert sorted(message_id for _at, message_id, _message in harness.courier.edits) == [1, 2, 3]
