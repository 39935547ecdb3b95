"""Nonsense from the gateway, through discord.py's own parsers into the real cogs: nothing breaks, nothing is stored.

What discord.py itself can't read never reaches the bot. The rest is what Discord could send with one thing or several
gone wrong: members missing, of another type, huge, odd. It is about jobs and messages that the sender may not touch.
"""

import asyncio
import copy
from typing import Any

import hypothesis
import pytest
import structlog
from discord.app_commands import AppCommandError
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from simcord import interactions
from simcord.backend import serializers
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.model import PostKind
from bot.jobs.tables import metadata
from tests.simcord import job_setups
from tests.simcord.world import SimWorld

pytestmark = pytest.mark.slow

SEEDS = range(5)
EVENTS_PER_SEED = 300
HUGE = 2**63
NUMBERS = [0, -1, HUGE - 1, HUGE, 2**64, 10**40, 1.5, float("inf"), float("nan"), True]
WORDS = ["", "x", "0", "-1", str(HUGE), "9" * 40, "\u0661", "\x00", "\ud800", "vb:card:cancel:ZZZZZZZZ:1", "a" * 5000]
ODD = st.one_of(
    st.none(),
    st.sampled_from([*NUMBERS, *WORDS, [], {}, [[]], [None], {"": None}, [{"type": 1}], {"id": str(HUGE)}]),
    st.text(max_size=12),
    st.integers(),
    st.dictionaries(st.text(max_size=4), st.integers() | st.none(), max_size=2),
)
IDS = st.one_of(
    st.text(max_size=110),
    st.builds(
        "{}:{}:{}:{}:{}".format,
        st.sampled_from(["vb", "vf", "VB"]),
        st.sampled_from(["card", "video", "offer", "list", "fail", "remix", "none"]),
        st.sampled_from(["cancel", "delete", "again", "make_it", "open_form", "draft", "job"]),
        st.sampled_from(["ZZZZZZZZ", "zzzzzzzz", "0", "1", str(HUGE - 1), str(HUGE), "x" * 32, "\u0661" * 8]),
        st.sampled_from(["1", "0", "9999", "10000", "", "-1"]),
    ),
)


def paths_of(value: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every part of a payload."""
    found = [before] if before else []
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        found += paths_of(part, (*before, key))
    return found


@st.composite
def spoilt(draw: st.DrawFn, events: list[tuple[str, dict[str, Any]]]) -> tuple[str, dict[str, Any]]:
    """One of the events with up to three of its parts taken out or made odd."""
    name, payload = draw(st.sampled_from(events))
    payload = copy.deepcopy(payload)
    if "custom_id" in payload.get("data", {}) and draw(st.booleans()):
        payload["data"]["custom_id"] = draw(IDS)
    for _ in range(draw(st.integers(0, 3))):
        ways = paths_of(payload)
        if not ways:
            break
        *way, last = draw(st.sampled_from(ways))
        part: Any = payload
        for key in way:
            part = part[key]
        if draw(st.booleans()):
            part[last] = copy.deepcopy(draw(ODD))
        elif isinstance(part, dict):
            del part[last]
    return name, payload


def drawn(events: list[tuple[str, dict[str, Any]]], seed: int) -> list[tuple[str, dict[str, Any]]]:
    """That many spoilt events; the same ones for the same seed."""
    made: list[tuple[str, dict[str, Any]]] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=EVENTS_PER_SEED,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(spoilt(events))
    def collect(event: tuple[str, dict[str, Any]]) -> None:
        made.append(event)

    collect()
    return made


async def sound_events(world: SimWorld) -> list[tuple[str, dict[str, Any]]]:
    """Events as Discord sends them, of Ben, about what is not his or not there."""
    backend, channel, guild, ben = world.env.backend, world.channel, world.guild, world.ben
    video = await job_setups.delivered(world)
    shown = await world.shown(video, PostKind.VIDEO)
    told = backend.create_message(channel.id, world.mia.id, "what a fox")
    await world.env.settle()
    made = backend.create_message(
        channel.id, ben.id, "make it night", reference={"channel_id": str(channel.id), "message_id": str(told.id)}
    )
    await world.env.settle()
    reply = dict(serializers.message_payload(backend, made)) | {"id": str(made.id + 1), "guild_id": str(guild.id)}
    reply["referenced_message"] = dict(serializers.message_payload(backend, told))
    reply["mentions"] = [dict(serializers.user_payload(backend.bot_user)) | {"member": {}}]
    forged = backend.create_message(channel.id, backend.bot_user.id, "forged")
    under = dict(serializers.message_payload(backend, forged))

    def interaction(kind: int, data: dict[str, Any], **more: Any) -> tuple[str, dict[str, Any]]:
        _, payload = interactions.base_payload(
            backend, type=kind, channel_id=channel.id, guild_id=guild.id, user_id=ben.id, data=data
        )
        return "INTERACTION_CREATE", payload | more

    def command(name: str, kind: int = 2, **options: Any) -> tuple[str, dict[str, Any]]:
        given = [{"name": key, "type": 3, "value": value} for key, value in options.items()]
        given[-1] |= {"focused": True} if kind == 4 else {}
        stored = backend.commands[None][name.split(maxsplit=1)[0], 1]
        if " " in name:
            given = [{"name": name.split()[1], "type": 1, "options": given}]
        return interaction(kind, {"id": stored["id"], "name": stored["name"], "type": 1, "options": given})

    field = {"type": 18, "component": {"type": 4, "custom_id": "prompt", "value": "a red fox"}}
    files = {"type": 18, "component": {"type": 19, "custom_id": "references", "values": ["5"]}}
    upload = {"id": "5", "filename": "a.png", "size": 10, "url": "http://127.0.0.66/a.png", "proxy_url": "x"}
    form = {"components": [field, files], "resolved": {"attachments": {"5": upload}}}
    return [
        ("MESSAGE_CREATE", reply),
        ("MESSAGE_DELETE", {"id": str(told.id + 7), "channel_id": str(channel.id), "guild_id": str(guild.id)}),
        ("MESSAGE_DELETE_BULK", {"ids": ["5", str(told.id + 8)], "channel_id": str(channel.id)}),
        interaction(3, {"custom_id": "vb:card:cancel:ZZZZZZZZ:1", "component_type": 2}, message=under),
        interaction(3, {"custom_id": "vb:offer:open_form:1234:1", "component_type": 2}, message=under),
        interaction(5, {"custom_id": "vf:remix:job:ZZZZZZZZ", **form}),
        interaction(5, {"custom_id": "vf:video:draft:nobodys", **form}),
        command("status", video="ZZZZZZZZ"),
        command("remix", prompt="at night", video="ZZZZZZZZ", model="gpt-4o-video"),
        command("remix", kind=4, video="fo"),
        command("status", kind=4, video="fo"),
        command("owner link", job=video.id, provider_id="video_1"),
        ("MESSAGE_DELETE", {"id": str(10**40), "channel_id": str(channel.id)}),
        ("MESSAGE_DELETE_BULK", {"ids": [str(HUGE), "-1"], "channel_id": str(channel.id)}),
        ("MESSAGE_CREATE", reply | {"message_reference": {"message_id": str(HUGE), "channel_id": str(channel.id)}}),
        ("MESSAGE_UPDATE", dict(serializers.message_payload(backend, told)) | {"guild_id": str(guild.id)}),
        ("MESSAGE_CREATE", dict(serializers.message_payload(backend, told)) | {"id": str(shown.id + 1)}),
    ]


async def rows(world: SimWorld) -> dict[str, list[Any]]:
    """Everything that the bot has stored but drafts: a request that is refused keeps one for its **Edit**."""

    async def read(connection: AsyncConnection) -> dict[str, list[Any]]:
        found = {
            table.name: await connection.execute(select(table))
            for table in metadata.sorted_tables
            if table.name != "drafts"
        }
        return {name: sorted(map(repr, lines)) for name, lines in found.items()}

    return await world.read(read)


async def handlers() -> None:
    """Wait for all that discord.py has started for an event."""
    while running := [task for task in asyncio.all_tasks() if task.get_name().startswith(("discord.py:", "Command"))]:
        done, _ = await asyncio.wait(running, timeout=10.0)
        assert done, running


def escaped(entry: Any) -> bool:
    """Whether an exception got past the guards: a person gets an error message, and discord.py handles odd commands."""
    told = entry["event"] == "interaction failed" or isinstance(entry.get("exc_info"), AppCommandError)
    return entry["log_level"] in {"error", "critical"} and not told


@pytest.mark.parametrize("seed", SEEDS)
async def test_nonsense_from_the_gateway_breaks_and_changes_nothing(world: SimWorld, seed: int) -> None:
    """Malformed events break no handler and change no row."""
    world.sim_bot.engine.context.courier._owner_ids = (1,)
    events = drawn(await sound_events(world), seed)
    before = await rows(world)
    heard, broken = 0, []
    parsers = world.env.bot._connection.parsers
    for name, payload in events:
        if name == "INTERACTION_CREATE" and str(payload.get("token")).startswith("simcord"):
            # Each can be answered once.
            record = world.env.backend.new_interaction(3, world.channel.id, world.ben.id, world.guild.id)
            payload |= {"id": str(record.id), "token": record.token}
        with structlog.testing.capture_logs() as logged:
            try:
                parsers[name](copy.deepcopy(payload))
            except Exception:  # noqa: BLE001, S112  # discord.py itself can't read it: it goes no further
                continue
            heard += 1
            await handlers()
        broken += [(entry, name, payload) for entry in logged if escaped(entry)]
    print(f"seed {seed}: {heard} of {len(events)} events were heard")  # noqa: T201  # the seed, when it fails
    # SimCord also counts what a guard has caught, and answers to interactions that it never sent.
    world.env._errors.clear()
    assert broken == []
    assert heard > EVENTS_PER_SEED // 5
    assert await rows(world) == before
