"""Files that lie with the chat: on this disk, behind links that are signed and expire; it knows no message."""

import hashlib
import hmac
import mimetypes
import re
import secrets
import struct
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from bot.ops.clock import Clock
from sandbox.chat.records import Attachment, File
from sandbox.chat.snowflakes import Snowflakes

LINK_LIFE_SECONDS = 86_400
_PNG_HEADER = b"\x89PNG\r\n\x1a\n"
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
        """A new, still empty attachment under a clean name; its bytes go to `path`."""
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
        """The same file once more, to stay when the message of the first one goes."""
        again = replace(attachment, id=self._ids.next(), gone=False)
        self._kept[again.id] = again
        return again

    def link(self, attachment: Attachment) -> str:
        """A fresh link to it, good for a day of the clock."""
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
        """The attachment with that id, for whoever may see everything here: the sandbox's own page."""
        return self._kept.get(int(attachment_id)) if attachment_id.isdecimal() else None

    def _sign(self, path: str, until: int, issued: int) -> str:
        return hmac.new(self._key, f"{path}|{until}|{issued}".encode(), hashlib.sha256).hexdigest()


def picture_size(path: Path) -> tuple[int, int] | None:
    """Width and height in pixels of a PNG; None for anything else."""
    with path.open("rb") as file:
        head = file.read(24)
    if len(head) < 24 or not head.startswith(_PNG_HEADER):
        return None
    width, height = struct.unpack(">II", head[16:24])
    return width, height
