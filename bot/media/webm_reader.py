"""Reads WebM and Matroska files: the elements before the first cluster that describe the tracks."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from bot.media.codec_headers import MATROSKA, pixel_format
from bot.media.container_facts import Container, ContainerKind

_ELEMENTS_MAX = 10_000
_VALUE_BYTES_MAX = 4096
_DEFAULT_TICK_NS = 1_000_000
_NS = 1_000_000_000
_HEADER, _DOC_TYPE = 0x1A45DFA3, 0x4282
_SEGMENT, _INFO, _TRACKS, _CUES, _CLUSTER = 0x18538067, 0x1549A966, 0x1654AE6B, 0x1C53BB6B, 0x1F43B675
_TICK, _DURATION = 0x2AD7B1, 0x4489
_TRACK, _WIDTH, _HEIGHT = 0xAE, 0xB0, 0xBA
_PICTURES, _SOUND = 1, 2
# The same records as in MP4; VP9 has another one here.
_SAME_RECORD = frozenset({"h264", "hevc", "av1", "vp8"})


class _Element(NamedTuple):
    id: int
    start: int
    end: int


@dataclass(slots=True)
class _Track:
    type: int = 0
    codec: str | None = None
    private: bytes = b""
    frame_ns: int = 0
    width: int | None = None
    height: int | None = None


class _Reader:
    """A file with the number of elements that may still be read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = _ELEMENTS_MAX

    def elements(self, start: int, end: int) -> Iterator[_Element]:
        """The elements between two offsets, up to the first that isn't one; the last may be cut off."""
        while start < end and self._left > 0:
            self._left -= 1
            self._file.seek(start)
            header = self._file.read(12)
            id_bytes = _width(header, 4)
            size_bytes = _width(header[id_bytes:], 8)
            content = id_bytes + size_bytes
            if not id_bytes or not size_bytes or len(header) < content or start + content > end:
                return
            size = int.from_bytes(header[id_bytes:content]) & (1 << 7 * size_bytes) - 1
            unknown = size == (1 << 7 * size_bytes) - 1
            stop = end if unknown else min(end, start + content + size)
            yield _Element(int.from_bytes(header[:id_bytes]), start + content, stop)
            start = stop

    def value(self, element: _Element) -> bytes:
        self._file.seek(element.start)
        return self._file.read(min(_VALUE_BYTES_MAX, element.end - element.start))

    def number(self, element: _Element) -> int:
        return int.from_bytes(self.value(element)[:8])


def _width(data: bytes, most: int) -> int:
    """How many bytes a number of variable length has; 0 if that is more than `most`, or there is none."""
    width = 9 - data[0].bit_length() if data else 0
    return width if width <= most else 0


def read_webm(file: BinaryIO, size_bytes: int) -> Container:
    """The container of a file that begins with an EBML header. Raises OSError, and nothing on foreign bytes."""
    reader = _Reader(file)
    kind: ContainerKind = "mkv"
    for element in reader.elements(0, size_bytes):
        if element.id == _HEADER:
            types = [reader.value(one) for one in reader.elements(element.start, element.end) if one.id == _DOC_TYPE]
            kind = "webm" if types and types[0].rstrip(b"\0") == b"webm" else "mkv"
        elif element.id == _SEGMENT:
            return _read_segment(reader, element, kind)
    return Container(kind)


def _read_segment(reader: _Reader, segment: _Element, kind: ContainerKind) -> Container:
    seconds, tracks, index_first = None, list[_Track](), False
    for element in reader.elements(segment.start, segment.end):
        if element.id == _INFO:
            seconds = _read_seconds(reader, element)
        elif element.id == _TRACKS:
            tracks = [
                _read_track(reader, one) for one in reader.elements(element.start, element.end) if one.id == _TRACK
            ]
        elif element.id == _CUES:
            index_first = True
        elif element.id == _CLUSTER:
            # The media data: what describes the tracks comes before it.
            break
    video = next((track for track in tracks if track.type == _PICTURES), _Track())
    audio = next((track for track in tracks if track.type == _SOUND), None)
    codec = video.codec
    return Container(
        kind,
        codec,
        pixel_format(codec, video.private) if codec in _SAME_RECORD else None,
        video.width,
        video.height,
        seconds,
        _NS / video.frame_ns if video.frame_ns else None,
        index_first,
        audio is not None,
        None if audio is None else audio.codec,
    )


def _read_seconds(reader: _Reader, info: _Element) -> float | None:
    tick_ns, ticks = _DEFAULT_TICK_NS, 0.0
    for element in reader.elements(info.start, info.end):
        if element.id == _TICK:
            tick_ns = reader.number(element)
        elif element.id == _DURATION:
            ticks = _real(reader.value(element))
    seconds = ticks * tick_ns / _NS
    return seconds if 0.0 < seconds < float("inf") else None


def _real(value: bytes) -> float:
    forms = {4: ">f", 8: ">d"}
    return float(struct.unpack(forms[len(value)], value)[0]) if len(value) in forms else 0.0


def _read_track(reader: _Reader, entry: _Element) -> _Track:
    track = _Track()
    for element in reader.elements(entry.start, entry.end):
        match element.id:
            case 0x83:  # TrackType
                track.type = reader.number(element)
            case 0x86:  # CodecID
                track.codec = MATROSKA.get(reader.value(element).rstrip(b"\0"))
            case 0x63A2:  # CodecPrivate
                track.private = reader.value(element)
            case 0x23E383:  # DefaultDuration
                track.frame_ns = reader.number(element)
            case 0xE0:  # Video
                _read_picture(reader, element, track)
            case _:
                pass
    return track


def _read_picture(reader: _Reader, video: _Element, track: _Track) -> None:
    for element in reader.elements(video.start, video.end):
        if element.id == _WIDTH:
            track.width = reader.number(element) or None
        elif element.id == _HEIGHT:
            track.height = reader.number(element) or None
