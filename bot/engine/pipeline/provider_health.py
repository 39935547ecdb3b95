"""What opens and closes the circuit breaker towards the provider, from the outcomes of requests.

It opens on faults of different people's jobs, or when a free request fails as well; one person's jobs alone open
nothing (docs/decisions/0014-whose-signal-it-is.md).
"""

from bot.engine.pipeline.fault_window import FaultWindow, Sender
from bot.jobs.model import UserId
from bot.ops.circuit_breaker import CircuitBreaker
from bot.ops.clock import Clock

_WINDOW_SECONDS = 30.0
_JOBS_TO_OPEN = 5
_PEOPLE_TO_OPEN = 3
_FAULTS_TO_PROBE = 3


class ProviderHealth:
    """One per provider. All times are monotonic."""

    def __init__(self, clock: Clock) -> None:
        self.breaker = CircuitBreaker(clock)
        self._paid = FaultWindow(clock, _WINDOW_SECONDS)
        self._polls = FaultWindow(clock, _WINDOW_SECONDS)
        # Faults of any job since the last good response: enough of them cause a probe.
        self._in_a_row = 0
        # The people with the fault that last opened a cautious breaker: the same person's next one does not open it
        # again.
        self._reopened_by: UserId | None = None
        # From the opening until a paid request is answered again.
        self.is_cautious = False

    @property
    def is_doubted(self) -> bool:
        """Whether different people's paid requests failed lately: then they go out one at a time."""
        return self._paid.user_count() > 1

    def failed(self, sender: Sender, *, paid: bool) -> None:
        """A request for that job got no response, or one with a fault of the provider."""
        (self._paid if paid else self._polls).add(sender)
        self._in_a_row += 1
        if self.breaker.is_open:
            return
        if self.is_cautious and paid and self._reopened_by != sender.user_id:
            self._reopened_by = sender.user_id
            self._trip()
        elif any(
            faults.job_count() >= _JOBS_TO_OPEN and faults.user_count() >= _PEOPLE_TO_OPEN
            for faults in (self._paid, self._polls)
        ):
            self._trip()

    def answered(self) -> None:
        """A poll was answered: the provider works."""
        self.breaker.close()
        self._in_a_row = 0
        self._polls.clear()

    def took_work(self) -> None:
        """A paid request was accepted."""
        self.answered()
        self.judged()

    def judged(self) -> None:
        """A paid request was refused for its content, so paid requests work."""
        self._paid.clear()
        self.is_cautious = False
        self._reopened_by = None

    def wants_probe(self) -> bool:
        """Whether a probe is wanted."""
        return self.breaker.is_open or self._in_a_row >= _FAULTS_TO_PROBE

    def take_probe(self) -> bool:
        """Whether a probe is due now; if so the next one is due in 15 s at the earliest."""
        return self.wants_probe() and self.breaker.take_probe()

    def probe_failed(self) -> None:
        """A probe failed, too: it is no single job's fault."""
        if not self.breaker.is_open and self.wants_probe():
            self._trip()

    def _trip(self) -> None:
        self.breaker.open()
        self.is_cautious = True
