"""L3: another program holds the database under the bot; its loop goes on, and nothing is charged without a row."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from sandbox.studio import Outcome
from tests.e2e import ledger
from tests.e2e.scenes import Scene, a_stage


@asynccontextmanager
async def a_scene(folder: Path) -> AsyncIterator[Scene]:
    """A bot of this test's own, in a server with Ada, and a video of hers that renders."""
    async with a_stage(folder) as stage:
        guild = stage.chat.add_guild("Machine")
        ada = stage.chat.add_person("Ada")
        guild.join(ada)
        scene = Scene(stage, guild, guild.add_channel("videos"), ada)
        scene.studio.dials.next_render.append(Outcome.ok(render_seconds=3_000))
        await ledger.accepted(await ada.slash(scene.channel, "video", prompt="Rendering meanwhile"))
        await ledger.job(stage, "Rendering meanwhile", "rendering")
        yield scene


async def looked_again(scene: Scene, times: int) -> None:
    """Return when the provider has been asked that often more: the loops go on."""

    def looks() -> int:
        return sum(request.operation == "look" for request in scene.studio.requests)

    before = looks()
    await scene.studio.wait_for(lambda: looks() >= before + times or None, 60)


async def assert_all_told_once(scene: Scene, prompts: list[str]) -> None:
    """Each of the prompts was paid for once and has one video."""
    for prompt in prompts:
        await ledger.job(scene.stage, prompt, "delivered", timeout_seconds=40)
        assert scene.studio.paid(prompt) == 1
    posted = [post for post in ledger.public(scene.stage, scene.channel) if post.attachments]
    assert len(posted) == len(prompts)


async def test_a_short_lock_of_the_database_is_not_felt(tmp_path: Path) -> None:
    """L3: while another program writes for some seconds the bot goes on looking; what was asked meanwhile is made."""
    async with a_scene(tmp_path) as scene:
        with closing(sqlite3.connect(scene.stage.bot.data_dir / "bot.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            call = await scene.ada.slash(scene.channel, "video", prompt="Asked meanwhile")
            # At 0.1 to 0.3 s each these are about four seconds.
            await looked_again(scene, 20)
            other.execute("COMMIT")
        await ledger.accepted(call)
        scene.stage.jump(3_100)
        await assert_all_told_once(scene, ["Rendering meanwhile", "Asked meanwhile"])


async def test_a_long_lock_of_the_database_refuses_and_loses_nothing(tmp_path: Path) -> None:
    """L3: while another program keeps the database, commands are refused after a while and nothing is charged."""
    async with a_scene(tmp_path) as scene:
        with closing(sqlite3.connect(scene.stage.bot.data_dir / "bot.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            calls = [await scene.ada.slash(scene.channel, "video", prompt=f"Refused {number}") for number in range(3)]
            for call in calls:
                await call.wait_state("message", "deleted", timeout_seconds=90)
                assert "storage" in await ledger.refusal(call)
            await looked_again(scene, 5)
            other.execute("COMMIT")
        assert len([one for one in scene.studio.requests if one.operation == "create"]) == 1
        scene.stage.jump(3_100)
        await assert_all_told_once(scene, ["Rendering meanwhile"])
        await scene.make("Free again")
