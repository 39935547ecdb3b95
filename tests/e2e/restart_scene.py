"""A bot of a test's own that is killed and started again, and what must be true of its messages and money then."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from sandbox.chat import Message
from tests.e2e.messages import ever_posted, of_kind, time_passes_until
from tests.e2e.scene import Scene, a_stage

SMALL = {"default_size": "160x90", "frames_per_second": 1}
NINE_MEGABYTES = 9.0
"""Under Discord's 10 MiB, and far more than what the sockets hold, so that a kill finds it on the way."""


@asynccontextmanager
async def a_scene(folder: Path, settings: dict[str, str] | None = None, **turned: object) -> AsyncIterator[Scene]:
    """A bot of this test's own, and Ada in a channel."""
    async with a_stage(folder, settings=settings, **(SMALL | turned)) as stage:
        guild = stage.chat.add_guild("Night Shift")
        ada = stage.chat.add_person("Ada")
        guild.join(ada)
        yield Scene(stage, guild, guild.add_channel("videos"), ada)
        assert "Traceback" not in stage.bot.log()
        assert not list(stage.bot.data_dir.rglob("*.part"))


async def kill(scene: Scene) -> None:
    """As a power cut would."""
    await scene.stage.bot.kill()
    await scene.chat.bot_gone()


def sent(scene: Scene, kind: str) -> int:
    """How many messages of that kind the bot ever posted, those included that are gone."""
    return len(ever_posted(scene.chat, scene.channel, kind))


def submissions(scene: Scene) -> int:
    """How many paid requests the provider has received, with any outcome."""
    return sum(request.operation in {"create", "remix"} for request in scene.studio.requests)


async def rests(scene: Scene, *, step_seconds: float = 1.0) -> None:
    """Return when no job runs any more and no card is left (it may let time pass)."""
    await time_passes_until(
        scene.stage,
        lambda: not any(not m.deleted for m in ever_posted(scene.chat, scene.channel, "card")),
        step_seconds=step_seconds,
    )


async def delivered_once(scene: Scene, prompt: str) -> Message:
    """Wait for the video of that prompt; it was paid for once, posted once, and nothing else was said."""

    def video() -> Message | None:
        return next((m for m in of_kind(scene.channel, "video") if prompt in m.text), None)

    # Less than the ten seconds in which a shared database has what was marked sent.
    found = await time_passes_until(scene.stage, video, step_seconds=4)
    await rests(scene)
    assert [m for m in ever_posted(scene.chat, scene.channel, "video") if prompt in m.text] == [found]
    assert len([m for m in ever_posted(scene.chat, scene.channel, "card") if prompt in m.text]) <= 1
    assert scene.studio.paid(prompt) == 1
    assert (sent(scene, "fail"), sent(scene, "unsure")) == (0, 0)
    return found


async def at_once(is_so: Callable[[], object]) -> None:
    """Return in the very turn of the loop in which it is so: the servers get no turn to go on."""
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110  # files and requests ring no bell, and the very turn counts
            await asyncio.sleep(0)  # one turn of the loop
