"""What the requests at several providers tell about a job."""

from pathlib import Path

import pytest

from sandbox.chaos.counting import begun_elsewhere
from sandbox.clock import ScaledClock
from sandbox.studio import Request, Studio


def asked(at: float, status: int | None, fault: str = "", answer: str = "", prompt: str = "A cat") -> Request:
    request = Request("POST", "/v1/videos", "create", {}, at, fields={"prompt": prompt})
    request.status, request.fault, request.answer = status, fault, answer
    return request


@pytest.mark.parametrize(
    ("first", "found"),
    [
        (asked(1, 402, "answered 402"), set[str]()),
        (asked(1, 404, "answered 404"), set[str]()),
        (asked(1, 500, "answered 500"), set[str]()),
        (asked(1, 503, "answered 503", '{"error": {"message": "overloaded"}}'), set[str]()),
        (asked(1, 503, "answered 503", "<html>"), {"A cat"}),
        (asked(1, 502, "answered 502"), {"A cat"}),
        (asked(1, None, "cut off before it was carried out"), {"A cat"}),
        # Later than the other one, it is none's business.
        (asked(3, None, "cut off before it was carried out"), set[str]()),
        (asked(1, None, "cut off before it was carried out", prompt="A dog"), set[str]()),
    ],
)
def test_a_job_in_doubt_is_begun_nowhere_else(tmp_path: Path, first: Request, found: set[str]) -> None:
    """Only a definite no lets another provider have it."""
    main, backup = (Studio(tmp_path / name, ScaledClock()) for name in ("main", "backup"))
    main.requests.append(first)
    backup.requests.append(asked(2, 202))
    assert begun_elsewhere({"main": main, "backup": backup}) == found


def test_the_same_provider_may_be_asked_again(tmp_path: Path) -> None:
    """That is another promise: whether it charges twice is counted by itself."""
    main = Studio(tmp_path, ScaledClock())
    main.requests.extend([asked(1, None, "cut off"), asked(2, 200)])
    assert begun_elsewhere({"main": main}) == set()
