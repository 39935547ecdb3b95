"""How much the provider may be asked just now: a breaker, a rate for polls, pauses it asked for, the kill switch.

What one job meets says something about that job; what is asked of whom is decided here, from whose signals they are
(docs/decisions/0014-whose-signal-it-is.md). Creates and polls are held apart. It must not know jobs' states. All times
are of the clock's monotonic kind.
"""

from collections.abc import Callable

from bot.engine.pipeline.fault_window import FaultWindow, Sender
from bot.engine.pipeline.provider_account import Concerns, ProviderAccount
from bot.engine.pipeline.provider_breaker import ProviderBreaker
from bot.engine.pipeline.user_throttle import AT_ONCE, UserThrottle
from bot.jobs.backoff import ASKED_LONGEST_SECONDS, bounded
from bot.jobs.model import Cause, JobId, UserId
from bot.jobs.reasons import Reason, Refusal
from bot.ops.clock import Clock

_FORBIDDEN_SECONDS = 300.0
_SIGNAL_SECONDS = 60.0
_RATE_START = 10.0
_RATE_MAX = 20.0
_RATE_MIN = 0.2
_RATE_CUT = 0.7
_RATE_GAIN = 0.02
_PAUSED_SECONDS = 5.0
# What one person's create alone may hold the others up for, and how long a single one that finds out may take.
_ALONE_SECONDS = 20.0
_FINDS_OUT_SECONDS = 10.0
_KEY_PROBE_SECONDS = 60.0


class ProviderThrottle:
    """One per provider. `begin_submit` and `end_submit` enclose each paid request, and one signal follows it."""

    def __init__(
        self, clock: Clock, is_paused: Callable[[], bool] = lambda: False, submits_per_minute: int = 60
    ) -> None:
        """`is_paused` says whether the owner has stopped all spending."""
        self._clock = clock
        self._is_paused = is_paused
        self._breaker = ProviderBreaker(clock)
        self._account = ProviderAccount(clock)
        self._users = UserThrottle(clock, submits_per_minute)
        self._creates_until = 0.0
        self._polls_until = 0.0
        # From a create that was told to wait until one is taken: one at a time goes out.
        self._feels_its_way = False
        self._busy = FaultWindow(clock, _SIGNAL_SECONDS)
        # People who were told to wait while another's create was taken: theirs hold up nobody else until then.
        self._alone_until: dict[UserId, float] = {}
        self._busy_polls = FaultWindow(clock, _SIGNAL_SECONDS)
        self._key = FaultWindow(clock, _SIGNAL_SECONDS)
        self._cut = FaultWindow(clock, _SIGNAL_SECONDS)
        self._key_probe_at = 0.0
        self._key_hold_until = 0.0
        self._wants_key_probe = False
        # When the key was last seen to work, and whether the free request is refused although it does.
        self._key_worked_at = -_KEY_PROBE_SECONDS
        self._probe_misleads = False
        self._polls_per_second = _RATE_START
        self._next_poll_at = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the provider counts as down: only probes go there."""
        return self._breaker.is_open

    @property
    def polls_per_second(self) -> float:
        """How many polls the provider bears just now."""
        return self._polls_per_second

    @property
    def submits_free(self) -> int:
        """How many more paid requests may begin now: one at a time while it is open whether the provider takes any.

        A provider that begins to answer with a mess would otherwise leave as many jobs in doubt as there are places.
        """
        in_flight = self._users.in_flight
        if self._breaker.is_cautious or self._account.trouble is not None:
            return 1 - in_flight
        if self._feels_its_way or self._breaker.is_doubted:
            # One that hangs finds out nothing, and must not hold up the others.
            return min(1 - self._users.in_flight_since(_FINDS_OUT_SECONDS), AT_ONCE - in_flight)
        return AT_ONCE - in_flight

    def refusal(self, user_id: UserId | None = None) -> Refusal | None:
        """Why no new command of that person is taken just now; None if it may be."""
        if self._is_paused():
            return Refusal(Reason.PAUSED)
        if user_id is not None and self._account.trouble_of(user_id) is not None:
            return Refusal(Reason.ACCOUNT_PAUSED)
        if self._account.trouble is not None and self._account.wait_seconds() > 0:
            return Refusal(Reason.ACCOUNT_PAUSED)
        if self.is_open:
            return Refusal(Reason.PROVIDER_DOWN)
        return None

    def seconds_until_submit(self) -> float:
        """0 if a paid request may go out now, of which at most `submits_free` more are to be under way."""
        now = self._clock.monotonic()
        if self._is_paused():
            # The file may be taken away by hand.
            return _PAUSED_SECONDS
        if self.is_open:
            return max(self._breaker.next_probe_at - now, 1.0)
        return max(self._creates_until - now, self._account.wait_seconds(), 0.0)

    def seconds_until_submit_of(self, user_id: UserId) -> float | None:
        """0 if that person's next paid request may go out as far as they are concerned; None: when one has ended."""
        if self._users.is_full(user_id):
            return None
        if self._account.is_tried(user_id) and self._users.in_flight_of(user_id):
            return None
        return max(self._users.wait_seconds(user_id), self._account.wait_seconds_of(user_id))

    def times_refused(self, job_id: JobId) -> int:
        """How often a job was refused for the account's sake: its requester's others are tried first."""
        return self._account.times_refused(job_id)

    def begin_submit(self, sender: Sender) -> None:
        """A paid request for that job is about to be sent."""
        self._users.begin(sender)

    def end_submit(self, job_id: JobId) -> None:
        """The paid request for that job was answered, or not sent."""
        self._users.end(job_id)

    def forget(self, job_id: JobId) -> None:
        """The job has ended."""
        self._account.forget(job_id)

    def seconds_until_poll(self) -> float:
        """0 if a poll may go out now, which is then counted."""
        now = self._clock.monotonic()
        if self.is_open:
            return max(self._breaker.next_probe_at - now, 1.0)
        due_at = max(self._next_poll_at, self._polls_until, self._key_hold_until)
        if due_at > now:
            return due_at - now
        self._next_poll_at = max(self._next_poll_at, now - 1.0) + 1.0 / self._polls_per_second
        return 0.0

    @property
    def wants_probe(self) -> bool:
        """Whether a free request is to find something out, now or soon."""
        return self._breaker.wants_probe() or self._wants_key_probe or self._account.is_open_by_key

    def take_probe(self) -> bool:
        """Whether a free request is due now; if so the next one is due a while later."""
        now = self._clock.monotonic()
        due = self._breaker.take_probe()
        if not due and (self._wants_key_probe or self._account.is_open_by_key) and now >= self._key_probe_at:
            due = True
        if due:
            self._wants_key_probe = False
            self._key_probe_at = now + _KEY_PROBE_SECONDS
        return due

    def probe_answered(self) -> None:
        """A free request was answered, with the same key."""
        self._breaker.answered()
        self._account.key_works()
        self._key.clear()
        self._key_hold_until = 0.0

    def probe_failed(self) -> None:
        """A free request got no answer, or one that shows a fault of the provider."""
        self._breaker.probe_failed()

    def probe_forbidden(self) -> bool:
        """A free request was refused with the same key: nothing goes through with it.

        False if other requests with it do: then the key may be kept from that one question only.
        """
        self._breaker.answered()
        self._probe_misleads |= self._clock.monotonic() - self._key_worked_at < _KEY_PROBE_SECONDS
        if self._probe_misleads:
            return False
        self._account.key_refused()
        self._key_hold_until = self._clock.monotonic() + _FORBIDDEN_SECONDS
        return True

    def answered(self) -> None:
        """A poll was answered as it should be."""
        self._breaker.answered()
        self._note_key_works()
        self._busy_polls.clear()
        self._polls_per_second = min(_RATE_MAX, self._polls_per_second + _RATE_GAIN)

    def took_work(self, sender: Sender) -> None:
        """The provider took that job: the account is in order, and so is paying."""
        was_everybodys = self._breaker.is_cautious or self._account.trouble is not None or self._busy.user_count() > 1
        self._note_alone(sender)
        self._note_key_works()
        self._breaker.took_work()
        self._account.works(sender.user_id)
        self._users.took_work(sender.user_id)
        self._creates_until, self._feels_its_way = 0.0, False
        if was_everybodys:
            self._users.release()

    def judged(self, sender: Sender) -> None:
        """The provider judged that job's request and refused it: the account is in order."""
        self._breaker.judged()
        self._account.works(sender.user_id)

    def failed(self, sender: Sender, *, paid: bool = False) -> None:
        """A request for that job got no answer, or one that shows a fault of the provider."""
        self._breaker.failed(sender, paid=paid)
        if paid:
            self._users.failed(sender)

    def create_slowed(self, sender: Sender, retry_after_seconds: float | None) -> None:
        """The provider told a create to wait: its requester's wait, all once another person's is told so, too.

        A person's first one holds up the others for a moment; not again, once another's was taken meanwhile.
        """
        if retry_after_seconds is not None:
            self._users.hold(sender.user_id, bounded(retry_after_seconds))
        if self._clock.monotonic() < self._alone_until.get(sender.user_id, 0.0):
            return
        confirmed, known = self._busy.has_others(sender), self._busy.job_count_of(sender.user_id) > 0
        self._busy.add(sender)
        if known and not confirmed:
            return
        self._feels_its_way = True
        if retry_after_seconds is not None:
            seconds = bounded(retry_after_seconds)
            self._hold_creates(seconds if confirmed else min(seconds, _ALONE_SECONDS))

    def poll_slowed(self, sender: Sender | None, retry_after_seconds: float | None) -> None:
        """The provider told a poll to wait: polls get rarer, and all wait once another person's is told so, too.

        Without a sender it was a question for the list, which says nothing about polls but that they be fewer.
        """
        if sender is None or not self._cut.holds(sender):
            self._polls_per_second = max(_RATE_MIN, self._polls_per_second * _RATE_CUT)
        if sender is None:
            return
        self._cut.add(sender)
        if retry_after_seconds is not None and self._busy_polls.has_others(sender):
            self._hold_polls(bounded(retry_after_seconds))
        self._busy_polls.add(sender)

    def forbidden(self, sender: Sender) -> bool:
        """The provider refused the key at a poll; True if that is confirmed, so that polls wait.

        It is confirmed by another person's poll. A free request finds out in any case.
        """
        self._wants_key_probe = True
        confirmed = self._key.has_others(sender)
        self._key.add(sender)
        if confirmed:
            self._key_hold_until = self._clock.monotonic() + _FORBIDDEN_SECONDS
        return confirmed

    def account_refused(self, sender: Sender, cause: Cause, *, sure: bool = True) -> Concerns:
        """The provider took no work for the account's sake; see `ProviderAccount.refused`."""
        if cause is not Cause.CREDIT:
            self._wants_key_probe = True
        return self._account.refused(sender, cause, sure=sure)

    def again_seconds(self, *, sure: bool) -> float:
        """How long a job waits that was refused for the account's sake."""
        return self._account.again_seconds(sure=sure)

    def _note_key_works(self) -> None:
        self._key_worked_at = self._clock.monotonic()
        self._key.clear()
        if self._account.is_open_by_key:
            self._probe_misleads = True
            self._account.key_works()
            self._key_hold_until = 0.0

    def _note_alone(self, taken: Sender) -> None:
        """Remember who alone was told to wait, now that another person's create was taken."""
        now = self._clock.monotonic()
        self._alone_until = {user_id: until for user_id, until in self._alone_until.items() if until > now}
        if not self._busy.user_count() > 1:
            self._alone_until |= dict.fromkeys(self._busy.users() - {taken.user_id}, now + ASKED_LONGEST_SECONDS)
        self._busy.clear()

    def _hold_creates(self, seconds: float) -> None:
        self._creates_until = max(self._creates_until, self._clock.monotonic() + seconds)

    def _hold_polls(self, seconds: float) -> None:
        self._polls_until = max(self._polls_until, self._clock.monotonic() + seconds)
