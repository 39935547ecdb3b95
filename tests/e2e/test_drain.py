"""The end of the process when something hangs: within 20 s, no new paid request, nothing left half-marked."""

import asyncio
import random
import signal
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from bot.chat.words import Key
from sandbox.bot_child import HANGING_HOST
from sandbox.stage import Stage
from sandbox.studio import Fault
from tests.e2e import inspection
from tests.e2e.messages import ever_posted, reached, wait_card
from tests.e2e.scene import Scene, a_stage
from tests.figures import figure
from tests.wording import says

DRAIN_SECONDS = 20
KINDS = ("video", "fail", "unsure", "late", "slow")
ENDS = figure(5, 100)
KILLS = figure(3, 4)
DRAINS_SECONDS = figure(2.0, 17.0)
LONGEST_PAUSE_SECONDS = figure(4.0, 30.0)


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


@pytest.mark.sqlite_only("locks the file for all")
async def test_a_locked_database_does_not_keep_the_process(tmp_path: Path) -> None:
    """SIGTERM while another program holds the database ends with 0 in time, and the next life goes on."""
    async with a_scene(tmp_path) as scene:
        gate = scene.studio.gate("poll", "before_take")
        await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt="Locked in"))
        await wait_card(scene.chat, scene.channel, lambda m: says(m.text, Key.RENDERING))
        await reached(gate)
        with locked(scene.stage):
            gate.open()
            assert await ends(scene.stage) == 0
        await scene.chat.bot_gone()
        await scene.stage.start_bot()
        await inspection.job(scene.stage, "Locked in", "delivered")
        assert scene.studio.paid("Locked in") == 1


@pytest.mark.sqlite_only("locks the file for all")
async def test_with_anything_hanging_the_process_ends_in_time(tmp_path: Path) -> None:
    """SIGTERM with a paid request open and the database held by somebody: over in 20 s; the person is asked later."""
    async with a_scene(tmp_path) as scene:
        gate = scene.studio.gate("create", "after_take")
        await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt="No answer"))
        await reached(gate)
        with locked(scene.stage):
            assert await ends(scene.stage) == 0
        await scene.chat.bot_gone()
        gate.cut()
        await scene.stage.start_bot()
        await inspection.job(scene.stage, "No answer", "uncertain")
        assert len(inspection.paid_requests(scene.stage, "No answer")) == 1


async def test_a_name_that_is_never_found_keeps_nothing(tmp_path: Path) -> None:
    """SIGTERM while the provider's name is looked up, in a thread that hangs for ever: 0, within 20 s, nothing sent."""
    settings = {HANGING_HOST: "nowhere.test", "VIDEOS_API_BASE_URL": "https://nowhere.test/v1"}
    async with a_scene(tmp_path, settings=settings) as scene:
        await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt="Looked up"))
        await inspection.job(scene.stage, "Looked up", "submitting")
        assert await ends(scene.stage) == 0
        assert scene.studio.requests == []


@pytest.mark.parametrize("operation", ["poll", "file", "content"])
async def test_what_costs_nothing_is_cut_off_at_once(tmp_path: Path, operation: str) -> None:
    """SIGTERM while the provider doesn't answer a poll or a fetch: it is not waited for, and retried afterwards."""
    result = "content_only" if operation == "content" else "foreign_url"
    async with a_scene(tmp_path, result=result) as scene:
        scene.studio.faults.add(operation, Fault.hang(take=False))
        await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt="Cut off"))
        await scene.studio.wait_for(lambda: any(one.operation == operation for one in scene.studio.requests))
        assert await ends(scene.stage) == 0
        await scene.chat.bot_gone()
        assert [row["state"] for row in inspection.jobs(scene.stage)] == [
            "rendering" if operation == "poll" else "fetching"
        ]
        await scene.stage.start_bot()
        await inspection.job(scene.stage, "Cut off", "delivered")
        assert scene.studio.paid("Cut off") == 1


@pytest.mark.reliability
async def test_ten_ends_in_a_row_leave_nothing_half_marked(tmp_path: Path) -> None:
    """Two jobs a life, and SIGTERM at ten moments of them: always 0 in time, none being sent, each paid for once."""
    settings = {"MAX_ACTIVE_JOBS_PER_USER": "1000"}
    async with a_scene(tmp_path, settings=settings, render_seconds=1.0) as scene:
        for life in range(ENDS):
            for number in (2 * life, 2 * life + 1):
                await scene.ada.slash(scene.channel, "video", prompt=f"Number {number}")
            moment = life * 10 // ENDS
            moments = len(scene.studio.requests) + moment
            scene.stage.jump(moment / 10)
            await scene.studio.wait_for(lambda least=moments: len(scene.studio.requests) >= least)
            assert await ends(scene.stage) == 0
            await scene.chat.bot_gone()
            assert not inspection.jobs(scene.stage, state="submitting")
            await scene.stage.start_bot()
        for row in inspection.jobs(scene.stage):
            await inspection.job(scene.stage, row["prompt"], "delivered")
            assert scene.studio.paid(row["prompt"]) == 1
        # Those that came when it was ending already were refused.
        assert len(inspection.jobs(scene.stage)) >= ENDS // 2


@pytest.mark.reliability(runs=25)
async def test_killed_while_it_ends(tmp_path: Path) -> None:
    """SIGTERM while a paid request is open, SIGKILL a random while later: paid for once, and delivered or asked once.

    The pause is the experiment. Most end before the process does by itself, which takes about 17 s while the provider
    doesn't answer; some are up to 30 s, and then it must have ended with 0.
    """
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")  # noqa: T201  # a failure says which pauses it had
    rng = random.Random(seed)
    async with a_scene(tmp_path, render_seconds=1.0) as scene:
        prompts: list[str] = []
        for life in range(KILLS):
            prompts += [f"Rendering {life}", f"Being sent {life}"]
            await a_killed_end(scene, *prompts[-2:], rng)
            await scene.stage.start_bot()
        for prompt in prompts:
            row = await inspection.job(scene.stage, prompt, "delivered", "uncertain")
            kind = "video" if row["state"] == "delivered" else "unsure"
            await scene.chat.wait_for(lambda p=prompt, k=kind: told(scene, p) == [k] or None, what=f"one {kind}")
            assert len(inspection.paid_requests(scene.stage, prompt)) == scene.studio.paid(prompt) == 1
        # Long enough for any further message or request.
        scene.stage.jump(600)
        await scene.make("Afterwards")
        for prompt in prompts:
            assert len(told(scene, prompt)) == 1, prompt
            assert len(inspection.paid_requests(scene.stage, prompt)) == scene.studio.paid(prompt) == 1


async def a_killed_end(scene: Scene, rendering: str, being_sent: str, rng: random.Random) -> None:
    """One process with a job of either kind, terminated and killed while it ends; the provider may answer meanwhile."""
    await scene.ada.slash(scene.channel, "video", prompt=rendering)
    await inspection.job(scene.stage, rendering, "rendering", "fetching", "posting", "delivered")
    gate = scene.studio.gate("create", "after_take")
    await scene.ada.slash(scene.channel, "video", prompt=being_sent)
    await reached(gate)
    longest = LONGEST_PAUSE_SECONDS if rng.random() < 0.2 else DRAINS_SECONDS
    pause_seconds = rng.uniform(0.0, longest)
    answers_after_seconds = rng.uniform(0.0, 2 * pause_seconds)
    print(f"pause {pause_seconds:.2f} s, answer after {answers_after_seconds:.2f} s")  # noqa: T201  # see the seed
    answering = asyncio.get_running_loop().call_later(answers_after_seconds, gate.open)
    ending = asyncio.create_task(scene.stage.bot.terminate())
    done, _ = await asyncio.wait([ending], timeout=pause_seconds)
    await scene.stage.bot.kill()
    # It may have ended by itself just before the kill.
    assert await ending in ((0,) if done else (0, -signal.SIGKILL))
    answering.cancel()
    gate.cut()
    await scene.chat.bot_gone()
    assert not (done and inspection.jobs(scene.stage, state="submitting"))


def told(scene: Scene, prompt: str) -> list[str]:
    """The messages ever posted about that prompt besides its card, by kind."""
    said = [(kind, one) for kind in KINDS for one in ever_posted(scene.chat, scene.channel, kind)]
    return [kind for kind, one in said if f"`{prompt}`" in one.text]
