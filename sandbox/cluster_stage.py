"""A stage with several processes of the bot, which share one PostgreSQL database.

Process n serves the shards from n times `shards_each` on.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Self

import sqlalchemy as sa

from sandbox import leases
from sandbox.providers import StudioPlan
from sandbox.stage import Stage
from sandbox.studio import Dials

LEASE_SECONDS = 3.0
_READY_SECONDS = 60.0


class ClusterStage(Stage):
    """Each process has a data folder of its own."""

    def __init__(
        self,
        folder: Path,
        database_url: str,
        *,
        processes: int = 2,
        shards_each: int = 1,
        lease_seconds: float | None = LEASE_SECONDS,
        settings: Mapping[str, str] | None = None,
        dials: Dials | None = None,
        providers: Mapping[str, StudioPlan] | None = None,
    ) -> None:
        """`lease_seconds` is how long a process may be silent; None: as in life, with turns to IDENTIFY, too."""
        self.shards = processes * shards_each
        shared = {"DATABASE_URL": database_url, "SHARD_COUNT": str(self.shards)}
        if lease_seconds is not None:
            shared[leases.VARIABLE] = str(lease_seconds)
        super().__init__(folder, settings={**(settings or {}), **shared}, dials=dials, providers=providers)
        self._count = processes
        self._shards_each = shards_each
        self.database = sa.make_url(database_url).database
        self.chat.rules.shards = self.shards

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self.bots = [self.a_bot(f"bot-{number}") for number in range(self._count)]
        return self

    async def start_process(self, number: int, *, ready: bool = True) -> None:
        """Start that process. With `ready` it returns when its shard receives events and the commands are synced."""
        chat, shards = self.chat, self._shards_of(number)
        if ready:
            await chat.wait_for(lambda: not shards & set(chat.shards_online), what=f"shards {shards} to be gone")
        await self.bots[number].start({**self.environment(), "SHARD_IDS": ",".join(map(str, sorted(shards)))})
        if ready:
            await self.online(number)

    def name_of(self, number: int) -> str | None:
        """The name in the database of the running process of that number; None while it has none yet."""
        file, pid = self.bots[number].data_dir / "process.name", self.bots[number].pid
        name = file.read_text(encoding="utf-8") if pid and file.exists() else ""
        # The name of the process before it stays in the file until then.
        return name if f":{pid}:" in name else None

    def _shards_of(self, number: int) -> set[int]:
        return set(range(number * self._shards_each, (number + 1) * self._shards_each))

    async def start_all(self) -> None:
        """Start all of them at once; returns when each receives events."""
        for number in range(self._count):
            await self.start_process(number, ready=False)
        await self.online(*range(self._count))

    async def online(self, *numbers: int) -> None:
        """Return when those processes receive events and the commands are synced."""
        chat = self.chat
        wanted = {shard for number in numbers for shard in self._shards_of(number)}
        await chat.wait_for(
            lambda: wanted <= set(chat.shards_online) and bool(chat.commands),
            _READY_SECONDS,
            what=f"processes {numbers} to be ready",
        )
