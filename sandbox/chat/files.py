"""The chat's files: on this disk, behind links that are signed and expire."""

import hashlib
import hmac
import mimetypes
import re
import secrets
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from PIL import Image

from bot.ops.clock import Clock
from sandbox.chat.records import Attachment, File
from sandbox.chat.snowflakes import Snowflakes

LINK_LIFE_SECONDS = 86_400
_MOVIE_HEADER_BYTES_MAX = 256 * 1024
_UNUSUAL = re.compile(r"[^\w.\-]+", re.ASCII)


class FileStore:
    """Keeps attachments under `folder/<id>/<name>` and makes and checks the links to them."""

    def __init__(self, folder: Path, clock: Clock, ids: Snowflakes) -> None:
        self._folder = folder
        self._clock = clock
        self._ids = ids
        self._key = secrets.token_bytes(16)
        self._kept: dict[int, Attachment] = {}
        self.origin = ""

    def room_for(self, name: str) -> Attachment:
        """A new, empty attachment under a clean name; its bytes go to `path`."""
        clean = _UNUSUAL.sub("_", Path(name).name).strip("_") or "unknown"
        attachment_id = self._ids.next()
        path = self._folder / str(attachment_id) / clean
        path.parent.mkdir(parents=True)
        kind = mimetypes.guess_type(clean)[0] or "application/octet-stream"
        attachment = Attachment(attachment_id, clean, 0, kind, path)
        self._kept[attachment_id] = attachment
        return attachment

    def keep(self, file: File, *, ephemeral: bool, place_id: int) -> Attachment:
        """A person's file, with the content type their client claims."""
        attachment = self.room_for(file.name)
        attachment.path.write_bytes(file.data)
        attachment.size_bytes = len(file.data)
        attachment.content_type = file.content_type or attachment.content_type
        attachment.ephemeral = ephemeral
        attachment.place_id = place_id
        return attachment

    def copy(self, attachment: Attachment) -> Attachment:
        """A copy of the file, which stays when the message of the first one goes."""
        again = replace(attachment, id=self._ids.next(), gone=False)
        self._kept[again.id] = again
        return again

    def link(self, attachment: Attachment) -> str:
        """A fresh link to it, valid for a day of the clock."""
        room = "ephemeral-attachments" if attachment.ephemeral else "attachments"
        path = f"/{room}/{attachment.place_id}/{attachment.id}/{attachment.file_name}"
        issued = int(self._clock.now())
        until = issued + LINK_LIFE_SECONDS
        return f"{self.origin}{path}?ex={until:x}&is={issued:x}&hm={self._sign(path, until, issued)}&"

    def open_link(self, path_and_query: str) -> Attachment | None:
        """The attachment behind a link; None when it is forged, expired, or its message was deleted."""
        parts = urlsplit(path_and_query)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        try:
            until, issued = int(query["ex"], 16), int(query["is"], 16)
            attachment = self._kept[int(parts.path.split("/")[-2])]
        except (KeyError, ValueError, IndexError):
            return None
        good = hmac.compare_digest(query.get("hm", ""), self._sign(parts.path, until, issued))
        return attachment if good and self._clock.now() < until and not attachment.gone else None

    def find(self, attachment_id: str) -> Attachment | None:
        """The attachment with that id, without a check of rights: for the sandbox's own page."""
        return self._kept.get(int(attachment_id)) if attachment_id.isdecimal() else None

    def _sign(self, path: str, until: int, issued: int) -> str:
        return hmac.new(self._key, f"{path}|{until}|{issued}".encode(), hashlib.sha256).hexdigest()


def picture_size(attachment: Attachment) -> tuple[int, int] | None:
    """Width and height in pixels of a picture or an MP4 video; None for anything else, or while it is empty."""
    return _size_of(attachment.path, attachment.size_bytes) if attachment.size_bytes else None


@lru_cache(maxsize=1_000)
def _size_of(path: Path, _size_bytes: int) -> tuple[int, int] | None:
    """Cached, since every payload includes it; a complete file doesn't change."""
    try:
        with path.open("rb") as file:
            if file.read(12)[4:8] == b"ftyp":
                return _video_size(file.read(_MOVIE_HEADER_BYTES_MAX))
        with Image.open(path) as picture:
            return picture.size
    except (OSError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        # No picture (Pillow's own error for that is an OSError), or one with too many pixels for Pillow.
        return None


def _video_size(data: bytes) -> tuple[int, int] | None:
    """The size of the first track that has one: the last eight bytes of its header, as fractions of 65,536."""
    for box in re.finditer(b"(.{4})tkhd", data, re.DOTALL):
        end = box.start() + int.from_bytes(box[1], "big")
        width, height = (int.from_bytes(data[end - past : end - past + 4], "big") >> 16 for past in (8, 4))
        if width and height:
            return width, height
    return None
