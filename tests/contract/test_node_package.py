"""The provider's page's Node examples, run by the real `openai` package for Node against the studio.

The package is no part of this project: `npm install --prefix tests/contract/node` fetches it once. Where it or Node
is missing these tests are skipped, and say so.
"""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sandbox.clock import ScaledClock
from sandbox.studio import Dials, Studio

FOLDER = Path(__file__).parent / "node"
NODE = shutil.which("node")
PACKAGE = next(
    (found for base in (FOLDER, FOLDER.parents[2]) if (found := base / "node_modules" / "openai").is_dir()), None
)
pytestmark = pytest.mark.skipif(
    NODE is None or PACKAGE is None,
    reason="NOT RUN: needs Node and its openai package (npm install --prefix tests/contract/node)",
)

Step = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def clock() -> ScaledClock:
    return ScaledClock()


@pytest.fixture
async def studio(tmp_path: Path, clock: ScaledClock) -> AsyncIterator[Studio]:
    async with Studio(tmp_path / "studio", clock, dials=Dials(render_seconds=12)) as studio:
        yield studio


@pytest.fixture
def step(studio: Studio) -> Step:
    """Runs one of the page's calls and returns what it printed."""

    async def run(*words: str) -> dict[str, Any]:
        environment = {"PATH": os.environ.get("PATH", ""), "STUDIO_URL": studio.base_url, "STUDIO_KEY": studio.api_key}
        process = await asyncio.create_subprocess_exec(
            str(NODE), "page.mjs", *words, cwd=FOLDER, env=environment, stdout=asyncio.subprocess.PIPE
        )
        printed, _ = await asyncio.wait_for(process.communicate(), 60)
        return json.loads(printed)

    return run


async def test_the_pages_reference_image_arrives(studio: Studio, step: Step, tmp_path: Path) -> None:
    """`fs.createReadStream("reference_image.jpg")` arrives byte for byte, however the package labels it."""
    picture = tmp_path / "reference_image.jpg"
    Image.new("RGB", (64, 48), "orange").save(picture)
    video = await step("reference", str(picture))
    (render,) = studio.renders
    assert video["id"] == render.id
    (file,) = render.references
    assert (file.field, file.file_name, file.data) == ("input_reference", "reference_image.jpg", picture.read_bytes())


async def test_create_poll_download_and_remix(studio: Studio, clock: ScaledClock, step: Step) -> None:
    """The page's way of a video, from its request to its remix."""
    video = await step("create")
    assert video["status"] == "processing"
    clock.jump(20)
    assert (await step("retrieve", video["id"]))["status"] == "completed"
    assert (await step("download", video["id"]))["bytes"] > 1_000
    remix = await step("remix", video["id"])
    assert [render.id for render in studio.renders] == [video["id"], remix["id"]]


async def test_an_unknown_video_is_an_error_with_its_code(step: Step) -> None:
    """What the page's error example reads: the status, and the code."""
    failed = (await step("retrieve", "video_of_nobody"))["failed"]
    assert failed["status"] == 404
