"""ffmpeg fails, hangs, or is in the middle of its work when the bot ends: the next way is taken, nothing twice."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from tests.e2e import inspection
from tests.e2e.ladder_scene import PUBLIC, CountedFfmpeg, delivered, hand_out, posted_file
from tests.e2e.messages import actions, job_id_of, press, wait_card, wait_kind
from tests.e2e.outage_scene import a_scene
from tests.e2e.scene import Scene
from tests.wording import says

pytestmark = pytest.mark.slow


@asynccontextmanager
async def encoding(folder: Path, *, hold: bool = True) -> AsyncIterator[tuple[Scene, CountedFfmpeg]]:
    """A bot whose ffmpeg is at work on a video that is too large, or has failed at it."""
    ffmpeg = CountedFfmpeg(folder / "bin")
    async with a_scene(folder, ffmpeg.settings, megabytes=30.0, default_size="640x360") as scene:
        if hold:
            ffmpeg.hold()
        else:
            ffmpeg.break_down()
        scene.studio.dials.public_files_url = PUBLIC
        await scene.ada.slash(scene.channel, "video", prompt="A heron at dawn")
        await inspection.until(scene.stage, lambda: ffmpeg.encodes, "ffmpeg at work")
        try:
            yield scene, ffmpeg
        finally:
            ffmpeg.release()


async def test_an_ffmpeg_that_crashes_leads_to_the_link(tmp_path: Path) -> None:
    """Both encodes fail: once each, and then the next way is taken, with its reason."""
    async with encoding(tmp_path, hold=False) as (scene, ffmpeg):
        video = await delivered(scene, "A heron at dawn")
        assert says(video.content, Key.VIDEO_LINK)
        assert len(ffmpeg.encodes) == len(set(ffmpeg.encodes))


async def test_an_ffmpeg_that_hangs_is_ended_at_its_deadline(tmp_path: Path) -> None:
    """It is killed, and its work goes with it; the next way is taken."""
    async with encoding(tmp_path) as (scene, ffmpeg):
        for number in (1, 2):
            await inspection.until(scene.stage, lambda n=number: len(ffmpeg.encodes) >= n, "ffmpeg at work")
            scene.stage.jump(1_000)
        video = await delivered(scene, "A heron at dawn")
        assert says(video.content, Key.VIDEO_LINK)
        assert len(ffmpeg.encodes) == 2
        assert list((scene.stage.bot.data_dir / "ffmpeg").iterdir()) == []


async def test_one_persons_many_videos_delay_anothers_by_one(tmp_path: Path) -> None:
    """Ada's three wait for ffmpeg, then Ben's one: it is the next, however often each has to be tried."""
    ffmpeg = CountedFfmpeg(tmp_path / "bin")
    async with a_scene(tmp_path, ffmpeg.settings) as scene:
        hand_out(scene.stage, "vp9.webm")
        ben = scene.join("Ben")
        ffmpeg.hold()
        ffmpeg.break_down()
        for person, prompt in ((scene.ada, "Ada 1"), (scene.ada, "Ada 2"), (scene.ada, "Ada 3"), (ben, "Ben 1")):
            await person.slash(scene.channel, "video", prompt=prompt)
            row = await inspection.job(scene.stage, prompt, "posting")
            planned = f'"job": "{row["id"]}", "bytes"'
            await inspection.until(scene.stage, lambda words=planned: words in scene.stage.bot.log(), "a plan")
        ffmpeg.release()
        for prompt in ("Ada 1", "Ada 2", "Ada 3", "Ben 1"):
            await delivered(scene, prompt)
        [bens] = inspection.jobs_of(scene.stage, ben)
        assert [bens["id"] in command for command in ffmpeg.encodes] == [False, True, False, False]


@pytest.mark.parametrize("how", ["killed", "stopped"])
async def test_a_bot_that_ends_while_ffmpeg_works_takes_the_next_way(tmp_path: Path, how: str) -> None:
    """Nothing is encoded twice: after a kill or a clean end the video is made smaller instead, and posted once."""
    async with encoding(tmp_path) as (scene, ffmpeg):
        if how == "killed":
            await scene.stage.bot.kill()
        else:
            assert await scene.stage.bot.terminate() == 0
        await scene.chat.bot_gone()
        ffmpeg.release()
        await scene.stage.start_bot()
        video = await delivered(scene, "A heron at dawn")
        assert says(video.content, Key.MADE_SMALLER)
        assert len(ffmpeg.encodes) == len(set(ffmpeg.encodes)) == 2


async def test_a_video_is_withheld_while_ffmpeg_works(tmp_path: Path) -> None:
    """*Don't post* still counts: the video is kept, and *Post it* posts what was made, without another encode."""
    async with encoding(tmp_path) as (scene, ffmpeg):
        card = await wait_card(scene.chat, scene.channel, lambda m: Action.WITHHOLD in actions(m))
        await (await press(scene.ada, card, Action.WITHHOLD)).wait_state("message")
        ffmpeg.release()
        row = await inspection.job(scene.stage, "A heron at dawn", "cancelled")
        assert row["withheld"]
        card = await wait_card(scene.chat, scene.channel, lambda m: Action.POST_IT in actions(m))
        await press(scene.ada, card, Action.POST_IT)
        video = await wait_kind(scene.chat, scene.channel, "video")
        assert job_id_of(video) == row["id"]
        assert posted_file(video).stat().st_size < 10_000_000
        assert len(ffmpeg.encodes) == 1
