"""Videos that people attach in the place of a picture: their first frame is the picture."""

import asyncio
from contextlib import AsyncExitStack
from secrets import token_hex
from typing import BinaryIO

from bot.media.ffmpeg import Ffmpeg
from bot.media.folders import PartialFile, PrivateFolder
from bot.media.sniffing import SNIFF_BYTES, sniff

# Pictures in the same boxes as an MP4 (docs/facts/media.md, "Videos").
_PICTURES = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis"})


def is_video(file: BinaryIO) -> bool:
    """Whether the file begins like a video: an MP4, MOV or WebM."""
    file.seek(0)
    first = file.read(SNIFF_BYTES)
    return sniff(first) is not None and first[8:12] not in _PICTURES


async def draw_first_frame(partial: PartialFile, folder: PrivateFolder, ffmpeg: Ffmpeg) -> bytes:
    """The first frame of that video as a JPEG, with nothing left of both in the folder. Raises `FfmpegFault`, OSError.

    What a kill leaves is swept like any other file.
    """
    name = token_hex(8)
    target = folder.path(f"video-{name}.jpg")
    async with AsyncExitStack() as stack:
        video, _ = await partial.keep_as(f"video-{name}.mp4")
        stack.push_async_callback(asyncio.to_thread, video.unlink, missing_ok=True)
        stack.push_async_callback(asyncio.to_thread, target.unlink, missing_ok=True)
        await ffmpeg.first_frame(video, target, large=True)
        return await asyncio.to_thread(target.read_bytes)
