"""How a picture comes from Discord when Discord stumbles, the line is slow, or our own disk is short of space."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.jobs.model import Upload
from bot.jobs.reasons import Reason
from bot.media.disk_space import PICTURE_FLOOR_BYTES, VIDEO_FLOOR_BYTES
from bot.media.references import ReferenceRefused, ReferenceShelf
from bot.media.sessions import Deadlines
from tests.unit.bot.media.fake_file_host import Answer, FakeFileHost, Peer, answer, redirect
from tests.unit.bot.media.samples import picture

MAX_BYTES = 20 * 1024 * 1024
PNG = picture("PNG")
WAITS = (0.01, 0.02, 0.03)


@pytest.fixture
async def make(tmp_path: Path, api: FakeFileHost) -> AsyncIterator[Callable[..., ReferenceShelf]]:
    made: list[ReferenceShelf] = []

    def shelf(deadlines: Deadlines | None = None, waits: tuple[float, ...] = WAITS) -> ReferenceShelf:
        given = deadlines or Deadlines(30.0, 10.0)
        made.append(ReferenceShelf(tmp_path / "references", MAX_BYTES, api.url("/api"), given, waits))
        return made[-1]

    yield shelf
    for one in made:
        await one.close()


def upload(api: FakeFileHost, path: str = "/a.png") -> Upload:
    return Upload(api.url(path), path[1:], 9)


def after(times: int, trouble: Answer, then: bytes = PNG) -> Answer:
    """The trouble for the first requests, then the picture."""
    left = [times]

    async def reply(peer: Peer) -> AsyncGenerator[bytes]:
        left[0] -= 1
        if left[0] < 0:
            yield answer(then)
        elif isinstance(trouble, bytes):
            yield trouble
        else:
            async for piece in trouble(peer):
                yield piece

    return reply


async def cut(peer: Peer) -> AsyncGenerator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n" + PNG
    peer.cut()


async def silent(peer: Peer) -> AsyncGenerator[bytes]:
    await peer.gone()
    yield b""


PASSING: list[Answer] = [
    *(answer(status=f"{status} Trouble") for status in (400, 401, 408, 429, 500, 502, 503, 504, 520)),
    answer(status="429 Too Many", Retry_After="0.01"),
    answer(status="503 Busy", Retry_After="Wed, 21 Oct 2026 07:28:00 GMT"),
    answer(PNG, "206 Partial Content"),
    answer(PNG, Content_Encoding="gzip"),
    answer(PNG, length=9_000),
    redirect("/elsewhere"),
    b"noise\r\n\r\n",
    b"",
    cut,
    silent,
]


@pytest.mark.slow
@pytest.mark.parametrize("trouble", PASSING, ids=range(len(PASSING)))
async def test_what_passes_is_asked_again(
    make: Callable[..., ReferenceShelf], api: FakeFileHost, trouble: Answer
) -> None:
    """B3: one stumble of Discord's, or two, is no reason to let a person attach the picture again."""
    shelf = make(Deadlines(10.0, 0.2))
    for times in (1, 2):
        api.answers["/a.png"] = after(times, trouble)
        assert (await shelf.keep(upload(api))).suffix == "png"


async def test_what_does_not_pass_ends(make: Callable[..., ReferenceShelf], api: FakeFileHost) -> None:
    """B3: a host that keeps failing gets a bounded number of requests, and then the person gets an error."""
    api.answers["/a.png"] = answer(status="503 Busy")
    with pytest.raises(ReferenceRefused) as caught:
        await make().keep(upload(api))
    assert caught.value.refusal.reason is Reason.REFERENCE_UNREADABLE
    assert len(api.asked) == 1 + len(WAITS)


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_what_is_gone_is_asked_once(make: Callable[..., ReferenceShelf], api: FakeFileHost, status: int) -> None:
    """B3: a picture that was deleted, or whose link has expired, stays so."""
    api.answers["/a.png"] = answer(status=f"{status} Gone")
    with pytest.raises(ReferenceRefused) as caught:
        await make(waits=(60.0,)).keep(upload(api))
    assert caught.value.refusal.reason is Reason.REFERENCE_UNREADABLE
    assert len(api.asked) == 1


async def test_a_long_rest_is_not_waited_for(make: Callable[..., ReferenceShelf], api: FakeFileHost) -> None:
    """B3: a Retry-After beyond the minute that a person waits ends it at once."""
    api.answers["/a.png"] = answer(status="429 Too Many", Retry_After="600")
    with pytest.raises(ReferenceRefused):
        await asyncio.wait_for(make().keep(upload(api)), 5)
    assert len(api.asked) == 1


def test_a_slow_line_has_the_time_it_needs() -> None:
    """B4: the usual deadlines let 9 MB come at 250 kB/s, and 20 MiB at 40; an interaction's time is never passed."""
    usual = ReferenceShelf.__init__.__defaults__[0]  # pyright: ignore[reportOptionalSubscript]
    for size_bytes, rate in ((9_000_000, 250_000), (20 * 1024 * 1024, 250_000), (20 * 1024 * 1024, 40_000)):
        assert all(usual.allowed_seconds(done) > done / rate for done in range(0, size_bytes + 1, size_bytes // 100))
    assert usual.allowed_seconds(10**12) < 900
    assert usual.allowed_seconds(100) < 60


async def test_a_line_that_gets_on_is_not_cut(make: Callable[..., ReferenceShelf], api: FakeFileHost) -> None:
    """B4: a file that takes longer than the first allowance comes whole while it comes fast enough."""
    whole = picture("PNG", (500, 500)) + bytes(40_000)

    async def slow(_peer: Peer) -> AsyncGenerator[bytes]:
        yield f"HTTP/1.1 200 OK\r\nContent-Length: {len(whole)}\r\n\r\n".encode()
        for at in range(0, len(whole), 5_000):
            await asyncio.sleep(0.05)
            yield whole[at : at + 5_000]

    api.answers["/a.png"] = slow
    assert (await make(Deadlines(0.25, 5.0, bytes_per_second=50_000), ()).keep(upload(api))).suffix == "png"


async def test_a_line_that_drips_is_given_up(make: Callable[..., ReferenceShelf], api: FakeFileHost) -> None:
    """B4: bytes that come one by one, never long enough apart for the idle limit, don't hold a place for ever."""

    async def drip(_peer: Peer) -> AsyncGenerator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n"
        while True:
            await asyncio.sleep(0.02)
            yield b"x"

    api.answers["/a.png"] = drip
    with pytest.raises(ReferenceRefused) as caught:
        await asyncio.wait_for(make(Deadlines(0.2, 5.0, bytes_per_second=10_000), ()).keep(upload(api)), 5)
    assert caught.value.refusal.reason is Reason.REFERENCE_UNREADABLE


async def test_one_persons_slow_pictures_block_no_other(make: Callable[..., ReferenceShelf], api: FakeFileHost) -> None:
    """B4: of one person's files four come at a time; a second person's come at once."""
    api.answers |= {"/slow.png": silent, "/quick.png": answer(PNG)}
    shelf = make()
    slow = [asyncio.create_task(shelf.keep(upload(api, "/slow.png"), "mallory")) for _ in range(60)]
    async with asyncio.timeout(10):
        while len(api.asked) < 4:  # noqa: ASYNC110 - the server gives no event
            await asyncio.sleep(0.01)
        assert (await shelf.keep(upload(api, "/quick.png"), "ada")).suffix == "png"
    assert len([one for one in api.asked if one.path == "/slow.png"]) == 4
    for task in slow:
        task.cancel()
    await asyncio.gather(*slow, return_exceptions=True)


async def test_pictures_leave_the_database_its_space(
    make: Callable[..., ReferenceShelf], api: FakeFileHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C2: under a floor far above that of videos no picture is fetched, and none is begun that would end under it."""
    free_bytes, real = PICTURE_FLOOR_BYTES, shutil.disk_usage
    monkeypatch.setattr(shutil, "disk_usage", lambda path: real(path)._replace(free=free_bytes))
    api.answers["/a.png"] = answer(PNG)
    assert PICTURE_FLOOR_BYTES >= 4 * VIDEO_FLOOR_BYTES
    shelf = make()
    for asked, free_bytes in ((0, PICTURE_FLOOR_BYTES), (1, PICTURE_FLOOR_BYTES + len(PNG))):  # noqa: B007
        with pytest.raises(ReferenceRefused) as caught:
            await shelf.keep(upload(api))
        assert caught.value.refusal.reason is Reason.DISK_FULL
        assert len(api.asked) == asked
    free_bytes = PICTURE_FLOOR_BYTES + 2 * len(PNG) + 1
    assert (await shelf.keep(upload(api))).suffix == "png"


async def test_space_is_promised_once(
    make: Callable[..., ReferenceShelf], api: FakeFileHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C2: what one picture was promised while it comes is not promised to the next; afterwards it is free again."""
    whole = PNG + bytes(1_000_000 - len(PNG))
    on = asyncio.Event()

    async def slow(_peer: Peer) -> AsyncGenerator[bytes]:
        yield f"HTTP/1.1 200 OK\r\nContent-Length: {len(whole)}\r\n\r\n".encode() + whole[:1_000]
        api.waiting.set()
        await on.wait()
        yield whole[1_000:]

    real = shutil.disk_usage
    monkeypatch.setattr(shutil, "disk_usage", lambda path: real(path)._replace(free=PICTURE_FLOOR_BYTES + 3_000_000))
    api.answers |= {"/slow.png": slow, "/a.png": answer(whole)}
    shelf = make()
    first = asyncio.create_task(shelf.keep(upload(api, "/slow.png")))
    await asyncio.wait_for(api.waiting.wait(), 10)
    refused: list[Reason] = []
    async with asyncio.timeout(10):
        while not refused:  # the promise is given a moment after the bytes were sent
            try:
                await shelf.keep(upload(api))
            except ReferenceRefused as fault:
                refused.append(fault.refusal.reason)
    assert refused == [Reason.DISK_FULL]
    on.set()
    await asyncio.wait_for(first, 10)
    assert (await shelf.keep(upload(api))).suffix == "png"
