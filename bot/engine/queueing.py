"""Whose turn it is: round-robin between people, oldest first for each; a pure function of the queue."""

from collections import Counter
from collections.abc import Collection, Mapping
from math import inf

from bot.jobs.model import Job, UserId


def fair_order(
    queued: Collection[Job], at_provider: Mapping[UserId, int], turned_at: Mapping[UserId, float] | None = None
) -> list[Job]:
    """The queue in the order in which it will be submitted.

    Whoever has fewest jobs at the provider goes first (`at_provider`: how many each person has there), among equals the
    one whose last turn is longest ago (`turned_at`: when, on any clock; people who had none come first), then the
    oldest job. So one person's ten jobs let another's first one pass after at most one more.
    """
    taken, turns = Counter(at_provider), dict(turned_at or {})
    latest = max(turns.values(), default=0.0)
    waiting: dict[UserId, list[Job]] = {}
    for job in sorted(queued, key=lambda job: (job.accepted_at, job.id)):
        waiting.setdefault(job.origin.user_id, []).append(job)
    order: list[Job] = []
    while waiting:
        person = min(
            waiting, key=lambda user_id: (taken[user_id], turns.get(user_id, -inf), waiting[user_id][0].accepted_at)
        )
        order.append(waiting[person].pop(0))
        taken[person] += 1
        latest += 1.0
        turns[person] = latest
        if not waiting[person]:
            del waiting[person]
    return order
