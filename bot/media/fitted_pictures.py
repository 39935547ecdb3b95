"""The folder of pictures that were fitted to the size of a video, each named after its picture and how it was drawn.

They can be drawn again at any time, so nothing about them is stored elsewhere. They go with the picture.
"""

import asyncio
import io
from collections.abc import Collection, Hashable
from pathlib import Path
from typing import NamedTuple

from bot.jobs.model import Reference
from bot.media.disk_space import PICTURE_FLOOR_BYTES, DiskSpace
from bot.media.fit_plan import Redraw, Shape
from bot.media.folders import PartialFile, PrivateFolder
from bot.media.metadata import find_orientation
from bot.media.orientation import UPRIGHT, lies_on_its_side
from bot.media.pictures import read_header
from bot.media.redrawing import Redrawing, Undrawable
from bot.media.references import ReferenceShelf

_TYPES = {"png": "image/png", "jpg": "image/jpeg"}
_SPARE_SECONDS = 600.0


class PictureFile(NamedTuple):
    """A picture as it is sent."""

    path: Path
    content_type: str


class FittedPictures:
    """Reads the shapes of kept pictures, and redraws them by a plan."""

    def __init__(self, folder: Path, shelf: ReferenceShelf, redrawing: Redrawing) -> None:
        self._folder = PrivateFolder(folder)
        self._space = DiskSpace(self._folder, PICTURE_FLOOR_BYTES)
        self._shelf = shelf
        self._redrawing = redrawing

    async def read_shape(self, picture: Reference) -> Shape | None:
        """The kept picture's shape as people see it; None if it isn't kept. Raises OSError."""
        return await asyncio.to_thread(_read_shape, self._shelf.path(picture))

    async def fit(self, picture: Reference, how: Redraw | None, whose: Hashable) -> PictureFile:
        """The kept picture as it is sent: redrawn by that plan, without one as it is. `whose` has one drawn at a time.

        Raises `RedrawFault`, `DiskFullError`, OSError.
        """
        source = self._shelf.path(picture)
        if how is None:
            return PictureFile(source, picture.content_type)
        names = {suffix: f"{picture.sha256}-{how.name}.{suffix}" for suffix in _TYPES}
        for suffix, name in names.items():
            if await asyncio.to_thread(self._folder.size_bytes, name):
                return PictureFile(self._folder.path(name), _TYPES[suffix])
        content = await self._redrawing.redraw(source, how, picture.suffix, whose)
        drawn = read_header(io.BytesIO(content))
        if drawn is None or (drawn.width, drawn.height) != (how.width, how.height):
            raise Undrawable("What was drawn is no picture of that size.")
        await self._space.check(len(content))
        async with PartialFile(self._folder) as partial:
            await partial.add(content)
            path, _ = await partial.keep_as(names[drawn.suffix])
        return PictureFile(path, _TYPES[drawn.suffix])

    async def sweep(self, keep: Collection[str], spare_seconds: float = _SPARE_SECONDS) -> int:
        """Delete those of pictures whose file names are not in `keep`; how many. Raises OSError."""
        hashes = {name.partition(".")[0] for name in keep}

        def run() -> int:
            self._folder.make()
            fitted = {path.name for path in self._folder.path("x.png").parent.iterdir()}
            return self._folder.sweep({name for name in fitted if name.partition("-")[0] in hashes}, spare_seconds)

        return await asyncio.to_thread(run)


def _read_shape(path: Path) -> Shape | None:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    with file:
        picture = read_header(file)
        turn = None if picture is None else find_orientation(file, picture.suffix)
        if picture is None or turn is None:
            return None
        sides = (picture.width, picture.height)
        return Shape(*(reversed(sides) if lies_on_its_side(turn) else sides), turned=turn != UPRIGHT)
