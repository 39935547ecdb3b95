"""From pictures to a playable MP4: runs ffmpeg as a killable process."""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg
from PIL import Image

_BOX_HEADER_BYTES = 8


class EncodeError(Exception):
    """A video could not be made."""


def find_ffmpeg() -> str:
    """The ffmpeg of this machine, else the one of the sandbox's requirements; raises EncodeError."""
    found = shutil.which("ffmpeg")
    if found:
        return found
    try:
        return imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError as missing:
        raise EncodeError("No ffmpeg was found: install it, or the sandbox's requirements.") from missing


class Encoder:
    """Makes MP4 files (H.264, yuv420p, ready to stream); may be used from several threads, and closed from any."""

    def __init__(self, ffmpeg: str) -> None:
        self._ffmpeg = ffmpeg
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._closed = False

    def encode(self, frames: Iterator[Image.Image], count: int, seconds: float, preset: str, to: Path) -> Image.Image:
        """Write `count` pictures as a video of exactly `seconds` to a file, whole or not at all; returns the last.

        Blocks: call it from a thread. Raises EncodeError.
        """
        first = next(frames)
        partial = to.with_name(f"{to.stem}.{threading.get_ident()}.part.mp4")
        rate = Fraction(count) / Fraction(str(seconds))
        process = self._start(first.size, rate, preset, partial)
        try:
            last = _feed(process, first, frames)
            if process.returncode != 0:
                said = process.stderr.read().decode(errors="replace") if process.stderr else ""
                raise EncodeError(f"ffmpeg ended with {process.returncode}: {said.strip()[-500:]}")
            partial.replace(to)
        finally:
            self._end(process)
            partial.unlink(missing_ok=True)
        return last

    def _start(self, size: tuple[int, int], rate: Fraction, preset: str, to: Path) -> "subprocess.Popen[bytes]":
        source = f"-f rawvideo -pix_fmt rgb24 -s {size[0]}x{size[1]} -r {rate.numerator}/{rate.denominator} -i pipe:0"
        target = f"-c:v libx264 -preset {preset} -crf 24 -pix_fmt yuv420p -threads 1 -movflags +faststart"
        command = [self._ffmpeg, "-v", "error", "-nostdin", "-y", *source.split(), *target.split(), str(to)]
        with self._lock:
            if self._closed:
                raise EncodeError("The studio is closed.")
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
            )
            self._running.add(process)
        return process

    def _end(self, process: "subprocess.Popen[bytes]") -> None:
        with self._lock:
            self._running.discard(process)
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stderr:
            process.stderr.close()

    def close(self) -> None:
        """Kill running encoders; their callers get an EncodeError."""
        with self._lock:
            self._closed = True
            for process in self._running:
                process.kill()


def _feed(process: "subprocess.Popen[bytes]", first: Image.Image, rest: Iterator[Image.Image]) -> Image.Image:
    picture = first
    if process.stdin is None:
        raise EncodeError("ffmpeg has no input.")
    try:
        with process.stdin as pipe:
            pipe.write(picture.tobytes())
            for picture in rest:
                pipe.write(picture.tobytes())
    except BrokenPipeError as gone:
        process.wait()
        raise EncodeError(f"ffmpeg ended early with {process.returncode}.") from gone
    process.wait()
    return picture


def pad_to(source: Path, to: Path, size_bytes: int) -> None:
    """Copy an MP4 and append an empty `free` box, which players skip, so that it has exactly that many bytes.

    A size that leaves no room for the box leaves the video as it is.
    """
    missing = size_bytes - source.stat().st_size
    partial = to.with_suffix(".part")
    shutil.copyfile(source, partial)
    if missing >= _BOX_HEADER_BYTES:
        with partial.open("ab") as file:
            file.write(missing.to_bytes(4, "big") + b"free")
        os.truncate(partial, size_bytes)
    partial.replace(to)


def label(video: bytes, text: str) -> bytes:
    """The MP4 with that text in a `free` box at its end, which players skip."""
    content = text.encode()
    return video + (_BOX_HEADER_BYTES + len(content)).to_bytes(4, "big") + b"free" + content
