"""What outlives a process: a database of an earlier main is upgraded and goes on, and each button that it posted works.

The dumps were written by `record.py` at the end of an issue; the first is of commit 6cc08c9, the end of issue 4,
whose database has no marks yet.
"""

import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.chat.words import Key
from bot.jobs.generation import Generation, generation_path, read_generation, write_generation
from bot.jobs.migrating import migrate
from sandbox.chat import Channel, Message, Person
from sandbox.stage import Stage
from sandbox.studio import Outcome
from tests.e2e import inspection
from tests.e2e.messages import time_passes_until
from tests.e2e.scene import a_stage
from tests.upgrades.dumps import DUMPS, HERE, NAME, build, sql_of
from tests.wording import says

pytestmark = pytest.mark.sqlite_only("files of earlier versions")

ENDS = {
    "Was lost": "lost",
    "Was undeliverable": "undeliverable",
    "Was delivered": "delivered",
    "Was forbidden": "refused",
    "Was doomed": "failed",
    "Was kept": "cancelled",
    "Was cancelled": "cancelled",
    "Is being posted": "delivered",
    "Is being fetched": "delivered",
    "Is late": "delivered",
    "Is rendering": "delivered",
    "Takes place 0": "delivered",
    "Takes place 1": "delivered",
    "Is in doubt": "uncertain",
    "Is being sent": "uncertain",
    "Is waiting": "delivered",
}


class Earlier:
    """The world that an earlier main left: its messages are posted again, its database is put in place."""

    def __init__(self, stage: Stage, dump: str) -> None:
        self.stage = stage
        self.facts: dict[str, Any] = json.loads((HERE / f"{dump}.json").read_text(encoding="utf-8"))
        self.sql = sql_of(dump)
        # The time goes on from where it stood.
        stage.clock.started_at = self.facts["now"] + 60
        guild = stage.chat.add_guild("Upgrades")
        self.ada: Person = stage.chat.add_person("Ada")
        guild.join(self.ada)
        self.channel: Channel = guild.add_channel("videos")
        self.given = {"guild": guild.id, "channel": self.channel.id, "ada": self.ada.id}
        self.given["provider"] = stage.studio.base_url

    def filled(self, text: str) -> str:
        return NAME.sub(lambda found: str(self.given[found[1]]), text)

    async def stands(self) -> list[Message]:
        """Everything in its place but the bot."""
        async with aiohttp.ClientSession() as http:
            for name in self.facts["remotes"]:
                self.given[name] = await self._rendered(http)
            for one in self.facts["messages"]:
                self.given[one["name"]] = await self._posted(http, one)
        self.stage.bot.data_dir.mkdir(parents=True)
        with closing(sqlite3.connect(self.stage.bot.data_dir / "bot.db")) as database:
            database.executescript(self.filled(self.sql))
            marks = marks_of(database)
        if marks:
            # Since issue 8 a small file beside the database tells how far it had come.
            generation = Generation(marks["lineage"], int(marks["generation"]))
            write_generation(generation_path(self.stage.bot.data_dir / "bot.db"), generation)
        posted = {self.given[one["name"]] for one in self.facts["messages"]}
        return [one for one in self.channel.messages if one.id in posted]

    async def _rendered(self, http: aiohttp.ClientSession) -> str:
        headers = {"Authorization": f"Bearer {self.stage.studio.api_key}"}
        order = {"prompt": "Of an earlier life", "model": "gpt-4o-video"}
        async with http.post(f"{self.stage.studio.base_url}/videos", json=order, headers=headers) as answer:
            return (await answer.json())["id"]

    async def _posted(self, http: aiohttp.ClientSession, one: dict[str, Any]) -> int:
        headers = {"Authorization": f"Bot {self.stage.chat.bot_token}"}
        said = json.loads(self.filled(json.dumps({"content": one["content"] or "…", "components": one["components"]})))
        address = f"{self.stage.chat.api_base}/channels/{self.channel.id}/messages"
        async with http.post(address, json=said, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            return int((await answer.json())["id"])


def marks_of(database: sqlite3.Connection) -> dict[str, str]:
    """What the database says about itself; nothing before issue 8."""
    if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'marks'").fetchone():
        return {}
    return dict(database.execute("SELECT name, value FROM marks").fetchall())


@asynccontextmanager
async def an_earlier(folder: Path, dump: str) -> AsyncIterator[tuple[Earlier, list[Message]]]:
    async with a_stage(folder, start=False, default_size="160x90", list_endpoint=False) as stage:
        earlier = Earlier(stage, dump)
        stage.studio.dials.next_render += [Outcome.ok(render_seconds=0.1)] * len(earlier.facts["remotes"])
        messages = await earlier.stands()
        yield earlier, messages
        assert "Traceback" not in stage.bot.log()


@pytest.mark.parametrize("dump", DUMPS)
async def test_a_job_in_each_state_goes_on(tmp_path: Path, dump: str) -> None:
    """An upgrade is no restore: what was under way is finished, what had ended stays, nothing is paid for twice."""
    async with an_earlier(tmp_path, dump) as (earlier, _):
        stage = earlier.stage
        paid = len(stage.studio.renders)
        await stage.start_bot()
        assert not (stage.bot.data_dir / "PAUSED").exists()
        await time_passes_until(
            stage, lambda: {row["prompt"]: row["state"] for row in inspection.jobs(stage)} == ENDS, step_seconds=2
        )
        assert [render.prompt for render in stage.studio.renders[paid:]] == ["Is waiting"]
        kept = read_generation(generation_path(stage.bot.data_dir / "bot.db"))
        assert kept is not None
        assert kept.number > 0


@pytest.mark.parametrize("dump", DUMPS)
async def test_every_button_is_answered(tmp_path: Path, dump: str) -> None:
    """Each button that the earlier main posted is understood: a private answer or a form, never a failure."""
    async with an_earlier(tmp_path, dump) as (earlier, messages):
        await earlier.stage.start_bot(MAX_RENDERING_JOBS="1")
        pressed: set[str] = set()
        for message in messages:
            for button in [one for one in message.buttons if one.custom_id]:
                assert button.custom_id is not None
                call = await earlier.ada.forge_click(message, button.custom_id)
                answer = await call.wait_state("message", "deleted", "form", "deferred", "edited")
                assert not says(answer.content, Key.UNEXPECTED)
                pressed.add(":".join(button.custom_id.split(":")[1:3]))
        assert len(pressed) >= 8


@pytest.mark.parametrize("dump", DUMPS[:1])
def test_a_backup_of_before_the_upgrade_is_recognised(tmp_path: Path, dump: str) -> None:
    """An old database that is put beside a file that has counted is upgraded, and marked as a copy."""
    path = tmp_path / "bot.db"

    def put() -> dict[str, str]:
        path.unlink(missing_ok=True)
        build(dump, path)
        migrate(path)
        with closing(sqlite3.connect(path)) as database:
            return marks_of(database)

    marks = put()
    assert read_generation(generation_path(path)) == Generation(marks["lineage"], 0)
    assert "copy" not in put()
    write_generation(generation_path(path), Generation(marks["lineage"], 5))
    assert "copy" in put()
