"""What Discord tells of a file's width and height, so that a client leaves room for it."""

import io
import subprocess

import discord
import pytest
from PIL import Image

from sandbox.studio.drawing.encoder import find_ffmpeg


def picture(kind: str) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (64, 48), "tomato").save(data, kind)
    return data.getvalue()


def video() -> bytes:
    drawn = ["-f", "lavfi", "-i", "color=tomato:size=160x90:duration=0.2", "-f", "mp4", "-movflags", "frag_keyframe"]
    command = [find_ffmpeg(), "-loglevel", "error", *drawn, "pipe:1"]
    return subprocess.run(command, capture_output=True, check=True, timeout=60).stdout


@pytest.mark.parametrize("name", ["a.png", "a.jpeg", "a.webp", "a.gif"])
async def test_a_picture_has_its_size(harness, name):
    """For every kind of picture."""
    sent = await harness.place().send(file=discord.File(io.BytesIO(picture(name[2:])), name))
    assert (sent.attachments[0].width, sent.attachments[0].height) == (64, 48)


async def test_a_video_has_its_size(harness):
    """As its first track with a picture says."""
    sent = await harness.place().send(file=discord.File(io.BytesIO(video()), "a.mp4"))
    assert (sent.attachments[0].width, sent.attachments[0].height) == (160, 90)


@pytest.mark.parametrize("data", [b"x", b"\0\0\0\x18ftypisom" + b"tkhd" * 9, picture("png")[:30]])
async def test_what_is_neither_has_none(harness, data):
    """Damaged and other files are files all the same."""
    sent = await harness.place().send(file=discord.File(io.BytesIO(data), "a.mp4"))
    assert (sent.attachments[0].width, sent.attachments[0].height) == (None, None)
