"""The scene of the tests in which Discord or the provider goes wrong, and what they count on it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from bot.chat.words import Key
from bot.jobs.model import ChannelId, GuildId, Job, Place, UserId
from bot.jobs.states import State
from sandbox.chat import Channel, Message
from sandbox.stage import Stage
from sandbox.studio.state import Submission
from tests.databases import Row, database_of, rows_of
from tests.e2e import inspection
from tests.e2e.messages import is_card, wait_card
from tests.e2e.scene import Scene, a_stage
from tests.figures import figure
from tests.unit.bot.jobs.samples import a_job, put
from tests.wording import says

SMALL = {"default_size": "160x90", "frames_per_second": 1}
MANY = {"MAX_ACTIVE_JOBS_PER_USER": "200", "MAX_RENDERING_JOBS": "200"}
FOR_EVER = 100_000
RENDER = 3_000.0  # long, and not yet late
_STEPS_PER_LOOK = 5


@asynccontextmanager
async def a_scene(
    folder: Path, settings: dict[str, str] | None = None, *, start: bool = True, **turned: object
) -> AsyncIterator[Scene]:
    """A bot of this test's own, and Ada in a channel."""
    async with a_stage(folder, settings=settings, start=start, **(SMALL | turned)) as stage:
        guild = stage.chat.add_guild("Night Shift")
        ada = stage.chat.add_person("Ada")
        guild.join(ada)
        yield Scene(stage, guild, guild.add_channel("videos"), ada)
        assert "Traceback" not in stage.bot.log()


async def at_the_provider(scene: Scene, prompts: list[str]) -> None:
    """Jobs of many people with these prompts, each paid for and rendering."""
    stage, now = scene.stage, scene.stage.clock.now()
    place = Place(ChannelId(scene.channel.id), GuildId(scene.guild.id))
    jobs: list[Job] = []
    for number, prompt in enumerate(prompts):
        render = scene.studio._state.take(Submission(prompt, "gpt-4o-video", "160x90", "4"))
        facts = {"provider": scene.studio.base_url, "remote_id": render.id, "submitted_at": now}
        person = UserId(scene.ada.id + number % 100)
        jobs.append(a_job(State.RENDERING, user_id=person, place=place, prompt=prompt, accepted_at=now, **facts))
    async with database_of(stage) as database:
        await database.write(put, *jobs)


async def passes(scene: Scene, so: Callable[[], object], *, step_seconds: float) -> None:
    """Let time pass until it is so; fails after minutes on end."""
    async with asyncio.timeout(figure(160, 560)):
        while not so():
            # Asking costs more than a step.
            for _ in range(_STEPS_PER_LOOK):
                scene.stage.jump(step_seconds)
                await asyncio.sleep(0.05)


async def rendering(scene: Scene, prompt: str, channel: Channel | None = None) -> Message:
    """Ask for a video that renders for long, and wait for its card to say so."""
    place = channel or scene.channel
    await scene.ada.slash(place, "video", prompt=prompt)
    await inspection.job(scene.stage, prompt, "rendering")
    return await wait_card(scene.chat, place, lambda m: prompt in m.text and says(m.text, Key.RENDERING))


def videos(scene: Scene, prompt: str) -> list[Message]:
    """Every message that ever showed that video, deleted ones included."""
    said = (post for post in scene.chat.posts if post.interaction is None and not is_card(post))
    return [post for post in said if "vb:video:" in str(post.history[0].components) and prompt in post.text]


def posts(stage: Stage, **wanted: object) -> list[Row]:
    """The bot's own rows of messages whose columns have these values."""
    return [
        row
        for row in rows_of(stage, "SELECT * FROM posts")
        if all(row[name] == value for name, value in wanted.items())
    ]


def requests(scene: Scene, kind: str) -> int:
    """How many requests of that kind the bot has made."""
    return sum(request.kind == kind for request in scene.chat.requests)
