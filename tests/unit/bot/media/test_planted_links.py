"""L13: links that somebody planted in the data folder lead nowhere: nothing is read, written or deleted by them."""

import hashlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from bot.jobs.model import Reference, Upload
from bot.media.references import ReferenceRefused, ReferenceShelf
from bot.media.video_fetcher import AddressGuard, FetchFailed, VideoFetcher
from tests.unit.bot.media.fake_file_host import FakeFileHost, answer
from tests.unit.bot.media.fetcher_of_one import FetcherOfOne
from tests.unit.bot.media.samples import mp4, picture

Kind = Literal["videos", "references"]
BODY: dict[Kind, bytes] = {"videos": mp4(), "references": picture("PNG")}
MAX_BYTES = 200_000


@dataclass
class Keeper:
    """Whichever keeps files in that folder of the bot's, and what lies outside of it."""

    kind: Kind
    folder: Path
    outside: Path
    api: FakeFileHost
    fetcher: VideoFetcher
    shelf: ReferenceShelf

    @property
    def name(self) -> str:
        """The name under which the file of this test is kept."""
        return "video-ABCDEFGH.mp4" if self.kind == "videos" else self._reference.file_name

    @property
    def _reference(self) -> Reference:
        return Reference(hashlib.sha256(BODY[self.kind]).hexdigest(), "png", len(BODY[self.kind]))

    async def keep(self) -> Path:
        """Fetch the file of this test, and say where it lies."""
        self.api.answers["/a"] = answer(BODY[self.kind])
        if self.kind == "videos":
            return (await self.fetcher.fetch(self.api.url("/a"), self.name)).path
        return self.shelf.path(await self.shelf.keep(Upload(self.api.url("/a"), "a", len(BODY[self.kind]))))

    async def holds(self) -> bool:
        """Whether it takes what lies under the name for the file of this test."""
        if self.kind == "videos":
            return await self.fetcher.verify(self.name, hashlib.sha256(BODY[self.kind]).hexdigest())
        return self.shelf.holds(self._reference)

    async def clean(self) -> None:
        """Delete all unneeded files, as at the start and then now and again."""
        keeper = self.fetcher if self.kind == "videos" else self.shelf
        await keeper.clear_partials()
        await keeper.sweep(set(), 0.0)

    def seen_outside(self) -> dict[str, bytes | None]:
        """All that lies outside of the bot's folder, with its content."""
        found = sorted(self.outside.rglob("*"))
        return {str(path): path.read_bytes() if path.is_file() else None for path in found}


@pytest.fixture(params=["videos", "references"])
async def keeper(request: pytest.FixtureRequest, tmp_path: Path, api: FakeFileHost) -> AsyncIterator[Keeper]:
    """A folder that isn't there yet; outside lie the very file that would be kept and a folder with something in it."""
    kind: Kind = request.param
    outside, folder = tmp_path / "outside", tmp_path / "data" / kind
    (outside / "folder").mkdir(parents=True)
    folder.parent.mkdir()
    (outside / "file").write_bytes(BODY[kind])
    (outside / "folder" / "precious").write_bytes(b"precious")
    fetcher = FetcherOfOne(folder, MAX_BYTES, AddressGuard(api.url("/v1"), []), lambda _url: None)
    shelf = ReferenceShelf(folder, MAX_BYTES, api.url("/api"))
    yield Keeper(kind, folder, outside, api, fetcher, shelf)
    await fetcher.close()
    await shelf.close()


@pytest.mark.reliability
@pytest.mark.parametrize("target", ["file", "folder", "nothing"])
async def test_planted_links(keeper: Keeper, target: str) -> None:
    """A link under a file's name is not read, with any target, and is replaced when the file comes."""
    keeper.folder.mkdir(mode=0o700)
    (keeper.folder / keeper.name).symlink_to(keeper.outside / target)
    before = keeper.seen_outside()
    assert not await keeper.holds()
    path = await keeper.keep()
    assert path == keeper.folder / keeper.name
    assert not path.is_symlink()
    assert path.read_bytes() == BODY[keeper.kind]
    assert await keeper.holds()
    assert keeper.seen_outside() == before


@pytest.mark.reliability
async def test_planted_links_are_thrown_away_alone(keeper: Keeper) -> None:
    """Links among unneeded files go when the folder is cleaned; their targets stay."""
    keeper.folder.mkdir(mode=0o700)
    for number, target in enumerate(("file", "folder", "nothing")):
        for name in (f"stale{number}.part", f"old{number}.mp4"):
            (keeper.folder / name).symlink_to(keeper.outside / target)
            os.utime(keeper.folder / name, (1, 1), follow_symlinks=False)
    before = keeper.seen_outside()
    await keeper.clean()
    assert list(keeper.folder.iterdir()) == []
    assert keeper.seen_outside() == before


@pytest.mark.reliability
async def test_planted_folder(keeper: Keeper) -> None:
    """A folder that is itself a link is not entered: what should go there is refused, and nothing is cleaned there."""
    keeper.folder.symlink_to(keeper.outside / "folder")
    (keeper.outside / "folder" / "a.part").write_bytes(b"half")
    before = keeper.seen_outside()
    with pytest.raises((FetchFailed, ReferenceRefused)):
        await keeper.keep()
    with pytest.raises(NotADirectoryError):
        await keeper.clean()
    assert keeper.seen_outside() == before
