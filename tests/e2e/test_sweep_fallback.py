"""A remix that becomes a new video, killed before and after every commit and every request of its life."""

from pathlib import Path

import pytest

from tests.e2e.kill_sweep import STRIDE, When, Where, sweep


@pytest.mark.reliability
@pytest.mark.slow
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("where", "least"), [("commit", 11), ("request to the provider", 4), ("request to Discord", 5)]
)
async def test_a_fallback_remix_killed_anywhere_is_paid_and_posted_once(
    tmp_path: Path, where: Where, when: When, least: int
) -> None:
    """P1, P2, P3 over both paid requests: in doubt about the remix no new video is begun."""
    assert await sweep(tmp_path, "fallback", where, when) > least - STRIDE
