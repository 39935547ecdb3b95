"""A video whose render fails, killed before and after every commit and every request of its life."""

from pathlib import Path

import pytest

from tests.e2e.kill_sweep import STRIDE, When, Where, sweep


@pytest.mark.reliability
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("where", "least"), [("commit", 8), ("request to Discord", 4), ("request to the provider", 2)])
async def test_a_failure_killed_anywhere_is_paid_and_posted_once(
    tmp_path: Path, where: Where, when: When, least: int
) -> None:
    """P1, P2, P3 at every point of a job that fails; in doubt, and only then, the person is asked instead."""
    assert await sweep(tmp_path, "failure", where, when) > least - STRIDE
