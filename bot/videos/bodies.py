"""Writing an order as a request's body: JSON, or multipart with the pictures streamed from disk. No network here."""

import asyncio
import base64
import io
import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass

import aiohttp

from bot.videos.values import BodyForm, Order, ReferenceFile

_SUFFIXES = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


@dataclass(frozen=True, slots=True)
class Body:
    """What goes over the wire, JSON (as a stream, since aiohttp warns of large bytes) or a form, and its headers."""

    data: io.BytesIO | aiohttp.FormData
    headers: Mapping[str, str]


def fields_of(order: Order) -> dict[str, str]:
    """The text fields that were set, all of them strings: OpenAI refuses a number for `seconds`, and null anywhere.

    Halves of surrogate pairs, which no encoding can carry, become question marks.
    """
    chosen = {"model": order.model, "prompt": order.prompt, "size": order.size, "seconds": order.seconds}
    return {
        name: value.encode("utf-8", "replace").decode("utf-8") for name, value in chosen.items() if value is not None
    }


def file_name(position: int, content_type: str) -> str:
    """The plain name of the n-th picture (from 1), made of its position and type; never a person's own file name."""
    return f"reference-{position}.{_SUFFIXES.get(content_type, 'bin')}"


async def body_of(order: Order, form: BodyForm, reference_field: str, files: ExitStack) -> Body:
    """The order as a body: `auto` is JSON without pictures and multipart with them; `files` closes what is opened.

    In forced JSON pictures travel as `data:` URLs, one as an object and several as a list of them, and are held in
    memory (docs/facts/provider.md, "Bodies"). Raises OSError when a picture cannot be opened or read.
    """
    if form == "multipart" or (form == "auto" and order.references):
        return await _multipart(order, reference_field, files)
    document: dict[str, object] = dict(fields_of(order))
    pictures = [await asyncio.to_thread(_as_object, reference) for reference in order.references]
    if pictures:
        document[reference_field.removesuffix("[]")] = pictures[0] if len(pictures) == 1 else pictures
    data = json.dumps(document, ensure_ascii=False).encode("utf-8")
    return Body(io.BytesIO(data), {"Content-Type": "application/json"})


async def _multipart(order: Order, reference_field: str, files: ExitStack) -> Body:
    # Without `default_to_multipart` aiohttp sends a form of texts alone urlencoded, whatever was meant.
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


def _as_object(reference: ReferenceFile) -> dict[str, str]:
    text = base64.b64encode(reference.path.read_bytes()).decode("ascii")
    return {"image_url": f"data:{reference.content_type};base64,{text}"}
