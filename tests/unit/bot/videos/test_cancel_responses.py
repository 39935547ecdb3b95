"""What the response to a DELETE means, as servers give it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.videos.cancel_responses import judge_cancel
from bot.videos.dialects.openai import OpenAIDialect
from bot.videos.response import RawResponse, ResponseContext
from bot.videos.values import CancelOutcome
from tests.unit.bot.videos.nonsense import nonsense

TAKEN, GONE = CancelOutcome.TAKEN, CancelOutcome.GONE
REFUSED, UNCLEAR = CancelOutcome.REFUSED, CancelOutcome.UNCLEAR
KEY = "sk-secret-key"


def judged(status: int, body: object = None, raw: bytes | None = b"") -> CancelOutcome:
    context = ResponseContext(OpenAIDialect(), "https://api.example.com/v1", 0.0, KEY, "video_1")
    return judge_cancel(
        RawResponse(status, {}, json.dumps(body).encode() if body is not None else raw), context
    ).outcome


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, {"id": "video_1", "object": "video.deleted", "deleted": True}, TAKEN),
        # SGLang forgets the video and returns it.
        (200, {"id": "video_1", "status": "deleted"}, TAKEN),
        (200, {"id": "video_1", "status": "cancelled"}, TAKEN),
        (200, {"id": "video_1", "status": "in_progress"}, TAKEN),
        (202, {"message": "Cancellation requested."}, TAKEN),
        (200, {"success": True, "message": "Video deleted."}, TAKEN),
        (200, {"success": False, "message": "no"}, REFUSED),
        (200, {"message": "Failed to cancel the task."}, REFUSED),
        (204, None, TAKEN),
        (200, {}, TAKEN),
        (200, {"id": "video_1", "deleted": False}, REFUSED),
        (200, {"error": {"message": "Only finished videos can be deleted."}}, REFUSED),
        (200, {"error": {"message": "Video not found", "code": "video_not_found"}}, GONE),
        # vLLM-Omni, while it aborts the render.
        (409, {"detail": "Cancellation in progress. Please try again later."}, TAKEN),
        (409, {"detail": "Video output not yet available. Please try again later."}, REFUSED),
        (409, {"detail": "video generation is in progress"}, REFUSED),
        (409, {"error": {"message": "A running video can't be cancelled."}}, REFUSED),
        (409, None, REFUSED),
        (404, {"detail": "Video not found"}, GONE),
        (404, {"error": {"message": "No such video", "code": "video_not_found"}}, GONE),
        (410, None, GONE),
        # Perhaps the path isn't there.
        (404, {"detail": "Not Found"}, UNCLEAR),
        (404, {"error": {"message": "Invalid URL (DELETE /v1/videos/video_1)"}}, UNCLEAR),
        (404, None, UNCLEAR),
        (500, {"error": {"message": "video video_1 not found"}}, GONE),
        (400, {"error": {"message": "Only completed or failed videos can be deleted."}}, REFUSED),
        (405, {"detail": "Method Not Allowed"}, REFUSED),
        (405, None, REFUSED),
        (501, None, REFUSED),
        (401, {"error": {"message": "Incorrect API key", "code": "invalid_api_key"}}, REFUSED),
        (403, None, REFUSED),
        (429, None, REFUSED),
        (302, None, REFUSED),
        (307, None, REFUSED),
        (303, None, UNCLEAR),
        (408, None, UNCLEAR),
        (500, {"error": {"message": "The server had an error."}}, UNCLEAR),
        (502, None, UNCLEAR),
        (503, {"error": {"message": "overloaded"}}, UNCLEAR),
        (504, None, UNCLEAR),
    ],
)
def test_each_response_has_one_meaning(status: int, body: object, outcome: CancelOutcome) -> None:
    """Only a plain yes is taken, and only a plain no is refused."""
    assert judged(status, body) is outcome


@pytest.mark.parametrize("raw", [None, b"<html>ok</html>", b'{"deleted": tr', b"\xff\xfe"])
def test_an_unreadable_yes_is_unclear(raw: bytes | None) -> None:
    """A page of a proxy or half a body proves nothing."""
    assert judged(200, raw=raw) is UNCLEAR


@given(status=st.integers(100, 599), seed=st.integers(0, 10_000))
def test_no_body_is_too_strange(status: int, seed: int) -> None:
    """Every response has an outcome, and the key is in none of the words for the log."""
    [strange] = nonsense(seed, 1)
    context = ResponseContext(OpenAIDialect(), "https://api.example.com/v1", 0.0, KEY, "video_1")
    result = judge_cancel(RawResponse(status, {}, strange.body + KEY.encode()), context)
    assert result.outcome in CancelOutcome
    assert KEY not in result.detail
    assert result.status == status
