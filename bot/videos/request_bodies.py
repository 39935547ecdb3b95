"""Writing an order as a request's body: JSON or multipart, the pictures streamed from disk in both."""

import asyncio
import base64
import io
import json
import os
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import BinaryIO

import aiohttp

from bot.videos.values import BodyForm, Order

# Divisible by three: then the base64 of the blocks, one after the other, is that of the whole file.
_BLOCK_BYTES = 48 * 1024
_SUFFIXES = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a request, JSON (as a stream, since aiohttp warns of large bytes) or a form, and its headers."""

    data: io.BytesIO | AsyncGenerator[bytes] | aiohttp.FormData
    headers: Mapping[str, str]


def fields_of(order: Order) -> dict[str, str]:
    """The set text fields, all of them strings: OpenAI refuses a number for `seconds`, and null anywhere.

    Halves of surrogate pairs can't be encoded: they become question marks.
    """
    chosen = {"model": order.model, "prompt": order.prompt, "size": order.size, "seconds": order.seconds}
    return {
        name: value.encode("utf-8", "replace").decode("utf-8") for name, value in chosen.items() if value is not None
    }


def file_name(position: int, content_type: str) -> str:
    """The plain name of the n-th picture (from 1), made of its position and type; never a person's own file name."""
    return f"reference-{position}.{_SUFFIXES.get(content_type, 'bin')}"


async def body_of(order: Order, form: BodyForm, reference_field: str, files: ExitStack) -> Body:
    """The order as a body: `auto` is JSON without pictures and multipart with them; `files` closes the opened files.

    In forced JSON pictures travel as `data:` URLs, one as an object and several as a list of them, read and written one
    block at a time (docs/facts/provider.md, "Bodies"). Raises OSError when a picture cannot be opened or read.
    """
    if form == "multipart" or (form == "auto" and order.references):
        return await _multipart(order, reference_field, files)
    fields = json.dumps(fields_of(order), ensure_ascii=False).encode("utf-8")
    if not order.references:
        return Body(io.BytesIO(fields), {"Content-Type": "application/json"})
    return await _json_with_pictures(order, fields, reference_field.removesuffix("[]"), files)


async def _json_with_pictures(order: Order, fields: bytes, reference_field: str, files: ExitStack) -> Body:
    """It has a Content-Length: not every server accepts a chunked body."""
    several = len(order.references) > 1
    pieces: list[bytes | tuple[BinaryIO, int]] = [fields[:-1] + f", {json.dumps(reference_field)}: ".encode()]
    for position, reference in enumerate(order.references):
        before = ("[" if several else "") if position == 0 else ", "
        stream = files.enter_context(await asyncio.to_thread(reference.path.open, "rb"))
        size_bytes = (await asyncio.to_thread(os.fstat, stream.fileno())).st_size
        pieces += [
            f'{before}{{"image_url": "data:{reference.content_type};base64,'.encode(),
            (stream, size_bytes),
            b'"}',
        ]
    pieces.append(b"]}" if several else b"}")
    length = sum(len(piece) if isinstance(piece, bytes) else -(-piece[1] // 3) * 4 for piece in pieces)
    return Body(_written(pieces), {"Content-Type": "application/json", "Content-Length": str(length)})


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


async def _multipart(order: Order, reference_field: str, files: ExitStack) -> Body:
    # Without `default_to_multipart` aiohttp sends a form of texts alone urlencoded.
    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in fields_of(order).items():
        form.add_field(name, value)
    for position, reference in enumerate(order.references, start=1):
        stream = files.enter_context(await asyncio.to_thread(reference.path.open, "rb"))
        form.add_field(
            reference_field,
            stream,
            filename=file_name(position, reference.content_type),
            content_type=reference.content_type,
        )
    return Body(form, {})
