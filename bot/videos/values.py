"""The arguments and results of the provider's client: frozen values."""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Literal

from bot.jobs.model import Cause
from bot.jobs.offered_models import OptionValue, Role

About = Literal["prompt", "picture"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The server and the key."""

    base_url: str
    api_key: str = field(repr=False)

    @property
    def account(self) -> str:
        """A name for this address with this key, which doesn't give the key away."""
        return hashlib.sha256(f"{self.base_url}\n{self.api_key}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class ReferenceFile:
    """A picture on disk, sent byte for byte under a plain name of our own (`reference-1.png`).

    `role`: a reference, or the first or last frame of the video.
    """

    path: Path
    content_type: str
    role: Role = "reference"


@dataclass(frozen=True, slots=True)
class Order:
    """One paid request. A field that is None is left out, so that the provider's default holds.

    `options` are the provider's own names for further settings, and their values, sent as they are.
    """

    prompt: str
    idempotency_key: str
    model: str | None = None
    size: str | None = None
    seconds: str | None = None
    references: tuple[ReferenceFile, ...] = ()
    options: tuple[tuple[str, OptionValue], ...] = ()
    # Not sent after that time of the monotonic clock: the process was stopped, and others may have taken over.
    send_before: float | None = None


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long the provider may take, in seconds of the machine (docs/facts/provider.md, "Time")."""

    connect_seconds: float = 10.0
    submit_silence_seconds: float = 120.0
    submit_total_seconds: float = 150.0
    submit_with_files_total_seconds: float = 300.0
    poll_silence_seconds: float = 30.0
    poll_total_seconds: float = 45.0
    chat_total_seconds: float = 20.0


class RemoteState(StrEnum):
    """The state of a video at the provider. An unknown word means RUNNING."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RemoteError:
    """Why a render failed: the cause for people, and the provider's own words (escaped, for the log only)."""

    cause: Cause
    about: About | None = None
    code: str | None = None
    detail: str = ""
    field: str | None = None


@dataclass(frozen=True, slots=True)
class RemoteVideo:
    """A video as the provider describes it. `url` is absolute (or a `data:` URL); None means the content endpoint."""

    id: str
    state: RemoteState
    raw_status: str | None = None
    progress: int | None = None
    url: str | None = None
    error: RemoteError | None = None
    poll_again_seconds: float | None = None
    created_at: float | None = None
    expires_at: float | None = None
    cancelled: bool = False
    """Whether a failed video is one that was stopped on request, as far as the provider says so."""
    held_back: bool = False
    """Whether the content rules keep the finished video back, as far as the provider says so."""
    cost_micros: int | None = None
    reported: tuple[tuple[str, str], ...] = ()
    """The settings that it has according to the provider."""
    prompt: str | None = None
    idempotency_key: str | None = None


class CancelOutcome(StrEnum):
    """The meaning of the response to a request to stop a render.

    TAKEN: accepted, so a later poll shows what became of it. GONE: the provider doesn't have the video. REFUSED: surely
    not carried out. UNCLEAR: anything may have happened.
    """

    TAKEN = "taken"
    GONE = "gone"
    REFUSED = "refused"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class CancelResult:
    """The outcome, the HTTP status (None if none arrived), and the provider's own words, escaped, for the log only."""

    outcome: CancelOutcome
    status: int | None = None
    detail: str = ""
