"""L3: another program holds the database under the bot; its loop goes on, and nothing is charged without a row."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from time import monotonic

import pytest

from bot.jobs.reasons import Reason
from sandbox.chat import Call, gateway
from sandbox.studio import Outcome
from tests.e2e import inspection
from tests.e2e.scene import Scene, a_stage
from tests.figures import figure
from tests.wording import says

# Two commands are refused after 15 and 20 seconds; in full they go on being refused for a minute.
pytestmark = pytest.mark.sqlite_only("locks the file for all")


AT_ONCE = 2
LOCKED_SECONDS = figure(0.0, 60.0)
HEARTBEAT_MS = 250
LATE = 3_100


@pytest.fixture
def heartbeats(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many heartbeats the bot has sent; the gateway asks for frequent ones, and the bot's loop sends them."""
    beats, receive = [], gateway._Connection.receive

    async def count(connection: gateway._Connection, frame: dict[str, object]) -> None:
        if frame.get("op") == gateway.HEARTBEAT:
            beats.append(frame)
        await receive(connection, frame)

    monkeypatch.setattr(gateway, "HEARTBEAT_INTERVAL_MS", HEARTBEAT_MS)
    monkeypatch.setattr(gateway._Connection, "receive", count)
    return lambda: len(beats)


@asynccontextmanager
async def a_scene(folder: Path) -> AsyncIterator[Scene]:
    """A bot of this test's own, in a server with Ada, and a video of hers that renders."""
    async with a_stage(folder) as stage:
        guild = stage.chat.add_guild("Machine")
        ada = stage.chat.add_person("Ada")
        guild.join(ada)
        scene = Scene(stage, guild, guild.add_channel("videos"), ada)
        scene.studio.dials.next_render.append(Outcome.ok(render_seconds=3_000))
        await inspection.accepted(await ada.slash(scene.channel, "video", prompt="Rendering meanwhile"))
        await inspection.job(stage, "Rendering meanwhile", "rendering")
        yield scene


@contextmanager
def locked(scene: Scene) -> Iterator[None]:
    """Another program writes, and doesn't come to an end with it."""
    with closing(sqlite3.connect(scene.stage.bot.data_dir / "bot.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("COMMIT")


async def looked_again(scene: Scene, times: int) -> None:
    """Return when the provider has been asked that often more: the loops go on."""

    def polls() -> int:
        return sum(request.operation == "poll" for request in scene.studio.requests)

    before = polls()
    await scene.studio.wait_for(lambda: polls() >= before + times or None, 60)


async def assert_all_told_once(scene: Scene, prompts: list[str]) -> None:
    """Each of the prompts was paid for once and has one video."""
    for prompt in prompts:
        await inspection.job(scene.stage, prompt, "delivered", timeout_seconds=40)
        assert scene.studio.paid(prompt) == 1
    posted = [post for post in inspection.public(scene.stage, scene.channel) if post.attachments]
    assert len(posted) == len(prompts)


@pytest.mark.reliability(runs=5)
async def test_a_short_lock_of_the_database_is_not_felt(tmp_path: Path, heartbeats: Callable[[], int]) -> None:
    """L3: while another program writes for four seconds, forty answers come in time; polls and heartbeats go on."""
    async with a_scene(tmp_path) as scene:
        with locked(scene):
            before = heartbeats()
            call = await scene.ada.slash(scene.channel, "video", prompt="Asked meanwhile")
            asked: list[Call] = []
            # Ten times a second for four seconds: Discord gives up what is not acknowledged within three.
            for _ in range(40):
                asked.append(await scene.ada.slash(scene.channel, "status"))
                await asyncio.sleep(0.1)
            await looked_again(scene, 3)
            for one in asked:
                assert "Rendering meanwhile" in (await one.wait_state("message")).text
            assert heartbeats() > before
        await inspection.accepted(call)
        scene.stage.jump(LATE)
        await assert_all_told_once(scene, ["Rendering meanwhile", "Asked meanwhile"])


async def test_a_form_while_the_database_is_locked_is_refused_with_the_reason(tmp_path: Path) -> None:
    """L3: `/video` without a prompt is answered within Discord's three seconds, and opens its form when it is free."""
    async with a_scene(tmp_path) as scene:
        with locked(scene):
            call = await scene.ada.slash(scene.channel, "video")
            assert says((await call.wait_state("message")).text, Reason.STORE_UNAVAILABLE)
        await (await scene.ada.slash(scene.channel, "video")).wait_form()
        assert "Traceback" not in scene.stage.bot.log()


@pytest.mark.reliability
async def test_a_long_lock_of_the_database_refuses_and_loses_nothing(
    tmp_path: Path, heartbeats: Callable[[], int]
) -> None:
    """L3: while another program keeps the database, commands are refused, nothing is charged, and nothing is lost."""
    async with a_scene(tmp_path) as scene:
        refused = 0
        with locked(scene):
            locked_at, before = monotonic(), heartbeats()
            while not refused or monotonic() - locked_at < LOCKED_SECONDS:
                prompts = [f"Refused {refused + number}" for number in range(AT_ONCE)]
                calls = [await scene.ada.slash(scene.channel, "video", prompt=prompt) for prompt in prompts]
                for call in calls:
                    await call.wait_state("message", "deleted", timeout_seconds=90)
                    assert says(await inspection.refusal(call), Reason.STORE_UNAVAILABLE)
                refused += AT_ONCE
            assert heartbeats() > before
            # What renders ends while nothing of that can be stored.
            scene.stage.jump(LATE)
            await looked_again(scene, 1)
        assert [row["prompt"] for row in inspection.jobs(scene.stage)] == ["Rendering meanwhile"]
        assert len([one for one in scene.studio.requests if one.operation == "create"]) == 1
        scene.stage.jump(60)
        await assert_all_told_once(scene, ["Rendering meanwhile"])
        await scene.make("Free again")
