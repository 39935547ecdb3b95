"""How a finished video comes to our disk, over real sockets: whole, bounded, and with the key only where it belongs."""

import asyncio
import base64
import gzip
import hashlib
import json
import os
import shutil
import stat
import tracemalloc
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import BinaryIO

import aiohttp
import pytest

from bot.media.disk_space import VIDEO_FLOOR_BYTES, DiskSpace
from bot.media.download import Download
from bot.media.folders import PrivateFolder
from bot.media.sessions import Deadlines, plain_session
from bot.media.video_fetcher import (
    AddressGuard,
    FetchFailed,
    FetchFault,
    FetchRefusedByGuard,
    LinkExpired,
    NoRoom,
    NotAVideo,
    Source,
    TooLarge,
    VideoFetcher,
)
from bot.ops.observer import Observer
from tests.unit.bot.media.fake_file_host import FakeFileHost, Peer, answer, redirect
from tests.unit.bot.media.fake_network import FakeNetwork
from tests.unit.bot.media.fetcher_of_one import FetcherOfOne
from tests.unit.bot.media.samples import FTYP, WEBM, box, mp4, picture

NAME = "video-ABCDEFGH.mp4"
KEY = "sk-test"
MAX_BYTES = 200_000


class FakeDisk:
    """What the disk says of its free space."""

    def __init__(self) -> None:
        self.free_bytes = 10**12


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> FakeDisk:
    made, real = FakeDisk(), shutil.disk_usage
    monkeypatch.setattr(shutil, "disk_usage", lambda path: real(path)._replace(free=made.free_bytes))
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "videos"


@pytest.fixture
def make(folder: Path, api: FakeFileHost, disk: FakeDisk) -> Callable[..., VideoFetcher]:
    def fetcher(max_bytes: int = MAX_BYTES, **deadlines: float) -> VideoFetcher:
        guard = AddressGuard(api.url("/v1"), ["files.test"])
        return FetcherOfOne(
            folder,
            max_bytes,
            guard,
            lambda url: KEY if url.startswith(api.url("/")) else None,
            Deadlines(**{"total_seconds": 30.0, "idle_seconds": 10.0, **deadlines}),
        )

    return fetcher


@pytest.fixture
def fetcher(make: Callable[..., VideoFetcher]) -> VideoFetcher:
    return make()


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def keys(host: FakeFileHost) -> list[str | None]:
    return [each.headers.get("authorization") for each in host.asked]


async def test_whole_video(fetcher: VideoFetcher, api: FakeFileHost, folder: Path) -> None:
    """A video is kept byte for byte under our name, 0600 in a folder 0700, and known by its hash afterwards."""
    video = mp4(os.urandom(150_000))
    api.answers["/v1/v"] = answer(video, Content_Type="text/plain", Content_Disposition='attachment; filename="../x"')
    got = await fetcher.fetch(api.url("/v1/v"), NAME)
    assert (got.path, got.size_bytes, got.content_type) == (folder / NAME, len(video), "video/mp4")
    assert got.sha256 == hashlib.sha256(video).hexdigest()
    assert got.path.read_bytes() == video
    assert stat.S_IMODE(got.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert left(folder) == [NAME]
    assert await fetcher.verify(NAME, got.sha256)
    assert not await fetcher.verify(NAME, "0" * 64)
    assert await fetcher.forget(NAME)
    assert not await fetcher.forget(NAME)
    assert not await fetcher.verify(NAME, got.sha256)
    headers = api.asked[0].headers
    assert headers["accept-encoding"] == "identity"
    assert headers["authorization"] == f"Bearer {KEY}"
    assert "cookie" not in headers


async def test_a_video_is_hashed_once(
    make: Callable[..., VideoFetcher], api: FakeFileHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it arrives, and once more by each later process; not again before it is posted."""
    hashed: list[str] = []
    digest = hashlib.file_digest

    def counting(file: BinaryIO, name: str) -> object:
        hashed.append(name)
        return digest(file, name)

    monkeypatch.setattr(hashlib, "file_digest", counting)
    api.answers["/v"] = answer(mp4(os.urandom(70_000)))
    fetcher = make()
    got = await fetcher.fetch(api.url("/v"), NAME)
    for after_restart, times in ((fetcher, 0), (make(), 1)):
        for _ in range(3):
            assert await after_restart.verify(NAME, got.sha256)
        assert len(hashed) == times
    assert not await fetcher.verify(NAME, "0" * 64)


@pytest.mark.parametrize("change", ["written", "cut", "replaced"])
async def test_a_video_that_was_changed_on_the_disk_is_hashed_again(
    fetcher: VideoFetcher, api: FakeFileHost, change: str
) -> None:
    """Also with the old length and the old time."""
    api.answers["/v"] = answer(mp4(os.urandom(70_000)))
    got = await fetcher.fetch(api.url("/v"), NAME)
    before, content = got.path.stat(), bytearray(got.path.read_bytes())
    content[60_000] ^= 1
    if change == "written":
        got.path.write_bytes(content)
    elif change == "cut":
        os.truncate(got.path, 60_000)
    else:
        got.path.with_name("other").write_bytes(content)
        got.path.with_name("other").replace(got.path)
    os.utime(got.path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not await fetcher.verify(NAME, got.sha256)


async def chunked(*pieces: bytes) -> AsyncGenerator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    for piece in pieces:
        yield b"%x\r\n%s\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"


async def test_other_lengths(fetcher: VideoFetcher, api: FakeFileHost) -> None:
    """A video in chunks of any size, one without a length, and a WebM are whole too."""
    video = mp4(bytes(70_000))
    api.answers["/chunks"] = lambda _peer: chunked(video[:3], video[3:11], video[11:])
    api.answers["/close"] = answer(video, length=None)
    api.answers["/webm"] = answer(WEBM)
    for path in ("/chunks", "/close"):
        assert (await fetcher.fetch(api.url(path), NAME)).size_bytes == len(video)
    assert (await fetcher.fetch(api.url("/webm"), NAME)).content_type == "video/webm"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"ftyp",
        b"<!doctype html><title>Sign in</title>",
        b'{"error": {"message": "not ready"}}',
        b'{"status": "completed", "url": null}',
        b'{"polling_url": "https://api.test/p", "object": "video", "url": "video"}',
        b"[]",
        b"[" * 100_000,
        b'{"url": ' + b"1" * 9_000 + b"}",
        b'{"pad": "' + b"x" * 190_000 + b'", "url": "/v1/v"}   ' + b" " * 9_000,
        b'{"cut": ',
        b"null",
        picture("PNG"),
        picture("JPEG"),
        picture("GIF"),
        b"\0\0\0\x1cftypavifavifmif1miaf" + b"\0\0\0\0" + box(b"meta") + box(b"mdat", b"x"),
        FTYP,
        FTYP + box(b"mdat", b"frames"),
        mp4()[:-1],
        mp4() + b"\0",
        mp4(bytes(9_000))[:5_000],
        b"#EXTM3U\n#EXT-X-VERSION:3\n",
        gzip.compress(mp4(), mtime=0),
        b"PK\x03\x04" + mp4(),
    ],
    ids=lambda body: repr(body[:20]),
)
async def test_wrong_bodies(fetcher: VideoFetcher, api: FakeFileHost, folder: Path, body: bytes) -> None:
    """With any Content-Type, a body that is no whole video is refused, and nothing stays on the disk."""
    api.answers["/v1/v"] = answer(mp4())
    api.answers["/v"] = answer(body, Content_Type="video/mp4")
    with pytest.raises(NotAVideo):
        await fetcher.fetch(api.url("/v"), NAME)
    assert left(folder) == []


@pytest.mark.parametrize(
    ("status", "fault"),
    [(401, LinkExpired), (403, LinkExpired), (404, LinkExpired), (410, LinkExpired)]
    + [(s, FetchFailed) for s in (201, 202, 204, 206, 300, 302, 304, 400, 409, 425, 429, 500, 502, 503, 504)],
)
async def test_statuses(fetcher: VideoFetcher, api: FakeFileHost, status: int, fault: type[FetchFault]) -> None:
    """Only 200 is a video; the fault carries the status, and an expired link is a fault of its own."""
    body = b"" if status in {204, 304} else mp4()
    api.answers["/v"] = answer(body, f"{status} Something", length=len(body) or None)
    with pytest.raises(fault) as caught:
        await fetcher.fetch(api.url("/v"), NAME)
    assert caught.value.status == status
    assert type(caught.value) is fault


@pytest.mark.parametrize("off_by", [-9, -1, 1, 1000])
async def test_lying_length(fetcher: VideoFetcher, api: FakeFileHost, folder: Path, off_by: int) -> None:
    """A Content-Length that is not the truth makes the fetch fail, and the next one is not spoilt by it."""
    video = mp4(bytes(5_000))
    api.answers["/lie"] = answer(video, length=len(video) + off_by)
    api.answers["/v"] = answer(video)
    with pytest.raises(FetchFailed):
        await fetcher.fetch(api.url("/lie"), NAME)
    assert left(folder) == []
    assert (await fetcher.fetch(api.url("/v"), NAME)).size_bytes == len(video)


async def test_compressed(fetcher: VideoFetcher, api: FakeFileHost) -> None:
    """A body that is called compressed is refused unread, bomb or not."""
    api.answers["/bomb"] = answer(gzip.compress(bytes(10_000_000)), Content_Encoding="gzip")
    api.answers["/v"] = answer(mp4(), Content_Encoding="x-odd")
    for path in ("/bomb", "/v"):
        with pytest.raises(FetchFailed) as caught:
            await fetcher.fetch(api.url(path), NAME)
        assert type(caught.value) is FetchFailed


async def test_plain_session() -> None:
    """A session unpacks nothing, keeps no cookies, and takes nothing from the environment."""
    async with plain_session(aiohttp.TCPConnector(), Deadlines(1.0, 1.0)) as session:
        assert not session.auto_decompress
        assert not session.trust_env
        assert isinstance(session.cookie_jar, aiohttp.DummyCookieJar)
        assert not session.headers


async def test_length_is_counted_here_too(folder: Path) -> None:
    """However the bytes came, more or fewer than were promised are no whole video."""
    for expected in (len(WEBM) - 1, len(WEBM) + 1):
        async with Download(
            DiskSpace(PrivateFolder(folder), VIDEO_FLOOR_BYTES), NAME, MAX_BYTES, "video/webm"
        ) as landing:
            await landing.add(WEBM)
            with pytest.raises(FetchFailed):
                await landing.finish(expected)
    assert left(folder) == []


async def test_too_large(fetcher: VideoFetcher, api: FakeFileHost, folder: Path) -> None:
    """A video over the limit is not begun when its length is known, and given up at the limit when it isn't."""
    sent = 0

    async def endless(peer: Peer) -> AsyncGenerator[bytes]:
        nonlocal sent
        yield b"HTTP/1.1 200 OK\r\n\r\n" + FTYP + b"\0\0\0\0mdat"
        while True:
            sent += 50_000
            yield bytes(50_000)

    api.answers["/long"] = answer(FTYP, length=MAX_BYTES + 1)
    api.answers["/endless"] = endless
    with pytest.raises(TooLarge) as known:
        await fetcher.fetch(api.url("/long"), NAME)
    with pytest.raises(TooLarge) as unknown:
        await fetcher.fetch(api.url("/endless"), NAME)
    assert (known.value.limit_bytes, known.value.length_bytes) == (MAX_BYTES, MAX_BYTES + 1)
    assert (unknown.value.limit_bytes, unknown.value.length_bytes) == (MAX_BYTES, None)
    assert left(folder) == []


async def test_exactly_the_limit(make: Callable[..., VideoFetcher], api: FakeFileHost) -> None:
    """A video of exactly the limit is taken."""
    api.answers["/v"] = answer(mp4())
    assert (await make(len(mp4())).fetch(api.url("/v"), NAME)).size_bytes == len(mp4())
    with pytest.raises(TooLarge):
        await make(len(mp4()) - 1).fetch(api.url("/v"), NAME)


async def test_memory_does_not_grow(make: Callable[..., VideoFetcher], api: FakeFileHost) -> None:
    """Fetching 48 MiB takes a small, constant amount of memory."""
    piece, pieces = bytes(65_536), 768
    head = FTYP + box(b"moov") + (8 + len(piece) * pieces).to_bytes(4) + b"mdat"

    async def long(peer: Peer) -> AsyncGenerator[bytes]:
        yield f"HTTP/1.1 200 OK\r\nContent-Length: {len(head) + len(piece) * pieces}\r\n\r\n".encode() + head
        for _ in range(pieces):
            yield piece

    api.answers["/v"] = long
    tracemalloc.start()
    got = await make(64 * 1024 * 1024).fetch(api.url("/v"), NAME)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert got.size_bytes > 48 * 1024 * 1024
    assert peak_bytes < 8 * 1024 * 1024


async def test_redirects(fetcher: VideoFetcher, api: FakeFileHost, files: FakeFileHost) -> None:
    """Five redirects are followed, absolute or relative; a sixth is refused."""
    api.answers |= {f"/{n}": redirect(f"/{n + 1}", f"{s} Moved") for n, s in enumerate([301, 302, 303, 307, 308])}
    api.answers["/5"] = answer(mp4())
    api.answers["/more"] = redirect("0")
    assert (await fetcher.fetch(api.url("/0"), NAME)).size_bytes == len(mp4())
    with pytest.raises(FetchRefusedByGuard):
        await fetcher.fetch(api.url("/more"), NAME)
    api.answers["/data"] = redirect("data:video/mp4;base64," + base64.b64encode(mp4()).decode())
    with pytest.raises(FetchRefusedByGuard):
        await fetcher.fetch(api.url("/data"), NAME)


async def test_key_stays_at_home(fetcher: VideoFetcher, api: FakeFileHost, files: FakeFileHost) -> None:
    """The key goes to the API's origin only, and not even there once a hop has left it."""
    api.answers |= {
        "/here": redirect(api.url("/there")),
        "/there": redirect(files.url("/out", "files.test")),
        "/back": answer(mp4(), Set_Cookie="a=b; Path=/"),
    }
    files.answers["/out"] = redirect(api.url("/back"))
    await fetcher.fetch(api.url("/here"), NAME)
    assert keys(api) == [f"Bearer {KEY}", f"Bearer {KEY}", None]
    assert keys(files) == [None]
    await fetcher.fetch(files.url("/out", "files.test"), NAME)
    assert keys(api)[3:] == [None]
    assert not any("cookie" in each.headers for each in api.asked + files.asked)
    # the same host at another port is another origin
    files.answers["/v"] = answer(mp4())
    await fetcher.fetch(files.url("/v"), NAME)
    assert keys(files) == [None, None, None]


@pytest.mark.slow
@pytest.mark.parametrize(
    "shape",
    [
        {"url": "U"},
        {"url": None, "video_url": "U"},
        {"download_url": "U", "polling_url": "/no"},
        {"urls": ["U", "/no"]},
        {"unsigned_urls": ["U"]},
        {"output": {"url": "U"}},
        {"output": {"urls": ["U"]}},
        {"outputs": {"video_url": "U"}},
        {"outputs": [{"video_url": "U"}]},
        {"video": {"url": "U"}},
        {"videos": [{"url": "U"}]},
        {"content": {"video_url": "U"}},
        {"metadata": {"url": "U"}},
        {"data": {"url": "U"}},
        {"object": "video", "data": [{"url": "U"}]},
        [{"url": "U"}],
    ],
)
@pytest.mark.parametrize("kind", ["absolute", "relative", "data"])
async def test_json_pointer(
    fetcher: VideoFetcher, api: FakeFileHost, files: FakeFileHost, shape: object, kind: str
) -> None:
    """JSON that says where the video is is followed once, without the key when it leads elsewhere."""
    inline = "data:video/mp4;base64," + base64.b64encode(mp4()).decode()
    url = {"absolute": files.url("/v", "files.test"), "relative": "/v", "data": inline}[kind]
    files.answers["/v"] = api.answers["/v"] = answer(mp4())
    body = json.dumps(shape).replace('"U"', json.dumps(url)).encode()
    api.answers["/content"] = answer(body, Content_Type="application/json")
    assert (await fetcher.fetch(api.url("/content"), NAME)).size_bytes == len(mp4())
    assert keys(files) == ([None] if kind == "absolute" else [])


async def test_json_pointer_only_once(fetcher: VideoFetcher, api: FakeFileHost) -> None:
    """JSON that points to JSON is no video."""
    api.answers["/a"] = answer(b'{"url": "/b"}')
    api.answers["/b"] = answer(b'{"url": "/v"}')
    api.answers["/v"] = answer(mp4())
    with pytest.raises(NotAVideo):
        await fetcher.fetch(api.url("/a"), NAME)
    assert [each.path for each in api.asked] == ["/a", "/b"]


@pytest.mark.parametrize("head", ["data:video/mp4;base64,", "DATA:video/mp4;codecs=avc1;Base64,", "data:;base64,"])
async def test_data_url(fetcher: VideoFetcher, head: str) -> None:
    """A video inside its own URL is kept like any other, however long."""
    video = mp4(os.urandom(150_000))
    text = base64.b64encode(video).decode()
    for payload in (text, text.replace("+", "%2B").replace("/", "%2f").replace("=", "%3D")):
        got = await fetcher.fetch(head + payload, NAME)
        assert got.path.read_bytes() == video
    assert got.sha256 == hashlib.sha256(video).hexdigest()


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("data:video/mp4;base64,", NotAVideo),
        ("data:video/mp4,plain", NotAVideo),
        ("data:text/html;base64,AAAA", NotAVideo),
        ("data:video/mp4;base64,###", NotAVideo),
        ("data:video/mp4;base64,AAA", NotAVideo),
        ("data:video/mp4;base64,Ω", NotAVideo),
        ("data:video/mp4;base64," + base64.b64encode(mp4()[:-1]).decode(), NotAVideo),
        ("data:video/mp4;base64," + base64.b64encode(picture("PNG")).decode(), NotAVideo),
        ("data:video/mp4;base64," + base64.b64encode(mp4(bytes(MAX_BYTES))).decode(), TooLarge),
    ],
    ids=range(9),
)
async def test_bad_data_url(fetcher: VideoFetcher, folder: Path, url: str, fault: type[FetchFault]) -> None:
    """A data URL that is broken, too long or something else is not taken."""
    with pytest.raises(fault):
        await fetcher.fetch(url, NAME)
    assert left(folder) == []


async def stalling(peer: Peer) -> AsyncGenerator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n" + mp4()
    await peer.gone()


@pytest.mark.parametrize("deadline", ["total_seconds", "idle_seconds"])
async def test_stalled(make: Callable[..., VideoFetcher], api: FakeFileHost, folder: Path, deadline: str) -> None:
    """A server that stops in the middle is given up, by either deadline."""
    api.answers["/v"] = stalling
    with pytest.raises(FetchFailed):
        await make(**{deadline: 0.2}).fetch(api.url("/v"), NAME)
    assert left(folder) == []


async def test_cut_off(fetcher: VideoFetcher, api: FakeFileHost, net: FakeNetwork, folder: Path) -> None:
    """A connection that is refused, cut, or speaks no HTTP makes the fetch fail for now."""

    async def cut(peer: Peer) -> AsyncGenerator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n" + mp4()
        peer.cut()

    api.answers |= {"/cut": cut, "/noise": b"\0\1\2\3 noise\r\n\r\n", "/nothing": b""}
    for url in (api.url("/cut"), api.url("/noise"), api.url("/nothing"), "http://127.0.0.1:9/v", "http://none.test/v"):
        with pytest.raises(FetchFailed):
            await fetcher.fetch(url, NAME)
    assert left(folder) == []


async def test_cancelled_or_closed(fetcher: VideoFetcher, api: FakeFileHost, folder: Path) -> None:
    """A fetch that is cancelled leaves nothing behind; closing ends what is under way and what would come after."""

    async def stall(peer: Peer) -> AsyncGenerator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n\r\n" + mp4()
        api.waiting.set()
        await peer.gone()

    api.answers["/v"] = stall
    for end in ("cancel", "close"):
        api.waiting.clear()
        task = asyncio.create_task(fetcher.fetch(api.url("/v"), NAME))
        await asyncio.wait_for(api.waiting.wait(), 10)
        if end == "cancel":
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        else:
            await fetcher.close()
            with pytest.raises(FetchFailed):
                await asyncio.wait_for(task, 10)
    assert left(folder) == []
    with pytest.raises(FetchFailed):
        await fetcher.fetch(api.url("/v"), NAME)


async def test_full_disk(fetcher: VideoFetcher, api: FakeFileHost, folder: Path, disk: FakeDisk) -> None:
    """A video needs its own length above the floor of free space, or it is not begun; later it may be."""
    video = mp4(bytes(10_000))
    api.answers["/v"] = answer(video)
    disk.free_bytes = VIDEO_FLOOR_BYTES + len(video)
    with pytest.raises(NoRoom):
        await fetcher.fetch(api.url("/v"), NAME)
    assert left(folder) == []
    disk.free_bytes += 1
    await fetcher.fetch(api.url("/v"), NAME)


async def test_disk_that_fills(
    make: Callable[..., VideoFetcher], api: FakeFileHost, folder: Path, disk: FakeDisk
) -> None:
    """A video of unknown length is given up when the disk fills while it arrives."""

    async def growing(peer: Peer) -> AsyncGenerator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n\r\n" + FTYP
        while True:
            yield bytes(1024 * 1024)
            if left(folder):
                disk.free_bytes = VIDEO_FLOOR_BYTES

    api.answers["/v"] = growing
    with pytest.raises(NoRoom):
        await make(100 * 1024 * 1024).fetch(api.url("/v"), NAME)
    assert left(folder) == []


async def test_room_is_promised_once(
    make: Callable[..., VideoFetcher], api: FakeFileHost, folder: Path, disk: FakeDisk
) -> None:
    """Space that one video was promised is not promised to the next while the first still arrives."""
    slow = asyncio.Event()

    fetcher = make(1_000_000)

    async def waits(peer: Peer) -> AsyncGenerator[bytes]:
        video = mp4(bytes(400_000))
        yield f"HTTP/1.1 200 OK\r\nContent-Length: {len(video)}\r\n\r\n".encode() + video[:300_000]
        api.waiting.set()
        await slow.wait()
        yield video[300_000:]

    api.answers |= {"/slow": waits, "/v": answer(mp4(bytes(400_000)))}
    disk.free_bytes = VIDEO_FLOOR_BYTES + 500_000
    first = asyncio.create_task(fetcher.fetch(api.url("/slow"), NAME))
    await asyncio.wait_for(api.waiting.wait(), 10)
    async with asyncio.timeout(10):
        while not left(folder):  # noqa: ASYNC110 - a file gives no event
            await asyncio.sleep(0.01)
    with pytest.raises(NoRoom):
        await fetcher.fetch(api.url("/v"), "video-BBBBBBBB.mp4")
    slow.set()
    await asyncio.wait_for(first, 10)
    await fetcher.fetch(api.url("/v"), "video-BBBBBBBB.mp4")


async def test_ten_videos_on_a_disk_for_one(
    make: Callable[..., VideoFetcher], api: FakeFileHost, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten videos whose disk takes one at a time all arrive, each as soon as the one before it is gone."""
    video, real = mp4(bytes(400_000)), shutil.disk_usage
    room_bytes = VIDEO_FLOOR_BYTES + len(video) * 3 // 2

    def used_bytes() -> int:
        while True:
            try:
                return sum(path.stat().st_size for path in folder.iterdir())
            except FileNotFoundError:
                continue  # it got its lasting name meanwhile

    monkeypatch.setattr(shutil, "disk_usage", lambda path: real(path)._replace(free=room_bytes - used_bytes()))
    api.answers["/v"] = answer(video)
    fetcher, gone, delivered, refused = make(1_000_000), asyncio.Condition(), list[str](), 0

    async def deliver(name: str) -> None:
        nonlocal refused
        while True:
            before = len(delivered)
            try:
                await fetcher.fetch(api.url("/v"), name)
                break
            except NoRoom:
                refused += 1
            async with gone:
                await gone.wait_for(lambda: len(delivered) > before)  # noqa: B023 # waited for in this very turn
        assert left(folder) == [name]
        await fetcher.forget(name)
        async with gone:
            delivered.append(name)
            gone.notify_all()

    names = [f"video-{letter * 8}.mp4" for letter in "ABCDEFGHIJ"]
    await asyncio.wait_for(asyncio.gather(*map(deliver, names)), 60)
    assert sorted(delivered) == names
    assert refused > 0
    assert left(folder) == []


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            "../video.mp4",
            "/etc/passwd",
            "video.mp4/..",
            ".mp4",
            "v\0.mp4",
            "a" * 300 + ".mp4",
            "x.part",
            "a.mp4\n",
        ),
        *(".", "..", "a", "a.", "a/b.mp4", "a\\b.mp4", "-v.mp4", "a b.mp4", "ä.mp4", "a.mp4 ", "a.MP4", "%2e%2e.mp4"),
    ],
)
async def test_names(fetcher: VideoFetcher, name: str) -> None:
    """Only names of our own making are ever a path."""
    with pytest.raises(ValueError, match="no name"):
        fetcher.path(name)
    with pytest.raises(ValueError, match="no name"):
        await fetcher.fetch("http://127.0.0.1/", name)


async def test_foreign_folder(
    fetcher: VideoFetcher, api: FakeFileHost, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that belongs to somebody else is not written to."""
    folder.mkdir(parents=True)
    api.answers["/v"] = answer(mp4())
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)
    with pytest.raises(FetchFailed):
        await fetcher.fetch(api.url("/v"), NAME)
    assert left(folder) == []


async def test_open_folder_is_closed(fetcher: VideoFetcher, api: FakeFileHost, folder: Path) -> None:
    """A folder of ours that others could enter is closed to them."""
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    api.answers["/v"] = answer(mp4())
    await fetcher.fetch(api.url("/v"), NAME)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_clear_partials(fetcher: VideoFetcher, folder: Path) -> None:
    """What an earlier process left half-way is cleared at start; videos stay."""
    folder.mkdir(parents=True)
    for name in ("a.part", "b.part", NAME):
        (folder / name).write_bytes(b"x")
    assert await fetcher.clear_partials() == 2
    assert left(folder) == [NAME]


async def test_sweep(fetcher: VideoFetcher, api: FakeFileHost, folder: Path) -> None:
    """Sweeping deletes old, unneeded videos and stale partial files, but nothing that may still be arriving."""
    api.answers["/v"] = answer(mp4())
    names = [f"video-{letter * 8}.mp4" for letter in "ABC"]
    for name in names:
        await fetcher.fetch(api.url("/v"), name)
    for name in ("stale.part", "fresh.part"):
        (folder / name).write_bytes(b"x")
    for name in (*names[:2], "stale.part"):
        os.utime(folder / name, (1, 1))
    assert await fetcher.sweep({names[0]}) == 2
    assert left(folder) == sorted([names[0], names[2], "fresh.part"])


async def test_no_secret_in_words(fetcher: VideoFetcher, api: FakeFileHost) -> None:
    """No fault says the key or the query of a URL."""
    api.answers["/gone?sig=secret"] = answer(status="403 No")
    api.answers["/html?sig=secret"] = answer(b"<html>not a video")
    for path in ("/gone?sig=secret", "/html?sig=secret", "/x y?sig=secret"):
        with pytest.raises(FetchFault) as caught:
            await fetcher.fetch(api.url(path), NAME)
        said = str(caught.value) + caught.value.detail
        assert "secret" not in said
        assert KEY not in said


class Arrived(Observer):
    """Notes how many bytes arrived in each download."""

    def __init__(self) -> None:
        self.bytes: list[int] = []

    def video_fetched(self, arrived_bytes: int) -> None:
        self.bytes.append(arrived_bytes)


async def test_what_arrived_is_reported(folder: Path, api: FakeFileHost) -> None:
    """Once for each download: the whole video, or as much of it as came before it was given up."""
    heard, body = Arrived(), mp4(bytes(50_000))
    source = Source(AddressGuard(api.url("/v1"), ()), lambda _url: KEY)
    fetcher = VideoFetcher(folder, MAX_BYTES, {"provider": source}, observer=heard)

    async def cut(peer: Peer) -> AsyncGenerator[bytes]:
        yield f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body[:20_000]
        peer.writer.close()

    api.answers = {"/whole": answer(body), "/cut": cut}
    await fetcher.fetch(api.url("/whole"), NAME, "provider")
    for path, fault in (("/cut", FetchFailed), ("/missing", LinkExpired)):
        with pytest.raises(fault):
            await fetcher.fetch(api.url(path), NAME, "provider")
    whole, part, none = heard.bytes
    assert (whole, part, none) == (len(body), 20_000, 0)
    await fetcher.close()
