"""The faults of working on a video with ffmpeg, as one tree.

    FfmpegFault
    ├── Missing     there is no ffmpeg, or it can't encode H.264
    ├── TimedOut    it was ended at its deadline
    ├── Crashed     it ended with an error or a signal, or made no whole video
    ├── Unreadable  it can't read the video
    ├── TooPoor     the video doesn't fit at that size in pixels, or only below the quality floor
    └── NoRoom      our own disk has too little space

`str(fault)` is one sentence fit for a person. `detail` is for the log only.
"""

import signal

_LINE_CHARACTERS = 300
# What ffmpeg and the system say, in lower case: docs/facts/media.md, "ffmpeg".
_NO_ROOM = ("no space left on device", "disk quota exceeded")
_TOO_LARGE = ("file too large",)
_NOT_STARTED = ("unknown encoder", "encoder not found", "not started:")
_UNREADABLE = (
    "invalid data found", "moov atom not found", "could not find codec parameters", "not on whitelist",
    "decoder not found", "no decoder", "does not contain any stream", "matches no streams", "invalid frame size",
    "picture size",
)  # fmt: skip


class FfmpegFault(Exception):  # noqa: N818 - the tree is named after what happened; "Error" would only pad every name
    """ffmpeg did not make what was wanted; nothing is left of it on the disk."""

    sentence = "The video could not be converted."

    def __init__(self, detail: str = "") -> None:
        super().__init__(self.sentence)
        self.detail = detail


class Missing(FfmpegFault):
    """There is no program, it can't be started, or it lacks the encoder."""

    sentence = "This bot has no ffmpeg."


class TimedOut(FfmpegFault):
    """It was ended at its deadline, or had used its CPU time."""

    sentence = "Converting the video took too long."


class Crashed(FfmpegFault):
    """It ended with an error or a signal, or what it made is no whole video."""


class Unreadable(FfmpegFault):
    """The file is no video, a broken one, or of a kind that isn't read."""

    sentence = "The video can't be read."


class TooPoor(FfmpegFault):
    """At that size in pixels the video would look bad, or it didn't fit: a smaller one may."""

    sentence = "The video doesn't fit at that resolution."


class NoRoom(FfmpegFault):
    """Our disk has too little space; a later try may find more."""

    sentence = "There is not enough free disk space to convert the video."


def fault_of(code: int, said: str) -> FfmpegFault | None:
    """The fault behind an exit code (negative for a signal) and the end of standard error; None for a success."""
    if code == 0:
        return None
    lower, lines = said.lower(), said.strip().splitlines()
    detail = f"ended with {code}: {lines[-1][-_LINE_CHARACTERS:]}" if lines else f"ended with {code}"
    if any(words in lower for words in _NO_ROOM):
        return NoRoom(detail)
    if code == -signal.SIGXFSZ or any(words in lower for words in _TOO_LARGE):
        return TooPoor(detail)
    if code == -signal.SIGXCPU:
        return TimedOut(detail)
    if code > 0 and any(words in lower for words in _NOT_STARTED):
        return Missing(detail)
    if code > 0 and any(words in lower for words in _UNREADABLE):
        return Unreadable(detail)
    return Crashed(detail)
