"""Nightly backups of the real process (`BACKUP_DIR`)."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sandbox.stage import Stage
from tests.e2e.scene import Scene, a_stage

pytestmark = pytest.mark.sqlite_only("copies its file")

SOON_SECONDS, A_DAY_SECONDS = 130.0, 86_400.0
# They are made at the lowest priority, and this machine may be busy.
BOUND_SECONDS = 90.0


def prompts_in(copy: Path) -> list[str]:
    with closing(sqlite3.connect(f"{copy.as_uri()}?mode=ro&immutable=1", uri=True)) as database:
        return [prompt for (prompt,) in database.execute("SELECT prompt FROM jobs ORDER BY accepted_at")]


async def copies(stage: Stage, count: int) -> list[Path]:
    """The copies in the folder, once the bot has logged so many."""
    async with asyncio.timeout(BOUND_SECONDS):
        while stage.bot.log().count('"backup made"') < count:  # noqa: ASYNC110  # the log rings no bell
            await asyncio.sleep(0.05)
    return sorted((stage.bot.data_dir / "backups").glob("bot-*.db"))


async def test_a_running_bot_has_a_copy_of_each_night(tmp_path: Path) -> None:
    """One soon after its first start, and one of the next night, with what was made meanwhile."""
    async with a_stage(tmp_path, settings={"BACKUP_DIR": "data/backups"}) as stage:
        guild = stage.chat.add_guild("Night Shift")
        ada = stage.chat.add_person("Ada")
        guild.join(ada)
        scene = Scene(stage, guild, guild.add_channel("videos"), ada)
        await scene.make("First")
        stage.jump(SOON_SECONDS)
        assert [prompts_in(copy) for copy in await copies(stage, 1)] == [["First"]]
        await scene.make("Second")
        stage.jump(A_DAY_SECONDS)
        assert [prompts_in(copy) for copy in await copies(stage, 2)] == [["First"], ["First", "Second"]]
        assert "Traceback" not in stage.bot.log()
