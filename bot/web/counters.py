"""Counts what the parts of the bot report, for `/metrics`. A fault in here is logged once, and never reaches them."""

from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from typing import Concatenate, ParamSpec

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, Metric, disable_created_metrics

from bot.chat.discord_errors import NotTaken, OutcomeUnknown, Refused, TooLarge
from bot.chat.discord_health import RequestOutcome
from bot.chat.observing import POSTED
from bot.chat.parcel import ParcelKind
from bot.jobs.model import Job, Via
from bot.jobs.states import ENDS, Event
from bot.ops.clock import Clock
from bot.ops.observer import Observer, outcome_name
from bot.videos import provider_faults as faults
from bot.videos.observing import ANSWERED, RequestKind
from bot.videos.values import CancelOutcome
from bot.web.stays import Stays

P = ParamSpec("P")
_MICROS = 1_000_000
# From a card's edit to a render that takes a night.
_STAY_BUCKETS = (0.1, 1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0, 14_400.0, 86_400.0)
_REQUEST_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
_WRITE_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0)
_LAG_BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_CLASSES = {
    RequestKind.SUBMIT: (
        faults.SpendingStopped, faults.Leaving, faults.NotSent, faults.Busy, faults.CleanRefusal,
        faults.AccountRefused, faults.Blocked, faults.RequestRefused, faults.Doubtful,
    ),
    RequestKind.POLL: (faults.PollFailed, faults.PollForbidden, faults.PollRefused, faults.NotFound),
    RequestKind.LIST: (faults.PollFailed, faults.PollForbidden, faults.NoList),
    RequestKind.PROBE: (faults.PollFailed, faults.PollForbidden),
    RequestKind.CHAT: (faults.NotImproved,),
}  # fmt: skip
_POST_FAULTS = (Refused, TooLarge, NotTaken, OutcomeUnknown)
# Of a job without a cause, or without a currency.
NONE = "none"
_log = structlog.stdlib.get_logger(__name__)


def _harmless(
    method: Callable[Concatenate["Counters", P], None],
) -> Callable[Concatenate["Counters", P], None]:
    """Keep what goes wrong in a count away from what is counted."""

    @wraps(method)
    def counted(counters: "Counters", *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            method(counters, *args, **kwargs)
        except Exception:  # noqa: BLE001  # an observer's fault must not become the bot's
            counters.note_fault(method.__name__)

    return counted


class Counters(Observer):
    """An observer of one process, and a listener to its jobs (`bot.jobs.life_log`)."""

    def __init__(self, clock: Clock) -> None:
        # They would double the page with the time of the process's start.
        disable_created_metrics()
        self.stays = Stays()
        self._clock = clock
        self._faults = set[str]()
        self._registry = of = CollectorRegistry()
        self._accepted = Counter("videobot_jobs_accepted", "Requests that were stored as jobs.", ("via",), registry=of)
        self._events = Counter("videobot_job_events", "Moves of jobs, by their event.", ("event",), registry=of)
        self._ended = Counter("videobot_jobs_ended", "Jobs that ended, how and why.", ("end", "cause"), registry=of)
        self._stays = Histogram(
            "videobot_job_state_seconds", "How long jobs were in a state that they left.", ("state",),
            buckets=_STAY_BUCKETS, registry=of,
        )  # fmt: skip
        self._estimated = Counter(
            "videobot_estimated_cost", "Estimated cost of the videos that providers accepted, in the currency.",
            ("currency",), registry=of,
        )  # fmt: skip
        self._reported = Counter(
            "videobot_reported_cost", "Cost that providers reported, in the currency.", ("currency",), registry=of
        )
        self._requests = Counter(
            "videobot_provider_requests", "Requests to a provider, what for and what came of them.",
            ("provider", "request", "outcome"), registry=of,
        )  # fmt: skip
        self._request_times = Histogram(
            "videobot_provider_request_seconds", "How long requests to a provider took.", ("provider", "request"),
            buckets=_REQUEST_BUCKETS, registry=of,
        )  # fmt: skip
        self._messages = Counter(
            "videobot_messages", "Tries to post a message, and what came of them.", ("kind", "outcome"), registry=of
        )
        self._discord = Counter(
            "videobot_discord_requests", "Requests about messages, as the circuit breaker towards Discord counts them.",
            ("outcome",), registry=of,
        )  # fmt: skip
        self._fetched = Counter("videobot_fetched_bytes", "Bytes of videos that arrived.", registry=of)
        self._uploaded = Counter("videobot_uploaded_bytes", "Bytes of videos that were posted.", registry=of)
        self._writes = Histogram(
            "videobot_database_write_seconds", "How long writes to the database took, their queue included.",
            buckets=_WRITE_BUCKETS, registry=of,
        )  # fmt: skip
        self._failed_writes = Counter(
            "videobot_database_write_failures", "Writes that the database couldn't store.", registry=of
        )
        self._lag = Histogram(
            "videobot_event_loop_lag_seconds", "How much later than planned the event loop turned.",
            buckets=_LAG_BUCKETS, registry=of,
        )  # fmt: skip
        self._own_faults = Counter("videobot_metrics_failures", "Faults in the metrics themselves.", registry=of)
        self._begin()

    def begin_providers(self, names: Iterable[str]) -> None:
        """Show all that can be counted of those providers as 0, so that the first fault is an increase."""
        for name in names:
            for request in RequestKind:
                self._request_times.labels(name, request)
                for outcome in _outcomes_of(request):
                    self._requests.labels(name, request, outcome)

    def collect(self) -> Iterator[Metric]:
        """All that was counted."""
        return iter(self._registry.collect())

    def note_fault(self, where: str) -> None:
        """Something went wrong in the metrics: count it, and log the first of each place. Call it while handling it."""
        self._own_faults.inc()
        if where not in self._faults:
            self._faults.add(where)
            _log.exception("metric failed", where=where)

    def loop_turned(self, lag_seconds: float) -> None:
        """The event loop turned that much later than planned."""
        self._lag.observe(max(lag_seconds, 0.0))

    @_harmless
    def job_accepted(self, job: Job) -> None:
        """A request was stored as that job."""
        self._accepted.labels(job.origin.via).inc()

    @_harmless
    def job_moved(self, event: Event, before: Job, job: Job) -> None:
        """The job was moved by that event."""
        self._events.labels(event).inc()
        seconds = self.stays.moved(before, job, self._clock.now())
        if seconds is not None:
            self._stays.labels(before.state).observe(seconds)
        if job.state in ENDS:
            self._ended.labels(job.state, job.cause or NONE).inc()
        currency = job.currency or NONE
        if event is Event.TAKEN and job.price_micros is not None:
            self._estimated.labels(currency).inc(job.price_micros / _MICROS)
        if (reported := (job.cost_micros or 0) - (before.cost_micros or 0)) > 0:
            self._reported.labels(currency).inc(reported / _MICROS)

    @_harmless
    def provider_answered(self, provider: str, request: str, outcome: str, seconds: float) -> None:
        """A request to that provider ended."""
        self._requests.labels(provider, request, outcome).inc()
        self._request_times.labels(provider, request).observe(seconds)

    @_harmless
    def discord_answered(self, outcome: str) -> None:
        """A request about a message ended."""
        self._discord.labels(outcome).inc()

    @_harmless
    def message_sent(self, kind: str, outcome: str, uploaded_bytes: int) -> None:
        """A try to post a message ended."""
        self._messages.labels(kind, outcome).inc()
        self._uploaded.inc(uploaded_bytes)

    @_harmless
    def video_fetched(self, arrived_bytes: int) -> None:
        """A download of a video ended."""
        self._fetched.inc(arrived_bytes)

    @_harmless
    def write_ended(self, seconds: float, *, is_stored: bool) -> None:
        """A write to the database ended."""
        self._writes.observe(seconds)
        if not is_stored:
            self._failed_writes.inc()

    def _begin(self) -> None:
        """Show as 0 what can be counted of every bot."""
        for via in Via:
            self._accepted.labels(via)
        for event in Event:
            self._events.labels(event)
        for kind in ParcelKind:
            for outcome in (POSTED, *map(outcome_name, _POST_FAULTS)):
                self._messages.labels(kind, outcome)
        for outcome in RequestOutcome:
            self._discord.labels(outcome.name.lower())


def _outcomes_of(request: RequestKind) -> tuple[str, ...]:
    if request is RequestKind.CANCEL:
        return tuple(CancelOutcome)
    return (ANSWERED, *map(outcome_name, _CLASSES[request]))
