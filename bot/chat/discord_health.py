"""Discord's health: opens and closes the circuit breaker towards Discord, from the outcomes of requests.

Two causes open it: a network in front of Discord that refuses us (10,000 refused requests in ten minutes ban the
address), and a Discord that doesn't respond. While open, it lets one probe request through at a time. All times are
monotonic.
"""

from collections import deque
from collections.abc import Callable
from enum import Enum, auto

from bot.ops.circuit_breaker import CircuitBreaker
from bot.ops.clock import Clock

_SILENCES_TO_OPEN = 5
_SILENCE_WINDOW_SECONDS = 30.0
_REFUSED_REMEMBERED = 256


class RequestOutcome(Enum):
    """The outcome of a request, as the breaker sees it."""

    ANSWERED = auto()  # any response from Discord
    SILENT = auto()  # no connection, a timeout, or a fault of Discord's own
    REFUSED = auto()  # by a network before Discord, perhaps for its own words
    FORBIDDEN = auto()  # every request is refused
    UNKNOWN = auto()  # perhaps it was never sent


def _ignore(_outcome: str) -> None:
    """A report that nothing listens to."""


class DiscordHealth:
    """One for all requests. Five timeouts in 30 s open the breaker, a second refusal, and one that is general."""

    def __init__(self, clock: Clock, report: Callable[[str], None] = _ignore) -> None:
        """`report` is called with the name of each outcome."""
        self._clock = clock
        self._report = report
        self.breaker = CircuitBreaker(clock)
        self._silences: deque[float] = deque(maxlen=_SILENCES_TO_OPEN)
        # The refused messages, whose repeated refusal is no news; and how many since the last success.
        self._refused: deque[str] = deque(maxlen=_REFUSED_REMEMBERED)
        self._refused_in_a_row = 0

    def begin(self) -> float:
        """A request starts; while the breaker is open, it is the probe. Returns the token for `end`."""
        if self.breaker.is_open:
            self.breaker.take_probe()
        return self._clock.monotonic()

    def end(self, began_at: float, outcome: RequestOutcome, about: str, *, rest_seconds: float = 0.0) -> None:
        """Record how that request ended, and which message, say, it was about.

        `rest_seconds` is how long the breaker stays open after a forbidden request, or after the second refused one.
        """
        self._report(outcome.name.lower())
        now = self._clock.monotonic()
        match outcome:
            case RequestOutcome.ANSWERED:
                if self.breaker.close(began_at):
                    self._silences.clear()
                    self._refused_in_a_row = 0
            case RequestOutcome.SILENT:
                self._silences.append(now)
                often = len(self._silences) == _SILENCES_TO_OPEN and now - self._silences[0] <= _SILENCE_WINDOW_SECONDS
                if often and not self.breaker.is_open:
                    self.breaker.open()
            case RequestOutcome.REFUSED if about not in self._refused:
                self._refused.append(about)
                self._refused_in_a_row += 1
                if self._refused_in_a_row > 1:
                    self.breaker.open(rest_seconds)
            case RequestOutcome.FORBIDDEN:
                self.breaker.open(rest_seconds)
            case RequestOutcome.REFUSED | RequestOutcome.UNKNOWN:
                pass
