"""A private video, killed before and after every commit and every request to Discord of its life."""

from pathlib import Path

import pytest

from tests.e2e.kill_sweep import STRIDE, When, Where, sweep


@pytest.mark.reliability
@pytest.mark.slow
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("where", "least"), [("commit", 8), ("request to Discord", 5)])
async def test_a_private_video_killed_anywhere_is_in_the_dm_once(
    tmp_path: Path, where: Where, when: When, least: int
) -> None:
    """P1, P2, P3 at every point of its life; card, video and notice are in the DM, and nothing elsewhere."""
    assert await sweep(tmp_path, "private", where, when) > least - STRIDE
