"""Jobs in a state with a message and a button in the channel; each setup returns the job as it is then."""

from collections.abc import Awaitable, Callable

from bot.chat.custom_ids import Action
from bot.jobs.model import Cause, Job, PostKind
from bot.jobs.states import Event, State
from bot.jobs.store import moving
from tests.simcord.pictures import png
from tests.simcord.world import SimWorld, press

JobSetup = Callable[[SimWorld], Awaitable[Job]]


async def queued(world: SimWorld) -> Job:
    """Its card offers Cancel."""
    return await world.asked()


async def rendering(world: SimWorld) -> Job:
    """Its card offers *Don't post*."""
    return await world.rendering(await world.asked())


async def late(world: SimWorld) -> Job:
    """A notice says that it takes long, and offers *Don't post*."""
    job = await rendering(world)
    await world.write(moving.note_late, job, PostKind.LATE, late_at=world.clock.now())
    await world.settle()
    return await world.job(job)


async def slow(world: SimWorld) -> Job:
    """A notice says that the video is not handed over, and offers *Don't post*."""
    job = await world.move(await rendering(world), Event.COMPLETE, completed_at=world.clock.now())
    await world.write(moving.note_late, job, PostKind.SLOW, fetch_tries=5)
    await world.settle()
    return await world.job(job)


async def delivered(world: SimWorld) -> Job:
    """Its video offers Remix, Again and Delete."""
    return await world.delivered()


async def failed(world: SimWorld) -> Job:
    """A notice says that the render failed, and offers Retry."""
    return await world.move(await rendering(world), Event.RENDER_FAILED, cause=Cause.PROVIDER)


async def refused(world: SimWorld, about: str | None = "prompt") -> Job:
    """A notice says that nothing was made; *Why?* says that the prompt was refused for its content."""
    job = await world.asked("a red fox, badly", reference=("fox.png", png()))
    return await world.move(job, Event.SUBMIT, Event.REFUSE, cause=Cause.CONTENT, about=about)


async def undeliverable(world: SimWorld) -> Job:
    """Discord refused the video, in its channel and as a DM; a notice says so and offers **Post it**."""
    job = await rendering(world)
    world.env.inject_error("POST", "/users/@me/channels", status=403, code=50007, message="Cannot send messages")
    path = f"/channels/{job.origin.place.channel_id}/messages"
    world.env.inject_error("POST", path, status=403, code=50013, message="Missing Permissions")
    job = await world.fetched(job)
    assert job.state is State.UNDELIVERABLE
    return job


async def uncertain(world: SimWorld) -> Job:
    """A notice about an unknown outcome, with **Request again** and **Dismiss**."""
    return await world.move(await world.asked(), Event.SUBMIT, Event.DOUBT)


async def withheld(world: SimWorld) -> Job:
    """The requester did not want it posted; it was made and kept all the same."""
    job = await rendering(world)
    await press(world.ada, await world.shown(job, PostKind.CARD), Action.WITHHOLD)
    return await world.fetched(await world.job(job))
