"""What is known of a video file: the value that the readers of MP4 and WebM make."""

from dataclasses import dataclass
from typing import Literal

ContainerKind = Literal["mp4", "mov", "webm", "mkv"]


@dataclass(frozen=True, slots=True)
class Container:
    """What the headers say. Codecs and pixel formats have ffmpeg's names; None is unknown or absent.

    Width and height are as shown, after a rotation. `index_first` is whether a player finds the whole index before the
    media data: never for an MP4 in fragments, whose index is in pieces.
    """

    kind: ContainerKind
    video_codec: str | None = None
    pixel_format: str | None = None
    width: int | None = None
    height: int | None = None
    duration_seconds: float | None = None
    frame_rate: float | None = None
    index_first: bool = False
    has_audio: bool = False
    audio_codec: str | None = None

    @property
    def is_copyable(self) -> bool:
        """Whether every client shows such pictures, so that at most the container has to change."""
        return self.video_codec == "h264" and self.pixel_format == "yuv420p"

    @property
    def plays_inline(self) -> bool:
        """Whether every client of Discord plays it inside of the message as it is (docs/facts/media.md)."""
        plain_sound = not self.has_audio or self.audio_codec == "aac"
        return self.kind == "mp4" and self.is_copyable and self.index_first and plain_sound
