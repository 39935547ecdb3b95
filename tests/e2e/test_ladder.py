"""The delivery ladder with ffmpeg: what is posted, what was done with it and why, and what the next video learns."""

import asyncio
from pathlib import Path

import pytest

from bot.chat.words import Key
from bot.media.container import read_container
from sandbox.chat import Fault
from sandbox.stage import Stage
from tests.e2e import inspection
from tests.e2e.ladder_scene import MIB, hand_out, made, posted_file, uploads
from tests.e2e.scene import WITH_FFMPEG, Scene
from tests.encoded_videos import encoded
from tests.wording import says

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]
SETTINGS = WITH_FFMPEG
NOTHING_DONE = (Key.MADE_CONVERTED, Key.MADE_FITTED, Key.MADE_SMALLER, Key.MADE_NOTHING)


@pytest.fixture(autouse=True)
def dials_back(shared_stage: Stage):
    yield
    shared_stage.studio.dials.file = shared_stage.studio.dials.megabytes = None


async def test_a_video_that_plays_everywhere_is_posted_byte_for_byte(scene: Scene) -> None:
    """H.264 in yuv420p with AAC and the index in front: nothing is done, and nothing is said about it."""
    content = hand_out(scene.stage, "plays-with-sound.mp4")
    video = await made(scene, "Plays everywhere")
    assert posted_file(video).read_bytes() == content
    assert not says(video.content, *NOTHING_DONE)


@pytest.mark.parametrize("name", ["index-last.mp4", "h264.mov"])
async def test_a_video_with_its_index_at_the_end_is_repacked(scene: Scene, name: str) -> None:
    """It starts to play at once then. Picture and sound are the same, so nothing is said about it."""
    content = hand_out(scene.stage, name)
    video = await made(scene, f"Repacked {name}")
    container = read_container(posted_file(video))
    assert container is not None
    assert container.plays_inline
    assert posted_file(video).read_bytes() != content
    assert video.attachments[0].file_name.endswith(".mp4")
    assert not says(video.content, *NOTHING_DONE)


@pytest.mark.parametrize("name", ["hevc.mp4", "hevc-10-bit.mp4", "av1.mp4", "vp9.webm"])
async def test_another_codec_is_converted(scene: Scene, name: str) -> None:
    """HEVC, AV1 and VP9, with ten bits or in a WebM: everybody sees it in the chat, and the message says so."""
    hand_out(scene.stage, name)
    video = await made(scene, f"Converted {name}")
    container = read_container(posted_file(video))
    assert container is not None
    assert container.plays_inline
    assert video.attachments[0].file_name.endswith(".mp4")
    assert says(video.content, Key.MADE_CONVERTED)


@pytest.mark.parametrize(("tier", "limit_mib", "megabytes"), [(0, 10, 30.0), (2, 50, 106.0)], ids=["10 MiB", "50 MiB"])
async def test_a_video_over_twice_the_limit_is_compressed(
    scene: Scene, tier: int, limit_mib: int, megabytes: float
) -> None:
    """It isn't uploaded in vain: what is over twice Discord's number is made to fit at once."""
    scene.guild.boost(tier)
    scene.studio.dials.megabytes = megabytes
    video = await made(scene, f"Too large for {limit_mib} MiB")
    assert posted_file(video).stat().st_size <= limit_mib * MIB
    assert says(video.content, Key.MADE_FITTED)
    assert len(uploads(scene)) == 1
    kept = scene.stage.bot.data_dir / "videos"
    await inspection.until(scene.stage, lambda: not list(kept.iterdir()), "nothing left on the disk")


@pytest.mark.parametrize(("tier", "megabytes"), [(2, 52.0), (3, 104.0)], ids=["50 MiB", "100 MiB"])
async def test_a_boosted_server_gets_the_video_as_it_is(scene: Scene, tier: int, megabytes: float) -> None:
    """Nothing is compressed needlessly: Discord's number rises with the boosts."""
    scene.guild.boost(tier)
    scene.studio.dials.megabytes = megabytes
    video = await made(scene, f"As large as tier {tier}")
    assert posted_file(video).stat().st_size == megabytes * 1_000_000
    assert not says(video.content, *NOTHING_DONE)


async def test_what_a_server_takes_is_learned(scene: Scene) -> None:
    """A server that takes 25 MiB, where Discord's number says 10: each size is tried once, and the answer kept."""
    scene.guild.upload_limit_override_bytes = 25 * MIB
    for megabytes, done in ((18.0, None), (25.0, None), (30.0, Key.MADE_FITTED), (30.0, Key.MADE_FITTED)):
        before = len(uploads(scene))
        scene.studio.dials.megabytes = megabytes
        video = await made(scene, f"{before} of {megabytes} MB")
        tried = len(uploads(scene)) - before
        if done is None:
            assert posted_file(video).stat().st_size == megabytes * 1_000_000
            assert tried == 1
        else:
            assert says(video.content, done)
    # The first of 30 MB was tried as it is, the second wasn't.
    assert len(uploads(scene)) == 5


async def test_a_refused_size_is_not_uploaded_again(scene: Scene) -> None:
    """The other way round: a proxy's plain 413 and Discord's code say the same, and the next video profits."""
    scene.chat.faults.add("message_create", Fault.error(413, 0), only_if=lambda one: bool(one.files))
    scene.studio.dials.megabytes = 12
    for number in (1, 2):
        video = await made(scene, f"Twelve, number {number}")
        assert says(video.content, Key.MADE_FITTED)
        assert posted_file(video).stat().st_size <= 10 * MIB
        assert len(uploads(scene)) == 1 + number


async def test_a_video_that_is_still_too_large_becomes_smaller(scene: Scene) -> None:
    """Compressed at its own size in pixels it is refused as well, so it is made smaller; the message has both sizes."""
    content = hand_out(scene.stage, "plays.mp4", size="640x360", rate=10, noise=60)
    limit_bytes = len(content) * 3 // 10
    scene.guild.upload_limit_override_bytes = limit_bytes
    video = await made(scene, "Small but good")
    container = read_container(posted_file(video))
    assert container is not None
    assert container.height is not None
    assert container.height < 360
    assert posted_file(video).stat().st_size <= limit_bytes
    assert says(video.content, Key.MADE_SMALLER)
    assert f"{container.width}×{container.height}" in video.content


async def test_other_videos_are_posted_while_one_is_encoded(scene: Scene) -> None:
    """Encoding takes no place among the uploads: many wait for it, and a small video comes before them."""
    scene.studio.dials.megabytes = 30
    large = [asyncio.create_task(made(scene, f"Large {number}")) for number in range(4)]
    for number in range(4):
        await inspection.job(scene.stage, f"Large {number}", "posting", "delivered", timeout_seconds=60)
    scene.studio.dials.megabytes = None
    small = await made(scene, "Small and quick")
    videos = await asyncio.gather(*large)
    assert small.id < max(video.id for video in videos)
    assert all(says(video.content, Key.MADE_FITTED) for video in videos)


async def test_a_broken_video_is_posted_as_it_is(scene: Scene, tmp_path: Path) -> None:
    """ffmpeg can't read it: it goes on to the next way, and its requester gets the file that was paid for."""
    content = bytearray(encoded("hevc.mp4"))
    media_at = content.index(b"mdat") + 4
    size_bytes = int.from_bytes(content[media_at - 8 : media_at - 4]) - 8
    content[media_at : media_at + size_bytes] = bytes(size_bytes)
    file = tmp_path / "broken.mp4"
    file.write_bytes(content)
    scene.studio.dials.file = file
    video = await made(scene, "Broken in the middle")
    assert posted_file(video).read_bytes() == content
    assert says(video.content, Key.MADE_NOTHING)
