"""Thousands of jobs that render at once take few connections and little memory, and no video waits behind them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.jobs.model import ChannelId, GuildId, Job, Place, UserId
from bot.jobs.states import State
from bot.videos.client import POLL_CONNECTIONS
from sandbox.studio import Fault
from sandbox.studio.state import RenderState, Submission
from tests.databases import database_of
from tests.e2e import inspection
from tests.e2e.messages import ever_posted
from tests.e2e.scene import Scene, a_stage
from tests.figures import figure
from tests.unit.bot.jobs.samples import a_job, put

JOBS = figure(300, 10_000)
VIDEOS = 10
NINE_MEGABYTES = 9.0
"""Under Discord's 10 MiB, and more than memory could hold unseen of ten at once."""
HANDLES_MAX = POLL_CONNECTIONS + 32
"""A provider that takes long holds as many polls as its rate needs, and beside them there are few."""
MEMORY_MAX_KIB = 256 * 1024
FOR_HOURS = 20_000.0


@asynccontextmanager
async def a_scene(folder: Path) -> AsyncIterator[Scene]:
    """A bot of this test's own, not started yet, that may have all the jobs, and Ada in a channel."""
    settings = {"MAX_RENDERING_JOBS": str(JOBS), "POLL_MIN_SECONDS": "2", "POLL_MAX_SECONDS": "300"}
    dials = {"render_seconds": FOR_HOURS, "megabytes": NINE_MEGABYTES, "default_size": "160x90", "frames_per_second": 1}
    async with a_stage(folder, settings=settings, start=False, **dials) as stage:
        guild = stage.chat.add_guild("Rush hour")
        ada = stage.chat.add_person("Ada")
        guild.join(ada)
        yield Scene(stage, guild, guild.add_channel("videos"), ada)
        assert "Traceback" not in stage.bot.log()


@pytest.mark.reliability
async def test_thousands_of_jobs_take_few_handles_and_little_memory(tmp_path: Path) -> None:
    """L7, L12: all are polled and ten videos posted meanwhile, with bounded handles and under 256 MiB."""
    async with a_scene(tmp_path) as scene:
        prompts = [f"Number {number}" for number in range(JOBS)]
        await at_the_provider(scene, prompts)
        # Some of the oldest are done, some of the youngest, and some in between.
        done = prompts[:: JOBS // VIDEOS]
        for render in scene.studio.renders[:: JOBS // VIDEOS]:
            render.state = RenderState.COMPLETED
        # As long as a busy provider may take, so that as many polls are under way as there may be.
        scene.studio.faults.add("poll", Fault.delay(3.0), times=10 * JOBS)
        await scene.stage.start_bot()
        process = Path("/proc") / str(pid_of(scene))
        handles: list[int] = []

        def all_done() -> bool:
            handles.append(len(list((process / "fd").iterdir())))
            posted = len(ever_posted(scene.chat, scene.channel, "video"))
            return posted == VIDEOS and len(looked_at(scene)) == JOBS

        await passes(scene, all_done)
        memory_kib = most_memory_kib(process)
        print(f"{JOBS} jobs: at most {max(handles)} handles in {len(handles)} samples, {memory_kib // 1024} MiB")  # noqa: T201  # the test's figure
        assert max(handles) < HANDLES_MAX
        assert memory_kib < MEMORY_MAX_KIB
        for prompt in done:
            await inspection.job(scene.stage, prompt, "delivered")
        said = [message.text for message in ever_posted(scene.chat, scene.channel, "video")]
        assert all(sum(f"`{prompt}`" in text for text in said) == 1 for prompt in done)
        assert len(inspection.jobs(scene.stage, state="rendering")) == JOBS - VIDEOS


async def at_the_provider(scene: Scene, prompts: list[str]) -> None:
    """Jobs of many people with these prompts, each paid for and rendering, as an earlier life would have left them."""
    stage, now = scene.stage, scene.stage.clock.now()
    place = Place(ChannelId(scene.channel.id), GuildId(scene.guild.id))
    jobs: list[Job] = []
    for number, prompt in enumerate(prompts):
        render = scene.studio._state.take(Submission(prompt, "gpt-4o-video", "160x90", "4"))
        # A minute apart in all, so that the order in which they are polled is theirs.
        at = now - 60.0 + 60.0 * number / len(prompts)
        facts = {"provider": scene.studio.base_url, "remote_id": render.id, "submitted_at": at}
        person = UserId(scene.ada.id + number % 100)
        jobs.append(a_job(State.RENDERING, user_id=person, place=place, prompt=prompt, accepted_at=at, **facts))
    async with database_of(stage) as database:
        await database.write(put, *jobs)


async def passes(scene: Scene, so: Callable[[], bool]) -> None:
    """Let time pass, a second at a step, until it is so; fails after minutes on end."""
    async with asyncio.timeout(60 + JOBS / 20):
        while not so():
            scene.stage.jump(1.0)
            await asyncio.sleep(0.03)


def looked_at(scene: Scene) -> set[str]:
    """The renders that were asked about and answered for, by path."""
    return {one.path for one in scene.studio.requests if one.operation == "poll" and one.status == 200}


def pid_of(scene: Scene) -> int:
    assert scene.stage.bot._process is not None
    return scene.stage.bot._process.pid


def most_memory_kib(process: Path) -> int:
    """The most memory that the process ever held."""
    [line] = [one for one in (process / "status").read_text().splitlines() if one.startswith("VmHWM:")]
    return int(line.split()[1])
