"""Codec and pixel format from the headers that a container keeps for its decoder; no picture is decoded.

The layouts: docs/facts/media.md, "Codecs".
"""

from collections.abc import Iterator
from itertools import chain

# The names that ffmpeg gives the codecs of MP4's sample entries and of Matroska's tracks.
MP4_VIDEO = {
    b"avc1": "h264", b"avc3": "h264", b"hvc1": "hevc", b"hev1": "hevc", b"dvh1": "hevc", b"dvhe": "hevc",
    b"av01": "av1", b"vp08": "vp8", b"vp09": "vp9", b"mp4v": "mpeg4", b"jpeg": "mjpeg", b"mjpa": "mjpeg",
    b"apch": "prores", b"apcn": "prores", b"apcs": "prores", b"apco": "prores", b"ap4h": "prores", b"s263": "h263",
}  # fmt: skip
MP4_AUDIO = {
    b"mp4a": "aac", b"Opus": "opus", b"ac-3": "ac3", b"ec-3": "eac3", b"alac": "alac", b"fLaC": "flac", b".mp3": "mp3",
}  # fmt: skip
MATROSKA = {
    b"V_MPEG4/ISO/AVC": "h264", b"V_MPEGH/ISO/HEVC": "hevc", b"V_AV1": "av1", b"V_VP8": "vp8", b"V_VP9": "vp9",
    b"V_MPEG4/ISO/ASP": "mpeg4", b"A_AAC": "aac", b"A_OPUS": "opus", b"A_VORBIS": "vorbis", b"A_AC3": "ac3",
    b"A_FLAC": "flac", b"A_MPEG/L3": "mp3",
}  # fmt: skip

_CHROMA = ("gray", "yuv420p", "yuv422p", "yuv444p")
# The H.264 profiles whose parameter sets name the chroma format; all others are 4:2:0 with eight bits.
_H264_HIGH = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244})
_EMULATION = b"\0\0\3"
_GOLOMB_ZEROS_MAX = 32


def pixel_format(codec: str, header: bytes) -> str | None:
    """The pixel format, by ffmpeg's name, in the codec's configuration record (`avcC`, `hvcC`, `av1C`, `vpcC`).

    None if the record is missing, broken or of a codec that has none. Never raises on foreign bytes.
    """
    try:
        match codec:
            case "h264":
                return _of_h264(header)
            case "hevc":
                return _named(header[16] & 3, 8 + (header[17] & 7))
            case "av1":
                return _of_av1(header[2])
            case "vp9":
                # Four bytes of version and flags, profile, level, then depth, chroma and range in one.
                return _named((1, 1, 2, 3)[header[6] >> 1 & 7], header[6] >> 4)
            case "vp8":
                return "yuv420p"
            case _:
                return None
    except (IndexError, StopIteration):
        return None


def _named(chroma: int, depth: int) -> str | None:
    if not 0 <= chroma < len(_CHROMA) or depth not in {8, 9, 10, 12, 14}:
        return None
    return _CHROMA[chroma] if depth == 8 else f"{_CHROMA[chroma]}{depth}le"


def _of_av1(flags: int) -> str | None:
    depth = 8 if not flags & 0x40 else 12 if flags & 0x20 else 10
    if flags & 0x10:
        return _named(0, depth)
    return _named({(1, 1): 1, (1, 0): 2, (0, 0): 3}.get((flags >> 3 & 1, flags >> 2 & 1), -1), depth)


def _of_h264(record: bytes) -> str | None:
    """From the first sequence parameter set of an `avcC`."""
    if not record[5] & 0x1F:
        return None
    length = int.from_bytes(record[6:8])
    parameters = record[8 : 8 + length]
    if parameters[0] & 0x1F != 7:
        return None
    if parameters[1] not in _H264_HIGH:
        return "yuv420p"
    bits = _bits(parameters[4:])
    _golomb(bits)  # the set's number
    chroma = _golomb(bits)
    if chroma == 3 and next(bits):
        return "gbrp"  # three colour planes that are coded one by one
    return _named(chroma, 8 + _golomb(bits))


def _bits(data: bytes) -> Iterator[int]:
    """The bits of a parameter set, without the bytes that only keep start codes out of it."""
    plain = data.replace(_EMULATION, b"\0\0")
    return chain.from_iterable(((byte >> shift) & 1 for shift in range(7, -1, -1)) for byte in plain)


def _golomb(bits: Iterator[int]) -> int:
    """The next Exp-Golomb number. Raises StopIteration at the end of the data, IndexError for a senseless one."""
    zeros = 0
    while not next(bits):
        zeros += 1
        if zeros > _GOLOMB_ZEROS_MAX:
            raise IndexError("No such number.")
    value = 1
    for _ in range(zeros):
        value = value << 1 | next(bits)
    return value - 1
