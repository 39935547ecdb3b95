"""Words that leave open if the upstream took a request are doubt, in any shape and at any status."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.videos.causes import Sent
from bot.videos.dialects.openai import OpenAIDialect
from bot.videos.provider_faults import CleanRefusal, Doubtful, RequestRefused
from bot.videos.submit_responses import RawResponse, ResponseContext, judge_submit
from bot.videos.values import RemoteVideo

CREATE = ResponseContext(OpenAIDialect(), "https://api.example.com/v1", 1_700_000_000.0)
OPEN = (
    # Go
    'Post "https://up.example/v1/videos": EOF',
    "unexpected EOF",
    "context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
    "context canceled",
    "net/http: timeout awaiting response headers",
    "read tcp 10.0.0.2:41234->1.2.3.4:443: read: connection reset by peer",
    "read tcp 10.0.0.2:41234->1.2.3.4:443: i/o timeout",
    "write: broken pipe",
    "http2: server sent GOAWAY and closed the connection; LastStreamID=1999",
    "stream error: stream ID 5; INTERNAL_ERROR; received from peer",
    "http: server closed idle connection",
    "use of closed network connection",
    "tls: unexpected message; connection closed",
    "invalid character '<' looking for beginning of value",
    "json: cannot unmarshal string into Go struct field .id of type int",
    "Error 1062: Duplicate entry 'x' for key 'tasks.PRIMARY'",
    # Python
    "Read timed out. (read timeout=60)",
    "ReadTimeout",
    "httpx.RemoteProtocolError: Server disconnected without sending a response.",
    "peer closed connection without sending complete message body (incomplete chunked read)",
    "('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))",
    "ConnectionResetError(104, 'Connection reset by peer')",
    "Expecting value: line 1 column 1 (char 0)",
    "JSONDecodeError",
    "IncompleteRead(0 bytes read)",
    "asyncio.exceptions.TimeoutError",
    "KeyError while reading the response of the upstream",
    "litellm.Timeout: Request timed out",
    "sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) database is locked",
    # Node, Rust, Java
    "ECONNRESET",
    "socket hang up",
    "TypeError: fetch failed",
    "UND_ERR_HEADERS_TIMEOUT",
    "UND_ERR_SOCKET: other side closed",
    "ESOCKETTIMEDOUT",
    "Unexpected token < in JSON at position 0",
    "Unexpected end of JSON input",
    "Premature close",
    "The operation was aborted",
    "error sending request: connection closed before message completed",
    "java.net.SocketTimeoutException",
    "Connection prematurely closed BEFORE response",
    # nginx, Envoy, CDNs
    "upstream prematurely closed connection while reading response header from upstream",
    "upstream timed out (110: Connection timed out)",
    "upstream connect error or disconnect/reset before headers. reset reason: connection termination",
    "504 Gateway Time-out",
    "502 Bad Gateway",
    "error code: 524",
    "The origin web server timed out responding to this request",
    # gateways
    "do_request_failed",
    "bad_response_body",
    "read_response_body_failed",
    "unmarshal_response_body_failed",
    "empty_response",
    "bad response status code 502",
    "upstream returned status 504",
    "the upstream's answer is no JSON: invalid character '<'",
    "the upstream's answer has no id",
    "task_id is empty",
    "upstream response has no task id",
    "no id in the response of the provider",
    "response did not contain an id",
    "failed to parse upstream response",
    "could not decode the answer of the upstream",
    "error reading response",
    "failed to insert task",
    "insert_task_failed",
    "failed to save the task to the database",
    "task was submitted but could not be saved",
    "error while storing the job",
    "timed out after 60 s while waiting for the upstream",
    "Request time limit exceeded",
    "the backend did not respond in time",
    "no response from upstream",
    "upstream is not responding",
    "connection to the render farm was lost",
    "the connection broke while we waited for an answer",
    "lost connection to MySQL server during query",
    "the request may have been accepted",
    "worker took too long to answer",
    "missing field `id` at line 1 column 20",
    "Cannot read properties of undefined (reading 'id')",
    "KeyError: 'id'",
    "'NoneType' object is not subscriptable",
    "the id is missing in the upstream's answer",
    "DB write failed after submit",
    "saving the task failed",
    "Max retries exceeded with url: /v1/videos",
    "MySQL server has gone away",
    "WorkerLostError: Worker exited prematurely",
    "transfer closed with outstanding read data remaining",
    "Empty reply from server",
    "the provider's reply was cut short",
    "got no answer within 30 s",
    "upstream: 504",
    "could not confirm whether the request was received",
    "The stream ended unexpectedly",
    "请求超时",
    "上游连接被关闭",
    # the same request, received before
    "Duplicate request",
    "duplicate submission detected",
    "The request was accepted but could not be kept",
    "This request has already been processed",
    "Your request is already queued",
    "Already processing this request",
)
# Plain refusals and faults: nothing in them speaks of a lost answer.
PLAIN = (
    "The server had an error while processing your request. Sorry about that!",
    "internal error",
    "Internal Server Error",
    "boom",
    "We are experiencing heavy load, please try again later",
    "no GPU available",
    "Failed to create video task",
    "connection refused",
    "The service is temporarily unavailable",
    "something went wrong",
    "unknown error",
    "The render worker crashed before it started",
    "invalid request",
    "null pointer exception",
    "Queue is full",
    "Your previous request is still in progress",
    "Another request is already running, try again later",
    "A job is already running",
    "The request was not accepted",
    "Could not start the render",
    "CUDA out of memory",
    "We couldn't complete your request",
    "The image could not be processed",
    "Unhandled exception",
    "rendering failed",
    "bad response status code 500",
    "fail",
)


def shapes(words: str) -> list[bytes]:
    """The words as different servers put them."""
    nested = json.dumps({"error": {"message": words, "code": "x"}})
    bodies: list[object] = [
        {"error": {"message": words, "type": "server_error", "code": None}},
        {"error": words},
        {"code": "relay_failed", "message": words, "data": None},
        {"code": words, "message": "failed", "data": None},
        {"detail": words},
        {"success": False, "message": words},
        {"error": {"message": "upstream error", "metadata": {"raw": words}}},
        {"error": {"message": f"upstream said {nested}"}},
        {"errors": [{"message": words}]},
    ]
    return [json.dumps(body).encode() for body in bodies]


@pytest.mark.slow
@pytest.mark.parametrize("words", OPEN)
def test_words_that_leave_the_outcome_open_are_doubt(words: str) -> None:
    """However it is put: one request, and then the requester is asked."""
    for body in shapes(words):
        for status in (400, 429, 500, 501, 503):
            judged = judge_submit(RawResponse(status, {}, body), CREATE)
            assert type(judged) is Doubtful, (status, body)


@pytest.mark.slow
@pytest.mark.parametrize("words", OPEN)
def test_a_2xx_that_reports_a_lost_answer_is_doubt(words: str) -> None:
    """An error under a 2xx is no refusal either, if its words leave the outcome open."""
    for body in shapes(words):
        assert type(judge_submit(RawResponse(200, {}, body), CREATE)) is Doubtful, body


@pytest.mark.parametrize("words", PLAIN)
def test_a_plain_500_may_be_repeated(words: str) -> None:
    """A fault that speaks of nothing lost is the provider's word that nothing was taken."""
    judged = judge_submit(RawResponse(500, {}, json.dumps({"error": {"message": words}}).encode()), CREATE)
    assert type(judged) is CleanRefusal


def test_an_echo_of_the_prompt_is_no_doubt() -> None:
    """A provider that repeats the whole prompt has said nothing about a time-out itself."""
    prompt = "A poster that says connection reset by peer"
    body = json.dumps({"error": {"message": f"Invalid prompt: '{prompt}'", "param": "prompt"}}).encode()
    judged = judge_submit(
        RawResponse(400, {}, body), ResponseContext(OpenAIDialect(), CREATE.base_url, CREATE.now, sent=Sent(prompt))
    )
    assert isinstance(judged, RequestRefused)
    assert judged.about == "prompt"


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(OPEN),
    st.sampled_from(["", "Error: ", "litellm.APIError: OpenAIException - ", "[relay] ", "upstream: "]),
    st.sampled_from(["", ".", " (request id: 20261129-abc)", "\n\tat relay.go:42", " Please contact support."]),
    st.sampled_from([str, str.upper, str.lower]),
    st.sampled_from([400, 403, 404, 409, 422, 429, 500, 501, 503]),
)
def test_no_open_outcome_is_ever_a_plain_no(words: str, before: str, after: str, put: object, status: int) -> None:
    """In any case and between any other words, what leaves the outcome open is never sent again by itself."""
    text = put(f"{before}{words}{after}")  # type: ignore[operator]
    body = json.dumps({"error": {"message": text, "type": "server_error"}}).encode()
    judged = judge_submit(RawResponse(status, {}, body), CREATE)
    assert not isinstance(judged, RemoteVideo)
    assert type(judged) is Doubtful, text


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 409, 422, 429, 500, 503])
@pytest.mark.parametrize(
    "body",
    [
        {"id": "video_1", "status": "queued"},
        {"id": "video_1", "status": "processing", "error": {"message": "no credit", "code": "insufficient_quota"}},
        {"data": {"id": "video_1", "status": "in_progress"}, "error": {"message": "gone", "code": "model_not_found"}},
    ],
)
def test_a_refusal_with_a_video_that_is_being_made_is_doubt(status: int, body: dict[str, object]) -> None:
    """Else the next provider would make it, too."""
    judged = judge_submit(RawResponse(status, {}, json.dumps(body).encode()), CREATE)
    assert isinstance(judged, Doubtful)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (429, {"id": "req_1", "error": {"message": "too many", "code": "rate_limit_exceeded"}}),
        (429, {"id": "req_1", "status": "error", "error": {"message": "too many", "code": "rate_limit_exceeded"}}),
        (404, {"id": "video_1", "status": "failed", "error": {"message": "gone", "code": "model_not_found"}}),
    ],
)
def test_a_refusal_with_an_id_alone_is_none(status: int, body: dict[str, object]) -> None:
    """It may be that of the request, or of a video that failed at once."""
    assert not isinstance(judge_submit(RawResponse(status, {}, json.dumps(body).encode()), CREATE), Doubtful)
