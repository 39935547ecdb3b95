"""A finished video that can't be put down: its disk is full."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.chat.words import Key
from bot.jobs.model import Post, PostKind
from bot.jobs.states import State
from bot.jobs.store import posts
from tests.unit.bot.engine.machine import Machine, a_machine, answering, file_of
from tests.unit.bot.media.samples import mp4


@pytest.fixture
async def machine(tmp_path: Path) -> AsyncIterator[Machine]:
    async with a_machine(tmp_path) as machine:
        yield machine


async def said(machine: Machine) -> list[Post]:
    return await machine.database.read(posts.find_unsent)


async def test_a_full_disk_is_waited_for_and_the_owner_told(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """L2: nobody hears of a disk full for a minute; of one that stays full both owner and requester do, once."""
    real, full = shutil.disk_usage, True
    monkeypatch.setattr(shutil, "disk_usage", lambda path: real(path)._replace(free=0) if full else real(path))
    machine.api.look = answering(404)
    machine.api.content = file_of(mp4())
    job = await machine.accept(State.FETCHING, remote_id="video_1", submitted_at=machine.clock.now())
    machine.start()
    began_at = machine.clock.now()

    async def tries() -> int:
        return (await machine.job(job)).fetch_tries

    async def is_tried(times: int) -> None:
        async def so() -> bool:
            return await tries() >= times

        await machine.until(so, f"{times} tries", step_seconds=1)

    await is_tried(4)
    assert machine.clock.now() - began_at >= 3 * 20
    assert machine.rung == []
    assert await said(machine) == []
    await is_tried(6)
    assert set(machine.rung) == {Key.ALARM_ROOM}
    assert [post.kind for post in await said(machine)] == [PostKind.SLOW]
    full = False
    await machine.until(lambda: machine.is_past(job, State.FETCHING), "room", step_seconds=1)
    assert (await machine.job(job)).state is State.POSTING
