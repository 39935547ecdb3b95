"""The scene of the end-to-end tests: the real bot process between a local Discord and a local Videos API.

Most tests of a file share one bot; each has a channel and people of its own, so they don't meet. Tests that kill or
restart the bot set a stage of their own (`a_stage`).
"""

import io
import os
from collections.abc import Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from bot.videos.provider_setup import Abilities
from sandbox.chat import Channel, Chat, File, Guild, Message, Person
from sandbox.providers import StudioPlan
from sandbox.stage import Stage
from sandbox.studio import Dials, Fault, ModelCard, Studio
from tests.databases import build_file, database_settings
from tests.e2e.messages import is_card

# A machine without the program, and without the extra that brings it.
NO_FFMPEG = {"PATH": "", "IMAGEIO_FFMPEG_EXE": "/nowhere/ffmpeg"}
WITH_FFMPEG = {"PATH": os.environ.get("PATH", ""), "IMAGEIO_FFMPEG_EXE": ""}

# Everything as in life, only quicker; time that a test lets pass is passed by `stage.jump`. A run of ffmpeg costs more
# than all else that a bot does for a video: it is for the tests about it. So are
# fitted pictures: elsewhere pictures are compared byte for byte.
QUICK = NO_FFMPEG | {
    "POLL_MIN_SECONDS": "0.1",
    "POLL_MAX_SECONDS": "0.3",
    "REPLY_REMIX": "on",
    "REPLY_GRACE_SECONDS": "0.2",
    "MAX_ACTIVE_JOBS_PER_USER": "10",
    "MAX_JOBS_PER_USER_PER_DAY": "0",
    "MAX_SUBMITS_PER_MINUTE": "600",
    "VIDEOS_REFERENCE_FIT": "off",
}


RENDER_SECONDS = 0.1
# How fast the clock of a stage runs: most of a test's time is the pause of three seconds between two edits of a card.
SPEED = 4.0
OPENROUTER_MODEL = "vendor/clip-1"


def quick_dials(**turned: object) -> Dials:
    """A Videos API that renders in a moment and draws one small picture for all videos of the same size."""
    few = {"render_seconds": RENDER_SECONDS, "frames_per_second": 2, "default_size": "320x180", "alike": True}
    return Dials(**(few | turned))


def picture(colour: str = "tomato", size: tuple[int, int] = (64, 48), name: str = "cat.png") -> File:
    """A small PNG as a person would attach it."""
    data = io.BytesIO()
    Image.new("RGB", size, colour).save(data, "PNG")
    return File(name, data.getvalue(), content_type="image/png")


def has_video(message: Message) -> bool:
    """Whether a video is attached to the message; a long prompt is attached as a text."""
    return any(one.file_name.endswith(".mp4") for one in message.attachments)


@asynccontextmanager
async def a_stage(
    folder: Path,
    *,
    settings: dict[str, str] | None = None,
    start: bool = True,
    providers: Mapping[str, StudioPlan] | None = None,
    **turned: object,
):
    """A stage of its own, with the bot started; afterwards nothing may have asked for what the local Discord lacks.

    `turned` are dials of the one provider that there is without `providers`.
    """
    with database_settings() as on:
        chosen, dials = QUICK | on | (settings or {}), quick_dials(**turned)
        async with Stage(folder, speed=SPEED, settings=chosen, dials=dials, providers=providers) as stage:
            if start:
                if not on:
                    # Migrations take a third of a first start; with `start=False` the bot runs them.
                    stage.bot.data_dir.mkdir(parents=True, mode=0o700)
                    build_file(stage.bot.data_dir / "bot.db")
                await stage.start_bot()
            try:
                yield stage
            except BaseException:
                print(stage.bot.log())  # noqa: T201  # pytest shows it with the failure
                raise
            assert stage.chat.unknown_routes == []


def first_plan(**turned: object) -> StudioPlan:
    """A provider like that of most tests, with a list."""
    dials = quick_dials(**({"list_endpoint": True} | turned))
    return StudioPlan("openai", dials, Abilities(remix=True, list=True))


NO_MODEL = Fault.status(404, json={"error": {"message": "The model does not exist.", "code": "model_not_found"}})


def openrouter_plan(**turned: object) -> StudioPlan:
    """A provider that speaks OpenRouter's dialect and is as quick."""
    card = ModelCard(sizes=("320x180", "640x360"), durations=(4, 8), per_second="0.05")
    return StudioPlan(
        "openrouter", quick_dials(**({"models": (OPENROUTER_MODEL,), "cards": {OPENROUTER_MODEL: card}} | turned))
    )


@dataclass(frozen=True)
class Scene:
    """One test's corner of the shared world: a server with a channel, and Ada, a member without special rights."""

    stage: Stage
    guild: Guild
    channel: Channel
    ada: Person

    @property
    def chat(self) -> Chat:
        return self.stage.chat

    @property
    def studio(self) -> Studio:
        return self.stage.studio

    def join(self, name: str, **rights: object) -> Person:
        """Somebody else in the same server."""
        person = self.chat.add_person(name)
        self.guild.join(person, **rights)
        return person

    async def video(
        self, channel: Channel | None = None, *, after: Message | None = None, seconds: float = 20
    ) -> Message:
        """Wait for the next finished video in the channel (later than `after`)."""
        least = after.id if after else 0
        return await self.chat.wait_message(
            channel or self.channel,
            lambda m: has_video(m) and m.author.bot and m.id > least,
            timeout_seconds=seconds,
        )

    async def make(self, prompt: str = "A red fox in snow", *, by: Person | None = None, **options: object) -> Message:
        """Make a video with /video and wait until it is posted, and stored as posted.

        The card is deleted after that: a person would not be as quick as a test.
        """
        newest = max(self.channel.all_messages, default=0)
        await (by or self.ada).slash(self.channel, "video", prompt=prompt, **options)
        video = await self.chat.wait_message(
            self.channel, lambda m: has_video(m) and m.author.bot and m.id > newest, timeout_seconds=20
        )
        await self.chat.wait_for(lambda: all(not is_card(m) for m in self.channel.messages if m.id > newest))
        return video
