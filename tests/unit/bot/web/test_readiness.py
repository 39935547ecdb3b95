"""Which parts let people use the bot, and what the operator reads about those that don't."""

from dataclasses import replace
from math import inf

import pytest

from bot.chat.provider_states import Condition, ProviderState
from bot.media.disk_space import PICTURE_FLOOR_BYTES, VIDEO_FLOOR_BYTES
from bot.syncing import CommandsState
from bot.web.readiness import CLOSED, PartName, PartState, Phase, is_ready, judge, phase_of
from bot.web.reading import Facts, ShardFacts

FINE = Facts(
    is_stopping=False,
    database_fault=None,
    shards=[ShardFacts(0, 0.05), ShardFacts(1, inf)],
    discord_rests_seconds=0.0,
    commands=CommandsState.IN_STEP,
    providers=[ProviderState("main", Condition.HEALTHY), ProviderState("backup", Condition.HEALTHY)],
    disk_free_bytes=10 * PICTURE_FLOOR_BYTES,
    disk_fault=None,
    is_paused=False,
    is_restored=False,
    clock_in_doubt=False,
)


def conditions(*found: Condition) -> list[ProviderState]:
    return [ProviderState(f"provider {number}", each) for number, each in enumerate(found)]


def test_with_everything_in_order_each_part_is_named() -> None:
    """All nine, none with a reason."""
    parts = judge(FINE)
    assert {part.name for part in parts} == set(PartName)
    assert {(part.state, part.reason) for part in parts} == {(PartState.OK, "")}
    assert is_ready(parts)


@pytest.mark.parametrize(
    ("facts", "phase"), [(None, Phase.STARTING), (replace(FINE, is_stopping=True), Phase.STOPPING)]
)
def test_a_process_that_starts_or_stops_is_not_ready(facts: Facts | None, phase: Phase) -> None:
    """Nothing else is said then: what is closed or not open yet is no fault."""
    (part,) = judge(facts)
    assert (part.name, phase_of(facts)) == (PartName.PROCESS, phase)
    assert phase in part.reason
    assert not is_ready([part])


@pytest.mark.parametrize(
    ("wrong", "name", "state", "said"),
    [
        ({"database_fault": "The database hasn't answered for 3 s."}, PartName.DATABASE, PartState.FAILING, "3 s"),
        ({"shards": []}, PartName.GATEWAY, PartState.FAILING, "logged in"),
        (
            {"shards": [ShardFacts(0, 0.1), ShardFacts(7, None)]},
            PartName.GATEWAY,
            PartState.FAILING,
            "Not connected: 1 of 2 shards (7).",
        ),
        (
            {"shards": [ShardFacts(number, None) for number in range(40)]},
            PartName.GATEWAY,
            PartState.FAILING,
            "Not connected: 40 of 40 shards (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …).",
        ),
        ({"discord_rests_seconds": 14.2}, PartName.DISCORD, PartState.FAILING, "15 s"),
        ({"commands": CommandsState.OLDER}, PartName.COMMANDS, PartState.DEGRADED, "earlier version"),
        ({"commands": CommandsState.MISSING}, PartName.COMMANDS, PartState.FAILING, "commands"),
        ({"disk_free_bytes": None, "disk_fault": "Gone."}, PartName.DISK, PartState.FAILING, "Gone."),
        ({"disk_free_bytes": PICTURE_FLOOR_BYTES}, PartName.DISK, PartState.DEGRADED, "pictures"),
        ({"disk_free_bytes": VIDEO_FLOOR_BYTES}, PartName.DISK, PartState.FAILING, "videos"),
        ({"is_paused": True}, PartName.SPENDING, PartState.FAILING, "/owner resume"),
        ({"is_paused": True, "is_restored": True}, PartName.SPENDING, PartState.FAILING, "restored"),
        ({"clock_in_doubt": True}, PartName.CLOCK, PartState.DEGRADED, "clock"),
    ],
)
def test_each_part_is_judged_alone(wrong: dict[str, object], name: PartName, state: PartState, said: str) -> None:
    """With its reason; the others stay in order, and only one that fails takes the readiness."""
    parts = judge(replace(FINE, **wrong))
    (other,) = [part for part in parts if part.state is not PartState.OK]
    assert (other.name, other.state) == (name, state)
    assert said in other.reason
    assert is_ready(parts) is (state is PartState.DEGRADED)


@pytest.mark.parametrize("condition", [each for each in Condition if each is not Condition.HEALTHY])
def test_providers_fail_once_none_of_them_takes_work(condition: Condition) -> None:
    """One that is busy, or polled less often, takes work all the same."""
    one, all_of_them = (
        next(part for part in judge(replace(FINE, providers=found)) if part.name is PartName.PROVIDERS)
        for found in (conditions(Condition.HEALTHY, condition), conditions(condition, condition))
    )
    assert one.state is PartState.DEGRADED
    assert all_of_them.state is (PartState.FAILING if condition in CLOSED else PartState.DEGRADED)
    assert one.reason.startswith("provider 1 ")
    assert all_of_them.reason.startswith("provider 0 ")
