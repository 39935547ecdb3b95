"""Two presses at once on one job, in every order that the loop can give: never two jobs, never two payments."""

import asyncio
import random
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import pytest

from bot.engine.requests.intake import Ask
from bot.engine.requests.job_actions import JobActions
from bot.jobs.limits import Limits
from bot.jobs.model import Cause, ChannelId, GuildId, Job, Origin, Place, UserId, Via, VideoRequest
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.rights import Asker
from bot.jobs.states import Event, State
from bot.jobs.store import accepting
from tests.figures import figure
from tests.simcord.world import SimWorld

SEEDS = range(figure(3, 100))


class Racers:
    """Ada and a moderator, who act on one job at once."""

    def __init__(self, world: SimWorld, seed: int) -> None:
        self.world = world
        self.job_actions = JobActions(world.engine.context, world.engine.intake)
        self.dice = random.Random(seed)
        self.place = Place(ChannelId(world.channel.id), GuildId(world.guild.id))
        self.ada = Asker(UserId(world.ada.id), self.place)
        self.mia = Asker(UserId(world.mia.id), self.place, manages_messages=True)
        self._acts = 0

    def origin(self) -> Origin:
        """An act of Ada's own."""
        self._acts += 1
        return Origin(f"press-{self._acts}", Via.BUTTON, self.ada.user_id, self.place)

    async def at_once(self, *job_actions: Coroutine[Any, Any, Any]) -> list[Any]:
        """Do all of them at once, each some turns of the loop later than it might.

        A few turns change the order of first steps; while hundreds go by, the database answers, so all of an act may
        come before another.
        """
        most_turns = self.dice.choice((3, 300, 3_000))

        async def later(act: Coroutine[Any, Any, Any], turns: int) -> Any:
            for _ in range(turns):
                await asyncio.sleep(0)
            return await act

        return await asyncio.gather(*(later(act, self.dice.randrange(most_turns)) for act in job_actions))

    async def accepted(self, prompt: str) -> Job:
        """A job of Ada's that waits in the queue."""
        made = await self.world.engine.intake.accept(Ask(VideoRequest(prompt)), self.origin())
        assert isinstance(made, Job)
        return made


async def sees(_: object) -> bool:
    """Here everybody sees every channel."""
    return True


@pytest.fixture(params=SEEDS)
def racers(world: SimWorld, request: pytest.FixtureRequest) -> Racers:
    return Racers(world, request.param)


@pytest.mark.reliability
async def test_retry_pressed_by_two_at_once_makes_one_job(racers: Racers) -> None:
    """Requester and moderator press Retry in the same moment: one new job, and both responses name it."""
    job = await racers.accepted("a fox")
    failed = await racers.world.step(job, Event.EXPIRE, cause=Cause.LATE)
    presses = [
        racers.job_actions.retry(failed.id, asker, racers.origin(), sees)
        for asker in (racers.ada, racers.mia, racers.ada)
    ]
    made = await racers.at_once(*presses)
    assert len({one.id for one in made if isinstance(one, Job)}) == 1, made
    assert len(await racers.world.jobs()) == 2


@pytest.mark.reliability
async def test_the_last_place_is_given_once(racers: Racers) -> None:
    """With room for one more, a Retry, an Again, a command and a reply at once make one job between them."""
    context = racers.world.engine.context
    done = await racers.world.step(await racers.accepted("a fox"), Event.EXPIRE, cause=Cause.LATE)
    await racers.accepted("a whale")
    tight = replace(context.rules, limits=Limits(2, 0))
    object.__setattr__(context, "rules", tight)
    intake = racers.world.engine.intake
    made = await racers.at_once(
        racers.job_actions.retry(done.id, racers.ada, racers.origin(), sees),
        intake.repeat(done, racers.origin(), racers.ada, sees),
        intake.accept(Ask(VideoRequest("a bear")), racers.origin()),
        intake.accept(Ask(VideoRequest("a hare")), replace(racers.origin(), via=Via.REPLY)),
    )
    assert sum(isinstance(one, Job) for one in made) == 1, made
    assert [one.reason for one in made if isinstance(one, Refusal)] == [Reason.ACTIVE_LIMIT] * 3
    assert len(await racers.world.jobs()) == 3


@pytest.mark.reliability
async def test_post_it_by_two_at_once_posts_once_and_makes_nothing(racers: Racers) -> None:
    """Only one of them takes the kept video up again; no job is made and none is submitted."""
    job = await racers.world.taken(await racers.accepted("a fox"))
    job = await racers.world.step(job, Event.COMPLETE, completed_at=racers.world.clock.now())
    kept = await racers.world.step(job, Event.GIVE_UP, cause=Cause.PROVIDER)
    done = await racers.at_once(
        *(racers.job_actions.post_it(kept.id, asker) for asker in (racers.ada, racers.mia, racers.ada))
    )
    assert sum(isinstance(one, Job) for one in done) == 1, done
    assert [one.reason for one in done if isinstance(one, Refusal)] == [Reason.NOTHING_TO_SEND] * 2
    (only,) = await racers.world.jobs()
    assert only.state is State.FETCHING


@pytest.mark.reliability
async def test_cancel_and_submit_at_once_end_in_one_of_both(racers: Racers) -> None:
    """Either the job is cancelled and never marked as sent, or it is sent and will not be posted: never both."""
    job = await racers.accepted("a fox")
    context = racers.world.engine.context
    cancelled, marked = await racers.at_once(
        racers.job_actions.cancel(job.id, racers.ada),
        context.database.write(accepting.begin_submit, job, racers.world.clock.now()),
    )
    now = await racers.world.job(job)
    assert isinstance(cancelled, Job), cancelled
    if marked is None:
        assert (now.state, now.withheld, now.submitted_at) == (State.CANCELLED, False, None)
    else:
        assert (now.state, now.withheld) == (State.SUBMITTING, True)


@pytest.mark.reliability
async def test_two_submits_at_once_mark_one(racers: Racers) -> None:
    """However often a job is taken up at the same moment, one step alone may send it."""
    job = await racers.accepted("a fox")
    database, now = racers.world.engine.context.database, racers.world.clock.now()
    marked = await racers.at_once(*(database.write(accepting.begin_submit, job, now) for _ in range(4)))
    assert sum(one is not None for one in marked) == 1
