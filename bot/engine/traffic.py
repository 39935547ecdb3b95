"""How much the provider may be asked just now: a breaker, a rate for looks, pauses it asked for, the kill switch.

It must not know jobs. All times are of the clock's monotonic kind.
"""

from collections import deque
from collections.abc import Callable

from bot.jobs.model import Cause
from bot.jobs.reasons import Reason, Refusal
from bot.ops.clock import Clock

_FAULTS_TO_OPEN = 5
_FAULT_WINDOW_SECONDS = 30.0
_PROBE_SECONDS = 15.0
_SUBMITS_AT_ONCE = 8
_ACCOUNT_TRY_SECONDS = 600.0
_FORBIDDEN_SECONDS = 300.0
_RATE_START = 10.0
_RATE_MAX = 20.0
_RATE_MIN = 0.2
_RATE_CUT = 0.7
_RATE_GAIN = 0.02
# "At once" would be a tight loop.
_HOLD_SECONDS_MIN = 1.0
_HOLD_SECONDS_MAX = 600.0
_PAUSED_SECONDS = 5.0


class Traffic:
    """One per provider. The breaker opens after five faults in 30 s; then one probe (a GET) is due every 15 s."""

    def __init__(self, clock: Clock, is_paused: Callable[[], bool] = lambda: False) -> None:
        """`is_paused` says whether those who run the bot have stopped all spending."""
        self._clock = clock
        self._is_paused = is_paused
        self._faults: deque[float] = deque(maxlen=_FAULTS_TO_OPEN)
        self._open = False
        # From the opening of the breaker until a paid request is answered again.
        self._cautious = False
        self._probe_at = 0.0
        self._held_until = 0.0
        self._looks_per_second = _RATE_START
        self._next_look_at = 0.0
        self._account_trouble: Cause | None = None
        self._account_try_at = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the provider counts as down: nothing but probes goes there."""
        return self._open

    @property
    def looks_per_second(self) -> float:
        """How many looks the provider bears just now."""
        return self._looks_per_second

    @property
    def account_trouble(self) -> Cause | None:
        """Why the provider takes no work from this account, if it does not."""
        return self._account_trouble

    @property
    def submits_at_once(self) -> int:
        """How many paid requests may be under way just now: one while it is open whether the provider takes any.

        A provider that begins to answer with a mess would otherwise leave as many jobs in doubt as there are places.
        """
        lately = self._clock.monotonic() - _FAULT_WINDOW_SECONDS
        in_doubt = self._cautious or any(at >= lately for at in self._faults)
        return 1 if in_doubt or self._account_trouble is not None else _SUBMITS_AT_ONCE

    def refusal(self, *, jobs_waiting: bool) -> Refusal | None:
        """Why no new command is taken just now; None if it may be. A job that waits already is the next one tried."""
        if self._is_paused():
            return Refusal(Reason.PAUSED)
        if self._account_trouble is not None and (jobs_waiting or self._clock.monotonic() < self._account_try_at):
            return Refusal(Reason.ACCOUNT_PAUSED)
        if self._open:
            return Refusal(Reason.PROVIDER_DOWN)
        return None

    def seconds_until_submit(self) -> float:
        """0 if a paid request may go out now, of which at most `submits_at_once` are to be under way."""
        now = self._clock.monotonic()
        if self._is_paused():
            # Somebody may take the file away by hand.
            return _PAUSED_SECONDS
        if self._open:
            return max(self._probe_at - now, 1.0)
        waits = [self._held_until - now, 0.0]
        if self._account_trouble is not None:
            waits.append(self._account_try_at - now)
        return max(waits)

    def seconds_until_look(self) -> float:
        """0 if a look may go out now, which is then counted."""
        now = self._clock.monotonic()
        if self._open:
            return max(self._probe_at - now, 1.0)
        due_at = max(self._next_look_at, self._held_until)
        if due_at > now:
            return due_at - now
        self._next_look_at = max(self._next_look_at, now - 1.0) + 1.0 / self._looks_per_second
        return 0.0

    def take_probe(self) -> bool:
        """Whether a probe is due now; if so the next one is due in 15 s."""
        now = self._clock.monotonic()
        if not self._open or now < self._probe_at:
            return False
        self._probe_at = now + _PROBE_SECONDS
        return True

    def answered(self) -> None:
        """The provider answered as it should."""
        self._open = False
        self._faults.clear()
        self._looks_per_second = min(_RATE_MAX, self._looks_per_second + _RATE_GAIN)

    def failed(self, *, paid: bool = False) -> None:
        """The provider gave no answer, or one that shows a fault of its own."""
        now = self._clock.monotonic()
        self._faults.append(now)
        often = len(self._faults) == _FAULTS_TO_OPEN and now - self._faults[0] <= _FAULT_WINDOW_SECONDS
        if (often or (paid and self._cautious)) and not self._open:
            self._open = self._cautious = True
            self._probe_at = now + _PROBE_SECONDS

    def slowed(self, retry_after_seconds: float | None) -> None:
        """The provider asked for fewer requests: everything waits as long as it says, and looks get rarer."""
        self._looks_per_second = max(_RATE_MIN, self._looks_per_second * _RATE_CUT)
        if retry_after_seconds is not None:
            self._hold(max(retry_after_seconds, _HOLD_SECONDS_MIN))

    def forbidden(self) -> None:
        """The provider refused the key at a look: looking rests a while."""
        self._hold(_FORBIDDEN_SECONDS)

    def account_refused(self, cause: Cause) -> None:
        """The provider takes no work from this account: one job is tried again in ten minutes."""
        self._account_trouble = cause
        self._account_try_at = self._clock.monotonic() + _ACCOUNT_TRY_SECONDS

    def account_works(self) -> None:
        """The provider took work, or judged a request: the account is in order, and so is paying."""
        self._account_trouble = None
        self._cautious = False

    def _hold(self, seconds: float) -> None:
        self._held_until = max(self._held_until, self._clock.monotonic() + min(seconds, _HOLD_SECONDS_MAX))
