"""What the courier reports: each try to post a message by its kind and outcome, and each request about one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.chat.courier import Courier, CourierFault, ParcelKind
from bot.jobs.model import PostKind
from bot.ops.observer import Observer
from sandbox.chat import Fault
from tests.unit.bot.chat.test_courier import CourierHarness, a_courier_harness


class Heard(Observer):
    """Notes what is reported."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, str, int]] = []
        self.requests: list[str] = []

    def message_sent(self, kind: str, outcome: str, uploaded_bytes: int) -> None:
        self.messages.append((kind, outcome, uploaded_bytes))

    def discord_answered(self, outcome: str) -> None:
        self.requests.append(outcome)


@pytest.fixture
async def harness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CourierHarness]:
    async with a_courier_harness(tmp_path, monkeypatch) as harness:
        yield harness


@pytest.fixture
def heard(harness: CourierHarness) -> Heard:
    made = Heard()
    harness.courier = Courier(harness.client, harness.clock, send_seconds=5.0, observer=made)
    return made


async def test_a_posted_message_is_reported_with_the_size_of_its_file(harness: CourierHarness, heard: Heard) -> None:
    """Once each; without a file nothing was uploaded."""
    await harness.courier.post(harness.parcel("one", kind=ParcelKind.CARD))
    parcel = harness.with_file(1_234)
    await harness.courier.post(parcel)
    assert heard.messages == [("card", "posted", 0), ("other", "posted", 1_234)]
    assert heard.requests == ["answered", "answered"]


@pytest.mark.parametrize(
    ("fault", "outcome", "request_outcome"),
    [
        (Fault.error(403, 50001), "refused", "answered"),
        (Fault.status(413), "too_large", "answered"),
        (Fault.rate_limited(45.0), "not_taken", "answered"),
        (Fault.status(503), "outcome_unknown", "silent"),
    ],
)
async def test_a_fault_is_reported_by_its_class(
    harness: CourierHarness, heard: Heard, fault: Fault, outcome: str, request_outcome: str
) -> None:
    """For the message and for the breaker; of what was refused nothing counts as uploaded."""
    harness.chat.faults.add("message_create", fault, times=9)
    with pytest.raises(CourierFault):
        await harness.courier.post(harness.with_file())
    assert heard.messages == [("other", outcome, 0)]
    assert heard.requests == [request_outcome]


def test_each_message_of_a_job_has_its_kind() -> None:
    """By the same word as it is stored under."""
    assert {ParcelKind(kind.value).value for kind in PostKind} == {kind.value for kind in PostKind}
