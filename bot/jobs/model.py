"""The bot's values: a job, its request, its origin. Frozen.

All `_at` fields are seconds since the epoch, UTC. Discord ids are ints.
"""

import secrets
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal, NewType

from bot.jobs.answers import ClosedRoute
from bot.jobs.denials import Denial
from bot.jobs.offered_models import FitMode, Frames, OptionValue
from bot.jobs.rungs import Rung, Why
from bot.jobs.states import State
from bot.jobs.usual_times import UsualTime

JobId = NewType("JobId", str)
UserId = NewType("UserId", int)
GuildId = NewType("GuildId", int)
ChannelId = NewType("ChannelId", int)
MessageId = NewType("MessageId", int)

PROMPT_MAX_CHARACTERS = 4000
REFERENCES_MAX = 4
# Discord's longest is es-419.
LOCALE_MAX_CHARACTERS = 16

# Crockford's base32: no I, L, O or U, so that an id can be read aloud and typed again.
_ID_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ID_LENGTH = 8
_ID_LOOKALIKES = str.maketrans({"I": "1", "L": "1", "O": "0"})


def new_job_id() -> JobId:
    """A fresh short id: eight random letters of Crockford base32 (40 bits)."""
    return JobId("".join(secrets.choice(_ID_ALPHABET) for _ in range(_ID_LENGTH)))


def parse_job_id(text: str) -> JobId | None:
    """The short id in a person's input, in any case and with look-alike letters; None if it can't be one."""
    candidate = text.strip().upper().translate(_ID_LOOKALIKES)
    if len(candidate) == _ID_LENGTH and all(letter in _ID_ALPHABET for letter in candidate):
        return JobId(candidate)
    return None


def video_name_of(job_id: JobId) -> str:
    """The file name under which the job's video is kept."""
    return f"video-{job_id}.mp4"


def fitted_name_of(job_id: JobId) -> str:
    """The file name of what ffmpeg made of it."""
    return f"fitted-{job_id}.mp4"


class Cause(StrEnum):
    """Why a job ended, or why it waits."""

    CONTENT = "content"
    INPUT = "input"
    CREDIT = "credit"
    RATE = "rate"
    PROVIDER = "provider"
    LATE = "late"
    LOST = "lost"
    PERMISSION = "permission"
    SIZE = "size"
    LENGTH = "length"
    MODEL = "model"
    SOURCE_GONE = "source gone"
    UNSUPPORTED = "unsupported"
    KEY = "key"
    EXPIRED = "expired"
    PLACE = "place"
    RESTORED = "restored"
    STOPPED = "stopped"


# Not shown in public.
PRIVATE_CAUSES = frozenset({Cause.CONTENT, Cause.INPUT})


class Charged(StrEnum):
    """Whether a job was charged: *no* is certain, *yes* is certain, anything else is unknown."""

    NO = "no"
    YES = "yes"
    UNKNOWN = "unknown"


class Via(StrEnum):
    """How a job was requested."""

    COMMAND = "command"
    FORM = "form"
    REPLY = "reply"
    BUTTON = "button"
    BATCH = "batch"


@dataclass(frozen=True, slots=True)
class Reference:
    """A picture kept in the data folder under our own name: `<sha256>.<suffix>`.

    `of_video`: it is the first frame of a video that was attached.
    """

    sha256: str
    suffix: str
    size_bytes: int
    of_video: bool = False

    @property
    def file_name(self) -> str:
        """Its name inside the references folder."""
        return f"{self.sha256}.{self.suffix}"

    @property
    def content_type(self) -> str:
        """The media type, from its first bytes."""
        return {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}[self.suffix]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a person attached, not fetched yet; all fields except the URL are Discord's claims.

    The size is None where Discord claims none, as for the picture of an embed.
    """

    url: str
    file_name: str
    size_bytes: int | None


@dataclass(frozen=True, slots=True)
class VideoRequest:
    """A person's request. An unset field (None) is left out, so the provider's default holds.

    `options` are names and values of the model's further options, sorted by name; one that is left out has its default.
    The messages of a `private` one go to its requester's DM; it counts in the server where it was made.
    With `frames` its pictures are the first and the last frame of the video, in this order.
    `fit` is how its pictures are fitted to its size, where that isn't as the provider's setting has it.
    """

    prompt: str
    model: str | None = None
    size: str | None = None
    seconds: str | None = None
    references: tuple[Reference, ...] = ()
    parent_id: JobId | None = None
    private: bool = False
    options: tuple[tuple[str, OptionValue], ...] = ()
    frames: Frames | None = None
    fit: FitMode | None = None


# In the place of a last frame that isn't drawn yet: as a picture it counts.
UNDRAWN = Reference("0" * 64, "jpg", 0)


def as_new_video(request: VideoRequest, frame: Reference | None = None) -> VideoRequest:
    """The request as a video of its own that begins with the parent's last frame, as its first picture."""
    return replace(request, parent_id=None, references=(frame or UNDRAWN, *request.references))


@dataclass(frozen=True, slots=True)
class Place:
    """A channel or thread of a server, or a DM (then `guild_id` is None)."""

    channel_id: ChannelId
    guild_id: GuildId | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Who requested a job, where, and by which action. `id` names the action: one action makes at most one job.

    `thread_of` is the channel above the place, if that is a public thread. `place` is where the job counts, also if it
    is private: then its messages go to `dm_channel_id`, and `reply_to` is there. The jobs of a batch have one action;
    `ordinal` counts them from 0.
    """

    id: str
    via: Via
    user_id: UserId
    place: Place
    locale: str = "en"
    reply_to: MessageId | None = None
    history_after: MessageId | None = None
    grace_seconds: float = 0.0
    retry_of: JobId | None = None
    thread_of: ChannelId | None = None
    dm_channel_id: ChannelId | None = None
    ordinal: int = 0

    @property
    def posts_in(self) -> Place:
        """Where the job's messages are posted."""
        return self.place if self.dm_channel_id is None else Place(self.dm_channel_id)

    def place_of(self, channel_id: ChannelId) -> Place:
        """The place of a message of its job: its own, the channel above it, or else the requester's DM."""
        in_server = channel_id in (self.place.channel_id, self.thread_of)
        return Place(channel_id, self.place.guild_id if in_server else None)


@dataclass(frozen=True, slots=True)
class Job:
    """One render, paid or still to be paid, as the store holds it."""

    id: JobId
    state: State
    request: VideoRequest
    origin: Origin
    provider: str
    idempotency_key: str
    accepted_at: float
    remote_id: str | None = None
    cause: Cause | None = None
    about: Literal["prompt", "picture"] | None = None
    field: str | None = None
    provider_code: str | None = None
    charged: Charged = Charged.NO
    cost_micros: int | None = None
    # The estimate of when it was accepted, and the currency of both.
    price_micros: int | None = None
    currency: str | None = None
    # Names and values of settings, as the provider reported them or the file has them (`settings_made`).
    reported: tuple[tuple[str, str], ...] = ()
    withheld: bool = False
    progress: int | None = None
    usual_low_seconds: int | None = None
    usual_high_seconds: int | None = None
    clean_refusals: int = 0
    fetch_tries: int = 0
    not_before: float = 0.0
    waiting_for: Cause | None = None
    # The providers that gave it a definite no.
    closed_routes: tuple[ClosedRoute, ...] = ()
    attempts: int = 0
    # Why its video is made as a new one from the parent's last frame, and not by a remix of the provider; that frame,
    # once it is drawn; and the prompt that says all of it, as it was sent.
    fallback: Cause | None = None
    frame: Reference | None = None
    sent_prompt: str | None = None
    submitted_at: float | None = None
    completed_at: float | None = None
    ended_at: float | None = None
    late_at: float | None = None
    removed_at: float | None = None
    removed_by: UserId | None = None
    revived_at: float | None = None
    answered_at: float | None = None
    # Since when the provider is to stop it, None once that is over; and when it was asked to, which is done once.
    stop_asked_at: float | None = None
    stop_sent_at: float | None = None
    video_sha256: str | None = None
    video_bytes: int | None = None
    # The last rung that ffmpeg began, the file that it finished, and as what the video was posted.
    fit_step: Rung | None = None
    fitted_sha256: str | None = None
    fitted_bytes: int | None = None
    posted_as: Rung | None = None
    fence: int = 0
    # The process that takes its next steps; None while it waits for one, and after its end.
    owner: str | None = None

    @property
    def is_remix(self) -> bool:
        """Whether its provider makes it from its own video: the parent."""
        return self.request.parent_id is not None and self.fallback is None

    @property
    def pictures(self) -> tuple[Reference, ...]:
        """The pictures as they are sent: a last frame is the first of them."""
        return self.request.references if self.frame is None else (self.frame, *self.request.references)

    @property
    def usual(self) -> UsualTime | None:
        """How long most such renders take, as it was known when the job was sent."""
        if self.usual_low_seconds is None or self.usual_high_seconds is None:
            return None
        return UsualTime(self.usual_low_seconds, self.usual_high_seconds)

    @property
    def video_name(self) -> str:
        """The file name under which the video is kept and posted, made from our own id only."""
        return video_name_of(self.id)

    @property
    def fitted_name(self) -> str:
        """The file name under which what ffmpeg made of it is kept."""
        return fitted_name_of(self.id)


class PostKind(StrEnum):
    """The kinds of messages of a job. Each is posted once. A batch has one card, which is its first job's."""

    CARD = "card"
    BATCH = "batch"
    VIDEO = "video"
    FAILURE = "fail"
    LATE = "late"
    SLOW = "slow"
    UNSURE = "unsure"


class PostState(StrEnum):
    """The state of a message: to send; being sent (outcome unknown until confirmed); sent; not sendable; removed."""

    DUE = "due"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Post:
    """One message of a job, posted or due. `number` counts repeats that a person requested (*Post it*)."""

    job_id: JobId
    kind: PostKind
    number: int
    state: PostState
    channel_id: ChannelId
    message_id: MessageId | None = None
    tries: int = 0
    attempted_at: float | None = None
    attempted_after: MessageId | None = None
    not_before: float = 0.0
    # Why its file was refused in this channel, other than for its size; and why the message left its channel.
    file_denial: Denial | None = None
    moved_for: Why | None = None

    @property
    def nonce(self) -> str:
        """The nonce by which Discord deduplicates a retry; at most 25 characters (docs/facts/discord.md)."""
        return f"{self.job_id}-{self.kind}-{self.number}"
