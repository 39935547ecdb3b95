"""How long finished renders took: for the schedule of polls, and for what a card shows as usual."""

from dataclasses import replace
from typing import Any

from bot.jobs.attempts import Attempt
from bot.jobs.database import Database
from bot.jobs.model import Job, VideoRequest
from bot.jobs.render_times import RenderClass
from bot.jobs.states import State
from bot.jobs.store import accepting, renders
from bot.jobs.store.renders import Rendered
from bot.jobs.usual_times import PastRender, UsualTime
from tests.unit.bot.jobs.samples import PROVIDER, a_job, put

KIND = RenderClass("gpt-4o-video", "1280x720", "8")


def rendered(took_seconds: float, at: float = 0.0, **changes: Any) -> Job:
    """A posted video whose render took so long."""
    return a_job(State.DELIVERED, submitted_at=1_000.0 + at, completed_at=1_000.0 + at + took_seconds, **changes)


async def test_how_long_renders_took(database: Database) -> None:
    """The latest finished ones, oldest first, never less than nothing; unfinished ones teach nothing."""
    await database.write(
        put,
        a_job(State.DELIVERED, submitted_at=100.0, completed_at=160.0),
        a_job(State.FETCHING, submitted_at=100.0, completed_at=150.0),
        a_job(State.POSTING, submitted_at=100.0, completed_at=90.0),
        a_job(State.RENDERING, submitted_at=100.0),
        a_job(State.LOST),
    )
    kind = RenderClass("gpt-4o-video", "1280x720", "8")
    found = await database.read(renders.find_latest_renders, 10)
    assert found == [Rendered(kind, 0.0), Rendered(kind, 50.0), Rendered(kind, 60.0)]
    assert await database.read(renders.find_latest_renders, 1) == [Rendered(kind, 60.0)]


async def test_a_rare_class_is_found_among_many_renders_of_another(database: Database) -> None:
    """So many of each class: a hundred renders of one model crowd out none of the other's."""
    rare = VideoRequest("a quiet lake", model="rare", size=None, seconds="4")
    await database.write(
        put,
        a_job(State.DELIVERED, submitted_at=100.0, completed_at=140.0, request=rare),
        *(a_job(State.DELIVERED, submitted_at=200.0 + at, completed_at=260.0 + at) for at in range(100)),
    )
    found = await database.read(renders.find_latest_renders, 5)
    kind = RenderClass("gpt-4o-video", "1280x720", "8")
    assert found == [Rendered(RenderClass("rare", None, "4"), 40.0), *[Rendered(kind, 60.0)] * 5]


async def test_the_latest_of_a_class(database: Database) -> None:
    """Newest first, at that provider alone, with what was shown as usual; what tells nothing is left out."""
    unset = VideoRequest("a quiet lake")
    await database.write(
        put,
        rendered(60.0, usual_low_seconds=50, usual_high_seconds=70),
        rendered(80.0, at=100.0),
        rendered(1.0, at=200.0, provider="https://other.test/v1"),
        rendered(2.0, request=unset),
        rendered(3.0, request=replace(unset, model="gpt-4o-video")),
        rendered(-5.0, at=300.0),
        a_job(State.RENDERING, submitted_at=1_000.0),
        a_job(State.DELIVERED, completed_at=1_000.0),
    )
    found = await database.read(renders.find_latest_of_class, PROVIDER, KIND)
    assert found == [PastRender(80.0), PastRender(60.0, UsualTime(50, 70))]
    nothing_chosen = RenderClass(None, None, None)
    assert await database.read(renders.find_latest_of_class, PROVIDER, nothing_chosen) == [PastRender(2.0)]


async def test_a_sent_job_keeps_what_was_usual_then(database: Database) -> None:
    """It is stored when the job is sent, so that every process shows the same; under ten renders nothing is."""
    first, second = a_job(), a_job()
    await database.write(put, first, second, *(rendered(100.0 + at, at) for at in range(9)))
    sent = await database.write(accepting.begin_submit, first, 5_000.0)
    assert sent is not None
    assert sent.usual is None
    await database.write(put, rendered(109.0, 9.0))
    sent = await database.write(accepting.begin_submit, second, 5_000.0)
    assert sent is not None
    assert sent.usual == UsualTime(100, 110)


async def test_what_was_usual_at_another_provider_is_not_shown(database: Database) -> None:
    """The settings were changed while the job waited: nothing is known of the new provider."""
    job = a_job()
    await database.write(put, job, *(rendered(100.0 + at, at) for at in range(20)))
    elsewhere = Attempt(job.id, 0, "https://other.test/v1", None, job.idempotency_key, 5_000.0, 5_000.0)
    sent = await database.write(accepting.begin_submit, job, 5_000.0, attempt=elsewhere)
    assert sent is not None
    assert sent.usual is None
