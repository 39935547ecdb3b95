"""The law of money, row by row: what every answer to a paid request and to a poll means."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict

from bot.jobs.model import Cause
from bot.videos.dialects.openai import OpenAIDialect
from bot.videos.provider_faults import (
    AccountRefused,
    Blocked,
    Busy,
    CleanRefusal,
    Doubtful,
    NotFound,
    PollFailed,
    PollFault,
    PollForbidden,
    PollRefused,
    RequestRefused,
    SubmitFault,
)
from bot.videos.submit_responses import RawResponse, ResponseContext, judge_poll, judge_submit
from bot.videos.values import RemoteState, RemoteVideo

NOW = 1_700_000_000.0
BASE = "https://api.example.com/v1"
HTML = b"<html><h1>502 Bad Gateway</h1></html>"
CREATE = ResponseContext(OpenAIDialect(), BASE, NOW)
REMIX = ResponseContext(OpenAIDialect(), BASE, NOW, remote_id="video_parent")
POLL = ResponseContext(OpenAIDialect(), BASE, NOW, remote_id="video_1")


def answer(status: int, body: object = None, **headers: str) -> RawResponse:
    """An answer with a JSON body, or with these bytes as they are, or (None) with none that could be read."""
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    return RawResponse(status, CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()}), data)


def said(message: str = "no", **more: object) -> dict[str, object]:
    """OpenAI's error envelope."""
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None, **more}}


ROWS: list[tuple[RawResponse, type[SubmitFault]]] = [
    # Not taken, and nothing of the request can mend it.
    (answer(401, said()), AccountRefused),
    (answer(402, b""), AccountRefused),
    (answer(403, said()), AccountRefused),
    (answer(429, said(code="insufficient_quota")), AccountRefused),
    (answer(429, said("You exceeded your current quota, please check your plan.")), AccountRefused),
    (answer(403, {"code": "insufficient_user_quota", "message": "用户额度不足", "data": None}), AccountRefused),
    (answer(400, said(code="billing_hard_limit_reached")), AccountRefused),
    (answer(500, said(code="insufficient_balance")), AccountRefused),
    (answer(200, said(code="insufficient_balance")), AccountRefused),
    (answer(200, {"success": False, "message": "Insufficient balance"}), AccountRefused),
    (
        answer(200, {"task_id": "", "base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}),
        AccountRefused,
    ),
    (answer(403, said("This account is blocked because of repeated violations of the content policy")), AccountRefused),
    (answer(400, {"code": "x", "message": json.dumps(said(code="insufficient_quota")), "data": None}), AccountRefused),
    # Not taken, but not in the provider's own words: a firewall may have disliked this one request.
    *((answer(status, body), Blocked) for status in (401, 403, 407) for body in (HTML, b"", b"Forbidden")),
    (answer(403, {"message": "Forbidden"}), Blocked),
    *((answer(status, b""), Blocked) for status in (301, 302, 307, 308)),
    # Not taken, ask again later.
    (answer(429, said(code="rate_limit_exceeded")), Busy),
    (answer(429, HTML), Busy),
    (answer(429, None), Busy),
    (answer(429, said("Too many running tasks", type="video_generation_user_error")), Busy),
    (answer(503, said("no model loaded")), Busy),
    (answer(503, HTML, Retry_After="5"), Busy),
    (answer(409, said("Busy: one job at a time")), Busy),
    (answer(409, HTML, Retry_After="5"), Busy),
    # Not taken, says the provider.
    (answer(500, said("The server had an error", code="server_error")), CleanRefusal),
    (answer(500, {"error": "boom"}), CleanRefusal),
    (answer(500, {"detail": "boom"}), CleanRefusal),
    (answer(500, {"code": 1001, "msg": "boom"}), CleanRefusal),
    (answer(500, said("The moderation service is down")), CleanRefusal),
    # A no to this very request.
    *((answer(status, said()), RequestRefused) for status in (400, 404, 405, 413, 415, 422, 451, 418, 409, 501)),
    *((answer(status, HTML), RequestRefused) for status in (400, 404, 413, 422)),
    (answer(403, said(code="content_policy_violation")), RequestRefused),
    (answer(500, said(code="moderation_blocked")), RequestRefused),
    (answer(200, said("bad prompt")), RequestRefused),
    (answer(200, {"error": "bad prompt"}), RequestRefused),
    (answer(200, {"code": "invalid_request", "message": "bad", "data": None}), RequestRefused),
    (answer(200, {"request_id": "r-1", **said("bad prompt")}), RequestRefused),
    (answer(200, {"status": "failed", "error": "bad prompt"}), RequestRefused),
    (answer(403, said("This key may not use cinema-2", type="model_access_denied", param="model")), RequestRefused),
    (answer(401, said("no access", code="model_not_found")), RequestRefused),
    (answer(503, said("no channel for cinema-2", code="model_not_found")), RequestRefused),
    (answer(403, {"errors": ["flagged by moderation"], "name": "content_moderation"}), RequestRefused),
    (answer(502, said("refused", code="content_policy_violation")), RequestRefused),
    # Unknown.
    *((answer(status, said()), Doubtful) for status in (408, 499, 502, 504, 520, 521, 522, 523, 524, 529, 303, 300)),
    *((answer(status, HTML), Doubtful) for status in (500, 501, 502, 503, 504, 409, 418, 425)),
    (answer(500, b""), Doubtful),
    (answer(500, {"message": "Internal server error"}), Doubtful),
    (answer(500, {"error": {}}), Doubtful),
    (answer(500, {"error": None}), Doubtful),
    (answer(500, []), Doubtful),
    (answer(500, None), Doubtful),
    (answer(422, None), Doubtful),
    (answer(409, None), Doubtful),
    (answer(409, said("Idempotency-Key was used before")), Doubtful),
    (answer(422, said(code="idempotency_key_reuse")), Doubtful),
    (answer(400, said(type="idempotency_error")), Doubtful),
    (answer(409, said("duplicate request, try again")), Doubtful),
    (answer(200, said("idempotency conflict")), Doubtful),
    (answer(200, b""), Doubtful),
    (answer(200, None), Doubtful),
    (answer(200, HTML), Doubtful),
    (answer(204, b""), Doubtful),
    (answer(200, b'{"id": "video_1", "sta'), Doubtful),
    (answer(200, []), Doubtful),
    (answer(200, {}), Doubtful),
    (answer(200, {"id": ""}), Doubtful),
    (answer(200, {"id": None, "status": "queued"}), Doubtful),
    (answer(200, {"id": True}), Doubtful),
    (answer(200, {"id": "x" * 1025}), Doubtful),
    (answer(200, {"id": "a\nb"}), Doubtful),
    (answer(200, {"id": "a\x85b"}), Doubtful),
    (answer(200, b'{"id": "\\ud800"}'), Doubtful),
    (answer(200, {"id": "a\nb", **said()}), Doubtful),
    (answer(200, {"status": "queued", "error": "slow today"}), Doubtful),
    (answer(200, {"code": "success", "message": "", "data": None}), Doubtful),
    (answer(200, {"code": 0, "message": "accepted"}), Doubtful),
    (answer(200, {"code": 200, "message": "accepted"}), Doubtful),
    (answer(200, {"detail": "accepted"}), Doubtful),
    (answer(200, b"[" * 100_000), Doubtful),
    (answer(200, b"NaN"), Doubtful),
    (answer(200, b"1" * 5000), Doubtful),
    (answer(101, b""), Doubtful),
]


@pytest.mark.parametrize(
    ("given_answer", "fault"),
    ROWS,
    ids=[f"{row.status} {(row.body or b'-')[:60]!r} {fault.__name__}" for row, fault in ROWS],
)
def test_every_row_of_the_law(given_answer: RawResponse, fault: type[SubmitFault]) -> None:
    """Each answer to a paid request means exactly one thing, with a bounded detail."""
    judged = judge_submit(given_answer, CREATE)
    assert type(judged) is fault
    assert judged.status == given_answer.status
    assert len(judged.detail) <= 500


@pytest.mark.parametrize(
    ("given_answer", "cause", "about", "field"),
    [
        (answer(400, said(code="content_policy_violation")), Cause.CONTENT, None, None),
        (answer(400, said(code="content_policy_violation", param="prompt")), Cause.CONTENT, "prompt", "prompt"),
        (answer(400, said("Your prompt was flagged by our safety system")), Cause.CONTENT, "prompt", None),
        (answer(400, said("The input image may contain sensitive information")), Cause.CONTENT, "picture", None),
        (
            answer(400, said(code="InputImageSensitiveContentDetected.PrivacyInformation")),
            Cause.CONTENT,
            "picture",
            None,
        ),
        (answer(451, HTML), Cause.CONTENT, None, None),
        (answer(400, said("Inpaint image must match the requested width and height")), Cause.SIZE, "picture", None),
        (answer(400, said(code="invalid_value", param="size")), Cause.SIZE, None, "size"),
        (answer(413, HTML), Cause.SIZE, "picture", "input_reference"),
        (answer(400, said(code="invalid_type", param="seconds")), Cause.LENGTH, None, "seconds"),
        (answer(422, {"detail": [{"loc": ["body", "seconds"], "msg": "bad"}]}), Cause.LENGTH, None, "seconds"),
        (answer(400, said("x", param="input_reference[]")), Cause.INPUT, "picture", "input_reference[]"[:-2]),
        (
            answer(400, said("Unknown parameter: 'duration'", code="ContentPolicyViolationError")),
            Cause.INPUT,
            None,
            None,
        ),
        (answer(400, said()), Cause.INPUT, None, None),
        (answer(400, said(param="<script>")), Cause.INPUT, None, None),
        (answer(404, HTML), Cause.PROVIDER, None, None),
        (answer(404, said("The model `sora-2` does not exist", code="model_not_found")), Cause.MODEL, None, "model"),
        (answer(404, said("The API deployment for this resource does not exist")), Cause.MODEL, None, "model"),
        (answer(400, said("model sora-2 not found")), Cause.MODEL, None, "model"),
    ],
)
def test_a_refusal_names_its_cause(
    given_answer: RawResponse, cause: Cause, about: str | None, field: str | None
) -> None:
    """A refused request carries why, whether prompt or picture was meant, and the field if it is one of ours."""
    judged = judge_submit(given_answer, CREATE)
    assert isinstance(judged, RequestRefused)
    assert (judged.cause, judged.about, judged.field) == (cause, about, field)


def test_an_account_refusal_tells_credit_from_key() -> None:
    """Out of credit and a refused key are different causes."""
    for given_answer, cause in (
        (answer(402, b""), Cause.CREDIT),
        (answer(429, said(code="insufficient_quota")), Cause.CREDIT),
        (answer(401, said()), Cause.KEY),
    ):
        judged = judge_submit(given_answer, CREATE)
        assert isinstance(judged, AccountRefused)
        assert judged.cause is cause


def test_a_404_on_a_remix_is_about_its_parent() -> None:
    """On a remix a 404 means that the older video is not known any more; on a create it means the address or model."""
    judged = judge_submit(answer(404, said("Video not found", code="video_not_found")), REMIX)
    assert isinstance(judged, RequestRefused)
    assert (judged.cause, judged.field) == (Cause.SOURCE_GONE, "video")
    created = judge_submit(answer(404, said("Not found")), CREATE)
    assert isinstance(created, RequestRefused)
    assert created.cause is Cause.PROVIDER


@pytest.mark.parametrize("status", [200, 201, 202])
def test_any_success_with_an_id_is_a_video(status: int) -> None:
    """Any 2xx with a usable id is a video to follow; it may even have ended already."""
    running = judge_submit(answer(status, {"id": "video_1", "status": "processing", "url": None}), CREATE)
    assert isinstance(running, RemoteVideo)
    assert (running.id, running.state) == ("video_1", RemoteState.RUNNING)
    failed = judge_submit(
        answer(status, {"id": "v", "status": "failed", "error": {"code": "moderation_blocked", "message": "no"}}),
        CREATE,
    )
    assert isinstance(failed, RemoteVideo)
    assert failed.error is not None
    assert (failed.state, failed.error.cause) == (RemoteState.FAILED, Cause.CONTENT)


def test_a_create_is_not_completed_by_a_url_alone() -> None:
    """A create's answer without a word for its state is running, since its URL may be where to ask."""
    judged = judge_submit(answer(200, {"id": "v", "url": "https://api.example.com/v1/videos/v"}), CREATE)
    assert isinstance(judged, RemoteVideo)
    assert judged.state is RemoteState.RUNNING


@pytest.mark.parametrize(
    ("given_answer", "fault", "at_fault"),
    [
        (answer(401, said()), PollForbidden, None),
        (answer(402, said()), PollForbidden, None),
        (answer(403, HTML), PollForbidden, None),
        (answer(404, said()), NotFound, None),
        (answer(404, HTML), NotFound, None),
        (answer(410, said()), NotFound, None),
        (answer(429, said()), PollFailed, False),
        (answer(400, said()), PollFailed, False),
        (answer(408, b""), PollFailed, True),
        (answer(425, b""), PollFailed, True),
        *((answer(status, HTML), PollFailed, True) for status in (500, 502, 503, 504, 520, 524)),
        (answer(302, b""), PollFailed, True),
        (answer(200, HTML), PollFailed, True),
        (answer(200, None), PollFailed, True),
        (answer(451, HTML), PollRefused, None),
        (answer(403, said("refused", code="content_policy_violation")), PollRefused, None),
        (answer(200, b"[" * 100_000), PollFailed, True),
        (answer(200, said("rate limited")), PollFailed, False),
        (answer(200, {"status": "error", "message": "rate limited"}), PollFailed, False),
        (answer(403, said("You can't see this video")), PollFailed, False),
    ],
)
def test_every_row_of_polling(given_answer: RawResponse, fault: type[PollFault], at_fault: bool | None) -> None:
    """No answer to a poll fails a video: it passes, is forbidden, or is in vain, and a breaker knows which to count."""
    judged = judge_poll(given_answer, POLL)
    assert type(judged) is fault
    if isinstance(judged, PollFailed):
        assert judged.provider_at_fault is at_fault
        assert judged.too_many is (given_answer.status == 429)


def test_waits_are_handed_on() -> None:
    """A busy provider's wait reaches the caller, from the header or from the body, for submitting and for polling."""
    busy = judge_submit(answer(429, said(), Retry_After="17"), CREATE)
    assert isinstance(busy, Busy)
    assert busy.retry_after_seconds == 17
    in_body = judge_submit(answer(429, {"code": 1001, "msg": "slow down", "retryAfter": 15}), CREATE)
    assert isinstance(in_body, Busy)
    assert in_body.retry_after_seconds == 15
    poll = judge_poll(answer(503, HTML, retry_after_ms="1500"), POLL)
    assert isinstance(poll, PollFailed)
    assert poll.retry_after_seconds == 1.5


def test_details_are_for_one_line_of_a_log() -> None:
    """Foreign words are kept escaped, bounded and without the key."""
    key = "sk-secret"
    body = ("line one\nline two \x1b[31m \u202e " + key + " <b>" + "x" * 5000).encode()
    judged = judge_submit(RawResponse(400, {}, body), ResponseContext(OpenAIDialect(), BASE, NOW, key))
    assert isinstance(judged, RequestRefused)
    assert judged.detail.isprintable()
    assert key not in judged.detail
    assert "[hidden]" in judged.detail
    assert len(judged.detail) == 500


KEYS = (
    *("id", "video_id", "task_id", "request_id", "data", "video", "videos", "status", "state", "error", "code", "type"),
    *("message", "msg", "detail", "loc", "param", "progress", "url", "urls", "output", "created", "created_at"),
    *("seconds", "duration", "size", "model", "headers", "retryAfter"),
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["failed", "done"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)
STATUSES = st.sampled_from([200, 201, 204, 302, 303, 400, 401, 403, 404, 409, 413, 422, 429, 500, 502, 503, 599])
HEADERS = st.dictionaries(
    st.sampled_from(["Retry-After", "retry-after-ms", "openai-poll-after-ms"]), st.text(max_size=30), max_size=3
)


@settings(max_examples=50)
@given(STATUSES, HEADERS, JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=200) | st.none())
def test_no_answer_breaks_the_law(status: int, headers: dict[str, str], body: bytes | None) -> None:
    """For any bytes, the classification gives a video or a submit fault, and never anything else."""
    given_answer = RawResponse(status, CIMultiDict(headers), body)
    submitted = judge_submit(given_answer, CREATE)
    polled = judge_poll(given_answer, POLL)
    assert isinstance(submitted, RemoteVideo | SubmitFault)
    assert isinstance(polled, RemoteVideo | PollFault)
    if isinstance(submitted, RemoteVideo):
        assert 200 <= status < 300
        assert 0 < len(submitted.id) <= 1024
    if isinstance(submitted, CleanRefusal):
        assert status == 500
    if isinstance(submitted, Busy):
        assert status in (409, 429, 503)
