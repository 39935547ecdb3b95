"""Fetches in a process of its own and says how much memory that took; `python -m tests.unit.bot.media.memory_probe`.

Takes one JSON object: what to fetch ("pictures" or "video"), the folder, the limit, the server's base URL, and for each
fetch a path and a claimed size. Prints one: the verdicts in order, and by how many bytes the process grew at its most
(a second number for pictures: after all of them once more, four at a time).
"""

import asyncio
import json
import re
import sys
from pathlib import Path
from typing import Any

from bot.jobs.model import Upload
from bot.media.references import ReferenceRefused, ReferenceShelf
from bot.media.sessions import Deadlines
from bot.media.video_fetcher import AddressGuard, FetchFault, VideoFetcher
from tests.unit.bot.media.fetcher_of_one import FetcherOfOne

NAME = "video-ABCDEFGH.mp4"


def memory_bytes(field: str) -> int:
    """What the kernel says of this process: `VmRSS` is what it takes now, `VmHWM` the most it ever took."""
    found = re.search(rf"^{field}:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024


async def picture(shelf: ReferenceShelf, base: str, path: str, size_bytes: int) -> str:
    """The kind of the kept picture, or the reason why it is not kept."""
    try:
        return (await shelf.keep(Upload(base + path, "a.png", size_bytes))).suffix
    except ReferenceRefused as refused:
        return refused.refusal.reason


async def video(fetcher: VideoFetcher, base: str, path: str) -> str:
    """The kind of the fetched video, or what went wrong."""
    try:
        return (await fetcher.fetch(base + path, NAME)).content_type
    except FetchFault as fault:
        return type(fault).__name__


async def run(what: str, folder: str, limit_bytes: int, base: str, fetches: list[tuple[str, int]]) -> dict[str, Any]:
    """Fetch one after the other; the first is for warming up, pictures come once more four at a time."""
    shelf = ReferenceShelf(Path(folder), limit_bytes, base, Deadlines(300.0, 300.0), ())
    fetcher = FetcherOfOne(Path(folder), limit_bytes, AddressGuard(base, []), lambda _url: None)

    async def fetch(path: str, size_bytes: int) -> str:
        return await (picture(shelf, base, path, size_bytes) if what == "pictures" else video(fetcher, base, path))

    verdicts = [await fetch(*fetches[0])]
    Path("/proc/self/clear_refs").write_text("5")  # The maximum starts again.
    before_bytes = memory_bytes("VmRSS")
    verdicts += [await fetch(*each) for each in fetches[1:]]
    grown_bytes = [memory_bytes("VmHWM") - before_bytes]
    if what == "pictures":
        for first in range(0, len(fetches), 4):
            four = fetches[first : first + 4]
            assert await asyncio.gather(*(fetch(*each) for each in four)) == verdicts[first : first + 4]
        grown_bytes.append(memory_bytes("VmHWM") - before_bytes)
    await shelf.close()
    await fetcher.close()
    return {"verdicts": verdicts, "grown_bytes": grown_bytes}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(**json.loads(sys.argv[1])))))  # noqa: T201 # the result for the parent process
