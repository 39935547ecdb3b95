"""How much Discord may be asked just now; it must not know what a message says.

Two things hold back everything at once, whoever asks: a network in front of Discord that refuses us (10,000 refused
requests in ten minutes ban the address), and a Discord that gives no answers. Either way one request at a time then
finds out whether it is over. All times are of the clock's monotonic kind.
"""

from collections import deque
from enum import Enum, auto

from bot.ops.clock import Clock

_SILENCES_TO_HOLD = 5
_SILENCE_WINDOW_SECONDS = 30.0
_PROBE_SECONDS = 15.0
_REFUSED_REMEMBERED = 256


class RequestOutcome(Enum):
    """What the end of a request shows of the way to Discord."""

    ANSWERED = auto()  # whatever the answer was
    SILENT = auto()  # no connection, no answer in time, or one that shows a fault of Discord's own
    REFUSED = auto()  # by whatever stands before Discord, perhaps for what it had asked
    FORBIDDEN = auto()  # refused whatever it had asked
    UNKNOWN = auto()  # perhaps it was never sent


class DiscordBreaker:
    """One for all who ask. After five silences in 30 s there is one probe every 15 s, until one is answered."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._silences: deque[float] = deque(maxlen=_SILENCES_TO_HOLD)
        # What was refused, which says nothing new when it is refused again; and how much of it since the last answer.
        self._refused: deque[str] = deque(maxlen=_REFUSED_REMEMBERED)
        self._refused_in_a_row = 0
        self._held_since: float | None = None
        self._next_at = 0.0

    def rest_seconds(self) -> float:
        """0 if somebody may ask now, else in how many seconds."""
        return 0.0 if self._held_since is None else max(self._next_at - self._clock.monotonic(), 0.0)

    def begin(self) -> float:
        """Somebody asks now: while all is held back, they are the probe. Returns what `end` wants to know."""
        now = self._clock.monotonic()
        if self._held_since is not None:
            self._next_at = now + _PROBE_SECONDS
        return now

    def end(self, began_at: float, outcome: RequestOutcome, about: str, *, rest_seconds: float = 0.0) -> None:
        """Learn how that request ended, and which message, say, it was about.

        `rest_seconds` is how long all rest after one that was forbidden, or after the second that was refused.
        """
        now = self._clock.monotonic()
        match outcome:
            case RequestOutcome.ANSWERED if self._held_since is None or began_at > self._held_since:
                # What was on its way before all was held back says nothing about now.
                self._held_since = None
                self._silences.clear()
                self._refused_in_a_row = 0
            case RequestOutcome.ANSWERED:
                pass
            case RequestOutcome.SILENT:
                self._silences.append(now)
                often = len(self._silences) == _SILENCES_TO_HOLD and now - self._silences[0] <= _SILENCE_WINDOW_SECONDS
                if often and self._held_since is None:
                    self._hold(now, _PROBE_SECONDS)
            case RequestOutcome.REFUSED if about not in self._refused:
                self._refused.append(about)
                self._refused_in_a_row += 1
                if self._refused_in_a_row > 1:
                    self._hold(now, rest_seconds)
            case RequestOutcome.FORBIDDEN:
                self._hold(now, rest_seconds)
            case RequestOutcome.REFUSED | RequestOutcome.UNKNOWN:
                pass

    def _hold(self, now: float, rest_seconds: float) -> None:
        self._held_since = now
        self._next_at = max(self._next_at, now + rest_seconds)
