"""Pictures and videos made for the tests: real ones from Pillow, and headers and boxes put together by hand."""

import io
import struct
import zlib

from PIL import Image


def picture(kind: str, size: tuple[int, int] = (32, 20), **options: object) -> bytes:
    """A real picture of that Pillow format."""
    out = io.BytesIO()
    Image.new("RGB", size, (200, 80, 40)).save(out, kind, **options)
    return out.getvalue()


def png_header(width: int, height: int, *, depth: int = 8, colour: int = 2, rest: bytes = b"\0\0\0") -> bytes:
    """A PNG's signature and IHDR chunk, and nothing after it."""
    body = b"IHDR" + struct.pack(">IIBB", width, height, depth, colour) + rest
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))


def png_bomb(side: int) -> bytes:
    """A small, whole PNG that decodes to side × side pixels."""
    rows = zlib.compressobj(9)
    data = b"".join(rows.compress(bytes(1 + side // 8)) for _ in range(side)) + rows.flush()
    chunk = b"IDAT" + data
    end = b"\0\0\0\0IEND" + struct.pack(">I", zlib.crc32(b"IEND"))
    head = png_header(side, side, depth=1, colour=0)
    return head + struct.pack(">I", len(data)) + chunk + struct.pack(">I", zlib.crc32(chunk)) + end


def jpeg_header(width: int, height: int, *, before: bytes = b"", marker: int = 0xC0, depth: int = 8) -> bytes:
    """A JPEG up to its frame header; `before` is between start and frame."""
    frame = struct.pack(">HBHHB", 17, depth, height, width, 3) + bytes(9)
    return b"\xff\xd8" + before + b"\xff" + bytes([marker]) + frame


def jpeg_segment(marker: int, body: bytes) -> bytes:
    """One JPEG segment with its length."""
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    """A RIFF file of the WebP form with these chunks."""
    body = b"WEBP" + b"".join(n + struct.pack("<I", len(b)) + b + b"\0" * (len(b) % 2) for n, b in chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def vp8(width: int, height: int) -> tuple[bytes, bytes]:
    """The start of a lossy frame."""
    return b"VP8 ", b"\x10\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height)


def vp8l(width: int, height: int) -> tuple[bytes, bytes]:
    """The start of a lossless frame."""
    return b"VP8L", b"\x2f" + struct.pack("<I", width - 1 | (height - 1) << 14) + b"\0"


def vp8x(width: int, height: int, flags: int = 0) -> tuple[bytes, bytes]:
    """The extended header."""
    return b"VP8X", bytes([flags, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")


def box(kind: bytes, body: bytes = b"") -> bytes:
    """One ISO-BMFF box."""
    return struct.pack(">I", 8 + len(body)) + kind + body


FTYP = box(b"ftyp", b"isom\0\0\2\0isomiso2")


def mp4(payload: bytes = b"frames") -> bytes:
    """The smallest sequence of boxes that is a whole MP4."""
    return FTYP + box(b"moov", b"\0" * 16) + box(b"mdat", payload)


WEBM = b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm" + bytes(64)
