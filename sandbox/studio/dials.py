"""The behaviour of the local Videos API: every setting that a test or a person can change."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Self

ResultPlace = Literal["foreign_url", "same_origin_url", "relative_url", "content_only", "data_url"]
ProgressForm = Literal["none", "percent", "text"]
TimestampForm = Literal["created", "created_at", "milliseconds"]
CancelForm = Literal["none", "aborts", "aborts_slowly", "marks", "finished_only", "forgets"]
RemixForm = Literal["works", "no_path", "no_method", "source_lost"]
ErrorShape = Literal["object", "object_without_code", "string", "none"]


class Ending(StrEnum):
    """How a render continues once it was taken; or that it is not taken at all."""

    COMPLETED = "completed"
    FAILED = "failed"
    NEVER = "never"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one render: its ending, its error when it failed, and how long it takes (None = the dial)."""

    ending: Ending = Ending.COMPLETED
    error: dict[str, Any] | str | None = None
    render_seconds: float | None = None

    @classmethod
    def ok(cls, render_seconds: float | None = None) -> Self:
        """It completes."""
        return cls(Ending.COMPLETED, None, render_seconds)

    @classmethod
    def hang(cls) -> Self:
        """It stays in processing for ever."""
        return cls(Ending.NEVER)

    @classmethod
    def refuse(cls) -> Self:
        """It is never taken: the next create or remix is answered with 400 `content_policy_violation`."""
        return cls(Ending.REFUSED)

    @classmethod
    def fail(
        cls,
        shape: ErrorShape = "object",
        *,
        code: str | int = "moderation_blocked",
        message: str = "The render was blocked by our moderation system.",
        render_seconds: float | None = None,
    ) -> Self:
        """It fails, in one of the shapes of job errors (docs/facts/provider.md)."""
        errors: dict[ErrorShape, dict[str, Any] | str | None] = {
            "object": {"code": code, "message": message},
            "object_without_code": {"message": message},
            "string": message,
            "none": None,
        }
        return cls(Ending.FAILED, errors[shape], render_seconds)


@dataclass(frozen=True, slots=True)
class ModelCard:
    """The abilities of a model in the catalogue of the `openrouter` dialect: a request outside of them is refused."""

    sizes: tuple[str, ...] = ("1280x720", "720x1280", "1920x1080", "1080x1920")
    resolutions: tuple[str, ...] = ("720p", "1080p")
    aspect_ratios: tuple[str, ...] = ("16:9", "9:16", "1:1")
    durations: tuple[int, ...] = (4, 8, 12)
    frames: tuple[str, ...] = ("first_frame", "last_frame")
    audio: bool = True
    seed: bool = True
    per_second: str = "0.05"
    passthrough: tuple[str, ...] = ()


@dataclass(slots=True)
class Dials:
    """The current behaviour of the API. The defaults are those of the provider's page (docs/facts/provider.md).

    Settings of a render (its seconds, its outcome) are read when the render is taken; the rest at every response.
    """

    render_seconds: float = 2.0
    next_render: list[Outcome] = field(default_factory=list[Outcome])
    progress: ProgressForm = "none"
    result: ResultPlace = "foreign_url"
    public_files_url: str | None = None
    """Where foreign links lead once the file was handed over, as if its host could be reached by everybody."""
    timestamps: TimestampForm = "created"
    statuses: dict[str, str] = field(default_factory=dict[str, str])
    """Other words for the states `processing`, `completed`, `failed` and `cancelled` than those of the dialect."""
    content_endpoint: bool = True
    list_endpoint: bool = False
    cancel: CancelForm = "none"
    """What a DELETE does to a running render.

    `none`: 405. `aborts`: stops and removes it (vLLM-Omni). `aborts_slowly`: 409, and it is cancelled later (as there).
    `marks`: stops it, and it is `cancelled`. `finished_only`: 400 (OpenAI). `forgets`: it renders on (SGLang).
    """
    abort_seconds: float = 5.0
    remix: RemixForm = "works"
    """What a remix is answered in the `openai` dialect.

    `no_path`: 404, as a server without that path. `no_method`: 405. `source_lost`: 404, since finished videos that were
    handed over are known no longer; then they can't be polled or fetched either, in any dialect.
    """
    honour_idempotency: bool = False
    file_link_seconds: float = 3600.0
    request_max_bytes: int = 96 * 1024 * 1024
    match_reference_size: bool = False

    models: tuple[str, ...] = ("gpt-4o-video",)
    option_fields: tuple[str, ...] = ()
    """Further fields that the `openai` dialect takes, such as `seed`; others are refused."""
    cost_per_second: float | None = None
    """The reported cost, in dollars. None: nothing with `openai`, the price of the model's card with `openrouter`."""
    cards: dict[str, ModelCard] = field(default_factory=dict[str, ModelCard])
    """The cards of models that have another one than the usual."""
    default_size: str = "1280x720"
    default_seconds: str = "4"
    refused_word: str = "forbidden"
    """A prompt with this word is refused at create with 400 `content_policy_violation`."""
    better_words: str = ", in soft morning light, filmed from low above the ground in one slow shot."
    """What the chat model adds to a prompt."""
    failing_word: str = "doomed"
    """A prompt with this word is taken, and fails in the render."""

    frames_per_second: float = 2.0
    """Drawing costs grow with it; 2 is for tests, 12 and more is for people."""
    encoder_preset: str = "ultrafast"
    alike: bool = False
    """Draw one picture for all videos of the same size and length; their files still differ."""
    file: Path | None = None
    """Hand out this file instead of drawing a video."""
    megabytes: float | None = None
    """Pad videos with an empty box to this many MB (1,000,000 bytes), so that they are over an upload limit."""
