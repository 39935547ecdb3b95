"""What the pages are made from: everything that is known about a bot at one moment. Frozen values."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.chat.provider_states import ProviderState
from bot.engine.snapshot import Snapshot
from bot.syncing import CommandsState


@dataclass(frozen=True, slots=True)
class ShardFacts:
    """A shard of this process; `latency_seconds` is None while it isn't connected, infinite before it is measured."""

    id: int
    latency_seconds: float | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What a running bot is judged by. `…_fault` says why something couldn't be found out; then its value is None."""

    is_stopping: bool
    database_fault: str | None
    shards: Sequence[ShardFacts]
    # For how long nothing is sent to Discord, as it doesn't answer or refuses.
    discord_rests_seconds: float
    commands: CommandsState
    providers: Sequence[ProviderState]
    disk_free_bytes: int | None
    disk_fault: str | None
    is_paused: bool
    is_restored: bool
    clock_in_doubt: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """What is counted in the database: how many people rest, and the share of the daily ceiling that is used up."""

    resting: int
    ceiling_used: float | None


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything at one moment. What the bot doesn't have yet, or couldn't find out, is None."""

    now: float
    facts: Facts | None = None
    snapshot: Snapshot | None = None
    figures: Figures | None = None
