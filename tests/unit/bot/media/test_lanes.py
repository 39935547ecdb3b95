"""Videos that only drip: they delay no other, and none of them holds a place for ever."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest

from bot.media.lanes import Lanes
from bot.media.sessions import Deadlines
from bot.media.video_fetcher import AddressGuard, FetchFailed, VideoFetcher
from tests.unit.bot.media.fake_file_host import Answer, FakeFileHost, Peer, answer
from tests.unit.bot.media.fetcher_of_one import FetcherOfOne
from tests.unit.bot.media.samples import mp4

LOOK_SECONDS = 0.1
VIDEO = mp4(bytes(2_000))
Make = Callable[..., FetcherOfOne]


@pytest.fixture
def make(tmp_path: Path, api: FakeFileHost) -> Make:
    def fetcher(deadlines: Deadlines | None = None, **numbers: float) -> FetcherOfOne:
        usual = Deadlines(60.0, 30.0)
        guard = AddressGuard(api.url("/v1"), [])
        lanes = Lanes(**({"check_seconds": LOOK_SECONDS} | numbers))  # pyright: ignore[reportArgumentType]  # counts
        return FetcherOfOne(tmp_path / "videos", 10_000_000, guard, lambda _url: None, deadlines or usual, lanes)

    return fetcher


def dripping(every_seconds: float = 0.02, step_bytes: int = 1, *, on: asyncio.Event | None = None) -> Answer:
    """A video that comes bit by bit, the rest at once when `on` is set."""

    async def body(_peer: Peer) -> AsyncGenerator[bytes]:
        yield f"HTTP/1.1 200 OK\r\nContent-Length: {len(VIDEO)}\r\n\r\n".encode() + VIDEO[:40]
        for at in range(40, len(VIDEO), step_bytes):
            if on is not None and on.is_set():
                yield VIDEO[at:]
                return
            yield VIDEO[at : at + step_bytes]
            await asyncio.sleep(every_seconds)

    return body


async def silent(peer: Peer) -> AsyncGenerator[bytes]:
    await peer.gone()
    yield b""


def fetches(
    fetcher: FetcherOfOne, api: FakeFileHost, path: str, count: int, whose: str | None = None
) -> list[asyncio.Task[object]]:
    """So many downloads of that person's, or of a person each."""
    return [
        asyncio.create_task(
            fetcher.fetch(api.url(path), f"video-{path[1:].upper()}{number}.mp4", whose=whose or f"{path}{number}")
        )
        for number in range(count)
    ]


async def ended(tasks: list[asyncio.Task[object]]) -> list[object]:
    for task in tasks:
        task.cancel()
    return await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("count", [3, 12])
@pytest.mark.parametrize("slow", ["dripping", "silent"])
async def test_slow_ones_delay_no_other(make: Make, api: FakeFileHost, slow: str, count: int) -> None:
    """C11: however few bytes three downloads bring, or twelve, the next video comes after the next look or two."""
    api.answers |= {"/slow": dripping() if slow == "dripping" else silent, "/v": answer(VIDEO)}
    fetcher = make()
    tasks = fetches(fetcher, api, "/slow", count)
    async with asyncio.timeout(10):
        while len(api.asked) < 3:  # noqa: ASYNC110 - the server gives no event
            await asyncio.sleep(0.01)
    await asyncio.wait_for(fetcher.fetch(api.url("/v"), "video-QUICK.mp4"), 10)
    assert not [task for task in tasks if task.done()], "and they go on"
    await ended(tasks)


async def test_one_persons_videos_leave_a_lane_to_others(make: Make, api: FakeFileHost) -> None:
    """However many large ones of theirs are fetched or wait: another's comes beside them."""
    go_on = asyncio.Event()

    async def held(_peer: Peer) -> AsyncGenerator[bytes]:
        yield f"HTTP/1.1 200 OK\r\nContent-Length: {len(VIDEO)}\r\n\r\n".encode() + VIDEO[:40]
        await go_on.wait()
        yield VIDEO[40:]

    api.answers |= {"/large": held, "/v": answer(VIDEO)}
    fetcher = make(check_seconds=1_000)
    tasks = fetches(fetcher, api, "/large", 6, "Ada")
    async with asyncio.timeout(10):
        while len(api.asked) < 2:  # noqa: ASYNC110 - the server gives no event
            await asyncio.sleep(0.01)
    await asyncio.wait_for(fetcher.fetch(api.url("/v"), "video-QUICK.mp4", whose="Ben"), 10)
    assert [one.path for one in api.asked].count("/large") == 2
    go_on.set()
    await asyncio.gather(*tasks)


async def test_a_slow_one_still_comes(make: Make, api: FakeFileHost) -> None:
    """A video on a slow line is fetched to its end, beside the others."""
    on = asyncio.Event()
    api.answers["/slow"] = dripping(on=on)
    tasks = fetches(make(), api, "/slow", 4)
    await asyncio.sleep(LOOK_SECONDS * 3)
    on.set()
    assert len(await asyncio.wait_for(asyncio.gather(*tasks), 10)) == 4


async def test_of_too_many_slow_ones_the_slowest_goes(make: Make, api: FakeFileHost) -> None:
    """Those that only drip make way for those that are merely slow; each is then its own job's trouble."""
    api.answers |= {"/drip": dripping(0.02, 1), "/slow": dripping(0.01, 20)}
    fetcher = make(brisk_lanes=2, slow_lanes=2)
    drips = fetches(fetcher, api, "/drip", 2)
    await asyncio.sleep(LOOK_SECONDS * 2)
    slow = fetches(fetcher, api, "/slow", 2)
    assert len(await asyncio.wait_for(asyncio.gather(*slow), 10)) == 2
    results = await asyncio.wait_for(asyncio.gather(*drips, return_exceptions=True), 10)
    assert [type(one) for one in results] == [FetchFailed, FetchFailed]


async def test_what_only_drips_is_given_up(make: Make, api: FakeFileHost) -> None:
    """C11: under the least rate a download ends, with any idle limit."""
    api.answers["/drip"] = dripping()
    with pytest.raises(FetchFailed):
        await asyncio.wait_for(
            make(Deadlines(0.3, 30.0, bytes_per_second=10_000)).fetch(api.url("/drip"), "video-A.mp4"), 5
        )


def test_the_usual_least_rate() -> None:
    """A video of 8 MB may take some minutes, the largest an hour, a drip two minutes."""
    usual = VideoFetcher.__init__.__defaults__[0]  # pyright: ignore[reportOptionalSubscript]
    assert usual.allowed_seconds(8_000_000) > 400
    assert usual.allowed_seconds(536_870_912) == 3600
    assert usual.allowed_seconds(120) < 125


async def test_places_come_back(make: Make, api: FakeFileHost) -> None:
    """Every download, with any outcome, frees its place for the next."""
    api.answers |= {"/v": answer(VIDEO), "/no": answer(status="500 No"), "/slow": silent}
    fetcher = make(brisk_lanes=1, slow_lanes=1)
    for _ in range(3):
        tasks = fetches(fetcher, api, "/slow", 2)
        await asyncio.sleep(LOOK_SECONDS * 1.5)
        await ended(tasks)
        with pytest.raises(FetchFailed):
            await asyncio.wait_for(fetcher.fetch(api.url("/no"), "video-A.mp4"), 5)
        await asyncio.wait_for(fetcher.fetch(api.url("/v"), "video-A.mp4"), 5)
