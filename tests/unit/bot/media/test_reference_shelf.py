"""Which attachments become references, and how they are kept."""

import asyncio
import hashlib
import os
import stat
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

import pytest

from bot.jobs.model import Reference, Upload
from bot.jobs.reasons import Reason
from bot.media.references import ReferenceRefused, ReferenceShelf, display_name
from bot.media.sessions import Deadlines
from tests.unit.bot.media.fake_file_host import FakeFileHost, Peer, answer, redirect
from tests.unit.bot.media.fake_network import FakeNetwork
from tests.unit.bot.media.photos import SECRETS, exif_bytes, phone_photo, plain
from tests.unit.bot.media.samples import jpeg_header, picture, png_bomb, png_header

MAX_BYTES = 300_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "references"


@pytest.fixture
async def shelf(folder: Path, api: FakeFileHost) -> AsyncIterator[ReferenceShelf]:
    made = ReferenceShelf(folder, MAX_BYTES, api.url("/api/v10"), Deadlines(60.0, 60.0), ())
    yield made
    await made.close()


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def upload(api: FakeFileHost, body: bytes, path: str = "/a.png", size_bytes: int | None = None) -> Upload:
    """An attachment as Discord would show it, with its bytes on the server."""
    api.answers[path] = answer(body, Content_Type="image/png")
    return Upload(api.url(path), path[1:], len(body) if size_bytes is None else size_bytes)


@pytest.mark.parametrize(("kind", "suffix"), [("PNG", "png"), ("JPEG", "jpg"), ("WEBP", "webp")])
async def test_kept(shelf: ReferenceShelf, api: FakeFileHost, folder: Path, kind: str, suffix: str) -> None:
    """A picture is kept byte for byte under its hash, 0600 in a folder 0700, with any name."""
    body = picture(kind)
    kept = await shelf.keep(upload(api, body, "/not-a-picture.txt"))
    assert kept == Reference(hashlib.sha256(body).hexdigest(), suffix, len(body))
    assert shelf.path(kept) == folder / kept.file_name
    assert shelf.path(kept).read_bytes() == body
    assert stat.S_IMODE(shelf.path(kept).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert shelf.holds(kept)
    assert not shelf.holds(Reference(kept.sha256, kept.suffix, kept.size_bytes + 1))
    assert not shelf.holds(Reference("0" * 64, kept.suffix, kept.size_bytes))
    assert "authorization" not in api.asked[0].headers
    assert api.asked[0].headers["accept-encoding"] == "identity"
    assert await shelf.keep(upload(api, body)) == kept
    assert left(folder) == [kept.file_name]


@pytest.mark.parametrize(
    ("size_bytes", "reason"), [(0, Reason.REFERENCE_EMPTY), (MAX_BYTES + 1, Reason.REFERENCE_TOO_LARGE)]
)
async def test_claimed_size(shelf: ReferenceShelf, api: FakeFileHost, size_bytes: int, reason: Reason) -> None:
    """What already claims to be empty or too large is refused before a byte is fetched."""
    with pytest.raises(ReferenceRefused) as caught:
        await shelf.keep(upload(api, picture("PNG"), size_bytes=size_bytes))
    assert caught.value.refusal.reason is reason
    assert caught.value.refusal.named["file"] == "a.png"
    assert api.asked == []


GIF = picture("GIF")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", Reason.REFERENCE_EMPTY),
        (bytes(MAX_BYTES + 1), Reason.REFERENCE_TOO_LARGE),
        (b"a text called a.png", Reason.REFERENCE_TYPE),
        (GIF, Reason.REFERENCE_TYPE),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", Reason.REFERENCE_TYPE),
        (b"<html><script>1</script>", Reason.REFERENCE_TYPE),
        (b"%PDF-1.7", Reason.REFERENCE_TYPE),
        (b"PK\x03\x04" + picture("PNG"), Reason.REFERENCE_TYPE),
        (b"\0\0\0\x18ftypheic" + bytes(20), Reason.REFERENCE_TYPE),
        (b"GIF89a" + picture("JPEG"), Reason.REFERENCE_TYPE),
        (picture("PNG")[:20], Reason.REFERENCE_DAMAGED),
        (picture("JPEG")[:50], Reason.REFERENCE_DAMAGED),
        (picture("WEBP")[:28], Reason.REFERENCE_DAMAGED),
        (png_header(0, 0), Reason.REFERENCE_DAMAGED),
        (png_bomb(12_001), Reason.REFERENCE_DIMENSIONS),
        (png_header(8_001, 8_000), Reason.REFERENCE_DIMENSIONS),
        (jpeg_header(65_000, 65_000), Reason.REFERENCE_DIMENSIONS),
    ],
    ids=lambda value: repr(value[:12]) if isinstance(value, bytes) else None,
)
async def test_refused(shelf: ReferenceShelf, api: FakeFileHost, folder: Path, body: bytes, reason: Reason) -> None:
    """A file that is not what it says is refused with its reason and its name, and nothing is kept of it."""
    with pytest.raises(ReferenceRefused) as caught:
        await shelf.keep(upload(api, body, size_bytes=9))
    refusal = caught.value.refusal
    assert refusal.reason is reason
    assert refusal.named["file"] == "a.png"
    assert (refusal.named.get("limit_bytes") == MAX_BYTES) is (reason is Reason.REFERENCE_TOO_LARGE)
    assert left(folder) == []


async def test_polyglot_keeps_our_name(shelf: ReferenceShelf, api: FakeFileHost) -> None:
    """A picture with a page or an archive behind it is kept as the picture alone, and never as anything else."""
    kept = await shelf.keep(upload(api, picture("PNG") + b"<script>1</script>PK\x03\x04", "/x.html"))
    assert (kept.suffix, kept.content_type) == ("png", "image/png")
    assert shelf.path(kept).read_bytes() == picture("PNG")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_a_photo_is_kept_without_its_place(
    shelf: ReferenceShelf, api: FakeFileHost, folder: Path, kind: str
) -> None:
    """Metadata never lies in the folder after a picture was kept; the hash and the size are those of what is kept."""
    photo = phone_photo(kind)
    kept = await shelf.keep(upload(api, photo))
    lies = shelf.path(kept).read_bytes()
    assert [secret for secret in SECRETS if secret in lies] == []
    assert kept == Reference(hashlib.sha256(lies).hexdigest(), kept.suffix, len(lies))
    assert shelf.holds(kept)
    assert left(folder) == [kept.file_name]
    assert await shelf.keep(upload(api, lies)) == kept, "the picture alone is the same picture"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_a_damaged_picture_is_called_so(
    shelf: ReferenceShelf, api: FakeFileHost, folder: Path, kind: str
) -> None:
    """A picture that ends too early is called damaged, with or without metadata; nothing is left of it."""
    for whole in (plain(kind), plain(kind, exif=exif_bytes(6))):
        with pytest.raises(ReferenceRefused) as caught:
            await shelf.keep(upload(api, whole[:200]))
        assert caught.value.refusal.reason is Reason.REFERENCE_DAMAGED
        assert caught.value.refusal.named["file"] == "a.png"
        assert left(folder) == []


async def test_clear_partials(shelf: ReferenceShelf, api: FakeFileHost, folder: Path) -> None:
    """What an earlier process left half-way is cleared at start; pictures stay."""
    assert await shelf.clear_partials() == 0
    kept = await shelf.keep(upload(api, picture("PNG")))
    for name in ("a.part", "b.part"):
        (folder / name).write_bytes(b"x")
    assert await shelf.clear_partials() == 2
    assert left(folder) == [kept.file_name]


async def test_endless(shelf: ReferenceShelf, api: FakeFileHost, folder: Path) -> None:
    """A body without end is given up at the limit."""

    async def endless(peer: Peer) -> AsyncGenerator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n\r\n" + picture("PNG")
        while True:
            yield bytes(50_000)

    claim = upload(api, b"x")
    api.answers["/a.png"] = endless
    with pytest.raises(ReferenceRefused) as caught:
        await shelf.keep(claim)
    assert caught.value.refusal.reason is Reason.REFERENCE_TOO_LARGE
    assert left(folder) == []


async def test_unreadable(folder: Path, api: FakeFileHost) -> None:
    """What does not come whole, in time, plain, and with a 200 is unreadable; redirects are not followed."""

    async def stall(peer: Peer) -> AsyncGenerator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n" + picture("PNG")
        await peer.gone()

    api.answers |= {
        "/404": answer(status="404 Not Found"),
        "/206": answer(picture("PNG"), "206 Partial Content"),
        "/302": redirect(api.url("/whole")),
        "/gzip": answer(picture("PNG"), Content_Encoding="gzip"),
        "/short": answer(picture("PNG"), length=9_000),
        "/noise": b"noise\r\n\r\n",
        "/stall": stall,
        "/whole": answer(picture("PNG")),
    }
    for deadlines in (Deadlines(0.3, 10.0), Deadlines(10.0, 0.3)):
        shelf = ReferenceShelf(folder, MAX_BYTES, api.url("/api"), deadlines, ())
        for path in ("/404", "/206", "/302", "/gzip", "/short", "/noise", "/stall"):
            with pytest.raises(ReferenceRefused) as caught:
                await shelf.keep(Upload(api.url(path), "a.png", 9))
            assert caught.value.refusal.reason is Reason.REFERENCE_UNREADABLE
        await shelf.close()
    assert left(folder) == []
    assert "/whole" not in {each.path for each in api.asked}


@pytest.mark.parametrize(
    "url",
    [
        "https://cdn.discordapp.com.evil.test/a.png",
        "https://evil.test/cdn.discordapp.com/a.png",
        "https://cdn.discordapp.com@evil.test/a.png",
        "https://u:p@cdn.discordapp.com/a.png",
        "http://cdn.discordapp.com/a.png",
        "https://cdn.discordapp.com:8443/a.png",
        "https://discord.com/a.png",
        "http://127.0.0.66/a.png",
        "http://127.0.0.1:9/a.png",
        "https://127.0.0.1/a.png",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "/a.png",
        "https://[::1",
        "",
    ],
)
async def test_other_hosts(shelf: ReferenceShelf, net: FakeNetwork, url: str) -> None:
    """Only Discord's own file hosts are asked, over https; nothing else is even looked up."""
    with pytest.raises(ReferenceRefused) as caught:
        await shelf.keep(Upload(url, "a.png", 9))
    assert caught.value.refusal.reason is Reason.REFERENCE_UNREADABLE
    assert (net.resolved, net.attempts) == ([], [])


@pytest.mark.parametrize("host", ["cdn.discordapp.com", "media.discordapp.net"])
async def test_discord_hosts(shelf: ReferenceShelf, net: FakeNetwork, host: str) -> None:
    """Both of Discord's file hosts are asked."""
    net.name(host, ["162.159.129.233"])
    with pytest.raises(ReferenceRefused):
        await shelf.keep(Upload(f"https://{host}/attachments/1/2/a.png?ex=1&is=2&hm=3&", "a.png", 9))
    assert net.attempts == ["162.159.129.233"]


async def test_all_in_order(shelf: ReferenceShelf, api: FakeFileHost) -> None:
    """Several pictures keep their order, also when the first arrives last and two are the same."""
    bodies = [picture("PNG", (n + 1, 9)) for n in (0, 1, 2, 1)]
    uploads = [upload(api, body, f"/{n}.png") for n, body in enumerate(bodies)]
    others = asyncio.Event()

    async def last(peer: Peer) -> AsyncGenerator[bytes]:
        await asyncio.wait_for(others.wait(), 10)
        yield answer(bodies[0])

    async def third(_peer: Peer) -> AsyncGenerator[bytes]:
        others.set()
        yield answer(bodies[3])

    api.answers |= {"/0.png": last, "/3.png": third}
    kept = await shelf.keep_all(uploads)
    assert [each.sha256 for each in kept] == [hashlib.sha256(body).hexdigest() for body in bodies]
    assert await shelf.keep_all([]) == ()


async def test_first_refusal_wins(shelf: ReferenceShelf, api: FakeFileHost, folder: Path) -> None:
    """The first in order that is refused is the one named, and the downloads after it are ended."""
    ended = asyncio.Event()

    async def stall(peer: Peer) -> AsyncGenerator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n" + picture("PNG")
        await peer.gone()
        ended.set()

    uploads = [upload(api, body, f"/{n}.png", 9) for n, body in enumerate([picture("PNG"), GIF, b"", b"x"])]
    api.answers["/3.png"] = stall
    with pytest.raises(ReferenceRefused) as caught:
        await asyncio.wait_for(shelf.keep_all(uploads), 10)
    assert caught.value.refusal.reason is Reason.REFERENCE_TYPE
    assert caught.value.refusal.named["file"] == "1.png"
    assert not [name for name in left(folder) if name.endswith(".part")]
    if any(each.path == "/3.png" for each in api.asked):
        await asyncio.wait_for(ended.wait(), 10)


async def test_too_many(shelf: ReferenceShelf, api: FakeFileHost) -> None:
    """More than four are refused as a whole, and an impossible claim anywhere before anything is fetched."""
    uploads = [upload(api, picture("PNG"), f"/{n}.png") for n in range(5)]
    with pytest.raises(ReferenceRefused) as caught:
        await shelf.keep_all(uploads)
    assert caught.value.refusal.reason is Reason.REFERENCES_TOO_MANY
    assert caught.value.refusal.named == {"limit": 4}
    with pytest.raises(ReferenceRefused) as caught:
        await shelf.keep_all([*uploads[:2], upload(api, b"x", size_bytes=0)])
    assert caught.value.refusal.reason is Reason.REFERENCE_EMPTY
    assert api.asked == []


async def test_sweep(shelf: ReferenceShelf, api: FakeFileHost, folder: Path) -> None:
    """Sweeping deletes unneeded files and stale partial ones, but no file of a moment ago."""
    needed, unneeded, fresh = [await shelf.keep(upload(api, picture("PNG", (n, 1)))) for n in (1, 2, 3)]
    (folder / "stale.part").write_bytes(b"x")
    (folder / "fresh.part").write_bytes(b"x")
    for name in (needed.file_name, unneeded.file_name, "stale.part"):
        os.utime(folder / name, (1, 1))
    assert await shelf.sweep({needed.file_name}) == 2
    assert left(folder) == sorted([needed.file_name, fresh.file_name, "fresh.part"])
    await shelf.keep(upload(api, picture("PNG", (1, 1))))
    assert await shelf.sweep(set()) == 0, "a picture that is attached again is fresh again"
    assert await shelf.sweep(set(), spare_seconds=0) == 3
    assert left(folder) == []


async def test_disk_trouble(shelf: ReferenceShelf, api: FakeFileHost, folder: Path, tmp_path: Path) -> None:
    """When our own disk does not take the picture, that is said, and a planted link is not followed."""
    (tmp_path / "elsewhere").mkdir()
    folder.parent.mkdir()
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ReferenceRefused) as caught:
        await shelf.keep(upload(api, picture("PNG")))
    assert caught.value.refusal.reason is Reason.STORE_UNAVAILABLE
    assert left(tmp_path / "elsewhere") == []


async def test_closed(folder: Path, api: FakeFileHost) -> None:
    """Closing ends what is being fetched, and nothing more is fetched."""
    shelf = ReferenceShelf(folder, MAX_BYTES, api.url("/api"))

    async def stall(peer: Peer) -> AsyncGenerator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n\r\n" + picture("PNG")
        api.waiting.set()
        await peer.gone()

    claim = upload(api, b"x")
    api.answers["/a.png"] = stall
    task = asyncio.create_task(shelf.keep(claim))
    await asyncio.wait_for(api.waiting.wait(), 10)
    await shelf.close()
    for refused in (task, shelf.keep(claim)):
        with pytest.raises(ReferenceRefused):
            await asyncio.wait_for(refused, 10)
    assert left(folder) == []


@pytest.mark.parametrize(
    ("claimed", "shown"),
    [
        ("cat.png", "cat.png"),
        ("", "file"),
        ("\0\n\r\x1b", "file"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("a\nb\u2028c.png", "abc.png"),
        ("猫.png", "猫.png"),
        ("x" * 300, "x" * 59 + "…"),
        ("../../etc/passwd", "../../etc/passwd"),
    ],
)
def test_display_name(claimed: str, shown: str) -> None:
    """A claimed name is shown without control characters and shortened."""
    assert display_name(claimed) == shown
