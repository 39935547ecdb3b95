"""One person's share of the paid requests to all providers: so many at once, so many in a minute."""

from collections import defaultdict, deque

from bot.engine.pipeline.fault_window import Sender
from bot.jobs.model import JobId, UserId
from bot.ops.clock import Clock

_AT_ONCE_EACH = 4
_MINUTE_SECONDS = 60.0
_LEAST_SHARE = 5
_SHARE_OF_MINUTE = 3


class UserShares:
    """Running paid requests and those of the last minute, by person. All times are monotonic."""

    def __init__(self, clock: Clock, submits_per_minute: int) -> None:
        self._clock = clock
        # A third of them, though never so few that an operator's low limit stops one person alone.
        self._share = max(_LEAST_SHARE, submits_per_minute // _SHARE_OF_MINUTE)
        self._began: dict[JobId, UserId] = {}
        self._spent: defaultdict[UserId, deque[float]] = defaultdict(deque)
        self._forgotten_at = 0.0

    def begin(self, sender: Sender) -> None:
        """A paid request for that job is about to be sent."""
        now = self._clock.monotonic()
        self._forget_old(now)
        self._began[sender.job_id] = sender.user_id
        self._spent[sender.user_id].append(now)

    def end(self, job_id: JobId) -> None:
        """The request for that job was answered, or not sent after all."""
        self._began.pop(job_id, None)

    def wait_seconds(self, user_id: UserId) -> float:
        """0 if that person has sent less than their share of the last minute."""
        if user_id not in self._spent or len(spent := self._spent[user_id]) < self._share:
            return 0.0
        return max(spent[-self._share] + _MINUTE_SECONDS - self._clock.monotonic(), 0.0)

    def is_full(self, user_id: UserId) -> bool:
        """Whether that person has as many requests running as allowed."""
        return sum(other == user_id for other in self._began.values()) >= _AT_ONCE_EACH

    def _forget_old(self, now: float) -> None:
        """Forget people who have sent nothing for a minute."""
        if now < self._forgotten_at + _MINUTE_SECONDS:
            return
        self._forgotten_at = now
        for user_id, spent in tuple(self._spent.items()):
            while spent and spent[0] <= now - _MINUTE_SECONDS:
                spent.popleft()
            if not spent:
                del self._spent[user_id]
