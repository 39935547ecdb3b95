"""The end of the process when something hangs: within 20 s, nothing paid for anew, nothing left half-marked."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from sandbox.stage import Stage
from sandbox.studio import Fault
from tests.e2e import ledger
from tests.e2e.scenes import Scene, a_stage
from tests.e2e.sightings import reached, wait_card

DRAIN_SECONDS = 20


@asynccontextmanager
async def a_scene(folder: Path, **turned: object) -> AsyncIterator[Scene]:
    """A bot of this test's own, in a server with Ada."""
    async with a_stage(folder, **turned) as stage:
        guild = stage.chat.add_guild("The end")
        ada = stage.chat.add_person("Ada")
        guild.join(ada)
        yield Scene(stage, guild, guild.add_channel("videos"), ada)


@contextmanager
def locked(stage: Stage) -> Iterator[None]:
    """Hold the bot's database, as a program does that somebody left open in a transaction."""
    holder = sqlite3.connect(stage.bot.data_dir / "bot.db", isolation_level=None)
    try:
        holder.execute("BEGIN IMMEDIATE")
        yield
    finally:
        holder.close()


async def ends(stage: Stage) -> int:
    """Tell the bot to end; its exit code, if it ends in the time that is promised."""
    async with asyncio.timeout(DRAIN_SECONDS):
        return await stage.bot.terminate()


async def test_a_locked_database_does_not_keep_the_process(tmp_path: Path) -> None:
    """SIGTERM while another program holds the database ends with 0 in time, and the next life goes on."""
    async with a_scene(tmp_path) as scene:
        gate = scene.studio.gate("look", "before_take")
        await ledger.accepted(await scene.ada.slash(scene.channel, "video", prompt="Locked in"))
        await wait_card(scene.chat, scene.channel, "Rendering")
        await reached(gate)
        with locked(scene.stage):
            gate.open()
            assert await ends(scene.stage) == 0
        await scene.chat.bot_gone()
        await scene.stage.start_bot()
        await ledger.job(scene.stage, "Locked in", "delivered")
        assert scene.studio.paid("Locked in") == 1


async def test_whatever_hangs_the_process_ends_in_time(tmp_path: Path) -> None:
    """SIGTERM with a paid request open and the database held by somebody: over in 20 s; the person is asked later."""
    async with a_scene(tmp_path) as scene:
        gate = scene.studio.gate("create", "after_take")
        await ledger.accepted(await scene.ada.slash(scene.channel, "video", prompt="No answer"))
        await reached(gate)
        with locked(scene.stage):
            assert await ends(scene.stage) in (0, 1)
        await scene.chat.bot_gone()
        gate.cut()
        await scene.stage.start_bot()
        await ledger.job(scene.stage, "No answer", "uncertain")
        assert len(ledger.paid_requests(scene.stage, "No answer")) == 1


@pytest.mark.parametrize("operation", ["look", "file", "content"])
async def test_what_costs_nothing_is_cut_off_at_once(tmp_path: Path, operation: str) -> None:
    """SIGTERM while the provider doesn't answer a look or a fetch: it is not waited for, and begun anew afterwards."""
    result = "content_only" if operation == "content" else "foreign_url"
    async with a_scene(tmp_path, result=result) as scene:
        scene.studio.faults.add(operation, Fault.hang(take=False))
        await ledger.accepted(await scene.ada.slash(scene.channel, "video", prompt="Cut off"))
        await scene.studio.wait_for(lambda: any(one.operation == operation for one in scene.studio.requests))
        assert await ends(scene.stage) == 0
        await scene.chat.bot_gone()
        assert [row["state"] for row in ledger.jobs(scene.stage)] == [
            "rendering" if operation == "look" else "fetching"
        ]
        await scene.stage.start_bot()
        await ledger.job(scene.stage, "Cut off", "delivered")
        assert scene.studio.paid("Cut off") == 1


async def test_ten_ends_in_a_row_leave_nothing_half_marked(tmp_path: Path) -> None:
    """Twenty jobs, and SIGTERM at ten moments of their lives: always 0 in time, none being sent, each paid for once."""
    async with a_scene(tmp_path, render_seconds=1.0) as scene:
        prompts = [f"Number {number}" for number in range(20)]
        for life in range(10):
            for prompt in prompts[2 * life : 2 * life + 2]:
                await scene.ada.slash(scene.channel, "video", prompt=prompt)
            moments = len(scene.studio.requests) + life
            scene.stage.jump(life / 10)
            await scene.studio.wait_for(lambda least=moments: len(scene.studio.requests) >= least)
            assert await ends(scene.stage) == 0
            await scene.chat.bot_gone()
            assert not ledger.jobs(scene.stage, state="submitting")
            await scene.stage.start_bot()
        for row in ledger.jobs(scene.stage):
            await ledger.job(scene.stage, row["prompt"], "delivered")
            assert scene.studio.paid(row["prompt"]) == 1
        assert len(ledger.jobs(scene.stage)) >= 10
