"""The first frame of a video: drawn beside the delivery, shown in Details, deleted with the video."""

import asyncio
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from sandbox.stage import Stage
from tests.e2e.messages import delete_video, job_id_of
from tests.e2e.restart_scene import a_scene
from tests.e2e.scene import WITH_FFMPEG, Scene

pytestmark = pytest.mark.asyncio(loop_scope="module")
SETTINGS = WITH_FFMPEG


async def until(is_so: Callable[[], object]) -> None:
    """Return once something of the bot's files is so."""
    async with asyncio.timeout(60):
        while True:
            if is_so():
                return
            await asyncio.sleep(0.01)


def frame_path(stage: Stage, job_id: str) -> Path:
    return stage.bot.data_dir / "frames" / f"frame-{job_id}.jpg"


async def test_a_frame_is_kept_until_the_video_is_deleted(scene: Scene) -> None:
    """Soon after the delivery a JPEG of at most 320 pixels is kept, and nothing else; Delete deletes it."""
    video = await scene.make("Keep the first frame")
    path = frame_path(scene.stage, job_id_of(video))
    await until(path.exists)
    with Image.open(io.BytesIO(await asyncio.to_thread(path.read_bytes))) as frame:
        assert (frame.format, frame.size) == ("JPEG", (320, 180))
    assert [one for one in path.parent.iterdir() if one.suffix != ".jpg"] == []
    assert list((scene.stage.bot.data_dir / "ffmpeg").iterdir()) == []
    await delete_video(scene.chat, scene.ada, video)
    await until(lambda: not path.exists())


@pytest.mark.slow
@pytest.mark.parametrize("script", ["exec sleep 1000", "exit 1", "kill -SEGV $$"])
async def test_a_broken_ffmpeg_costs_nothing(tmp_path: Path, script: str) -> None:
    """A program that hangs, fails or crashes delays no video and is no warning; at the end none of it is left."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "ffmpeg"
    program.write_text(f"#!/bin/sh\necho $$ >> {tmp_path}/pids\n{script}\n")
    program.chmod(0o755)
    async with a_scene(tmp_path / "stage", {"PATH": str(folder)}) as scene:
        video = await scene.make("Delivered all the same")
        assert video.attachments
        await until((tmp_path / "pids").exists)
        assert await scene.stage.bot.terminate() == 0
        pids = [int(line) for line in (tmp_path / "pids").read_text().split()]
        assert [pid for pid in pids if Path(f"/proc/{pid}").exists()] == []
        assert list((scene.stage.bot.data_dir / "ffmpeg").iterdir()) == []
        assert not frame_path(scene.stage, job_id_of(video)).exists()
        warnings = [line for line in scene.stage.bot.log().splitlines() if '"level": "warning"' in line]
        assert warnings == []
