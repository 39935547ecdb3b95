"""What is measured at the moment of a scrape, from the facts and from what the engine holds in memory."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from prometheus_client import Metric
from prometheus_client.metrics_core import GaugeMetricFamily, InfoMetricFamily

from bot import VERSION
from bot.chat.provider_states import Condition
from bot.jobs.states import ENDS, State
from bot.media.disk_space import PICTURE_FLOOR_BYTES, VIDEO_FLOOR_BYTES
from bot.web.readiness import PartState, Phase, is_ready, judge, phase_of
from bot.web.reading import Reading
from bot.web.stays import Stays

_RUNNING_STATES = tuple(state for state in State if state not in ENDS)


Measure = Callable[[Reading, Stays], Iterable[Metric]]


def _gauge(name: str, help_text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, help_text, value=value)


def _process(reading: Reading, _stays: Stays) -> Iterator[Metric]:
    parts = judge(reading.facts)
    yield InfoMetricFamily("videobot_build", "The version of the bot.", value={"version": VERSION})
    yield _gauge("videobot_ready", "Whether people can use the bot.", is_ready(parts))
    phases = GaugeMetricFamily("videobot_phase", "What the process does.", labels=("phase",))
    for phase in Phase:
        phases.add_metric((phase,), phase is phase_of(reading.facts))
    yield phases
    states = GaugeMetricFamily("videobot_part_state", "How each part does.", labels=("part", "state"))
    for part in parts:
        for state in PartState:
            states.add_metric((part.name, state), part.state is state)
    yield states


def _jobs(reading: Reading, stays: Stays) -> Iterator[Metric]:
    if reading.snapshot is None:
        return
    counts = Counter(job.state for job in reading.snapshot.jobs)
    oldest = dict.fromkeys(_RUNNING_STATES, 0.0)
    waits = 0.0
    for job in reading.snapshot.jobs:
        since = stays.since(job)
        if since is not None and job.state in oldest:
            oldest[job.state] = max(oldest[job.state], reading.now - since)
        if job.state is State.ACCEPTED:
            waits = max(waits, reading.now - job.accepted_at)
    jobs = GaugeMetricFamily("videobot_jobs", "Jobs of this process that have not ended.", labels=("state",))
    ages = GaugeMetricFamily(
        "videobot_job_oldest_seconds", "For how long the job that is longest in its state has been in it.",
        labels=("state",),
    )  # fmt: skip
    for state in _RUNNING_STATES:
        jobs.add_metric((state,), counts[state])
        ages.add_metric((state,), oldest[state])
    yield jobs
    yield ages
    yield _gauge("videobot_queue_jobs", "Jobs that are sent as soon as there is a place.", reading.snapshot.queued)
    yield _gauge("videobot_queue_oldest_seconds", "How long ago the oldest job was accepted that isn't sent.", waits)


def _messages(reading: Reading, _stays: Stays) -> Iterator[Metric]:
    if reading.snapshot is not None:
        yield _gauge("videobot_outbox_messages", "Messages that are to be posted.", reading.snapshot.outbox)


def _people(reading: Reading, _stays: Stays) -> Iterator[Metric]:
    if reading.snapshot is not None:
        held = len(reading.snapshot.held)
        yield _gauge("videobot_people_held", "People whose requests a provider's answers hold back.", held)
    if reading.figures is not None:
        resting = reading.figures.resting
        yield _gauge("videobot_people_resting", "People who rest because of refusals or failed renders.", resting)


def _providers(reading: Reading, _stays: Stays) -> Iterator[Metric]:
    if reading.facts is None:
        return
    states = GaugeMetricFamily("videobot_provider_state", "How each provider does.", labels=("provider", "state"))
    breakers = GaugeMetricFamily(
        "videobot_provider_breaker_open", "Whether only probes are sent to a provider.", labels=("provider",)
    )
    for provider in reading.facts.providers:
        breakers.add_metric((provider.name,), provider.condition is Condition.DOWN)
        for condition in Condition:
            states.add_metric((provider.name, condition.name.lower()), provider.condition is condition)
    yield states
    yield breakers


def _gateway(reading: Reading, _stays: Stays) -> Iterator[Metric]:
    if reading.facts is None:
        return
    connected = GaugeMetricFamily(
        "videobot_gateway_connected", "Whether a shard has a session at Discord's gateway.", labels=("shard",)
    )
    latencies = GaugeMetricFamily(
        "videobot_gateway_latency_seconds", "How long the gateway took to answer the latest heartbeat.",
        labels=("shard",),
    )  # fmt: skip
    for shard in reading.facts.shards:
        connected.add_metric((str(shard.id),), shard.latency_seconds is not None)
        if shard.latency_seconds is not None and math.isfinite(shard.latency_seconds):
            latencies.add_metric((str(shard.id),), shard.latency_seconds)
    yield connected
    yield latencies
    is_open = reading.facts.discord_rests_seconds > 0
    yield _gauge("videobot_discord_breaker_open", "Whether nothing is sent to Discord for now.", is_open)


def _disk(reading: Reading, _stays: Stays) -> Iterator[Metric]:
    if reading.facts is not None and reading.facts.disk_free_bytes is not None:
        yield _gauge("videobot_disk_free_bytes", "Free bytes on the disk of DATA_DIR.", reading.facts.disk_free_bytes)
    floors = GaugeMetricFamily("videobot_disk_floor_bytes", "Below it none is written.", labels=("kind",))
    floors.add_metric(("picture",), PICTURE_FLOOR_BYTES)
    floors.add_metric(("video",), VIDEO_FLOOR_BYTES)
    yield floors


def _backups(reading: Reading, _stays: Stays) -> Iterator[Metric]:
    if reading.snapshot is not None and reading.snapshot.backup_age_seconds is not None:
        age = reading.snapshot.backup_age_seconds
        yield _gauge("videobot_backup_age_seconds", "How long ago the newest known nightly backup was due.", age)


def _operator(reading: Reading, _stays: Stays) -> Iterator[Metric]:
    if reading.facts is None:
        return
    yield _gauge("videobot_paused", "Whether all spending is paused.", reading.facts.is_paused)
    yield _gauge(
        "videobot_restored", "Whether the database was restored, until it is resumed.", reading.facts.is_restored
    )
    doubt = reading.facts.clock_in_doubt
    yield _gauge("videobot_clock_in_doubt", "Whether the machine's clock has just jumped ahead.", doubt)
    if reading.figures is not None and reading.figures.ceiling_used is not None:
        used = reading.figures.ceiling_used
        yield _gauge("videobot_daily_ceiling_used_ratio", "The used share of MAX_JOBS_PER_DAY.", used)


MEASURES: tuple[Measure, ...] = (_process, _jobs, _messages, _people, _providers, _gateway, _disk, _backups, _operator)
