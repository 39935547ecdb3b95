"""What one person's requests to one provider wait for.

A person whose requests fail waits alone, for longer each time, until one of them is accepted.
"""

from collections import Counter, defaultdict

from bot.engine.pipeline.fault_window import Sender
from bot.engine.pipeline.user_shares import UserShares
from bot.jobs.model import JobId, UserId
from bot.ops.clock import Clock

AT_ONCE = 8
_FORGET_SECONDS = 60.0
_BACKOFF_SECONDS = 15.0
_BACKOFF_SECONDS_MAX = 300.0
_DOUBLINGS_MAX = 10


class UserThrottle:
    """Running paid requests to one provider, and who waits there. All times are monotonic."""

    def __init__(self, clock: Clock, shares: UserShares) -> None:
        """`shares` are those of all providers."""
        self._clock = clock
        self._shares = shares
        self._began: dict[JobId, tuple[UserId, float]] = {}
        self._held_until: dict[UserId, float] = {}
        self._troubled: defaultdict[UserId, set[JobId]] = defaultdict(set)
        # When each person last sent something, within the last minute.
        self._sent_at: dict[UserId, float] = {}
        self._forgotten_at = 0.0

    @property
    def in_flight(self) -> int:
        """How many paid requests are running."""
        return len(self._began)

    def in_flight_since(self, seconds: float) -> int:
        """How many paid requests started no longer ago than that."""
        since = self._clock.monotonic() - seconds
        return sum(at >= since for _, at in self._began.values())

    def in_flight_of(self, user_id: UserId) -> int:
        """How many of that person's paid requests are running."""
        return sum(other == user_id for other, _ in self._began.values())

    def begin(self, sender: Sender) -> None:
        """A paid request for that job is about to be sent."""
        now = self._clock.monotonic()
        self._forget_old(now)
        self._began[sender.job_id] = (sender.user_id, now)
        self._sent_at[sender.user_id] = now
        self._shares.begin(sender)

    def end(self, job_id: JobId) -> None:
        """The request for that job was answered, or not sent after all."""
        self._began.pop(job_id, None)
        self._shares.end(job_id)

    def wait_seconds(self, user_id: UserId) -> float:
        """0 if that person's next paid request may be sent as far as they are concerned."""
        held_seconds = self._held_until.get(user_id, 0.0) - self._clock.monotonic()
        return max(0.0, held_seconds, self._shares.wait_seconds(user_id))

    def is_full(self, user_id: UserId) -> bool:
        """Whether that person has as many requests running as allowed: one only, after a fault."""
        if self._troubled.get(user_id) and self.in_flight_of(user_id):
            return True
        return self._shares.is_full(user_id)

    def held(self) -> set[UserId]:
        """The people whose requests are held now."""
        now = self._clock.monotonic()
        return {user_id for user_id, until in self._held_until.items() if until > now}

    def hold(self, user_id: UserId, seconds: float) -> None:
        """Hold that person's requests for so long; a longer hold stays."""
        until = self._clock.monotonic() + seconds
        self._held_until[user_id] = max(self._held_until.get(user_id, 0.0), until)

    def failed(self, sender: Sender) -> None:
        """A paid request for that job failed by the provider's fault; from the second job on, its requester waits."""
        troubled = self._troubled[sender.user_id]
        troubled.add(sender.job_id)
        if len(troubled) > 1:
            doublings = min(len(troubled) - 2, _DOUBLINGS_MAX)
            self.hold(sender.user_id, min(_BACKOFF_SECONDS * 2.0**doublings, _BACKOFF_SECONDS_MAX))

    def took_work(self, user_id: UserId) -> None:
        """A paid request of that person was accepted."""
        self._troubled.pop(user_id, None)

    def release(self) -> None:
        """End all holds: the fault concerned everybody and is over."""
        self._held_until.clear()
        self._troubled.clear()

    def _forget_old(self, now: float) -> None:
        """Forget people who have sent nothing for a minute and wait for nothing."""
        if now < self._forgotten_at + _FORGET_SECONDS:
            return
        self._forgotten_at = now
        self._sent_at = {user_id: at for user_id, at in self._sent_at.items() if at > now - _FORGET_SECONDS}
        for user_id, until in tuple(self._held_until.items()):
            if until <= now:
                del self._held_until[user_id]
        active = Counter(other for other, _ in self._began.values())
        for user_id in tuple(self._troubled):
            if user_id not in self._sent_at and user_id not in self._held_until and not active[user_id]:
                del self._troubled[user_id]
