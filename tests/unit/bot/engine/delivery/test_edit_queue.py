"""The budget of edits: per channel, with state changes first, and the longest overdue before others."""

import pytest

from bot.engine.delivery.edit_queue import EditQueue
from bot.jobs.model import ChannelId, JobId

HERE, THERE = ChannelId(7), ChannelId(8)


def job(number: int) -> JobId:
    return JobId(f"JOB{number:05}")


def edited(queue: EditQueue, now: float, channel: ChannelId = HERE) -> list[JobId]:
    """The cards of one channel that are edited now."""
    found: list[JobId] = []
    while (job_id := queue.pop(now)) is not None:
        queue.spend(channel, now)
        found.append(job_id)
    return found


@pytest.mark.slow
def test_no_minute_has_more_than_thirty_edits() -> None:
    """However many cards wish to be edited in one channel, and whenever the minute begins."""
    queue, edits = EditQueue(), list[float]()
    for tenth in range(6_000):
        now = tenth / 10
        for number in range(20):
            queue.put(job(number), HERE, now, now)
        edits += [now] * len(edited(queue, now))
    assert all(sum(begin <= at < begin + 60 for at in edits) <= 30 for begin in edits)
    assert len(edits) > 600 * 0.39


def test_an_urgent_edit_waits_for_no_budget_and_is_paid_for() -> None:
    """It goes at once, and the others wait longer."""
    queue = EditQueue()
    for number in range(20):
        queue.put(job(number), HERE, 0.0, 0.0)
    assert len(edited(queue, 0.0)) == 6
    queue.put(job(99), HERE, 1.0, 1.0, urgent=True)
    queue.put(job(99), HERE, 50.0, 1.0)
    assert edited(queue, 1.0) == [job(99)]
    assert edited(queue, 3.0) == []
    assert edited(queue, 5.1) == [job(6)]


def test_the_longest_overdue_goes_first() -> None:
    """Of those that wait for the budget."""
    queue = EditQueue()
    queue.spend(HERE, 100.0, 6.0)
    for number in range(3):
        queue.put(job(number), HERE, 50.0 - number, 100.0)
    assert [edited(queue, 100.0 + 2.5 * turn) for turn in (1, 2, 3)] == [[job(2)], [job(1)], [job(0)]]


def test_channels_have_budgets_of_their_own() -> None:
    """What is edited in one delays none in another; a budget that is full again takes no memory."""
    queue = EditQueue()
    queue.spend(HERE, 0.0, 6.0)
    queue.put(job(1), HERE, 0.0, 0.0)
    queue.put(job(2), THERE, 0.0, 0.0)
    assert edited(queue, 0.0, THERE) == [job(2)]
    assert queue.pause_seconds(0.0) == 2.5
    assert edited(queue, 2.5) == [job(1)]
    assert edited(queue, 100.0) == []
    assert (queue.pause_seconds(100.0), queue._next.first(), queue._channels) == (60.0, None, {})


def test_what_was_not_used_is_given_back() -> None:
    """A card that shows the truth already costs nothing."""
    queue = EditQueue()
    for number in range(12):
        queue.put(job(number), HERE, 0.0, 0.0)
    for _ in range(12):
        assert queue.pop(0.0) is not None
        queue.spend(HERE, 0.0)
        queue.spend(HERE, 0.0, -1.0)


def test_a_dropped_card_is_not_edited() -> None:
    """Urgent or not."""
    queue = EditQueue()
    queue.put(job(1), HERE, 0.0, 0.0)
    queue.put(job(2), HERE, 0.0, 0.0, urgent=True)
    for number in (1, 2):
        queue.drop(job(number), HERE)
    assert edited(queue, 0.0) == []
    assert edited(queue, 1_000.0) == []
