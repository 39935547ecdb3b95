"""How a video is encoded to fit into a number of bytes: sizes in pixels and rates, as pure functions.

The figures: docs/facts/media.md, "Encoding".
"""

from dataclasses import dataclass
from math import ceil, isfinite

from bot.media.container_facts import Container
from bot.media.ffmpeg_faults import TooPoor, Unreadable

# Below it H.264 shows blocks in anything that moves.
QUALITY_FLOOR = 0.03
USUAL_FRAME_RATE = 30.0
_SIDE_MIN = 2
_SOUND_SHARE = 0.1
_SOUND_BITS_MIN, _SOUND_BITS_MAX = 48_000, 128_000
# Of the bytes before the index: what the container adds to each piece of media.
_MEDIA_SHARE = 0.98
# The encoder's buffer of one second is filled that far when the video begins.
_BUFFER_SECONDS = 0.9
_INDEX_BYTES, _INDEX_BYTES_PER_SAMPLE = 4096, 24
_SOUND_SAMPLES_PER_SECOND = 48_000 / 1024


@dataclass(frozen=True, slots=True)
class EncodePlan:
    """The result has at most `target_bytes`, and fits into `width` × `height`: it keeps its shape and never grows.

    Below `quality_floor`, in bits per pixel and frame, it isn't encoded.
    """

    target_bytes: int
    width: int
    height: int
    quality_floor: float = QUALITY_FLOOR


@dataclass(frozen=True, slots=True)
class Rates:
    """What the encoder is given: the size in pixels, bits per second, and the size at which it stops, in bytes."""

    width: int
    height: int
    video_bits: int
    sound_bits: int
    stop_bytes: int


def rates(source: Container, plan: EncodePlan) -> Rates:
    """How to encode the source by that plan. Raises `TooPoor`, and `Unreadable` for a source of unknown size or length.

    The rate is that of a constrained encode: its peak is bounded over each second, so that the sum is, too.
    """
    if not source.width or not source.height or not source.duration_seconds:
        raise Unreadable("size or length is unknown")
    width, height = within(source.width, source.height, plan.width, plan.height)
    seconds, frame_rate = source.duration_seconds, source.frame_rate or USUAL_FRAME_RATE
    samples = seconds * (frame_rate + (_SOUND_SAMPLES_PER_SECOND if source.has_audio else 0.0))
    stop_bytes = plan.target_bytes - _INDEX_BYTES - samples * _INDEX_BYTES_PER_SAMPLE
    media_bits = 8 * stop_bytes * _MEDIA_SHARE
    sound_bits = 0.0
    if source.has_audio:
        sound_bits = min(_SOUND_BITS_MAX, max(_SOUND_BITS_MIN, _SOUND_SHARE * media_bits / seconds))
    video_bits = (media_bits - sound_bits * seconds) / (seconds + _BUFFER_SECONDS)
    bits_per_pixel = video_bits / (width * height * frame_rate)
    if not isfinite(bits_per_pixel) or bits_per_pixel < plan.quality_floor or video_bits < 1.0:
        raise TooPoor(f"{bits_per_pixel:.4f} bits per pixel at {width}x{height}")
    return Rates(width, height, min(int(video_bits), 2**31 - 1), int(sound_bits), int(stop_bytes))


def within(width: int, height: int, most_width: int, most_height: int) -> tuple[int, int]:
    """The largest even size of that shape within bounds that also don't exceed it (yuv420p needs even sides)."""
    share = min(1.0, most_width / width, most_height / height)
    return max(_SIDE_MIN, int(width * share) // 2 * 2), max(_SIDE_MIN, int(height * share) // 2 * 2)


def smaller(width: int, height: int, short_side: int) -> tuple[int, int]:
    """Bounds for `EncodePlan`: the size of that shape whose shorter side has so many pixels, or as it is."""
    share = min(1.0, short_side / min(width, height))
    return ceil(width * share), ceil(height * share)
