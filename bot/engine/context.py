"""The dependencies and rules of every step of the engine, built once by `bot.app`."""

import math
from dataclasses import dataclass
from typing import Literal, Protocol

from bot.chat.courier import Courier
from bot.chat.members import Members
from bot.chat.words import Reader, Readers
from bot.engine.kill_switch import KillSwitch
from bot.engine.owner_alerts import OwnerAlerts
from bot.engine.signals import Signals
from bot.jobs.catalogue import Catalogue
from bot.jobs.database import Database
from bot.jobs.limits import Limits
from bot.jobs.model import Job, Origin, Place
from bot.jobs.pacing import Bounds
from bot.media.ffmpeg import Ffmpeg
from bot.media.first_frames import FirstFrames
from bot.media.fitted_pictures import FittedPictures
from bot.media.last_frames import LastFrames
from bot.media.references import ReferenceShelf
from bot.media.video_fetcher import VideoFetcher
from bot.ops.clock import Clock
from bot.videos.providers import Providers


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings of the engine, in seconds and counts."""

    limits: Limits
    poll_bounds: Bounds
    job_deadline_seconds: float
    job_give_up_seconds: float
    retention_seconds: float
    max_rendering_jobs: int
    reply_remix: Literal["auto", "on", "ask", "off"]
    reply_grace_seconds: float
    # The chat model that improves prompts, and how often a day for one person; 0 is no limit.
    prompt_model: str | None = None
    improvements_per_day: int = 20


@dataclass(frozen=True, slots=True)
class EngineContext:
    """Everything a step may use."""

    clock: Clock
    database: Database
    providers: Providers
    catalogue: Catalogue
    fetcher: VideoFetcher
    ffmpeg: Ffmpeg
    shelf: ReferenceShelf
    first_frames: FirstFrames
    last_frames: LastFrames
    fitted_pictures: FittedPictures
    courier: Courier
    members: Members
    readers: Readers
    rules: Rules
    signals: Signals
    owner_alerts: OwnerAlerts
    kill_switch: KillSwitch
    # The name of this process, under which it owns jobs.
    process: str

    def kept_since(self) -> float:
        """The files of unposted jobs that ended since then are kept; while the clock is in doubt, all are."""
        return -math.inf if self.signals.time_in_doubt else self.clock.now() - self.rules.retention_seconds


def can_stop(context: EngineContext, job: Job) -> bool:
    """Whether the job's provider stops a render that is running."""
    provider = context.providers.of(job.provider)
    return provider is not None and provider.abilities.cancel


class _Public(Protocol):
    """An action with a public answer, and the language of its place."""

    @property
    def locale(self) -> str: ...

    @property
    def place(self) -> Place: ...


def reader_of(context: EngineContext, act: _Public) -> Reader:
    """The reader of public messages about the action: everybody in that place, in the language stored with it."""
    place = act.posts_in if isinstance(act, Origin) else act.place
    return context.readers.of(act.locale, place.guild_id)
