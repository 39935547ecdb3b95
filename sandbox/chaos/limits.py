"""The limits of a run with several processes, by the provider's counts and by what the database showed meanwhile."""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from sandbox.chaos.counting import own_prompt
from sandbox.chaos.shared_rows import SharedRows
from sandbox.stage import Stage
from sandbox.studio.state import PAID

WINDOW_SECONDS = 60.0
_LOOK_SECONDS = 0.05
_NOT_TAKEN = {400, 429, 500}
_ACTIVE = """
    SELECT coalesce(max(jobs), 0) AS most FROM (
        SELECT count(*) AS jobs FROM jobs
        WHERE state IN ('accepted', 'submitting', 'rendering') AND late_at IS NULL GROUP BY user_id
    ) AS people
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """The settings, and in a report what was reached."""

    rendering_jobs: int
    submits_per_minute: int
    active_jobs_of_a_person: int


class LimitWatch:
    """Looks at the database's rows again and again while the experiment runs: a person's active jobs at once."""

    def __init__(self, rows: SharedRows) -> None:
        self._rows = rows
        self.looks = 0
        self.most_active = 0

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            rows = await self._rows.try_read(_ACTIVE)
            if rows is not None:
                self.looks += 1
                self.most_active = max(self.most_active, rows[0]["most"])
            await asyncio.sleep(_LOOK_SECONDS)


def reached(
    stage: Stage, watch: LimitWatch, doubtful: AbstractSet[str], jumps: Sequence[tuple[float, float]]
) -> Limits:
    """The most of each.

    A job in doubt (its prompt is in `doubtful`) has no place: the bot can't know that the provider renders it. A
    request that was surely not taken costs nothing, and is forgotten with its process. One that was under way while
    time jumped counts neither before nor after; `jumps` are spans of the provider's clock, each from a jump on.
    """
    renders = [render for render in stage.renders if own_prompt(render.prompt) not in doubtful]
    sent = [
        request.at
        for request in stage.provider_requests
        if request.operation in PAID
        and request.status not in _NOT_TAKEN
        and not any(first <= request.at <= last for first, last in jumps)
    ]
    return Limits(
        most_at_once((render.taken_at, render.ended_at or float("inf")) for render in renders),
        most_within(sent, WINDOW_SECONDS),
        watch.most_active,
    )


def most_at_once(spans: Iterable[tuple[float, float]]) -> int:
    """How many of the spans (beginning, end) overlap at most; one that ends when another begins does not."""
    changes = sorted(change for first, last in spans for change in ((first, 1), (last, -1)))
    most = now = 0
    for _, step in changes:
        now += step
        most = max(most, now)
    return most


def most_within(times: Iterable[float], seconds: float) -> int:
    """How many of the times are in any window of that length at most."""
    window, most = deque[float](), 0
    for at in sorted(times):
        while window and window[0] <= at - seconds:
            window.popleft()
        window.append(at)
        most = max(most, len(window))
    return most
