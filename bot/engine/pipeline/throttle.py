"""The throttle of the provider: circuit breaker, rate limit for polls, holds that it requested, kill switch.

A signal of one job says something about that job only; whose signals they are decides who waits
(docs/decisions/0014-whose-signal-it-is.md). Creates and polls are held separately. All times are monotonic.
"""

import math
from collections.abc import Callable, Collection, Mapping
from enum import Enum, auto
from typing import Any, NamedTuple

from bot.engine.pipeline.fault_window import FaultWindow, Sender
from bot.engine.pipeline.provider_account import Concerns, ProviderAccount
from bot.engine.pipeline.provider_health import ProviderHealth
from bot.engine.pipeline.user_shares import UserShares
from bot.engine.pipeline.user_throttle import AT_ONCE, UserThrottle
from bot.jobs.backoff import ASKED_LONGEST_SECONDS, bounded
from bot.jobs.model import Cause, JobId, UserId
from bot.jobs.reasons import Reason, Refusal
from bot.ops.clock import Clock
from bot.ops.learned_rate import LearnedRate
from bot.videos.client import POLL_CONNECTIONS

_FORBIDDEN_SECONDS = 300.0
_SIGNAL_SECONDS = 60.0
_POLLS_AT_ONCE = 32
_SLOW_POLL_SECONDS = 4.0
_PAUSED_SECONDS = 5.0
# How long one person's create alone may delay the others, and how long a single probing one may take.
_ALONE_SECONDS = 20.0
_FINDS_OUT_SECONDS = 10.0
_KEY_PROBE_SECONDS = 60.0

# Why all processes refuse commands when one finds it out.
_SHARED_REASONS = (Reason.ACCOUNT_PAUSED, Reason.PROVIDER_DOWN)


class Trouble(Enum):
    """What a provider's jobs wait for."""

    DOWN = auto()
    KEY = auto()
    CREDIT = auto()
    BUSY = auto()
    POLLS = auto()


class TroubleSince(NamedTuple):
    """A trouble, since when, and until when at the most (None: that is found out by probes). Both are monotonic."""

    kind: Trouble
    since: float
    until: float | None


class ProviderThrottle:
    """One per provider. `begin_submit` and `end_submit` enclose each paid request, and one signal follows it."""

    def __init__(
        self,
        clock: Clock,
        is_paused: Callable[[], bool] = lambda: False,
        submits_per_minute: int = 60,
        shares: UserShares | None = None,
    ) -> None:
        """`is_paused` returns whether the owner has stopped all spending; `shares` are those of all providers."""
        self._clock = clock
        self._is_paused = is_paused
        self._health = ProviderHealth(clock)
        self.account = ProviderAccount(clock)
        self.users = UserThrottle(clock, shares or UserShares(clock, submits_per_minute))
        self._creates_until = 0.0
        self._polls_until = 0.0
        # From a create with a `Retry-After` until one is accepted: one at a time is sent.
        self._feels_its_way = False
        self._busy = FaultWindow(clock, _SIGNAL_SECONDS)
        # People with a `Retry-After` while another's create was accepted: theirs delay no one else until then.
        self._alone_until: dict[UserId, float] = {}
        self._busy_polls = FaultWindow(clock, _SIGNAL_SECONDS)
        self._key = FaultWindow(clock, _SIGNAL_SECONDS)
        self._cut = FaultWindow(clock, _SIGNAL_SECONDS)
        self._key_probe_at = 0.0
        self._key_hold_until = 0.0
        self._wants_key_probe = False
        # When the key last worked, and whether the free request is refused although it does.
        self._key_worked_at = -_KEY_PROBE_SECONDS
        self._probe_misleads = False
        self.poll_rate = LearnedRate(clock)
        # What other processes found out: why no new command is accepted, and until when polls are held. Kept apart from
        # what this one found out, so that two processes don't keep a hold alive for each other.
        self.refused_elsewhere: Reason | None = None
        self._polls_held_elsewhere_until = 0.0
        self._trouble: TroubleSince | None = None

    @property
    def is_open(self) -> bool:
        """Whether the provider counts as down: only probes go there."""
        return self._health.breaker.is_open

    @property
    def polls_at_once(self) -> int:
        """How many polls may be under way: what the rate needs if each takes four seconds (Little's law)."""
        needed = math.ceil(_SLOW_POLL_SECONDS * self.poll_rate.per_second)
        return min(max(needed, _POLLS_AT_ONCE), POLL_CONNECTIONS)

    @property
    def submits_free(self) -> int:
        """How many more paid requests may start now: one at a time while the provider's health is unknown.

        Otherwise a provider that starts to send unreadable responses would leave as many uncertain jobs as there are
        places.
        """
        in_flight = self.users.in_flight
        if self._health.is_cautious or self.account.trouble is not None:
            return 1 - in_flight
        if self._feels_its_way or self._health.is_doubted:
            # One that hangs proves nothing, and must not delay the others.
            return min(1 - self.users.in_flight_since(_FINDS_OUT_SECONDS), AT_ONCE - in_flight)
        return AT_ONCE - in_flight

    def refusal(self, user_id: UserId | None = None) -> Refusal | None:
        """Why no new command of that person is accepted now; None if it may be."""
        if self._is_paused():
            return Refusal(Reason.PAUSED)
        if self.account.trouble_of(user_id) is not None:
            return Refusal(Reason.ACCOUNT_PAUSED)
        if self.is_open:
            return Refusal(Reason.PROVIDER_DOWN)
        return None if self.refused_elsewhere is None else Refusal(self.refused_elsewhere)

    def note_trouble(self) -> TroubleSince | None:
        """What all jobs of the provider wait for now, the worst first; since when, as far as this was called before."""
        now, trouble = self._clock.monotonic(), self.account.trouble
        polls_until = max(self._polls_until, self._key_hold_until)
        kind, until = None, None
        if self.is_open:
            kind = Trouble.DOWN
        elif trouble is not None:
            kind, until = Trouble.CREDIT if trouble is Cause.CREDIT else Trouble.KEY, now + self.account.wait_seconds()
        elif self._creates_until > now:
            kind, until = Trouble.BUSY, self._creates_until
        elif polls_until > now:
            kind, until = Trouble.POLLS, polls_until
        if kind is None:
            self._trouble = None
        else:
            known = self._trouble
            since = known.since if known is not None and known.kind is kind else now
            self._trouble = TroubleSince(kind, since, until)
        return self._trouble

    def find_facts(self) -> dict[str, object]:
        """What the other processes that share the database have to heed, as JSON's values."""
        held_until = max(self._polls_until, self._key_hold_until)
        held_seconds = held_until - self._clock.monotonic()
        refuses = Reason.ACCOUNT_PAUSED if self.account.trouble_of(None) is not None else None
        return {
            "refuses": Reason.PROVIDER_DOWN if self._health.breaker.is_open else refuses,
            # In whole seconds, so that a hold that lasts is no news.
            "polls_held_until": round(self._clock.now() + held_seconds) if held_seconds > 0 else None,
        }

    def heed_facts(self, others: Collection[Mapping[str, Any]]) -> None:
        """Take over what other processes found out: why they refuse new commands, and until when polls are held.

        What a newer version says in other words is passed over.
        """
        refused = [reason for facts in others if (reason := facts.get("refuses")) in _SHARED_REASONS]
        self.refused_elsewhere = Reason(refused[0]) if refused else None
        held_until = [until for facts in others if isinstance(until := facts.get("polls_held_until"), int)]
        held_seconds = max(held_until, default=0) - self._clock.now()
        self._polls_held_elsewhere_until = self._clock.monotonic() + min(held_seconds, ASKED_LONGEST_SECONDS)

    def seconds_until_submit(self) -> float:
        """0 if a paid request may be sent now, with at most `submits_free` more running."""
        now = self._clock.monotonic()
        if self._is_paused():
            # The file may be removed by hand.
            return _PAUSED_SECONDS
        if self.is_open:
            return max(self._health.breaker.next_probe_at - now, 1.0)
        return max(self._creates_until - now, self.account.wait_seconds(), 0.0)

    def seconds_until_submit_of(self, user_id: UserId) -> float | None:
        """0 if that person's next paid request may be sent as far as they are concerned; None: when one has ended."""
        if self.users.is_full(user_id):
            return None
        if self.account.is_tried(user_id) and self.users.in_flight_of(user_id):
            return None
        return max(self.users.wait_seconds(user_id), self.account.wait_seconds_of(user_id))

    def begin_submit(self, sender: Sender) -> None:
        """A paid request for that job is about to be sent."""
        self.users.begin(sender)

    def end_submit(self, job_id: JobId) -> None:
        """The paid request for that job was answered, or not sent."""
        self.users.end(job_id)

    def seconds_until_poll(self) -> float:
        """0 if a poll may be sent now, which is then counted."""
        now = self._clock.monotonic()
        if self.is_open:
            return max(self._health.breaker.next_probe_at - now, 1.0)
        held_until = max(self._polls_until, self._key_hold_until, self._polls_held_elsewhere_until)
        return held_until - now if held_until > now else self.poll_rate.take()

    @property
    def wants_probe(self) -> bool:
        """Whether a probe is wanted, now or soon."""
        return self._health.wants_probe() or self._wants_key_probe or self.account.is_open_by_key

    def want_probe(self) -> None:
        """Let a free request show whether provider and key work."""
        self._wants_key_probe = True

    def take_probe(self) -> bool:
        """Whether a free request is due now; if so the next one is due a while later."""
        now = self._clock.monotonic()
        due = self._health.take_probe()
        if not due and (self._wants_key_probe or self.account.is_open_by_key) and now >= self._key_probe_at:
            due = True
        if due:
            self._wants_key_probe = False
            self._key_probe_at = now + _KEY_PROBE_SECONDS
        return due

    def probe_answered(self) -> None:
        """A probe was answered, with the same key."""
        self._health.answered()
        self.account.key_works()
        self._key.clear()
        self._key_hold_until = 0.0

    def probe_failed(self) -> None:
        """A probe got no response, or one with a fault of the provider."""
        self._health.probe_failed()

    def probe_forbidden(self) -> bool:
        """A probe was refused with the same key: all requests are.

        False if other requests with it work: then the key may be refused for the list alone.
        """
        self._health.answered()
        self._probe_misleads |= self._clock.monotonic() - self._key_worked_at < _KEY_PROBE_SECONDS
        if self._probe_misleads:
            return False
        self.account.key_refused()
        self._key_hold_until = self._clock.monotonic() + _FORBIDDEN_SECONDS
        return True

    def answered(self) -> None:
        """A poll was answered properly."""
        self._health.answered()
        self._note_key_works()
        self._busy_polls.clear()
        self.poll_rate.answered()

    def took_work(self, sender: Sender) -> None:
        """The provider accepted that job: account and paid requests are in order."""
        was_everybodys = self._health.is_cautious or self.account.trouble is not None or self._busy.user_count() > 1
        self._note_alone(sender)
        self._note_key_works()
        self._health.took_work()
        self.account.works(sender.user_id)
        self.users.took_work(sender.user_id)
        self._creates_until, self._feels_its_way = 0.0, False
        if was_everybodys:
            self.users.release()

    def judged(self, sender: Sender) -> None:
        """The provider judged that job's request and refused it: the account is in order."""
        self._health.judged()
        self.account.works(sender.user_id)

    def failed(self, sender: Sender, *, paid: bool = False) -> None:
        """A request for that job got no response, or one with a fault of the provider."""
        self._health.failed(sender, paid=paid)
        if paid:
            self.users.failed(sender)

    def create_slowed(self, sender: Sender, retry_after_seconds: float | None) -> None:
        """A create got a `Retry-After`: its requester waits, and all once another person's gets one, too.

        A person's first one delays the others for a moment; not again, once another's was accepted meanwhile.
        """
        if retry_after_seconds is not None:
            self.users.hold(sender.user_id, bounded(retry_after_seconds))
        if self._clock.monotonic() < self._alone_until.get(sender.user_id, 0.0):
            return
        confirmed, known = self._busy.has_others(sender), self._busy.job_count_of(sender.user_id) > 0
        self._busy.add(sender)
        if known and not confirmed:
            return
        self._feels_its_way = True
        if retry_after_seconds is not None:
            seconds = bounded(retry_after_seconds)
            held_seconds = seconds if confirmed else min(seconds, _ALONE_SECONDS)
            self._creates_until = max(self._creates_until, self._clock.monotonic() + held_seconds)

    def poll_slowed(self, sender: Sender | None, retry_after_seconds: float | None) -> None:
        """A poll got a `Retry-After`: polls slow down, and all wait once another person's gets one, too.

        Without a sender it was the list, which only slows the polls down. The rate's ceiling is learned from the polls
        of two people.
        """
        if sender is None or not self._cut.holds(sender):
            self.poll_rate.refused(is_ceiling=sender is not None and self._cut.has_others(sender))
        if sender is None:
            return
        self._cut.add(sender)
        if retry_after_seconds is not None and self._busy_polls.has_others(sender):
            self._polls_until = max(self._polls_until, self._clock.monotonic() + bounded(retry_after_seconds))
        self._busy_polls.add(sender)

    def forbidden(self, sender: Sender) -> bool:
        """The provider refused the key at a poll; True if that is confirmed, so that polls wait.

        It is confirmed by another person's poll. A free request tests it in any case.
        """
        self._wants_key_probe = True
        confirmed = self._key.has_others(sender)
        self._key.add(sender)
        if confirmed:
            self._key_hold_until = self._clock.monotonic() + _FORBIDDEN_SECONDS
        return confirmed

    def account_refused(self, sender: Sender, cause: Cause, *, sure: bool = True) -> Concerns:
        """The provider refused work because of the account; see `ProviderAccount.refused`."""
        if cause is not Cause.CREDIT:
            self._wants_key_probe = True
        return self.account.refused(sender, cause, sure=sure)

    def _note_key_works(self) -> None:
        self._key_worked_at = self._clock.monotonic()
        self._key.clear()
        if self.account.is_open_by_key:
            self._probe_misleads = True
            self.account.key_works()
            self._key_hold_until = 0.0

    def _note_alone(self, taken: Sender) -> None:
        """Remember who alone got a `Retry-After`, now that another person's create was accepted."""
        now = self._clock.monotonic()
        self._alone_until = {user_id: until for user_id, until in self._alone_until.items() if until > now}
        if not self._busy.user_count() > 1:
            self._alone_until |= dict.fromkeys(self._busy.users() - {taken.user_id}, now + ASKED_LONGEST_SECONDS)
        self._busy.clear()
