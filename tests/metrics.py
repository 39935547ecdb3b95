"""Metrics of a bot for tests: read from its page, held to small closed sets of labels, and one of each kind."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from bot.chat.discord_health import RequestOutcome
from bot.chat.parcel import ParcelKind
from bot.chat.provider_states import Condition, ProviderState
from bot.engine.snapshot import Snapshot
from bot.jobs.model import Cause, UserId, Via
from bot.jobs.states import ENDS, Event, State
from bot.ops.clock import Clock
from bot.ops.observer import outcome_name
from bot.syncing import CommandsState
from bot.videos import provider_faults
from bot.videos.observing import RequestKind
from bot.videos.values import CancelOutcome
from bot.web.counters import NONE, Counters
from bot.web.exposition import Exposition
from bot.web.readiness import PartName, PartState, Phase
from bot.web.reading import Facts, Figures, Reading, ShardFacts
from tests.unit.bot.jobs.samples import a_job

PREFIX = "videobot_"
PROVIDER = "main"
_FAULTS = [each for each in vars(provider_faults).values() if isinstance(each, type)]
_POST_FAULTS = {"refused", "too_large", "not_taken", "outcome_unknown"}
_OUTCOMES = {
    "answered", "abandoned", "posted", *_POST_FAULTS, *(outcome.name.lower() for outcome in RequestOutcome),
    *CancelOutcome, *(outcome_name(each) for each in _FAULTS if issubclass(each, Exception)),
}  # fmt: skip
# Each label with all that it may say, apart from the names of providers and the numbers of shards.
CLOSED: Mapping[str, set[str]] = {
    "via": set(Via),
    "event": set(Event),
    "end": set(ENDS),
    "cause": {*Cause, NONE},
    "state": {*State, *PartState, *(condition.name.lower() for condition in Condition)},
    "request": set(RequestKind),
    "outcome": _OUTCOMES,
    "kind": {*ParcelKind, "picture", "video"},
    "part": set(PartName),
    "phase": set(Phase),
    "currency": {"EUR", "USD", NONE},
    "generation": {"0", "1", "2"},
}
# Of the libraries, and of each histogram; and the bot's version.
FREE = frozenset({"implementation", "major", "minor", "patchlevel", "le", "version"})

FINE = Facts(
    is_stopping=False,
    database_fault=None,
    shards=[ShardFacts(0, 0.05), ShardFacts(1, 0.08)],
    discord_rests_seconds=0.0,
    commands=CommandsState.IN_STEP,
    providers=[ProviderState(PROVIDER, Condition.HEALTHY)],
    disk_free_bytes=2**34,
    disk_fault=None,
    is_paused=False,
    is_restored=False,
    clock_in_doubt=False,
)


@dataclass(frozen=True)
class Sample:
    """One line of the page."""

    name: str
    labels: Mapping[str, str]
    value: float


def samples_of(page: str) -> list[Sample]:
    """All lines of that page."""
    families = text_string_to_metric_families(page)
    return [Sample(each.name, each.labels, each.value) for family in families for each in family.samples]


def value_of(page: str, name: str, **labels: str) -> float:
    """The sum of all samples of that name with those labels."""
    return sum(
        sample.value for sample in samples_of(page) if sample.name == name and labels.items() <= sample.labels.items()
    )


def open_labels(page: str, providers: Iterable[str], shards: int) -> set[tuple[str, str, str]]:
    """The labels that say something else than they may: the metric, the label and what it says."""
    allowed = {**CLOSED, "provider": set(providers), "shard": {str(number) for number in range(shards)}}
    return {
        (sample.name, label, said)
        for sample in samples_of(page)
        for label, said in sample.labels.items()
        if label not in FREE and said not in allowed.get(label, set())
    }


def every_metric(clock: Clock) -> tuple[Counters, list[Metric]]:
    """Each metric that there is, with each of its labels, after something of everything has happened."""
    counters = Counters(clock)
    counters.begin_providers([PROVIDER])
    job = a_job(currency="EUR", price_micros=1_000_000)
    sent = a_job(State.SUBMITTING, currency="EUR", price_micros=1_000_000, submitted_at=1_000.0)
    counters.job_accepted(job)
    counters.job_moved(Event.TAKEN, sent, a_job(State.RENDERING, currency="EUR", price_micros=1, submitted_at=1_000.0))
    counters.job_moved(Event.POSTED, sent, a_job(State.DELIVERED, currency="EUR", cost_micros=5))
    counters.provider_answered(PROVIDER, RequestKind.POLL, "answered", 0.1)
    counters.discord_answered("silent")
    counters.message_sent("video", "posted", 5)
    counters.video_fetched(5)
    counters.write_ended(0.01, is_stored=False)
    counters.loop_turned(0.01)
    snapshot = Snapshot((job, sent), 1, 3, frozenset({UserId(42)}), 3_600.0)
    reading = Reading(clock.now(), FINE, snapshot, Figures(resting=1, ceiling_used=0.5))
    return counters, list(Exposition(counters).collect(reading))
