"""Answers as servers of many makes put them, with what each means for a create, a remix, a poll or a failed video."""

import json

import pytest

from bot.jobs.model import Cause
from bot.videos.causes import Sent
from bot.videos.dialects.openai import OpenAIDialect
from bot.videos.provider_faults import AccountRefused, Busy, CleanRefusal, Doubtful, RequestRefused, SubmitFault
from bot.videos.submit_responses import RawResponse, ResponseContext, judge_poll, judge_submit
from bot.videos.values import RemoteState, RemoteVideo

BASE = "https://api.example.com/v1"
NOW = 1_700_000_000.0


def said(message: str, **more: object) -> dict[str, object]:
    return {"error": {"message": message, **more}}


def submitted(status: int, body: object, remote_id: str | None = None) -> SubmitFault:
    asked = ResponseContext(
        OpenAIDialect(), BASE, NOW, remote_id=remote_id, sent=Sent("a red fox in the snow at dawn", "cinema-2")
    )
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    judged = judge_submit(RawResponse(status, {}, raw), asked)
    assert isinstance(judged, SubmitFault)
    return judged


def polled(body: object) -> RemoteVideo:
    judged = judge_poll(
        RawResponse(200, {}, json.dumps(body).encode()), ResponseContext(OpenAIDialect(), BASE, NOW, remote_id="task_1")
    )
    assert isinstance(judged, RemoteVideo), judged
    return judged


@pytest.mark.parametrize(
    "words",
    [
        "The upstream returned status 200 but no video object",
        "aiohttp.client_exceptions.ClientPayloadError: Response payload is not completed",
        "ClientOSError: [Errno 104]",
        "TransferEncodingError: Not enough data for satisfy transfer length header.",
        "Job was queued upstream but we failed to record it",
        "the generation was created but its id was not returned",
        "rpc error: code = Unavailable desc = transport is closing",
    ],
)
def test_the_outcome_stays_open(words: str) -> None:
    """None of these may be followed by a second paid request."""
    for status in (400, 500, 501, 503):
        assert isinstance(submitted(status, said(words)), Doubtful), (status, words)


@pytest.mark.parametrize(
    "words",
    [
        "internal server error",
        "The requested id is taken, no video was made",
        "An unexpected error occurred. Please try again.",
        "failed to load the prompt template",
        "The GPU ran out of memory",
        "The audit service is down",
        "authenticated but no video model could be loaded",
    ],
)
def test_a_plain_500_stays_plain(words: str) -> None:
    """A 500 that tells of nothing sent may be repeated."""
    assert isinstance(submitted(500, said(words)), CleanRefusal), words


@pytest.mark.parametrize(
    ("cause", "status", "body"),
    [
        (Cause.CONTENT, 400, {"code": "IPInfringementSuspect", "message": "suspected of IP infringement"}),
        (Cause.CONTENT, 400, {"detail": "prompt not allowed because word 'kill' is in blacklist"}),
        (Cause.CONTENT, 451, "Unavailable For Legal Reasons"),
        (Cause.CONTENT, 400, said("Your prompt contains words that are not permitted", param="prompt")),
        (Cause.CONTENT, 403, said("Content not permitted", code="forbidden")),
        (Cause.CONTENT, 400, said("We don't support images containing photorealistic people", param="input_reference")),
        (Cause.CONTENT, 400, said("blockReason: OTHER")),
        (Cause.CONTENT, 400, said("Prompt failed content review", code="audit_failed")),
        (Cause.CONTENT, 400, {"code": "task_failed", "message": "Text audit not passed"}),
        (Cause.CONTENT, 400, said("The prompt did not pass the review")),
        (Cause.MODEL, 403, said("You must be verified to use the model `cinema-2`.", code="permission_denied")),
        (Cause.MODEL, 403, said("Your organization must be verified to use the model `cinema-2`.")),
        (Cause.MODEL, 403, said("You are not allowed to sample from this model")),
        (Cause.MODEL, 403, said("This model requires a paid plan", code="forbidden")),
        (Cause.MODEL, 403, said("Access to this model is restricted")),
        (Cause.MODEL, 403, said("Your plan does not include cinema-2")),
        (Cause.MODEL, 403, said("cinema-2: forbidden", type="forbidden")),
        (Cause.INPUT, 400, said("invalid character in prompt")),
        (Cause.MODEL, 500, {"code": "model_price_error", "message": "Model cinema-2 ratio or price not set"}),
        (Cause.MODEL, 400, {"code": "x", "message": "模型 cinema-2 倍率或价格未配置"}),
        (Cause.MODEL, 422, {"detail": "Model cinema-2 is currently disabled"}),
        (Cause.CREDIT, 400, {"error": "You do not have enough credits to run this task."}),
        (Cause.LENGTH, 400, {"base_resp": {"status_code": 2013, "status_msg": "invalid params, duration not support"}}),
        (Cause.INPUT, 400, said("Prompt too long: more than 300 words are not allowed", param="prompt")),
        (Cause.CONTENT, 403, said("Prompt flagged by your organization's content policy")),
        (Cause.LENGTH, 400, said("Only 5s and 10s clips are supported")),
        (Cause.LENGTH, 400, said("视频时长不支持")),
        (Cause.SIZE, 400, said("model cinema-2 does not support 1920x1080")),
        (Cause.SIZE, 400, said("width and height must be multiples of 16")),
        (Cause.SIZE, 400, said("Supported sizes: 1280x720, 720x1280")),
        (Cause.SIZE, 400, said("image file too large, maximum 10MB")),
    ],
)
def test_a_create_that_is_refused(cause: Cause, status: int, body: object) -> None:
    """It concerns this request alone."""
    fault = submitted(status, body)
    assert isinstance(fault, RequestRefused), fault
    assert fault.cause is cause


@pytest.mark.parametrize(
    ("cause", "status", "body"),
    [
        (Cause.CREDIT, 402, said("This request requires more credits")),
        (Cause.CREDIT, 403, said("You do not have sufficient balance")),
        (Cause.KEY, 403, said("Your account has been flagged for violating our usage policies and is suspended.")),
        (Cause.KEY, 403, said("Forbidden")),
        (Cause.KEY, 403, said("Incorrect API key provided for cinema-2")),
        (Cause.KEY, 200, {"base_resp": {"status_code": 1004, "status_msg": "login fail: carry the API secret key"}}),
    ],
)
def test_the_account_is_refused(cause: Cause, status: int, body: object) -> None:
    """It concerns the account."""
    fault = submitted(status, body)
    assert isinstance(fault, AccountRefused), fault
    assert fault.cause is cause


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (429, said("Concurrency limit exceeded for this model: max 3 running tasks. cinema-2 unavailable")),
        (429, said("Quota exceeded for online_prediction_requests_per_base_model with base model: veo-3.")),
        (529, said("Overloaded", type="overloaded_error")),
    ],
)
def test_the_provider_is_busy(status: int, body: object) -> None:
    """Nothing was taken, and later it will be."""
    assert isinstance(submitted(status, body), Busy)


@pytest.mark.parametrize(
    ("cause", "status", "body"),
    [
        (Cause.SOURCE_GONE, 403, said("The requested video belongs to another account")),
        (Cause.UNSUPPORTED, 501, ""),
        (Cause.UNSUPPORTED, 404, {"message": "Route POST:/v1/videos/x/remix not found", "error": "Not Found"}),
        (Cause.UNSUPPORTED, 400, said("Remix not available for this channel")),
        (Cause.UNSUPPORTED, 500, said("not implemented")),
    ],
)
def test_a_remix_that_is_refused(cause: Cause, status: int, body: object) -> None:
    """Its source is gone, or the provider changes no videos."""
    fault = submitted(status, body, "video_1")
    assert isinstance(fault, RequestRefused), fault
    assert fault.cause is cause


@pytest.mark.parametrize(
    ("cause", "body"),
    [
        (Cause.CONTENT, {"data": {"task_id": "task_1", "task_status": "failed", "task_status_msg": "risk control"}}),
        (Cause.CONTENT, {"output": {"task_id": "task_1", "task_status": "FAILED", "code": "DataInspectionFailed"}}),
        (
            Cause.CONTENT,
            {"code": "success", "data": {"status": "FAILURE", "fail_reason": "against our content policy"}},
        ),
        (Cause.CONTENT, {"id": "task_1", "status": "Request Moderated", "result": None}),
        (Cause.CONTENT, {"id": "task_1", "status": "content_filtered"}),
        (Cause.CONTENT, {"id": "task_1", "status": "failed", "finish_reason": "content_filter"}),
        (Cause.CONTENT, {"id": "task_1", "status": "failed", "error": {"code": "audit_fail", "message": "no"}}),
        (Cause.PROVIDER, {"output": {"task_id": "task_1", "task_status": "FAILED", "code": "InternalError"}}),
        (Cause.PROVIDER, {"id": "task_1", "status": "aborted"}),
        (Cause.PROVIDER, {"id": "task_1", "status": "TIMED_OUT"}),
        (Cause.PROVIDER, {"id": "task_1", "status": "terminated"}),
    ],
)
def test_a_render_that_failed(cause: Cause, body: object) -> None:
    """The word for the state is found wherever it is, and so is the reason."""
    video = polled(body)
    assert video.state is RemoteState.FAILED
    assert video.error is not None
    assert video.error.cause is cause


@pytest.mark.parametrize(
    "body",
    [
        {"code": 0, "data": {"task_id": "task_1", "task_status": "processing"}},
        {"output": {"task_id": "task_1", "task_status": "PENDING"}},
        {"id": "task_1", "status": "running", "output": {"status": "failed"}},
    ],
)
def test_a_render_that_goes_on(body: object) -> None:
    """Nested words end no running job."""
    assert polled(body).state is RemoteState.RUNNING
