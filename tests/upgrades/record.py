"""Drives the bot of a tree to a job in each state, and writes its database and its messages as text.

Run it at the end of an issue, in a tree of that commit:
`make upgrade-dump NAME=0002_end_of_issue_8`, in an older tree
`PYTHONPATH=<tree> python record.py <out.sql> <out.json>`. Ids and addresses become names in braces, which
`test_upgrades.py` fills in again.
"""

import asyncio
import json
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from sandbox.chat import Fault as ChatFault
from sandbox.chat import Message
from sandbox.stage import Stage
from sandbox.studio import Dials, Fault, Outcome

ALWAYS = 100_000
SETTINGS = {
    "POLL_MIN_SECONDS": "0.1",
    "POLL_MAX_SECONDS": "0.3",
    "REPLY_GRACE_SECONDS": "0.2",
    "REPLY_REMIX": "ask",
    "MAX_ACTIVE_JOBS_PER_USER": "30",
    "MAX_JOBS_PER_USER_PER_DAY": "0",
    "MAX_SUBMITS_PER_MINUTE": "600",
    "MAX_RENDERING_JOBS": "4",
}


class Recorder:
    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        guild = stage.chat.add_guild("Upgrades")
        self.ada = stage.chat.add_person("Ada")
        guild.join(self.ada)
        self.channel = guild.add_channel("videos")
        self.names = {str(guild.id): "guild", str(self.channel.id): "channel", str(self.ada.id): "ada"}

    def rows(self, query: str) -> list[sqlite3.Row]:
        with closing(sqlite3.connect(self.stage.bot.data_dir / "bot.db")) as database:
            database.row_factory = sqlite3.Row
            return database.execute(query).fetchall()

    async def until(self, prompt: str, state: str, *, jump: float = 0.0) -> None:
        for _ in range(600):
            if any((row["prompt"], row["state"]) == (prompt, state) for row in self.rows("SELECT * FROM jobs")):
                return
            if jump:
                self.stage.jump(jump)
            await asyncio.sleep(0.05)
        raise AssertionError((prompt, state, [tuple(row) for row in self.rows("SELECT prompt, state FROM jobs")]))

    async def asks(self, prompt: str, state: str, *, jump: float = 0.0) -> None:
        await self.ada.slash(self.channel, "video", prompt=prompt)
        await self.until(prompt, state, jump=jump)

    async def press(self, prompt: str, action: str) -> None:
        (row,) = (row for row in self.rows("SELECT * FROM jobs") if row["prompt"] == prompt)
        message, custom_id = await self.stage.chat.wait_for(lambda: self.button(f":{action}:{row['id']}:"))
        await self.ada.forge_click(message, custom_id)

    def button(self, part: str) -> tuple[Message, str] | None:
        for message in self.channel.messages:
            for button in message.buttons:
                if button.custom_id and part in button.custom_id:
                    return message, button.custom_id
        return None

    async def record(self) -> None:
        studio, chat = self.stage.studio, self.stage.chat
        # Those that need a day come first.
        studio.faults.add("create", Fault.drop(take=False))
        await self.asks("Was lost", "uncertain")
        studio.dials.content_endpoint = False
        studio.faults.add("file", Fault.status(503), times=ALWAYS)
        await self.asks("Was undeliverable", "fetching")
        self.stage.jump(86_500.0)
        await self.until("Was lost", "lost", jump=30.0)
        await self.until("Was undeliverable", "undeliverable", jump=30.0)
        studio.faults.clear()
        studio.dials.content_endpoint = True
        await self.asks("Was delivered", "delivered")
        await self.asks("Was forbidden", "refused")
        await self.asks("Was doomed", "failed")
        studio.dials.next_render.append(Outcome.ok(render_seconds=60.0))
        await self.asks("Was kept", "rendering")
        await self.press("Was kept", "withhold")
        await self.until("Was kept", "cancelled", jump=1.0)
        # And now what stays open.
        chat.faults.add("message_create", ChatFault.status(503), times=ALWAYS, only_if=lambda one: bool(one.files))
        await self.asks("Is being posted", "posting")
        studio.dials.content_endpoint = False
        studio.faults.add("file", Fault.status(503), times=ALWAYS)
        await self.asks("Is being fetched", "fetching")
        studio.faults.add("create", Fault.drop(take=False))
        await self.asks("Is in doubt", "uncertain")
        for prompt in ("Is late", "Is rendering"):
            studio.dials.next_render.append(Outcome.hang())
            await self.asks(prompt, "rendering")
            if prompt == "Is late":
                self.stage.jump(3_700.0)
        video = next(one for one in self.channel.messages if one.attachments)
        await self.ada.reply(video, "Make it a bit more colourful")
        await chat.wait_for(lambda: self.rows("SELECT 1 FROM offers WHERE message_id IS NOT NULL") or None)
        for number in range(2):
            studio.dials.next_render.append(Outcome.hang())
            await self.asks(f"Takes place {number}", "rendering")
        studio.gate("create", "before_take")
        await self.asks("Is being sent", "submitting")
        await self.asks("Is waiting", "accepted")
        await self.asks("Was cancelled", "accepted")
        await self.press("Was cancelled", "cancel")
        await self.until("Was cancelled", "cancelled")
        await self.ada.slash(self.channel, "video")
        await asyncio.sleep(1.0)

    def write(self, sql: Path, seen: Path) -> None:
        messages = [one for one in self.channel.messages if one.author.bot and one.interaction is None]
        for number, message in enumerate(messages):
            self.names[str(message.id)] = f"message_{number}"
        for row in self.rows("SELECT remote_id FROM jobs WHERE remote_id IS NOT NULL ORDER BY accepted_at"):
            self.names[row["remote_id"]] = f"remote_{len(self.names)}"
        self.names[self.stage.studio.base_url] = "provider"
        with closing(sqlite3.connect(self.stage.bot.data_dir / "bot.db")) as database:
            sql.write_text(self.named("\n".join(database.iterdump()) + "\n"), encoding="utf-8")
        facts = {
            "now": self.stage.clock.now(),
            "remotes": sorted(name for name in self.names.values() if name.startswith("remote_")),
            "messages": [
                {"content": one.content, "components": one.components, "name": self.names[str(one.id)]}
                for one in messages
            ],
        }
        seen.write_text(self.named(json.dumps(facts, indent=1, ensure_ascii=False)) + "\n", encoding="utf-8")

    def named(self, text: str) -> str:
        for real in sorted(self.names, key=len, reverse=True):
            text = text.replace(real, "{" + self.names[real] + "}")
        return text


async def main(sql: Path, seen: Path) -> None:
    dials = Dials(render_seconds=0.1, frames_per_second=1, default_size="160x90", list_endpoint=False)
    with tempfile.TemporaryDirectory() as folder:
        async with Stage(Path(folder), settings=SETTINGS, dials=dials) as stage:
            await stage.start_bot()
            recorder = Recorder(stage)
            await recorder.record()
            await stage.bot.kill()
            recorder.write(sql, seen)


if __name__ == "__main__":
    asyncio.run(main(*map(Path, sys.argv[1:])))
