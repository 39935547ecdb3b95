"""The troubles that the alert rules are for, each brought about for a real bot on the stage, and ended again."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from pathlib import Path
from textwrap import dedent

from bot.settings._setup import NAME_OF_SETTINGS
from sandbox.chat import Person
from sandbox.studio import Fault, Outcome
from sandbox.studio.faults import Target
from tests.e2e import inspection
from tests.e2e.scene import Scene

PLACES = 5
GIB, MIB = 1024**3, 1024**2
_MANY = 100_000
# Polls and both kinds of free probes.
_FREE: tuple[Target, ...] = ("poll", "list", "ping")
# Longer than the troubles in which videos render.
_A_WHILE = 7_200.0
_SLOW_SECONDS = 0.8
_LAG_SECONDS = 0.8
# Tells the bot how much is free on the disk: what is in that file, if it exists.
DISK = """
    import shutil
    from collections import namedtuple
    from pathlib import Path

    really, told = shutil.disk_usage, Path({file!r})
    usage = namedtuple("usage", "total used free")

    def disk_usage(path):
        return usage(2**40, 0, int(told.read_text())) if told.exists() else really(path)

    shutil.disk_usage = disk_usage
"""
# During a trouble something may have to be done before each scrape.
Each = Callable[[], Awaitable[None]]
Trouble = Callable[[Scene], AbstractAsyncContextManager[Each | None]]


def patch_disk(folder: Path) -> str:
    """The PYTHONPATH with which a bot believes the file `free` in that folder."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(dedent(DISK.format(file=str(folder / "free"))))
    return f"{folder}:{Path(__file__).parents[2]}"


def free(folder: Path, free_bytes: int) -> Trouble:
    """So much is free on the disk."""

    @asynccontextmanager
    async def trouble(_scene: Scene) -> AsyncIterator[None]:
        (folder / "free").write_text(str(free_bytes))
        yield
        (folder / "free").unlink()

    return trouble


async def begin(scene: Scene, prompt: str, *, by: Person | None = None, seconds: float = _A_WHILE) -> None:
    """Let a video be rendered that takes so long."""
    scene.studio.dials.next_render.append(Outcome.ok(render_seconds=seconds))
    await inspection.accepted(await (by or scene.ada).slash(scene.channel, "video", prompt=prompt))
    await inspection.job(scene.stage, prompt, "rendering")


async def finish(scene: Scene, seconds: float = _A_WHILE) -> None:
    """Let that time pass, so that all renders are done, and the videos be posted."""

    def is_over() -> bool:
        return all(row["ended_at"] is not None for row in inspection.jobs(scene.stage))

    scene.stage.jump(seconds)
    await inspection.until(scene.stage, is_over, "no open job")


@asynccontextmanager
async def gateway_lost(scene: Scene) -> AsyncIterator[None]:
    """The session is gone, and Discord lets none be opened."""
    gate = scene.chat.gate("gateway")
    await scene.chat.drop_gateway(resumable=False)
    yield
    gate.open()
    await scene.chat.bot_ready()


@asynccontextmanager
async def polls_slowed(scene: Scene) -> AsyncIterator[None]:
    """The provider is too busy for any poll; the videos of five people render on in the troubles that follow."""
    for number in range(PLACES):
        await begin(scene, f"A slow kite {number}", by=scene.join(f"Cy {number}"))
    scene.studio.faults.add("poll", Fault.status(429), times=_MANY)
    yield
    scene.studio.faults.clear()


@asynccontextmanager
async def provider_down(scene: Scene) -> AsyncIterator[None]:
    """Neither polls nor the free probes get a response that can be used."""
    for operation in _FREE:
        scene.studio.faults.add(operation, Fault.status(503, text="<html>Down</html>"), times=_MANY)
    yield
    scene.studio.faults.clear()


@asynccontextmanager
async def key_refused(scene: Scene) -> AsyncIterator[None]:
    """The provider knows the key no more."""
    for operation in _FREE:
        scene.studio.faults.add(operation, Fault.status(401), times=_MANY)
    yield
    scene.studio.faults.clear()


@asynccontextmanager
async def queue_full(scene: Scene) -> AsyncIterator[None]:
    """All places at the provider are taken by then, and another video waits."""
    await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt="A kite that waits"))
    yield
    await finish(scene)


@asynccontextmanager
async def upload_hangs(scene: Scene) -> AsyncIterator[None]:
    """Discord takes a finished video, and doesn't answer."""
    await begin(scene, "A kite on its way", seconds=60.0)
    gate = scene.chat.gate("message_create")
    scene.stage.jump(60.0)
    await gate.wait_reached()
    yield
    gate.open()
    await finish(scene, 0.0)


@asynccontextmanager
async def paused(scene: Scene) -> AsyncIterator[None]:
    """By the file, and the provider by its owner."""
    (scene.stage.bot.data_dir / "PAUSED").touch()
    owner = scene.chat.owner
    for change in ("pause", "resume"):
        call = await owner.slash(scene.chat.dm(owner), "owner providers", **{change: NAME_OF_SETTINGS})
        await call.wait_state("message")
        if change == "pause":
            yield
    (scene.stage.bot.data_dir / "PAUSED").unlink()


@asynccontextmanager
async def database_held(scene: Scene) -> AsyncIterator[None]:
    """Another program holds it."""
    with closing(sqlite3.connect(scene.stage.bot.data_dir / "bot.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("COMMIT")


@asynccontextmanager
async def database_slow(scene: Scene) -> AsyncIterator[Each]:
    """Another program holds it for a good while, at each scrape."""
    with closing(sqlite3.connect(scene.stage.bot.data_dir / "bot.db", isolation_level=None)) as other:

        async def hold() -> None:
            other.execute("BEGIN IMMEDIATE")
            asyncio.get_running_loop().call_later(_SLOW_SECONDS, other.execute, "COMMIT")

        yield hold
        await inspection.until(scene.stage, lambda: not other.in_transaction, "a free database")


@asynccontextmanager
async def loop_late(scene: Scene) -> AsyncIterator[Each]:
    """The machine stops the process for a moment, at each scrape."""

    async def stop() -> None:
        scene.stage.bot.pause()
        asyncio.get_running_loop().call_later(_LAG_SECONDS, scene.stage.bot.resume)

    yield stop
    await inspection.until(scene.stage, lambda: not scene.stage.bot.paused, "a bot that goes on")


@asynccontextmanager
async def clock_ahead(scene: Scene) -> AsyncIterator[None]:
    """The machine's clock is set two days ahead."""
    scene.stage.step_wall(2 * 86_400.0)
    yield
    scene.stage.step_wall(-2 * 86_400.0)


@asynccontextmanager
async def outcomes_unknown(scene: Scene) -> AsyncIterator[None]:
    """Three people's paid requests are cut off after they were taken."""
    scene.studio.faults.add("create", Fault.drop(take=True), times=3)
    for number in range(3):
        person = scene.join(f"Ben {number}")
        await person.slash(scene.channel, "video", prompt=f"A lost kite {number}")
        await inspection.job(scene.stage, f"A lost kite {number}", "uncertain")
    yield


@asynccontextmanager
async def dead(scene: Scene) -> AsyncIterator[None]:
    """The process is gone."""
    await scene.stage.bot.kill()
    yield
    await scene.stage.start_bot()


@asynccontextmanager
async def backups_fail(scene: Scene) -> AsyncIterator[None]:
    """The disk for the nightly backups is away, and was when the bot was started."""
    await scene.stage.bot.kill()
    await scene.stage.start_bot(BACKUP_DIR=str(scene.stage.folder / "away"))
    yield


@asynccontextmanager
async def dies_often(scene: Scene) -> AsyncIterator[Each]:
    """It is killed again and again, and started again each time."""
    left = iter(range(4))

    async def die() -> None:
        if next(left, None) is not None:
            await scene.stage.bot.kill()
            await scene.stage.start_bot()

    yield die


@asynccontextmanager
async def restored(scene: Scene) -> AsyncIterator[None]:
    """An older copy of the database takes its place."""
    bot, copy = scene.stage.bot, scene.stage.folder / "older.db"
    bot.copy_database(copy)
    await scene.make("A kite that the copy doesn't know")
    await bot.kill()
    bot.put_back(copy)
    await scene.stage.start_bot()
    yield
    owner = scene.chat.owner
    await (await owner.slash(scene.chat.dm(owner), "owner resume")).wait_state("message")


@asynccontextmanager
async def ceiling_near(scene: Scene) -> AsyncIterator[None]:
    """The day's videos are most of what the operator allows."""
    await scene.stage.bot.kill()
    spent = sum(row["submitted_at"] is not None for row in inspection.jobs(scene.stage))
    await scene.stage.start_bot(MAX_JOBS_PER_DAY=str(spent))
    yield
