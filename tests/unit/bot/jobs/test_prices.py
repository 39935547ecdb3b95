"""What a video will probably cost."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.jobs.model import VideoRequest
from bot.jobs.offered_models import OfferedModel, Option, Price
from bot.jobs.prices import Estimate, estimate

PER_SECOND = Price("USD", per_second=Decimal("0.10"), sizes={"1920x1080": Decimal("0.25")})
PER_VIDEO = Price("EUR", per_video=Decimal("0.5"), sizes={"1920x1080": Decimal("0.75")})
HD = Option("hd", "switch", "hd", "Sharper", price_factor=Decimal("1.5"))
STYLE = Option("style", "choice", "style", "A style", choices=("a", "b"), default="a", price_factor=Decimal(2))
MODEL = OfferedModel(
    "m", "M", (), ("1280x720", "1920x1080"), ("4", "8"), price=PER_SECOND, options=(HD, STYLE)
)  # fmt: skip


def asked(size: str | None = "1280x720", seconds: str | None = "8", **options: str | bool) -> VideoRequest:
    return VideoRequest("a fox", "m", size, seconds, options=tuple(sorted(options.items())))


@pytest.mark.parametrize(
    ("request_", "price", "micros"),
    [
        (asked(), PER_SECOND, 800_000),
        (asked("1920x1080", "4"), PER_SECOND, 1_000_000),
        (asked(seconds="4.5"), PER_SECOND, 450_000),
        (asked(), PER_VIDEO, 500_000),
        (asked("1920x1080", None), PER_VIDEO, 750_000),
        # A value other than the default multiplies the price; a switch without a default is off.
        (asked(hd=True), PER_SECOND, 1_200_000),
        (asked(hd=False, style="a"), PER_SECOND, 800_000),
        (asked(hd=True, style="b"), PER_SECOND, 2_400_000),
        # Of these neither length nor size is known.
        (asked(seconds=None), PER_SECOND, None),
        (asked(None), PER_SECOND, None),
        (asked(None), PER_VIDEO, None),
        (asked(None, None), replace(PER_VIDEO, sizes={}), 500_000),
        (asked(None), replace(PER_SECOND, sizes={}), 800_000),
        (asked(), None, None),
        # To the nearest millionth.
        (asked(seconds="1"), Price("USD", per_second=Decimal("0.0000015")), 2),
        (asked(), Price("USD", per_second=Decimal(0)), 0),
        (asked(seconds="4"), Price("USD", per_second=Decimal(250_000)), 10**12),
        (asked(seconds="4"), Price("USD", per_second=Decimal("250000.000001")), None),
        (asked(), Price("USD", per_second=Decimal("1e15")), None),
    ],
)
def test_a_price_follows_from_length_size_and_options(
    request_: VideoRequest, price: Price | None, micros: int | None
) -> None:
    """In whole millionths; None where something that matters isn't known, or sums of it would fit no column."""
    expected = None if micros is None or price is None else Estimate(micros, price.currency)
    assert estimate(replace(MODEL, price=price), request_) == expected


def test_the_only_size_and_length_of_a_model_are_known() -> None:
    """Also if they aren't set."""
    one = replace(MODEL, sizes=("1920x1080",), seconds=("4",))
    assert estimate(one, asked(None, None)) == Estimate(1_000_000, "USD")
