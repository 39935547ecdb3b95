"""Real videos of many kinds, made once by the ffmpeg of the test requirements: small, and short."""

import functools
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from bot.media.ffmpeg import find_ffmpeg


class Kind(NamedTuple):
    """How a video is encoded, and what our reader should say of it."""

    name: str
    options: str
    codec: str
    pixel_format: str | None = "yuv420p"
    audio: str | None = None


_PLAIN = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p"
_HEVC = "-c:v libx265 -preset ultrafast -x265-params log-level=error"
KINDS = (
    Kind("plays.mp4", f"{_PLAIN} -movflags +faststart", "h264"),
    Kind("plays-with-sound.mp4", f"{_PLAIN} -movflags +faststart", "h264", audio="aac"),
    Kind("index-last.mp4", _PLAIN, "h264"),
    Kind("index-last-with-sound.mp4", _PLAIN, "h264", audio="aac"),
    Kind("fragments.mp4", f"{_PLAIN} -movflags frag_keyframe+empty_moov", "h264", audio="aac"),
    Kind("opus.mp4", f"{_PLAIN} -c:a libopus -movflags +faststart", "h264", audio="opus"),
    Kind("mp3.mp4", f"{_PLAIN} -c:a libmp3lame", "h264", audio="mp3"),
    Kind("444.mp4", "-c:v libx264 -preset ultrafast -pix_fmt yuv444p", "h264", "yuv444p"),
    Kind("422-10-bit.mp4", "-c:v libx264 -preset ultrafast -pix_fmt yuv422p10le", "h264", "yuv422p10le"),
    Kind("hevc.mp4", f"{_HEVC} -pix_fmt yuv420p -tag:v hvc1", "hevc", audio="aac"),
    Kind("hevc-10-bit.mp4", f"{_HEVC} -pix_fmt yuv420p10le", "hevc", "yuv420p10le"),
    Kind("av1.mp4", "-c:v libaom-av1 -cpu-used 8 -usage realtime -pix_fmt yuv420p", "av1"),
    Kind("av1-10-bit.webm", "-c:v libaom-av1 -cpu-used 8 -usage realtime -pix_fmt yuv420p10le", "av1", "yuv420p10le"),
    Kind("vp9.mp4", "-c:v libvpx-vp9 -deadline realtime -pix_fmt yuv420p", "vp9"),
    # WebM leaves VP9's pixel format to the stream.
    Kind("vp9.webm", "-c:v libvpx-vp9 -deadline realtime -pix_fmt yuv420p", "vp9", None, "opus"),
    Kind("vp8.webm", "-c:v libvpx -deadline realtime -pix_fmt yuv420p", "vp8", audio="opus"),
    Kind("h264.mov", _PLAIN, "h264", audio="aac"),
    Kind("mpeg4.mov", "-c:v mpeg4 -c:a pcm_s16le", "mpeg4", None, "unknown"),
    Kind("prores.mov", "-c:v prores", "prores", None),
    Kind("h264.mkv", _PLAIN, "h264", audio="vorbis"),
)
BY_NAME = {kind.name: kind for kind in KINDS}


def program() -> Path:
    """The ffmpeg that encodes them."""
    found = find_ffmpeg()
    assert found is not None
    return found


@functools.cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="encoded-videos-"))


@functools.cache
def encoded(name: str, *, size: str = "128x72", seconds: float = 1.0, rate: int = 25, noise: int = 0) -> bytes:
    """The bytes of a video of that kind. Noise, up to 100, makes a moving pattern hard to compress."""
    kind = BY_NAME[name]
    source = f"testsrc2=s={size}:d={seconds}:r={rate}"
    picture = f"{source},noise=alls={noise}:allf=t" if noise else source
    sound = ["-f", "lavfi", "-i", f"sine=d={seconds}"] if kind.audio else []
    folder = Path(tempfile.mkdtemp(dir=_folder()))
    out = folder / name
    command = [
        program(), "-v", "error", "-nostdin", "-f", "lavfi", "-i", picture, *sound,
        "-threads", "1", *kind.options.split(), out,
    ]  # fmt: skip
    try:
        subprocess.run(command, check=True, timeout=120, stderr=subprocess.PIPE)
        return out.read_bytes()
    finally:
        shutil.rmtree(folder)
