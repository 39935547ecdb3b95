"""Opens what the bot keeps in its data folder beside the database: videos, pictures and frames."""

import asyncio
from contextlib import AsyncExitStack
from typing import NamedTuple

from discord.http import Route

from bot.media.ffmpeg import Ffmpeg, find_ffmpeg
from bot.media.first_frames import FirstFrames
from bot.media.fitted_pictures import FittedPictures
from bot.media.last_frames import LastFrames
from bot.media.redrawing import Redrawing
from bot.media.references import ReferenceShelf
from bot.media.video_fetcher import AddressGuard, Source, VideoFetcher
from bot.ops.clock import Clock, SystemClock
from bot.ops.observer import Observer
from bot.settings import Settings
from bot.videos.providers import Providers


class Media(NamedTuple):
    """The folders, and what works on them."""

    fetcher: VideoFetcher
    ffmpeg: Ffmpeg
    shelf: ReferenceShelf
    first_frames: FirstFrames
    last_frames: LastFrames
    fitted_pictures: FittedPictures


async def open_media(
    settings: Settings, providers: Providers, clock: Clock, resources: AsyncExitStack, observer: Observer
) -> Media:
    """Open the folders, without what an earlier process left half-way. Raises OSError."""
    folder = settings.data_dir
    sources = {
        provider.id: Source(AddressGuard(provider.client.provider, settings.fetch_allow_hosts), provider.client.key_for)
        for provider in providers
    }
    fetcher = VideoFetcher(folder / "videos", settings.video_max_bytes, sources, observer=observer)
    resources.push_async_callback(fetcher.close)
    await fetcher.clear_partials()
    ffmpeg = await _find_ffmpeg(settings, fetcher, clock)
    first_frames = FirstFrames(folder / "frames", ffmpeg)
    resources.push_async_callback(first_frames.close)
    # By the machine's own time: a picture that is refused as slow is not drawn again.
    redrawing = Redrawing(folder / "redraw", SystemClock(), settings.reference_max_bytes)
    await redrawing.clear()
    most_bytes = settings.reference_max_bytes
    shelf = ReferenceShelf(
        folder / "references", most_bytes, Route.BASE, proxy=settings.proxy, redrawing=redrawing, ffmpeg=ffmpeg
    )
    resources.push_async_callback(shelf.close)
    await shelf.clear_partials()
    fitted_pictures = FittedPictures(folder / "fitted", shelf, redrawing)
    return Media(fetcher, ffmpeg, shelf, first_frames, LastFrames(fetcher, shelf, ffmpeg), fitted_pictures)


async def _find_ffmpeg(settings: Settings, fetcher: VideoFetcher, clock: Clock) -> Ffmpeg:
    """ffmpeg, if there is one, with its working folder empty."""
    program = await asyncio.to_thread(find_ffmpeg)
    ffmpeg = Ffmpeg(program, settings.data_dir / "ffmpeg", fetcher.space, clock, settings.video_max_bytes)
    await ffmpeg.clear()
    return ffmpeg
