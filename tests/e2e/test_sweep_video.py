"""A video from a picture, killed before and after every commit and every request of its life."""

from pathlib import Path

import pytest

from tests.e2e.kill_sweep import STRIDE, When, Where, sweep


@pytest.mark.reliability
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("where", "least"), [("commit", 8), ("request to Discord", 4), ("request to the provider", 3)])
async def test_a_video_killed_anywhere_is_paid_and_posted_once(
    tmp_path: Path, where: Where, when: When, least: int
) -> None:
    """P1, P2, P3 at every point of a video's life; in doubt, and only then, the person is asked instead."""
    assert await sweep(tmp_path, "video", where, when) > least - STRIDE


@pytest.mark.reliability
async def test_a_video_killed_at_any_answer_of_discord_that_was_long_ago_is_posted_once(tmp_path: Path) -> None:
    """P3 without a nonce: Discord has done what was asked, and remembers no nonce when the next life begins."""
    assert await sweep(tmp_path, "video", "request to Discord", "after", pause_seconds=130.0) > 4 - STRIDE
