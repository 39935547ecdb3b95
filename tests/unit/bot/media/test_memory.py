"""Memory and disk that a foreign file can take, as the kernel counts it: nearly none, at any size."""

import asyncio
import gzip
import json
import sys
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import pytest

from bot.jobs.reasons import Reason
from tests.unit.bot.media.fake_file_host import Answer, FakeFileHost, Peer, answer
from tests.unit.bot.media.photos import exif_bytes, phone_photo, pixels, plain
from tests.unit.bot.media.samples import (
    FTYP,
    box,
    jpeg_header,
    jpeg_segment,
    mp4,
    picture,
    png_bomb,
    png_header,
    vp8,
    vp8x,
    webp,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says so exactly what a process takes")

ROOT = Path(__file__).parents[4]
MIB = 1024 * 1024
GROWTH_MAX_BYTES = 16 * MIB
PICTURE_MAX_BYTES = 20 * MIB
VIDEO_MAX_BYTES = 60 * MIB
VIDEO_MIB = 45


async def measured(
    what: str, folder: Path, limit_bytes: int, host: FakeFileHost, fetches: Sequence[tuple[str, int]]
) -> tuple[list[str], list[int]]:
    """The verdicts and the growth of a process that fetches these."""
    asked = {"what": what, "folder": str(folder), "limit_bytes": limit_bytes, "base": host.url(""), "fetches": fetches}
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.unit.bot.media.memory_probe",
        json.dumps(asked),
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    said = json.loads((await child.communicate())[0].splitlines()[-1])
    assert child.returncode == 0
    return said["verdicts"], said["grown_bytes"]


def large_picture(kind: str) -> bytes:
    """A picture of some 19 MB with a phone's metadata."""
    if kind == "PNG":
        return plain(kind, pixels((2_500, 2_500)), exif=exif_bytes(6), compress_level=0)
    if kind == "JPEG":
        photo = plain(kind, exif=exif_bytes(6))
        return photo[:-2] + b"\xff\x00" * (9 * MIB) + photo[-2:]
    name, head = vp8(4_000, 3_000)
    return webp(vp8x(4_000, 3_000, flags=8), (name, head + bytes(19 * MIB)), (b"EXIF", exif_bytes(6)))


def endless(first: bytes) -> Answer:
    async def body(_peer: Peer) -> AsyncGenerator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n\r\n" + first
        while True:
            yield bytes(MIB)

    return body


ZIP = b"PK\x03\x04" + bytes(60) + b"PK\x05\x06" + bytes(18)
PAGE = b"<html><script>alert(1)</script></html>"


def pictures() -> list[tuple[str, str, bytes | Answer]]:
    """What a file is, the verdict that it deserves, and its bytes (or a whole answer)."""
    bomb = gzip.compress(picture("PNG") + bytes(64 * MIB), 1)
    png, jpeg, web = large_picture("PNG"), large_picture("JPEG"), large_picture("WEBP")
    return [
        ("a small picture", "png", picture("PNG")),
        ("a photo", "jpg", phone_photo("JPEG")),
        ("a photo as PNG", "png", phone_photo("PNG")),
        ("a photo as WebP", "webp", phone_photo("WEBP")),
        ("a progressive JPEG", "jpg", plain("JPEG", progressive=True)),
        ("a JPEG for print", "jpg", plain("JPEG", pixels(mode="CMYK"))),
        ("an animated PNG", "png", plain("PNG", save_all=True, append_images=[pixels(seed=2)])),
        ("an animated WebP", "webp", plain("WEBP", save_all=True, append_images=[pixels(seed=2)])),
        ("a PNG of 19 MB", "png", png),
        ("a JPEG of 19 MB", "jpg", jpeg),
        ("a WebP of 19 MB", "webp", web),
        ("a JPEG with an archive behind it", "jpg", plain("JPEG") + ZIP),
        ("a PNG with a page behind it", "png", plain("PNG") + PAGE),
        ("a JPEG with a page as comment", "jpg", plain("JPEG", comment=PAGE)),
        ("a GIF", Reason.REFERENCE_TYPE, picture("GIF")),
        ("a GIF with an archive behind it", Reason.REFERENCE_TYPE, picture("GIF") + ZIP),
        ("an archive", Reason.REFERENCE_TYPE, ZIP),
        ("an archive with a PNG behind it", Reason.REFERENCE_TYPE, ZIP + plain("PNG")),
        ("a drawing in text", Reason.REFERENCE_TYPE, b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("a page", Reason.REFERENCE_TYPE, PAGE),
        ("a document", Reason.REFERENCE_TYPE, b"%PDF-1.7\n" + bytes(99)),
        ("a program", Reason.REFERENCE_TYPE, b"MZ" + bytes(200)),
        ("a HEIC", Reason.REFERENCE_TYPE, box(b"ftyp", b"heic\0\0\0\0mif1heic") + bytes(99)),
        ("an AVIF", Reason.REFERENCE_TYPE, box(b"ftyp", b"avif\0\0\0\0avifmif1") + bytes(99)),
        ("a BMP", Reason.REFERENCE_TYPE, picture("BMP")),
        ("a TIFF", Reason.REFERENCE_TYPE, picture("TIFF")),
        ("a video", Reason.REFERENCE_TYPE, mp4()),
        ("half a JPEG", "jpg", jpeg[: 9 * MIB]),
        ("a PNG of 19 MB without its end", "png", png[:-12]),
        ("half a PNG", Reason.REFERENCE_DAMAGED, png[: 9 * MIB]),
        ("half a WebP", Reason.REFERENCE_DAMAGED, web[: 9 * MIB]),
        ("a header without a picture", Reason.REFERENCE_DAMAGED, png_header(8, 8)),
        ("a JPEG of nothing but segments", Reason.REFERENCE_DAMAGED, b"\xff\xd8" + jpeg_segment(0xEF, b"") * (4 * MIB)),
        ("a PNG of 12,001 x 12,001", Reason.REFERENCE_DIMENSIONS, png_bomb(12_001)),
        ("a PNG of 10^9 pixels", Reason.REFERENCE_DIMENSIONS, png_header(31_623, 31_623)),
        ("a JPEG of 4 x 10^9 pixels", Reason.REFERENCE_DIMENSIONS, jpeg_header(65_000, 65_000)),
        ("a WebP of 10^14 pixels", Reason.REFERENCE_DIMENSIONS, webp(vp8x(2**24, 2**23, flags=2), (b"ANIM", bytes(6)))),
        ("nothing", Reason.REFERENCE_EMPTY, b""),
        ("25 MB", Reason.REFERENCE_TOO_LARGE, plain("PNG") + bytes(25 * MIB)),
        ("a picture without end", Reason.REFERENCE_TOO_LARGE, endless(plain("PNG"))),
        ("a bomb", Reason.REFERENCE_UNREADABLE, answer(bomb, Content_Encoding="gzip")),
        ("a bomb that doesn't say so", Reason.REFERENCE_TYPE, bomb),
    ]


@pytest.mark.slow
async def test_every_file_gets_its_verdict_without_memory(api: FakeFileHost, tmp_path: Path) -> None:
    """42 files, ten of them of many MB: each is taken or refused for what it is, and the process hardly grows."""
    files = pictures()
    for number, (_what, _verdict, body) in enumerate(files):
        is_answer = not isinstance(body, bytes) or body.startswith(b"HTTP/")
        api.answers[f"/{number}"] = body if is_answer else answer(body)
    fetches = [(f"/{number}", 9) for number in range(len(files))]
    verdicts, grown_bytes = await measured("pictures", tmp_path / "pictures", PICTURE_MAX_BYTES, api, fetches)
    assert {what: got for (what, want, _), got in zip(files, verdicts, strict=True) if got != want} == {}
    one_by_one_bytes, four_at_once_bytes = grown_bytes
    assert one_by_one_bytes < GROWTH_MAX_BYTES
    assert four_at_once_bytes < 2 * GROWTH_MAX_BYTES


@pytest.mark.slow
async def test_a_video_of_any_size_takes_no_memory_and_no_more_disk_than_allowed(
    api: FakeFileHost, tmp_path: Path
) -> None:
    """A whole video, one of 2 GB, one without end, a bomb: the disk holds no more than the limit, memory nothing."""
    folder, on_disk = tmp_path / "videos", [0]
    length = 2_000_000_000

    async def video(_peer: Peer, pieces: int, head: bytes) -> AsyncGenerator[bytes]:
        yield head
        for _ in range(pieces):
            on_disk.append(sum(path.stat().st_size for path in folder.iterdir()) if folder.exists() else 0)
            yield bytes(MIB)

    start = FTYP + box(b"moov", bytes(16))
    body = (VIDEO_MIB * MIB + 8).to_bytes(4) + b"mdat"
    whole = f"HTTP/1.1 200 OK\r\nContent-Length: {len(start) + VIDEO_MIB * MIB + 8}\r\n\r\n".encode() + start + body
    huge = f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n".encode() + start
    packed = gzip.compress(mp4(bytes(64 * MIB)), 1)
    api.answers |= {
        "/small": answer(mp4()),
        "/whole": lambda peer: video(peer, VIDEO_MIB, whole),
        "/huge": lambda peer: video(peer, length // MIB, huge),
        "/endless": lambda peer: video(peer, 10_000, b"HTTP/1.1 200 OK\r\n\r\n" + start),
        "/bomb": answer(packed, Content_Encoding="gzip"),
        "/hidden": answer(packed),
    }
    paths = list(api.answers)
    verdicts, (grown_bytes,) = await measured("video", folder, VIDEO_MAX_BYTES, api, [(path, 0) for path in paths])
    assert dict(zip(paths, verdicts, strict=True)) == {
        "/small": "video/mp4",
        "/whole": "video/mp4",
        "/huge": "TooLarge",
        "/endless": "TooLarge",
        "/bomb": "FetchFailed",
        "/hidden": "NotAVideo",
    }
    assert grown_bytes < GROWTH_MAX_BYTES
    kept_bytes = VIDEO_MIB * MIB + len(start) + 8
    assert VIDEO_MAX_BYTES // 2 < max(on_disk) - kept_bytes <= VIDEO_MAX_BYTES
    assert [path.stat().st_size for path in folder.iterdir()] == [kept_bytes]
