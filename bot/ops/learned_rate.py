"""A rate limiter that learns how many requests per second the other side accepts.

It grows while requests wait for it, until one is refused. That rate is the ceiling: from then on it stays a little
below, and after a quiet minute it carefully grows beyond (`docs/facts/pacing.md`, "The provider's rate").
"""

import math

from bot.ops.clock import Clock

RATE_MIN = 0.2
RATE_MAX = 200.0
_START = 20.0
_CUT = 0.7
# Requests that were under way at a cut don't cut again.
_CUT_SECONDS = 1.0
_SHARE_OF_CEILING = 0.9
_CEILING_MIN = 1.0
# Per answer: towards what was never refused, and beyond a ceiling.
_GAIN = 0.1
_PROBE_GAIN = 0.02
_QUIET_SECONDS = 60.0
# With such a burst a second at 0.9 of the ceiling is still within it.
_BURST_SECONDS = 0.1


class LearnedRate:
    """One for all requests of one kind to one other side. All times are monotonic."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._per_second = _START
        self._ceiling: float | None = None
        self._next_at = 0.0
        self._cut_at = -math.inf
        # Whether the next and the last request had to wait: a rate that nothing waits for isn't tested.
        self._is_awaited = self._is_in_use = False
        self._answered_since_cut = False
        # The rate before the last cut; None if no request was answered at it.
        self._refused_rate: float | None = None

    @property
    def per_second(self) -> float:
        """How many requests per second may be sent now."""
        return self._per_second

    @property
    def ceiling(self) -> float | None:
        """The rate at which requests were last refused; None if that is unknown."""
        return self._ceiling

    def remember(self, ceiling: float) -> None:
        """Start from a ceiling that was learned before a restart."""
        if 0.0 < ceiling < math.inf:
            self._ceiling = min(max(ceiling, _CEILING_MIN), RATE_MAX)
            self._per_second = _SHARE_OF_CEILING * self._ceiling
            self._next_at = self._cut_at = self._clock.monotonic()

    def take(self) -> float:
        """0 if a request may be sent now, which is then counted; otherwise the seconds until then."""
        now = self._clock.monotonic()
        if self._next_at > now:
            self._is_awaited = True
            return self._next_at - now
        self._is_in_use, self._is_awaited = self._is_awaited, False
        self._next_at = max(self._next_at, now - _BURST_SECONDS) + 1.0 / self._per_second
        return 0.0

    def answered(self) -> None:
        """A request was answered properly."""
        self._answered_since_cut = True
        if self._is_in_use:
            self._per_second = min(self._per_second + self._gain(), RATE_MAX)

    def _gain(self) -> float:
        if self._ceiling is None:
            return _GAIN if self._cut_at == -math.inf else _PROBE_GAIN
        below = _SHARE_OF_CEILING * self._ceiling - self._per_second
        if below > 0.0:
            return min(_GAIN, below)
        return _PROBE_GAIN if self._clock.monotonic() - self._cut_at >= _QUIET_SECONDS else 0.0

    def refused(self, *, is_ceiling: bool) -> None:
        """A request was refused as one too many: slow down.

        `is_ceiling` means that it says something about all requests. While none is answered it is an outage, which
        says nothing about the ceiling.
        """
        now = self._clock.monotonic()
        if now - self._cut_at >= _CUT_SECONDS:
            self._refused_rate = self._per_second if self._answered_since_cut else None
            self._per_second = max(self._per_second * _CUT, RATE_MIN)
            self._cut_at, self._answered_since_cut = now, False
        if is_ceiling and self._refused_rate is not None:
            self._ceiling = max(self._refused_rate, _CEILING_MIN)
