"""One REST call, read: its ids, query, JSON body and files (streamed to disk)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import BodyPartReader, MultipartReader, web

from sandbox.chat.errors import ApiError
from sandbox.chat.records import Attachment, Json
from sandbox.chat.world import World

_CHUNK_BYTES = 1 << 16
# Far above every limit that is answered with 40005; only there so that a runaway upload cannot fill the disk.
_HARD_LIMIT_BYTES = 1 << 30


@dataclass(slots=True)
class Incoming:
    """The input of a route's function."""

    world: World
    names: Mapping[str, str]
    query: Mapping[str, str]
    body: Json = field(default_factory=Json)
    items: list[Json] = field(default_factory=list[Json])
    uploads: dict[int, Attachment] = field(default_factory=dict[int, Attachment])

    def id(self, name: str) -> int:
        """The snowflake in the path under that name; raises `ApiError` 50035."""
        text = self.names[name]
        if not text.isdecimal():
            raise ApiError(50035, errors={name: {"_errors": [{"code": "NUMBER_TYPE_COERCE", "message": text}]}})
        return int(text)


async def read(request: web.Request, incoming: Incoming) -> None:
    """Read body and files; raises `ApiError` 50109 when the JSON can't be read."""
    if request.content_type == "multipart/form-data":
        await _read_multipart(await request.multipart(), incoming)
    elif text := await request.text():
        _take_json(text, incoming)


async def _read_multipart(reader: MultipartReader, incoming: Incoming) -> None:
    async for part in reader:
        if not isinstance(part, BodyPartReader):
            raise ApiError(50109)
        if part.name == "payload_json":
            _take_json(await part.text(), incoming)
        elif part.name and part.name.startswith("files["):
            await _keep_file(part, int(part.name[6:-1]), incoming)


async def _keep_file(part: BodyPartReader, index: int, incoming: Incoming) -> None:
    upload = incoming.world.files.room_for(part.filename or "unknown")
    incoming.uploads[index] = upload
    with upload.path.open("wb") as file:
        while chunk := await part.read_chunk(_CHUNK_BYTES):
            file.write(chunk)
            upload.size_bytes += len(chunk)
            if upload.size_bytes > _HARD_LIMIT_BYTES:
                raise ApiError(40005)


def _take_json(text: str, incoming: Incoming) -> None:
    try:
        parsed = json.loads(text)
    except ValueError as error:
        raise ApiError(50109) from error
    if isinstance(parsed, list):
        incoming.items = parsed
    elif isinstance(parsed, dict):
        incoming.body = parsed
    else:
        raise ApiError(50109)
