"""A video that is uploaded, refused for its size, compressed and posted: killed before and after each of its steps."""

from pathlib import Path

import pytest

from tests.e2e.kill_sweep import STRIDE, When, Where, sweep

pytestmark = pytest.mark.slow


@pytest.mark.reliability
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("where", "least"), [("commit", 8), ("request to Discord", 5)])
async def test_a_video_killed_anywhere_on_its_way_down_is_posted_once(
    tmp_path: Path, where: Where, when: When, least: int
) -> None:
    """P1, P2, P3 between any two steps of the ladder, and nothing is encoded twice."""
    assert await sweep(tmp_path, "ladder", where, when) > least - STRIDE
