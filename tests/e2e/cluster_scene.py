"""The scene of the tests of several processes: each serves one shard, and all share one PostgreSQL database."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.chat import Channel, Chat, Message, Person
from sandbox.cluster_stage import LEASE_SECONDS, ClusterStage
from sandbox.postgres import PostgresServer
from sandbox.providers import StudioPlan
from sandbox.studio import Studio
from tests.databases import run_on_server
from tests.e2e.messages import ever_posted, is_card
from tests.e2e.scene import QUICK, has_video, quick_dials

SMALL = {"default_size": "160x90", "frames_per_second": 1}
# Within that time after its lease a dead process's work continues, also on a machine that is busy.
TAKEN_OVER_SECONDS = 40.0


@dataclass(frozen=True)
class Cluster:
    """One test's corner of a cluster: a channel of each process, and Ada, who is everywhere."""

    stage: ClusterStage
    server: PostgresServer
    database: str
    places: list[Channel]
    ada: Person

    @property
    def chat(self) -> Chat:
        return self.stage.chat

    @property
    def studio(self) -> Studio:
        return self.stage.studio

    def rows(self, table: str, where: str = "true") -> list[dict[str, Any]]:
        """The rows of a table for which that is so."""
        query = f"SELECT to_jsonb({table})::text AS row FROM {table} WHERE {where}"  # noqa: S608  # our own names
        return [json.loads(found["row"]) for found in run_on_server(self.server.url(self.database), query)]

    def job(self, prompt: str) -> dict[str, Any] | None:
        """The one job with that prompt; None if there is none."""
        rows = self.rows("jobs", f"prompt = '{prompt}'")
        assert len(rows) <= 1, f"{len(rows)} jobs for {prompt!r}"
        return rows[0] if rows else None

    async def job_in(self, prompt: str, *states: str, seconds: float = 20) -> dict[str, Any]:
        """The one job with that prompt, as soon as it is in one of those states."""

        def found() -> dict[str, Any] | None:
            row = self.job(prompt)
            return row if row is not None and row["state"] in states else None

        return await self.until(found, seconds, what=f"the job {prompt!r} to be {states}")

    async def until(self, is_so: Callable[[], Any], seconds: float = 20, *, what: str = "") -> Any:
        """What that returns, once it is true."""
        return await self.chat.wait_for(lambda: is_so() or None, seconds, what=what)

    def submitter(self) -> int | None:
        """The number of the process that sends paid requests; None while there is none."""
        [role] = self.rows("roles", "name = 'submitter'")
        holder = role["holder"]
        return next((number for number, bot in enumerate(self.stage.bots) if holder and _serves(bot, holder)), None)

    def owner(self, prompt: str) -> int | None:
        """The number of the process that owns that job; None while none does."""
        job = self.job(prompt)
        owner = None if job is None else job["owner"]
        return next((number for number, bot in enumerate(self.stage.bots) if owner and _serves(bot, owner)), None)

    async def video(self, prompt: str, seconds: float = 20) -> Message:
        """Wait for the video of that prompt, in any channel; it was paid once, posted once, and its card is gone."""
        found = await self.until(lambda: next(iter(self.videos(prompt)), None), seconds, what=f"the video {prompt!r}")
        await self.until(lambda: not self.cards(prompt), what=f"the card of {prompt!r} to go")
        assert self.stage.paid(prompt) == 1
        assert self.ever(prompt, "video") == [found]
        assert len(self.ever(prompt, "card")) <= 1
        assert self.ever(prompt, "fail") == self.ever(prompt, "unsure") == []
        return found

    def videos(self, prompt: str) -> list[Message]:
        """The videos of that prompt that are there now."""
        return [one for one in self._messages() if has_video(one) and prompt in one.text]

    def cards(self, prompt: str) -> list[Message]:
        """The cards of that prompt that are there now."""
        return [one for one in self._messages() if is_card(one) and prompt in one.text]

    def ever(self, prompt: str, kind: str) -> list[Message]:
        """All messages of that kind about that prompt that were ever posted."""
        channels = {post.channel for post in self.chat.posts}
        found = [one for channel in channels for one in ever_posted(self.chat, channel, kind)]
        return [one for one in found if prompt in str(one.history[0].components) + one.text]

    def paid(self) -> int:
        """How many paid requests the providers have received, with any outcome."""
        return sum(request.operation in {"create", "remix"} for request in self.stage.provider_requests)

    def _messages(self) -> list[Message]:
        return [one for channel in {post.channel for post in self.chat.posts} for one in channel.messages]


def _serves(bot: Any, process: str) -> bool:
    """Whether that bot's process has that name, which it has noted in its data folder."""
    return (bot.data_dir / "process.name").read_text(encoding="utf-8") == process


def a_corner(stage: ClusterStage, server: PostgresServer, database: str, name: str = "Night Shift") -> Cluster:
    """A server with a channel on each shard, and a person in all of them."""
    chat, count = stage.chat, len(stage.bots)
    ada = chat.add_person("Ada")
    places: list[Channel] = []
    for number in range(count):
        guild = chat.add_guild(f"{name[:80]} {number}", shard=(number, count))
        guild.join(ada)
        places.append(guild.add_channel("videos"))
    return Cluster(stage, server, database, places, ada)


@asynccontextmanager
async def a_cluster(
    folder: Path,
    server: PostgresServer,
    database: str,
    *,
    processes: int = 2,
    start: bool = True,
    settings: dict[str, str] | None = None,
    lease_seconds: float | None = LEASE_SECONDS,
    providers: Mapping[str, StudioPlan] | None = None,
    **turned: object,
) -> AsyncIterator[Cluster]:
    """Several processes on that database; afterwards nothing may have asked for what the local Discord lacks."""
    dials = quick_dials(**(SMALL | turned))
    stage = ClusterStage(
        folder,
        server.url(database),
        processes=processes,
        settings=QUICK | (settings or {}),
        dials=dials,
        lease_seconds=lease_seconds,
        providers=providers,
    )
    async with stage:
        cluster = a_corner(stage, server, database)
        try:
            if start:
                await stage.start_all()
            yield cluster
        except BaseException:
            for bot in stage.bots:
                print(bot.log_path, bot.log(), sep="\n")  # noqa: T201  # pytest shows it with the failure
            raise
        assert stage.chat.unknown_routes == []
        for bot in stage.bots:
            assert "Traceback" not in bot.log(), bot.log()


async def all_end(cluster: Cluster) -> None:
    """End all processes in order; nothing is left owned."""
    codes = [await bot.terminate() for bot in cluster.stage.bots]
    assert codes == [0] * len(codes), codes
    assert cluster.rows("processes") == []
    assert cluster.rows("jobs", "owner IS NOT NULL") == []


async def stops(cluster: Cluster, number: int) -> None:
    """Return once that process has stopped itself."""
    await cluster.until(lambda: cluster.stage.bots[number].paused, what=f"process {number} to stop")


async def buried(cluster: Cluster, number: int) -> None:
    """Return once the others have taken over the work of that process."""
    name = (cluster.stage.bots[number].data_dir / "process.name").read_text(encoding="utf-8")
    await cluster.until(
        lambda: not cluster.rows("processes", f"name = '{name}'"), TAKEN_OVER_SECONDS, what=f"{name} to be buried"
    )
