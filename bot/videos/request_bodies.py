"""Writing a request's body, for every dialect: JSON or multipart, the pictures streamed from disk in both.

Halves of surrogate pairs can't be encoded: they become question marks.
"""

import asyncio
import base64
import io
import json
import os
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import BinaryIO, cast

import aiohttp

from bot.jobs.offered_models import OptionValue
from bot.videos.values import ReferenceFile

# Divisible by three: then the base64 of the blocks, one after the other, is that of the whole file.
_BLOCK_BYTES = 48 * 1024
_SUFFIXES = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a request, JSON (as a stream, since aiohttp warns of large bytes) or a form, and its headers."""

    data: io.BytesIO | AsyncGenerator[bytes] | aiohttp.FormData
    headers: Mapping[str, str]


async def json_body(document: Mapping[str, object], files: ExitStack) -> Body:
    """The document as JSON; each `ReferenceFile` in it becomes a `data:` URL, read and written one block at a time.

    `files` closes the opened files. With pictures it has a Content-Length: not every server accepts a chunked body
    (docs/facts/provider.md, "Bodies"). Raises OSError when a picture cannot be opened or read.
    """
    pieces: list[bytes | tuple[BinaryIO, int]] = []
    for part in _json_parts(document):
        if isinstance(part, str):
            pieces.append(part.encode("utf-8", "replace"))
            continue
        stream = files.enter_context(await asyncio.to_thread(part.path.open, "rb"))
        size_bytes = (await asyncio.to_thread(os.fstat, stream.fileno())).st_size
        pieces += [f'"data:{part.content_type};base64,'.encode(), (stream, size_bytes), b'"']
    headers = {"Content-Type": "application/json"}
    texts = [piece for piece in pieces if isinstance(piece, bytes)]
    if len(texts) == len(pieces):
        return Body(io.BytesIO(b"".join(texts)), headers)
    length = sum(len(piece) if isinstance(piece, bytes) else -(-piece[1] // 3) * 4 for piece in pieces)
    return Body(_written(pieces), {**headers, "Content-Length": str(length)})


async def multipart_body(
    fields: Mapping[str, OptionValue], reference_field: str, references: Sequence[ReferenceFile], files: ExitStack
) -> Body:
    """The fields as texts (`true`, `7`), then the pictures under that one repeated name; `files` closes opened files.

    A picture has a plain name made of its position and type, never a person's own file name. Raises OSError when one
    cannot be opened.
    """
    # Without `default_to_multipart` aiohttp sends a form of texts alone urlencoded.
    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in fields.items():
        text = value if isinstance(value, str) else json.dumps(value)
        form.add_field(name, text.encode("utf-8", "replace").decode("utf-8"))
    for position, reference in enumerate(references, start=1):
        stream = files.enter_context(await asyncio.to_thread(reference.path.open, "rb"))
        file_name = f"reference-{position}.{_SUFFIXES.get(reference.content_type, 'bin')}"
        form.add_field(reference_field, stream, filename=file_name, content_type=reference.content_type)
    return Body(form, {})


def _json_parts(value: object) -> Iterator[str | ReferenceFile]:
    if isinstance(value, ReferenceFile):
        yield value
    elif isinstance(value, Mapping):
        yield "{"
        for position, (key, held) in enumerate(cast("Mapping[str, object]", value).items()):
            yield f"{', ' if position else ''}{json.dumps(key)}: "
            yield from _json_parts(held)
        yield "}"
    elif isinstance(value, list | tuple):
        yield "["
        for position, item in enumerate(cast("Sequence[object]", value)):
            yield ", " if position else ""
            yield from _json_parts(item)
        yield "]"
    else:
        yield json.dumps(value, ensure_ascii=False)


async def _written(pieces: Sequence[bytes | tuple[BinaryIO, int]]) -> AsyncGenerator[bytes]:
    for piece in pieces:
        if isinstance(piece, bytes):
            yield piece
            continue
        stream, size_bytes = piece
        for start in range(0, size_bytes, _BLOCK_BYTES):
            wanted = min(_BLOCK_BYTES, size_bytes - start)
            block = await asyncio.to_thread(stream.read, wanted)
            if len(block) != wanted:
                raise OSError("A picture became shorter while it was sent.")
            yield base64.b64encode(block)
