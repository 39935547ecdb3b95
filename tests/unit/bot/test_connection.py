"""How long the bot rests before it logs in again."""

from types import SimpleNamespace

import discord
import pytest

from bot.connection import BACKOFF_SECONDS_MAX, until_next_login


def answered(status: int) -> discord.HTTPException:
    return discord.HTTPException(SimpleNamespace(status=status, reason=""), "<html>")  # pyright: ignore[reportArgumentType]  # the two things it reads


@pytest.mark.parametrize(
    ("tries", "error", "seconds"),
    [
        (1, OSError(), 2.0),
        (3, answered(503), 8.0),
        (50, TimeoutError(), BACKOFF_SECONDS_MAX),
        (1, answered(429), 600.0),
        (50, answered(429), 600.0),
        (1, discord.RateLimited(3_600.0), 3_600.0),
        (50, discord.RateLimited(31.0), BACKOFF_SECONDS_MAX),
    ],
)
def test_the_rest_before_the_next_login(tries: int, error: Exception, seconds: float) -> None:
    """D9: it doubles up to a minute; a network that refuses is left alone for ten, and what Discord asks is obeyed."""
    assert until_next_login(tries, error) == seconds
