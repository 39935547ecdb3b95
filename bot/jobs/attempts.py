"""The attempts of a job: each a paid request to one provider, with its own idempotency key, and what came of it. Pure.

A job goes to the next provider only after a definite no that was certainly not charged, and never after doubt, or a
refusal of its words (docs/decisions/0028-fail-over.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.jobs.answers import Answer, ClosedRoute
from bot.jobs.model import Charged, Job, JobId
from bot.jobs.route_choice import PATIENCE_SECONDS

_UNKNOWN_CHARGE = frozenset({Answer.TAKEN, Answer.DOUBT})
# After these a provider is closed to the job for a while, and another may take it.
_CLOSES = frozenset({Answer.UNREACHED, Answer.KEY, Answer.CREDIT})


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt. `begun_at` is when its request was first sent, `sent_at` when it was last: a repeat after a definite
    no, at the same provider, is the same attempt.

    `answer` is None while none was stored: the request is being sent, or its process died meanwhile.
    """

    job_id: JobId
    ordinal: int
    provider: str
    model: str | None
    idempotency_key: str
    begun_at: float
    sent_at: float
    ended_at: float | None = None
    answer: Answer | None = None
    charged: Charged = Charged.UNKNOWN
    remote_id: str | None = None
    is_remix: bool = False
    status: int | None = None
    provider_code: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a paid request, with the HTTP status and the provider's own code for the operator."""

    answer: Answer
    status: int | None = None
    provider_code: str | None = None

    @property
    def charged(self) -> Charged:
        """Whether it was charged, as far as the answer tells."""
        return Charged.UNKNOWN if self.answer in _UNKNOWN_CHARGE else Charged.NO


def next_attempt(job: Job, last: Attempt | None, provider: str, model: str | None, new_key: str, now: float) -> Attempt:
    """The attempt that sends the job to that provider now; `last` is the one before it.

    The first has the job's own key, and a repeat at the same provider keeps its key. A fallback is no repeat
    of the remix that the provider refused.
    """
    remix = job.is_remix
    if last is None:
        return Attempt(job.id, 0, provider, model, job.idempotency_key, now, now, is_remix=remix)
    if (last.provider, last.model, last.is_remix) == (provider, model, remix):
        return replace(last, sent_at=now, ended_at=None, answer=None, charged=Charged.UNKNOWN)
    return Attempt(job.id, last.ordinal + 1, provider, model, new_key, now, now, is_remix=remix)


def closed_after(
    closed: Sequence[ClosedRoute], provider: str, answer: Answer, now: float, wait_seconds: float
) -> tuple[ClosedRoute, ...]:
    """The closed routes of a job once that provider gave that answer; `wait_seconds` is how long it is to be left.

    A provider that is busy is closed once that lasts for longer than a minute.
    """
    if answer is Answer.UNSENT:
        return tuple(closed)
    others = tuple(route for route in closed if route.provider != provider)
    before = next((route for route in closed if route.provider == provider and route.answer is answer), None)
    since = now if before is None else min(before.since, now)
    if answer is Answer.MODEL:
        return (*others, ClosedRoute(provider, answer, since, None))
    if answer in _CLOSES:
        return (*others, ClosedRoute(provider, answer, since, now + max(wait_seconds, PATIENCE_SECONDS)))
    if answer is Answer.BUSY:
        lasts = wait_seconds > PATIENCE_SECONDS or now - since >= PATIENCE_SECONDS
        until = now + max(wait_seconds, PATIENCE_SECONDS) if lasts else now
        return (*others, ClosedRoute(provider, answer, since, until))
    return others


def after_no(
    routes: Sequence[str], closed: Sequence[ClosedRoute], provider: str, answer: Answer, now: float, wait_seconds: float
) -> tuple[tuple[ClosedRoute, ...], float | None]:
    """The closed routes of a job once that provider gave that answer, and when it may be sent again, anywhere.

    None: no provider will ever make it. After an answer that closes nothing, it waits for the same provider.
    """
    closed = closed_after(closed, provider, answer, now, wait_seconds)
    until = {route.provider: route.until for route in closed}
    if provider not in until or (until[provider] or now + 1.0) <= now:
        return closed, now + wait_seconds
    opens_at = [max(until.get(other) or now, now) for other in routes if other not in until or until[other] is not None]
    return closed, min(opens_at, default=None)


def open_routes(routes: Sequence[str], closed: Sequence[ClosedRoute], now: float) -> tuple[str, ...]:
    """Those of the providers that may take the job now; if all are closed for a while, all that will open again."""
    until = {route.provider: route.until for route in closed}
    left = tuple(provider for provider in routes if provider not in until or until[provider] is not None)
    return tuple(provider for provider in left if (until.get(provider) or 0.0) <= now) or left
