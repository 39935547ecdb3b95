"""How the bot logs in, for how long it rests before it does so again, and how its connection ends."""

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import discord
import pytest

from bot import connection
from bot.chat.shards import Shards
from bot.connection import disconnect, stay_connected, until_next_login
from bot.ops.tasks import BACKOFF_SECONDS_MAX

NO_STARTS: Any = SimpleNamespace(read=asyncio.Event().wait)


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


class FakeClient:
    """A client with scripted logins, that waits for the number of its shards afterwards."""

    served = Shards()

    def __init__(self, *logins: Exception | None) -> None:
        self._logins = list(logins)
        self.http = SimpleNamespace(close=self.close, connector=None, proxy=None)

    async def login(self, _token: str) -> None:
        if (fault := self._logins.pop(0)) is not None:
            raise fault

    async def close(self) -> None:
        pass


async def test_an_answer_that_is_no_json_is_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program between the bot and Discord answers the login with half a page: it is tried again."""
    monkeypatch.setattr(connection, "until_next_login", lambda *_: 0.0)
    logged_in = asyncio.Event()
    client = FakeClient(json.JSONDecodeError("cut", "{", 1), TypeError("a page"), KeyError("username"), OSError(), None)
    gateway = asyncio.create_task(stay_connected(client, "token", logged_in, NO_STARTS))  # pyright: ignore[reportArgumentType]  # what it asks of a client
    async with asyncio.timeout(20):
        await logged_in.wait()
    await disconnect(client, gateway)  # pyright: ignore[reportArgumentType]


async def test_what_ends_the_connection_is_passed_on() -> None:
    """The process must not end as after a SIGTERM: a supervisor would leave it down."""
    client = FakeClient(RuntimeError("nobody thought of it"))
    gateway = asyncio.create_task(stay_connected(client, "token", asyncio.Event(), NO_STARTS))  # pyright: ignore[reportArgumentType]
    await asyncio.wait((gateway,))
    with pytest.raises(RuntimeError, match="nobody thought of it"):
        await disconnect(client, gateway)  # pyright: ignore[reportArgumentType]
