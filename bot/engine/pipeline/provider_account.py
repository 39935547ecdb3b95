"""The provider account: whom the refusal of a job for key or credit concerns.

A refused job waits with its requester. Everybody waits once another person's job is refused, too, or a free request
with the same key (docs/decisions/0014-whose-signal-it-is.md).
"""

from collections import Counter
from dataclasses import dataclass, replace
from enum import Enum, auto

from bot.engine.pipeline.fault_window import FaultWindow, Sender
from bot.jobs.model import Cause, JobId, UserId
from bot.ops.clock import Clock

_AGAIN_SECONDS = 600.0
# A refusal that may be one request's fault is retried sooner.
_AGAIN_UNSURE_SECONDS = 60.0
_SIGNAL_SECONDS = 660.0
_TIMES_BEFORE_END = 2


class Concerns(Enum):
    """Whom a refusal concerns."""

    JOB = auto()
    """That job and its requester's others; it waits."""
    JOB_ENDS = auto()
    """That job, which was refused before while others were not: it ends."""
    EVERYBODY = auto()


@dataclass(frozen=True, slots=True)
class _Hold:
    cause: Cause
    until: float
    sure: bool


class ProviderAccount:
    """One per provider and key. All times are monotonic."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._refusals = FaultWindow(clock, _SIGNAL_SECONDS)
        self._holds: dict[UserId, _Hold] = {}
        self._times: Counter[JobId] = Counter()
        self._trouble: _Hold | None = None
        # Whether a free request was refused, so that a free one also shows when that is over.
        self.is_open_by_key = False

    @property
    def trouble(self) -> Cause | None:
        """Why the provider refuses everybody's work, if it does."""
        return None if self._trouble is None else self._trouble.cause

    def trouble_of(self, user_id: UserId | None) -> Cause | None:
        """Why that person's new requests are refused, if they are; without one, why everybody's are."""
        now = self._clock.monotonic()
        if self._trouble is not None and now < self._trouble.until:
            return self._trouble.cause
        hold = None if user_id is None else self._holds.get(user_id)
        return hold.cause if hold is not None and hold.sure and now < hold.until else None

    def times_refused(self, job_id: JobId) -> int:
        """How often that job was refused; others are tried before it."""
        return self._times[job_id]

    def is_tried(self, user_id: UserId) -> bool:
        """Whether that person's next request is a probe for their others."""
        return user_id in self._holds

    def wait_seconds(self) -> float:
        """0 if a paid request may go out as far as the account is concerned."""
        return 0.0 if self._trouble is None else max(self._trouble.until - self._clock.monotonic(), 0.0)

    def wait_seconds_of(self, user_id: UserId) -> float:
        """0 if that person's next paid request may go out."""
        hold = self._holds.get(user_id)
        return 0.0 if hold is None else max(hold.until - self._clock.monotonic(), 0.0)

    def held(self) -> set[UserId]:
        """The people whose requests wait for the account now, while others' don't."""
        now = self._clock.monotonic()
        return {user_id for user_id, hold in self._holds.items() if hold.until > now}

    def again_seconds(self, *, sure: bool) -> float:
        """How long a refused job waits."""
        return _AGAIN_SECONDS if sure else _AGAIN_UNSURE_SECONDS

    def refused(self, sender: Sender, cause: Cause, *, sure: bool) -> Concerns:
        """A paid request for that job was refused because of the account.

        `sure`: the provider's own words said so; a response of a proxy in front of it may be about this request alone.
        """
        self._times[sender.job_id] += 1
        hold = _Hold(cause, self._clock.monotonic() + self.again_seconds(sure=sure), sure)
        if sure or self._refusals.has_another_job(sender):
            self._holds[sender.user_id] = hold
        confirmed = self.is_open_by_key or self._refusals.has_others(sender)
        self._refusals.add(sender)
        if confirmed:
            self._trouble = hold
            return Concerns.EVERYBODY
        # A confirmation doesn't last for ever: the next refusal must be another person's than the last.
        self._trouble = None
        if (cause is not Cause.CREDIT or not sure) and self._times[sender.job_id] >= _TIMES_BEFORE_END:
            # It was the job's fault: its requester's others need not wait for it.
            self._holds.pop(sender.user_id, None)
            return Concerns.JOB_ENDS
        return Concerns.JOB

    def works(self, user_id: UserId) -> None:
        """The provider accepted that person's request, or judged it: the account is in order."""
        if self._trouble is not None:
            # The refusal concerned everybody, and so does its end.
            self._holds.clear()
        self._holds.pop(user_id, None)
        self._refusals.clear()
        self._trouble = None
        self.is_open_by_key = False

    def key_refused(self) -> None:
        """A free request was refused with the same key: it is no single job's fault."""
        self.is_open_by_key = True
        self._trouble = _Hold(Cause.KEY, self._clock.monotonic() + _AGAIN_SECONDS, sure=True)

    def key_works(self) -> None:
        """A free request was answered with the same key: the pause found by a free request is over.

        A pause found by jobs of two people may be their fault alone, so the others wait for a minute at most.
        """
        if self.is_open_by_key:
            self.is_open_by_key = False
            self._trouble = None
            self._holds.clear()
            self._refusals.clear()
        elif self._trouble is not None and self._trouble.cause is not Cause.CREDIT:
            until = min(self._trouble.until, self._clock.monotonic() + _AGAIN_UNSURE_SECONDS)
            self._trouble = replace(self._trouble, until=until)

    def forget(self, job_id: JobId) -> None:
        """The job has ended."""
        self._times.pop(job_id, None)
