"""Senders for tests of the traffic: jobs of different people, and a breaker that they open."""

import itertools

from bot.engine.pipeline.fault_window import Sender
from bot.engine.pipeline.throttle import ProviderThrottle
from bot.jobs.model import JobId, UserId

_numbers = itertools.count(1)


def a_sender(user: int = 1, job: str | None = None) -> Sender:
    """A job of that person, another one each time unless it is named."""
    return Sender(JobId(job or f"JOB{next(_numbers):05}"), UserId(user))


def open_breaker(throttle: ProviderThrottle) -> None:
    """Let polls of five people's jobs fail at once."""
    for user in range(1, 6):
        throttle.failed(a_sender(user))
    assert throttle.is_open
