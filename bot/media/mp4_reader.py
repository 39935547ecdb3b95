"""Reads MP4 and QuickTime files: the headers of their boxes, and the few boxes that describe the tracks."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

from bot.media.codec_headers import MP4_AUDIO, MP4_VIDEO, pixel_format
from bot.media.container_facts import Container, ContainerKind
from bot.media.sniffing import LONG_HEADER_BYTES, box_bytes

_BOXES_MAX = 20_000
_TRACKS_MAX = 64
_CONFIG_BYTES_MAX = 4096
_FIXED_BYTES = 128
_VISUAL_ENTRY_BYTES = 78
_SOUND_ENTRY_BYTES = (28, 44, 64)  # by the version that QuickTime gives it
_CONFIGS = frozenset({b"avcC", b"hvcC", b"av1C", b"vpcC"})
# Elsewhere these boxes are not followed, so that no file is nested deeper.
_WITHIN = {b"mdia": b"trak", b"minf": b"mdia", b"stbl": b"minf"}
_UNKNOWN_DURATIONS = frozenset({0, 2**32 - 1, 2**64 - 1})
# What a descriptor says is inside of `mp4v` and `mp4a`.
_OBJECTS = {0x20: "mpeg4", 0x21: "h264", 0x40: "aac", 0x66: "aac", 0x67: "aac", 0x68: "aac", 0x69: "mp3", 0x6B: "mp3"}


class _Box(NamedTuple):
    kind: bytes
    start: int
    end: int


@dataclass(slots=True)
class _Track:
    """What was found of one track; `handler` is its type."""

    handler: bytes = b""
    codec: str | None = None
    pixel_format: str | None = None
    width: int | None = None
    height: int | None = None
    rotated: bool = False
    seconds: float | None = None
    frames: int = 0


@dataclass(slots=True)
class _Reader:
    """A file with the number of boxes that may still be read, and what was found in it."""

    file: BinaryIO
    left: int = _BOXES_MAX
    tracks: list[_Track] = field(default_factory=list[_Track])
    seconds: float | None = None

    def boxes(self, start: int, end: int) -> Iterator[_Box]:
        """The boxes between two offsets, up to the first that doesn't fit."""
        while start < end and self.left > 0:
            self.left -= 1
            header = self.read(start, start + LONG_HEADER_BYTES)
            length = box_bytes(header, end - start)
            if length is None:
                return
            yield _Box(header[4:8], start + (LONG_HEADER_BYTES if header[:4] == b"\0\0\0\1" else 8), start + length)
            start += length

    def read(self, start: int, end: int, most: int = _FIXED_BYTES) -> bytes:
        self.file.seek(start)
        return self.file.read(min(most, end - start))


def read_mp4(file: BinaryIO, size_bytes: int) -> Container:
    """The container of a file that begins with `ftyp`. Raises OSError, and nothing on foreign bytes."""
    reader, order = _Reader(file), list[bytes]()
    kind: ContainerKind = "mp4"
    for box in reader.boxes(0, size_bytes):
        if box.kind == b"ftyp" and not order and reader.read(box.start, box.end)[:4] == b"qt  ":
            kind = "mov"
        if box.kind in {b"moov", b"mdat", b"moof"} and box.kind not in order:
            order.append(box.kind)
            if box.kind == b"moov":
                _read_movie(reader, box)
    video = _first(reader.tracks, b"vide")
    audio = _first(reader.tracks, b"soun")
    facts = Container(
        kind,
        index_first=order == [b"moov", b"mdat"],
        duration_seconds=reader.seconds,
        has_audio=audio is not None,
        audio_codec=None if audio is None else audio.codec,
    )
    return facts if video is None else _with_pictures(facts, video)


def _with_pictures(facts: Container, video: _Track) -> Container:
    width, height = (video.height, video.width) if video.rotated else (video.width, video.height)
    return Container(
        facts.kind,
        video.codec,
        video.pixel_format,
        width,
        height,
        facts.duration_seconds or video.seconds,
        video.frames / video.seconds if video.frames and video.seconds else None,
        facts.index_first,
        facts.has_audio,
        facts.audio_codec,
    )


def _first(tracks: list[_Track], handler: bytes) -> _Track | None:
    """The first track of that type whose codec is known, else the first of that type."""
    found = [track for track in tracks if track.handler == handler]
    return next((track for track in found if track.codec is not None), found[0] if found else None)


def _read_movie(reader: _Reader, movie: _Box) -> None:
    for box in reader.boxes(movie.start, movie.end):
        match box.kind:
            case b"mvhd":
                reader.seconds = _duration(reader.read(box.start, box.end))
            case b"trak" if len(reader.tracks) < _TRACKS_MAX:
                track = _Track()
                reader.tracks.append(track)
                _read_track(reader, box, track)
            case _:
                pass


def _read_track(reader: _Reader, within: _Box, track: _Track) -> None:
    for box in reader.boxes(within.start, within.end):
        match box.kind:
            case b"mdia" | b"minf" | b"stbl":
                if _WITHIN.get(box.kind) == within.kind:
                    _read_track(reader, box, track)
            case b"tkhd":
                body = reader.read(box.start, box.end)
                matrix = body[52:72] if body[:1] == b"\1" else body[40:60]
                track.rotated = matrix[:4] == matrix[16:20] == bytes(4) and any(matrix[4:8])
            case b"mdhd":
                track.seconds = _duration(reader.read(box.start, box.end))
            case b"hdlr":
                # QuickTime has a second one, of the data's place, inside of `minf`.
                if within.kind == b"mdia":
                    track.handler = reader.read(box.start, box.end)[8:12]
            case b"stsz" | b"stz2":
                track.frames = int.from_bytes(reader.read(box.start, box.end)[8:12])
            case b"stsd":
                _read_entry(reader, box, track)
            case _:
                pass


def _duration(body: bytes) -> float | None:
    """In seconds, of a movie's or a track's header."""
    scale, duration = (body[20:24], body[24:32]) if body[:1] == b"\1" else (body[12:16], body[16:20])
    ticks, per_second = int.from_bytes(duration), int.from_bytes(scale)
    return ticks / per_second if per_second and ticks not in _UNKNOWN_DURATIONS else None


def _read_entry(reader: _Reader, descriptions: _Box, track: _Track) -> None:
    """From the first sample description: it says how the samples are coded."""
    entry = next(reader.boxes(descriptions.start + 8, descriptions.end), None)
    if entry is None:
        return
    body = reader.read(entry.start, entry.end)
    if track.handler == b"soun":
        track.codec = MP4_AUDIO.get(entry.kind)
        version = int.from_bytes(body[8:10])
        start = entry.start + _SOUND_ENTRY_BYTES[version if version < len(_SOUND_ENTRY_BYTES) else 0]
    else:
        track.codec = MP4_VIDEO.get(entry.kind)
        track.width, track.height = int.from_bytes(body[24:26]) or None, int.from_bytes(body[26:28]) or None
        start = entry.start + _VISUAL_ENTRY_BYTES
    for box in reader.boxes(start, entry.end):
        content = reader.read(box.start, box.end, _CONFIG_BYTES_MAX)
        if box.kind == b"esds":
            track.codec = _OBJECTS.get(_object_type(content), None if content else track.codec)
        elif box.kind in _CONFIGS and track.codec is not None:
            track.pixel_format = pixel_format(track.codec, content)


def _object_type(body: bytes) -> int:
    """The object type of the decoder in an elementary stream's descriptors; -1 if there is none."""
    at = _content_at(body, 4, 3)
    if at < 0 or at + 2 >= len(body):
        return -1
    flags = body[at + 2]
    at += 3 + 2 * bool(flags & 0x80) + 2 * bool(flags & 0x20)
    if flags & 0x40:
        at += 1 + (body[at] if at < len(body) else 0)
    at = _content_at(body, at, 4)
    return body[at] if 0 <= at < len(body) else -1


def _content_at(body: bytes, at: int, tag: int) -> int:
    """Where the descriptor with that tag, which should begin at `at`, has its content; -1 if it isn't there."""
    if at >= len(body) or body[at] != tag:
        return -1
    at += 1
    for _ in range(4):
        if at >= len(body):
            return -1
        at += 1
        if not body[at - 1] & 0x80:
            break
    return at
