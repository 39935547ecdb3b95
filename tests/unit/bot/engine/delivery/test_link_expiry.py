"""When a link expires, as far as it tells."""

import pytest

from bot.engine.delivery.link_expiry import link_expires_at

BASE = "https://files.test/v.mp4"
# 2026-11-30 06:00:00 UTC
AT = 1_796_018_400.0


@pytest.mark.parametrize(
    "query",
    [
        "X-Amz-Date=20261130T050000Z&X-Amz-Expires=3600&X-Amz-Signature=a",
        "X-Goog-Date=20261130T050000Z&X-Goog-Expires=3600",
        "x-oss-date=20261130T050000Z&x-oss-expires=3600",
        "Expires=1796018400&Signature=b&Key-Pair-Id=c",
        "expires=1796018400.000",
        "expires=1796018400000",
        "exp=1796018400&exp=5",
        "se=2026-11-30T06%3A00%3A00Z&sig=d",
        "expires_at=2026-11-30T06:00:00",
        "q-sign-time=1796014800;1796018400&q-key-time=1796014800;1796019400",
        "Expires=1796018400&X-Amz-Date=20261130T050000Z&X-Amz-Expires=7200",
    ],
)
def test_signed_links_tell_when_they_expire(query: str) -> None:
    """In the forms of the large stores; the earliest moment counts."""
    assert link_expires_at(f"{BASE}?{query}") == AT


@pytest.mark.parametrize(
    "query",
    [
        "",
        "Expires=",
        "Expires=soon",
        "Expires=nan",
        "Expires=inf",
        "Expires=-1",
        "Expires=60",
        "Expires=1e300",
        "Expires=99999999999999999999",
        "X-Amz-Expires=3600",
        "X-Amz-Date=yesterday&X-Amz-Expires=3600",
        "X-Amz-Date=20261130T050000Z&X-Amz-Expires=1e300",
        "se=2026-13-45",
        "q-sign-time=1;2;3",
        "e=1796018400",
    ],
)
def test_other_links_tell_nothing(query: str) -> None:
    """What is no moment between 2000 and 2100 is passed over."""
    assert link_expires_at(f"{BASE}?{query}") is None


def test_what_is_no_address_tells_nothing() -> None:
    """Foreign text never raises."""
    assert link_expires_at("https://[::1/v.mp4?Expires=1796018400") is None
