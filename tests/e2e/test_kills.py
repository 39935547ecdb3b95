"""Killed ten times at random moments, the bot loses, charges and posts nothing twice: the first ten seeds."""

from pathlib import Path

import pytest

from tests.e2e import killing


@pytest.mark.parametrize("seed", range(1, 11))
async def test_ten_kills_at_random_moments_lose_charge_and_post_nothing_twice(tmp_path: Path, seed: int) -> None:
    """P1, P2, P3: ten jobs through ten `kill -9` end where their people see it, paid and posted at most once."""
    await killing.run(tmp_path, seed)
