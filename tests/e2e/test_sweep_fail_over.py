"""A video that the first provider refuses and the second makes, killed before and after every commit and request."""

from pathlib import Path

import pytest

from tests.e2e.kill_sweep import STRIDE, When, Where, sweep


@pytest.mark.reliability
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("where", "least"), [("commit", 10), ("request to the provider", 1), ("request to the next provider", 3)]
)
async def test_a_fail_over_killed_anywhere_is_paid_and_posted_once(
    tmp_path: Path, where: Where, when: When, least: int
) -> None:
    """P1, P2, P3 over both providers: in doubt at one of them nothing is sent to the other."""
    assert await sweep(tmp_path, "fail-over", where, when) > least - STRIDE
