"""Decides, from facts, which parts let people use the bot. Pure.

A part that fails makes the bot not ready. One that is degraded says that something needs a look: people can use the bot
all the same.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.chat.provider_states import Condition
from bot.media.disk_space import PICTURE_FLOOR_BYTES, VIDEO_FLOOR_BYTES
from bot.syncing import CommandsState
from bot.web.reading import Facts

# Of many shards or providers so many are named.
_NAMED_MAX = 10
# In these a provider takes no new work.
CLOSED = frozenset({Condition.DOWN, Condition.KEY, Condition.CREDIT, Condition.BY_OWNER})
_SAID = {
    Condition.SLOW: "is polled less often, as it asked",
    Condition.BUSY: "is busy",
    Condition.DOWN: "is down",
    Condition.KEY: "refuses the key",
    Condition.CREDIT: "has no credit left",
    Condition.BY_OWNER: "is paused by the owner",
}


class Phase(StrEnum):
    """What the process does."""

    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"


class PartState(StrEnum):
    """How a part does."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILING = "failing"


class PartName(StrEnum):
    """The parts, as `/readyz` and the metrics name them."""

    PROCESS = "process"
    DATABASE = "database"
    GATEWAY = "gateway"
    DISCORD = "discord"
    COMMANDS = "commands"
    PROVIDERS = "providers"
    DISK = "disk"
    SPENDING = "spending"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class Part:
    """One part, and why it isn't in order."""

    name: PartName
    state: PartState = PartState.OK
    reason: str = ""


def phase_of(facts: Facts | None) -> Phase:
    """What the process does; without facts it is starting."""
    if facts is None:
        return Phase.STARTING
    return Phase.STOPPING if facts.is_stopping else Phase.RUNNING


def judge(facts: Facts | None) -> tuple[Part, ...]:
    """All parts; while the process starts there is only itself."""
    phase = phase_of(facts)
    if facts is None or phase is not Phase.RUNNING:
        return (Part(PartName.PROCESS, PartState.FAILING, f"The process is {phase}."),)
    judged = (_database, _gateway, _discord, _commands, _providers, _disk, _spending, _clock)
    return (Part(PartName.PROCESS), *(of(facts) for of in judged))


def is_ready(parts: Sequence[Part]) -> bool:
    """Whether people can use the bot."""
    return all(part.state is not PartState.FAILING for part in parts)


def _database(facts: Facts) -> Part:
    if facts.database_fault is None:
        return Part(PartName.DATABASE)
    return Part(PartName.DATABASE, PartState.FAILING, facts.database_fault)


def _gateway(facts: Facts) -> Part:
    """Each shard has servers of its own, whose people can't use the bot without it."""
    if not facts.shards:
        return Part(PartName.GATEWAY, PartState.FAILING, "The bot isn't logged in yet.")
    lost = [str(shard.id) for shard in facts.shards if shard.latency_seconds is None]
    if not lost:
        return Part(PartName.GATEWAY)
    named = ", ".join(lost[:_NAMED_MAX]) + (", …" if len(lost) > _NAMED_MAX else "")
    text = f"Not connected: {len(lost)} of {len(facts.shards)} shards ({named})."
    return Part(PartName.GATEWAY, PartState.FAILING, text)


def _discord(facts: Facts) -> Part:
    if facts.discord_rests_seconds <= 0:
        return Part(PartName.DISCORD)
    text = f"Discord doesn't answer, or refuses; the next try is in {math.ceil(facts.discord_rests_seconds)} s."
    return Part(PartName.DISCORD, PartState.FAILING, text)


def _commands(facts: Facts) -> Part:
    match facts.commands:
        case CommandsState.IN_STEP:
            return Part(PartName.COMMANDS)
        case CommandsState.OLDER:
            text = "Discord shows the commands of an earlier version."
            return Part(PartName.COMMANDS, PartState.DEGRADED, text)
        case CommandsState.MISSING:
            return Part(PartName.COMMANDS, PartState.FAILING, "Discord doesn't have all commands yet.")


def _providers(facts: Facts) -> Part:
    """While one takes new work, people can make videos, though perhaps not with every model."""
    troubled = [one for one in facts.providers if one.condition is not Condition.HEALTHY]
    if not troubled:
        return Part(PartName.PROVIDERS)
    is_closed = all(one.condition in CLOSED for one in facts.providers)
    said = ", ".join(f"{one.name} {_SAID[one.condition]}" for one in troubled[:_NAMED_MAX])
    state = PartState.FAILING if is_closed else PartState.DEGRADED
    return Part(PartName.PROVIDERS, state, f"{said}.")


def _disk(facts: Facts) -> Part:
    free_bytes = facts.disk_free_bytes
    if free_bytes is None:
        return Part(PartName.DISK, PartState.FAILING, facts.disk_fault or "The free space is unknown.")
    if free_bytes <= VIDEO_FLOOR_BYTES:
        text = f"{free_bytes} bytes are free: finished videos wait for room."
        return Part(PartName.DISK, PartState.FAILING, text)
    if free_bytes <= PICTURE_FLOOR_BYTES:
        return Part(PartName.DISK, PartState.DEGRADED, f"{free_bytes} bytes are free: pictures are turned away.")
    return Part(PartName.DISK)


def _spending(facts: Facts) -> Part:
    if facts.is_restored:
        text = "The database was restored: nothing is paid until /owner resume."
        return Part(PartName.SPENDING, PartState.FAILING, text)
    if facts.is_paused:
        return Part(PartName.SPENDING, PartState.FAILING, "Paused: nothing is paid until /owner resume.")
    return Part(PartName.SPENDING)


def _clock(facts: Facts) -> Part:
    if not facts.clock_in_doubt:
        return Part(PartName.CLOCK)
    return Part(PartName.CLOCK, PartState.DEGRADED, "The clock has jumped ahead: nothing ends by time.")
