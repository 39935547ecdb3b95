"""The arguments that ffmpeg is given, and how long it may take; pure functions.

Why each is there: docs/facts/media.md, "ffmpeg" and "Encoding".
"""

from collections.abc import Sequence
from pathlib import Path

from bot.media.container_facts import Container, ContainerKind
from bot.media.encode_plan import USUAL_FRAME_RATE, Rates

_THREADS = "2"
_PRESET, _BEST_QUALITY = "fast", "20"
# Twenty times slower than a slow machine: so many pixels a second are read and written, so many bytes copied.
_PIXELS_PER_SECOND, _COPIED_BYTES_PER_SECOND = 8_000_000, 1_000_000
_SECONDS_MIN, _SECONDS_MAX = 60.0, 900.0
_DEMUXERS: dict[ContainerKind, str] = {"mp4": "mov", "mov": "mov", "webm": "matroska", "mkv": "matroska"}
_DECODERS = (
    "h264,hevc,av1,libdav1d,libaom-av1,vp8,vp9,libvpx,libvpx-vp9,mpeg4,mjpeg,prores,h263,"
    "aac,mp3float,mp3,opus,libopus,vorbis,libvorbis,ac3,eac3,flac,alac,"
    "pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_f32le"
)
_STREAMS = ("-map", "0:V:0", "-map", "0:a:0?", "-map_metadata", "-1", "-map_chapters", "-1")
_INDEX_FIRST = ("-movflags", "+faststart", "-f", "mp4")


def reading(
    program: Path, source: Path, kind: ContainerKind, *, level: str = "error", last_seconds: float | None = None
) -> list[str]:
    """The command up to its input: one file of the kind that its bytes show, and nothing that it may point to.

    With `last_seconds` only so much of its end; the whole if it is shorter.
    """
    end = () if last_seconds is None else ("-sseof", f"-{last_seconds:g}")
    return [
        str(program), "-nostdin", "-hide_banner", "-v", level, "-filter_threads", "1", "-threads", _THREADS,
        "-protocol_whitelist", "file,pipe", "-codec_whitelist", _DECODERS,
        *end, "-f", _DEMUXERS[kind], "-i", f"file:{source.absolute()}",
    ]  # fmt: skip


def copying(source: Container) -> Sequence[str]:
    """Copy the pictures, and the sound if it is AAC, into an MP4 with its index in front."""
    sound = ("-c:a", "copy") if source.audio_codec == "aac" else _sound(128_000)
    return *_STREAMS, "-c:v", "copy", *sound, *_INDEX_FIRST


def encoding(how: Rates) -> Sequence[str]:
    """Encode as H.264: as good as needed, but at no time above the rate; the end is where the size is reached."""
    shape = f"scale={how.width}:{how.height}:flags=bicubic,format=yuv420p"
    rate = ("-maxrate", str(how.video_bits), "-bufsize", str(how.video_bits))
    video = ("-c:v", "libx264", "-preset", _PRESET, "-profile:v", "high", "-crf", _BEST_QUALITY, *rate)
    stop = ("-fs", str(how.stop_bytes))
    return *_STREAMS, "-vf", shape, *video, "-threads", _THREADS, *_sound(how.sound_bits), *stop, *_INDEX_FIRST


def drawing(width: int, height: int, quality: int = 4) -> Sequence[str]:
    """Draw the first frame as a JPEG of that size; 2 is the best quality."""
    shape = f"scale={width}:{height}:flags=area,format=yuvj420p"
    picture = ("-frames:v", "1", "-vf", shape, "-c:v", "mjpeg", "-q:v", str(quality))
    return "-map", "0:V:0", *picture, "-map_metadata", "-1", "-f", "image2", "-update", "1"


def drawing_last(width: int, height: int) -> Sequence[str]:
    """Draw every frame as a JPEG of that size over the one before it, so that the last one stays."""
    shape = f"scale={width}:{height}:flags=area,format=yuvj420p"
    picture = ("-vf", shape, "-fps_mode", "passthrough", "-c:v", "mjpeg", "-q:v", "2")
    return "-map", "0:V:0", *picture, "-map_metadata", "-1", "-f", "image2", "-update", "1"


def trying() -> Sequence[str]:
    """Encode one black picture with the encoder that `encoding` names, and throw it away. Says the version first."""
    picture = ("-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size", "64x64", "-i", "file:/dev/zero")
    video = ("-frames:v", "1", "-c:v", "libx264", "-preset", _PRESET, "-profile:v", "high", "-threads", _THREADS)
    return "-nostdin", "-v", "info", *picture, *video, "-f", "null", "-"


def _sound(bits: int) -> tuple[str, ...]:
    return "-c:a", "aac", "-b:a", str(bits or 48_000), "-ac", "2", "-ar", "48000"


def copying_seconds(size_bytes: int) -> float:
    """How long copying so many bytes may take."""
    return min(_SECONDS_MAX, _SECONDS_MIN + size_bytes / _COPIED_BYTES_PER_SECOND)


def encoding_seconds(source: Container, how: Rates) -> float:
    """How long encoding may take: by the pixels that are read and written."""
    frames = (source.duration_seconds or 0.0) * (source.frame_rate or USUAL_FRAME_RATE)
    pixels = frames * ((source.width or 0) * (source.height or 0) + how.width * how.height)
    return min(_SECONDS_MAX, _SECONDS_MIN + pixels / _PIXELS_PER_SECOND)
