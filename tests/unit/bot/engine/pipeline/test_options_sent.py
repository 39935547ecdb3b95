"""What is sent of a model's options."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.jobs.catalogue import Catalogue
from bot.jobs.model import Cause, Charged, Job
from bot.jobs.offered_models import OfferedModel, Option
from bot.jobs.states import State
from bot.jobs.store.rows import row_of
from tests.unit.bot.engine.scheduler_harness import SchedulerHarness, a_scheduler_harness
from tests.unit.bot.jobs.samples import a_job

SEED = Option("seed", "integer", "seed_number", "A number", minimum=0, maximum=100)
SOUND = Option("sound", "switch", "generate_audio", "With sound", default=True)
MODEL = OfferedModel("gpt-4o-video", "GPT", (), ("1280x720",), ("8",), options=(SEED, SOUND))


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[SchedulerHarness]:
    async with a_scheduler_harness(tmp_path) as harness:
        harness.context.catalogue = Catalogue((MODEL,))
        yield harness


async def sent(harness: SchedulerHarness, **changes: Any) -> dict[str, Any]:
    """The body of a job's request."""
    bodies: list[dict[str, Any]] = []

    async def take(request: web.Request) -> web.StreamResponse:
        bodies.append(await request.json())
        return await harness.api.taken(request)

    harness.api.create = take
    job = a_job()
    request = replace(job.request, **changes)
    harness.start()
    accepted = await harness.accept(request=request)
    await harness.is_in(accepted, State.RENDERING)
    return bodies[0]


async def test_values_and_defaults_are_sent_under_the_providers_names(harness: SchedulerHarness) -> None:
    """What the person left out has the default of the file."""
    body = await sent(harness, options=(("seed", 7),))
    assert (body["seed_number"], body["generate_audio"]) == (7, True)


async def test_a_default_can_be_overridden_and_nothing_else_is_sent(harness: SchedulerHarness) -> None:
    """An option without a value and a default is left out."""
    body = await sent(harness, options=(("sound", False),))
    assert body["generate_audio"] is False
    assert "seed_number" not in body


async def test_a_remix_has_the_options_of_its_parents_model(harness: SchedulerHarness) -> None:
    """Also if it names no model itself."""
    parent = await harness.accept(State.DELIVERED, remote_id="video_0", ended_at=harness.clock.now())
    body = await sent(harness, model=None, parent_id=parent.id, options=(("seed", 7),))
    assert (body["seed_number"], body["generate_audio"]) == (7, True)


async def test_what_the_model_does_not_take_any_more_is_not_sent(harness: SchedulerHarness) -> None:
    """The job ends without charge: it would be another video than the one that was requested."""
    harness.context.catalogue = Catalogue((replace(MODEL, options=(SOUND,)),))
    harness.start()
    job = await harness.accept(request=replace(a_job().request, options=(("seed", 7),)))
    ended = await harness.is_in(job, State.FAILED)
    assert (ended.cause, ended.charged) == (Cause.MODEL, Charged.NO)
    assert harness.api.paid == []


def test_a_job_without_options_has_none_in_its_row() -> None:
    """An empty list."""
    job: Job = a_job()
    assert row_of(job)["options"] == []
