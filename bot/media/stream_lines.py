"""Reads the lines in which ffmpeg lists the streams of its input, for what our own reader left open."""

import re
from dataclasses import replace

from bot.media.container_facts import Container

# Its longest line has about 250 characters. A file's own words may be in it: the rest of a longer one is not read, as a
# pattern takes time by the square of what it is tried on.
_LINE_CHARACTERS = 500
_LENGTH = re.compile(r"\s*Duration: (\d{1,6}):(\d\d):(\d\d(?:\.\d+)?)")
_VIDEO = re.compile(r"\s*Stream #0:.*?: Video: (\w+)[^,]*, (\w+)(?:\([^)]*\))?, (\d{1,6})x(\d{1,6})(?!\d)(.*)")
_RATE = re.compile(r", (\d{1,6}(?:\.\d+)?)(k?) fps")
_AUDIO = re.compile(r"\s*Stream #0:.*?: Audio: (\w+)")
_TURNED = re.compile(r"displaymatrix: rotation of -?(?:90|270)(?:\.0+)? degrees")


def is_complete(container: Container) -> bool:
    """Whether everything is known that decides what to do with the video."""
    format_known = container.video_codec != "h264" or container.pixel_format is not None
    return bool(container.video_codec and format_known and container.width and container.duration_seconds)


def complete_from(container: Container, said: str) -> Container:
    """The container with what those lines say, where it had nothing."""
    lines = [line[:_LINE_CHARACTERS] for line in said.split("\n")]
    hours = _first(_LENGTH, lines)
    seconds = int(hours[1]) * 3600 + int(hours[2]) * 60 + float(hours[3]) if hours else None
    audio = _first(_AUDIO, lines)
    found = replace(
        container,
        duration_seconds=container.duration_seconds or seconds or None,
        has_audio=container.has_audio or audio is not None,
        audio_codec=container.audio_codec or (audio[1] if audio else None),
    )
    video = _first(_VIDEO, lines)
    if video is None:
        return found
    width, height = int(video[3]), int(video[4])
    if _TURNED.search(said):
        width, height = height, width
    rate = _RATE.search(video[5])
    return replace(
        found,
        video_codec=found.video_codec or video[1],
        # The same layout over the full range of values.
        pixel_format=found.pixel_format or video[2].replace("yuvj", "yuv"),
        width=found.width or width or None,
        height=found.height or height or None,
        frame_rate=found.frame_rate or (float(rate[1]) * (1000 if rate[2] else 1) if rate else None) or None,
    )


def _first(pattern: re.Pattern[str], lines: list[str]) -> re.Match[str] | None:
    return next((found for line in lines if (found := pattern.match(line))), None)
