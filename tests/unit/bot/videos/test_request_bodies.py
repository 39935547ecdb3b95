"""How an order becomes a body, however large its pictures are."""

import base64
import io
import json
import tracemalloc
from collections.abc import AsyncGenerator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bot.videos.dialects.openai import OpenAIDialect
from bot.videos.request_bodies import Body
from bot.videos.values import Order, ReferenceFile

MIB = 1024 * 1024
BLOCK_BYTES = 48 * 1024


def order(folder: Path, *sizes: int) -> Order:
    """An order with pictures of these sizes."""
    pictures: list[ReferenceFile] = []
    for number, size_bytes in enumerate(sizes):
        path = folder / f"{number}.png"
        path.write_bytes(bytes(range(256)) * (size_bytes // 256) + b"x" * (size_bytes % 256))
        pictures.append(ReferenceFile(path, "image/png"))
    return Order(prompt='A "fox" \ud83e\udd8a ünd', idempotency_key="k", model="m", references=tuple(pictures))


async def written(body: Body) -> bytes:
    """All that goes over the wire."""
    if isinstance(body.data, io.BytesIO):
        return body.data.read()
    assert isinstance(body.data, AsyncGenerator)
    return b"".join([piece async for piece in body.data])


@pytest.mark.parametrize(
    "sizes", [(1,), (2,), (3,), (BLOCK_BYTES - 1,), (BLOCK_BYTES,), (BLOCK_BYTES + 1,), (5, 0, 70_000, 4)]
)
async def test_json_with_pictures_is_what_it_says(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    """The streamed text is JSON of exactly the announced length, with every byte of every picture."""
    asked = order(tmp_path, *sizes)
    with ExitStack() as files:
        body = (await OpenAIDialect("json", "pictures[]").create(asked, files)).body
        text = await written(body)
    assert int(body.headers["Content-Length"]) == len(text)
    document = json.loads(text)
    assert list(document) == ["model", "prompt", "pictures"]
    told = document["pictures"] if len(sizes) > 1 else [document["pictures"]]
    data = [base64.b64decode(one["image_url"].removeprefix("data:image/png;base64,"), validate=True) for one in told]
    assert data == [reference.path.read_bytes() for reference in asked.references]


async def test_json_with_four_large_pictures_takes_no_memory(tmp_path: Path) -> None:
    """C11: four pictures of 19 MB are written one block at a time."""
    asked, count = order(tmp_path, *[19 * MIB] * 4), 0
    tracemalloc.start()
    try:
        with ExitStack() as files:
            body = (await OpenAIDialect("json").create(asked, files)).body
            assert isinstance(body.data, AsyncGenerator)
            async for piece in body.data:
                count += len(piece)
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == int(body.headers["Content-Length"]) > 4 * 25 * MIB
    assert peak_bytes < MIB


async def test_a_picture_that_is_gone_is_reported_before_anything_is_sent(tmp_path: Path) -> None:
    """What can't be opened raises while nothing was sent; what shrinks meanwhile breaks the body off."""
    asked = order(tmp_path, 9, 9)
    asked.references[1].path.unlink()
    with ExitStack() as files, pytest.raises(FileNotFoundError):
        await OpenAIDialect("json").create(asked, files)
    asked = order(tmp_path, 100_000)
    with ExitStack() as files:
        body = (await OpenAIDialect("json").create(asked, files)).body
        asked.references[0].path.write_bytes(b"short")
        with pytest.raises(OSError, match="shorter"):
            await written(body)
