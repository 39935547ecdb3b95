"""A render that is stopped, killed before and after every commit and every request of its life."""

from pathlib import Path

import pytest

from tests.e2e.kill_sweep import STRIDE, When, Where, sweep


@pytest.mark.slow
@pytest.mark.reliability
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("where", "least"), [("commit", 5), ("request to Discord", 5), ("request to the provider", 3)])
async def test_a_stop_killed_anywhere_is_sent_once(tmp_path: Path, where: Where, when: When, least: int) -> None:
    """P1, P2 at every point of a stop: the provider is asked at most once, and nothing else is posted."""
    assert await sweep(tmp_path, "stop", where, when) > least - STRIDE
