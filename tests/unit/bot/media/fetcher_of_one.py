"""A fetcher of the videos of one provider."""

from collections.abc import Callable, Hashable
from pathlib import Path

from bot.media.lanes import Lanes
from bot.media.sessions import Deadlines
from bot.media.video_fetcher import AddressGuard, FetchedVideo, Source, VideoFetcher

_PROVIDER = "provider"


class FetcherOfOne(VideoFetcher):
    """Needs no provider's id."""

    def __init__(
        self,
        folder: Path,
        max_bytes: int,
        guard: AddressGuard,
        key_for: Callable[[str], str | None],
        *more: Deadlines | Lanes | None,
    ) -> None:
        super().__init__(folder, max_bytes, {_PROVIDER: Source(guard, key_for)}, *more)  # pyright: ignore[reportArgumentType]  # in their order

    async def fetch(self, url: str, name: str, provider_id: str = _PROVIDER, whose: Hashable = None) -> FetchedVideo:
        return await super().fetch(url, name, provider_id, whose)
