"""Kept files are deleted after `RETENTION_DAYS`, and later requests for them are refused."""

import os

import pytest

from bot.chat.custom_ids import Action
from bot.engine.housekeeping import sweep
from bot.jobs.model import Cause, PostKind
from bot.jobs.reasons import Reason
from bot.jobs.states import Event, State
from tests.simcord import job_setups
from tests.simcord.pictures import png
from tests.simcord.sim_bot import SimClock
from tests.simcord.world import SimWorld, press, private
from tests.wording import says

DAY_SECONDS = 86_400.0


def kept(world: SimWorld) -> list[str]:
    """The files of people in the data folder; all are made to look as if they had lain there for long."""
    folders = [world.sim_bot.settings.data_dir / name for name in ("references", "videos")]
    files = [path for folder in folders for path in folder.glob("*") if path.is_file()]
    for path in files:
        os.utime(path, (1.0, 1.0))
    return sorted(path.name for path in files)


@pytest.mark.slow
async def test_after_the_time_of_keeping_no_file_is_left(world: SimWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """A day before everything is there; a day after only what a running job needs, and *Retry* says so."""
    withheld = await job_setups.withheld(world)
    failing = await world.rendering(await world.asked(reference=("a.png", png())))
    await world.move(failing, Event.RENDER_FAILED, cause=Cause.PROVIDER)
    running = await world.rendering(await world.asked(reference=("b.png", png(1))))
    sent = await job_setups.delivered(world)
    days = world.engine.context.rules.retention_seconds / DAY_SECONDS
    began = world.clock.now()
    monkeypatch.setattr(SimClock, "now", lambda _self: began + (days - 1) * DAY_SECONDS)
    before = kept(world)
    assert withheld.video_name in before
    await sweep(world.engine.context)
    assert set(kept(world)) >= {withheld.video_name, failing.request.references[0].file_name}
    monkeypatch.setattr(SimClock, "now", lambda _self: began + (days + 1) * DAY_SECONDS)
    kept(world)
    await sweep(world.engine.context)
    assert kept(world) == [running.request.references[0].file_name]
    jobs = len(await world.jobs())
    assert says(
        private(await press(world.ada, await world.shown(failing, PostKind.FAILURE), Action.RETRY)),
        Reason.REFERENCES_GONE,
    )
    assert len(await world.jobs()) == jobs
    assert (await world.job(sent)).state is State.DELIVERED
