"""A job for the tests of what the bot says."""

import pytest

from bot.jobs.model import ChannelId, GuildId, Job, JobId, Origin, Place, Reference, UserId, Via, VideoRequest
from bot.jobs.states import State


@pytest.fixture
def job() -> Job:
    """A job that was just accepted: everything about it set."""
    return Job(
        id=JobId("K3M9Q2XA"),
        state=State.ACCEPTED,
        request=VideoRequest("a red fox", "gpt-4o-video", "1280x720", "8", (Reference("0" * 64, "png", 3),)),
        origin=Origin("interaction-1", Via.COMMAND, UserId(42), Place(ChannelId(7), GuildId(8))),
        provider="https://provider.test/v1",
        idempotency_key="key",
        accepted_at=1_000.0,
    )
