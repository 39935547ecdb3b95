"""The estimated price of a request, stored with its job."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from bot.engine.requests.intake import Ask
from bot.jobs.catalogue import Catalogue
from bot.jobs.model import Job, VideoRequest
from bot.jobs.offered_models import OfferedModel, Option, Price
from tests.unit.bot.engine.requests_harness import RequestsHarness, a_requests_harness
from tests.unit.bot.jobs.samples import a_job

PRICE = Price("USD", per_second=Decimal("0.10"), sizes={"1920x1080": Decimal("0.20")})
SOUND = Option("sound", "switch", "audio", "With sound", price_factor=Decimal(2))
SIZES = ("1280x720", "1920x1080")
PRICED = OfferedModel("gpt-4o-video", "GPT", (), SIZES, ("4", "8"), price=PRICE, options=(SOUND,))
FREE = OfferedModel("free", "Free", (), SIZES, ("4", "8"))


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[RequestsHarness]:
    async with a_requests_harness(tmp_path) as harness:
        harness.context.catalogue = Catalogue((PRICED, FREE))
        yield harness


async def price_of(harness: RequestsHarness, request: VideoRequest) -> tuple[int | None, str | None]:
    _asker, origin = harness.pressing()
    made = await harness.intake.accept(Ask(request), origin)
    assert isinstance(made, Job)
    stored = await harness.job(made.id)
    return stored.price_micros, stored.currency


@pytest.mark.parametrize(
    ("request_", "micros", "currency"),
    [
        (VideoRequest("a fox", "gpt-4o-video", "1280x720", "8"), 800_000, "USD"),
        (VideoRequest("a fox", "gpt-4o-video", "1920x1080", "8", options=(("sound", True),)), 3_200_000, "USD"),
        # The provider chooses, but in that currency.
        (VideoRequest("a fox", "gpt-4o-video", None, "8"), None, "USD"),
        (VideoRequest("a fox", "free", "1280x720", "8"), None, None),
    ],
)
async def test_the_price_is_stored_with_the_job(
    harness: RequestsHarness, request_: VideoRequest, micros: int | None, currency: str | None
) -> None:
    """It stays what it was when the job was accepted; None where it isn't known."""
    assert await price_of(harness, request_) == (micros, currency)


async def test_a_remix_costs_what_its_video_did(harness: RequestsHarness) -> None:
    """Size and length are those of the video: requested, or as the provider made it."""
    video = await harness.video()
    assert await price_of(harness, VideoRequest("at night", parent_id=video.id)) == (800_000, "USD")
    bare = replace(a_job().request, size=None, seconds=None)
    made = await harness.video(
        remote_id="video_2", request=bare, reported=(("size", "1920x1080"), ("measured_seconds", "4.04"))
    )
    assert await price_of(harness, VideoRequest("at night", parent_id=made.id)) == (800_000, "USD")
    assert await price_of(harness, VideoRequest("at night", seconds="8", parent_id=made.id)) == (1_600_000, "USD")
    assert await price_of(harness, VideoRequest("at night", "free", parent_id=made.id)) == (None, None)
