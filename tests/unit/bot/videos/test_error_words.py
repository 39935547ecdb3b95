"""One reader for all error bodies, one vocabulary for what they mean: creates, polls and failed videos alike."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.jobs.model import Cause
from bot.videos.causes import Meaning, Sent
from bot.videos.dialects.openai import OpenAIDialect
from bot.videos.error_bodies import error_words
from bot.videos.provider_faults import AccountRefused, Busy, CleanRefusal, NotFound, PollRefused, RequestRefused
from bot.videos.submit_responses import RawResponse, ResponseContext, judge_poll, judge_submit
from bot.videos.values import RemoteState, RemoteVideo

BASE = "https://api.example.com/v1"
CREATE = ResponseContext(OpenAIDialect(), BASE, 1_700_000_000.0)
REMIX = ResponseContext(OpenAIDialect(), BASE, 1_700_000_000.0, remote_id="video_parent")
POLL = ResponseContext(OpenAIDialect(), BASE, 1_700_000_000.0, remote_id="video_1")

CONTENT = (
    *("content_policy_violation", "ContentPolicyViolationError", "content_moderation", "content_moderated", "nsfw"),
    *("moderation_blocked", "sentinel_block", "prompt_unsafe", "image_unsafe", "output_moderation", "SAFETY"),
    *("DataInspectionFailed", "OutputAudioSensitiveContentDetected", "InputTextSensitiveContentDetected.Violence"),
    *("InputImageSensitiveContentDetected.PrivacyInformation", "ResponsibleAIPolicyViolation", "content_filter"),
    *("RAI_MEDIA_FILTERED", "sensitive_words_detected", "PROHIBITED_CONTENT", "guardrail_intervened", "copyright"),
    *("safety_violation", "prompt_blocked", "content_restricted", "risk_control", "third_party_content"),
    "flagged by moderation",
    "the prompt goes against the usage guidelines",
    "the sound was refused by our safety filter",
    "Your request was rejected as a result of our safety system.",
    "This may violate our terms of service",
    "The input contains inappropriate content",
    "Blocked by guardrails",
    "resembles third-party content",
    "contains copyrighted material",
    "we can't show the likeness of a real person",
    "The picture shows nudity",
    "msg=prompt_unsafe",
    "Content Exists Risk",
    "This prompt conflicts with our community guidelines",
    "your prompt was flagged",
    "输入内容包含敏感信息",
    "内容违规",
)
NOT_CONTENT = (
    "The moderation service is down",
    "content moderation API unavailable",
    "could not reach the moderation service",
    "failed to run moderation",
    "safety checker error: CUDA failure",
    "moderation is temporarily unavailable",
    "the model name is case sensitive",
    "internal error",
    "boom",
)
_ONLY_TEXT = [words for words in CONTENT if " " in words]


def shapes(words: str) -> list[dict[str, object]]:
    """A refusal with those words as code or text, as different servers put it."""
    return [
        {"error": {"code": words, "message": "no"}},
        {"error": {"message": words, "type": "server_error", "code": "server_error"}},
        {"error": words},
        {"error": "Bad Request", "message": words},
        {"error": [{"message": words}]},
        {"errors": [words], "name": "refused"},
        {"errors": {"prompt": [words]}},
        {"code": "upstream_failed", "message": json.dumps({"error": {"code": words, "message": "no"}}), "data": None},
        {"code": "x", "message": f"upstream: {json.dumps({'message': json.dumps({'error': words})})}", "data": None},
        {"title": "Bad Request", "detail": words, "status": 400},
        {"message": words},
        {"detail": [{"loc": ["body", "prompt"], "msg": words, "type": "value_error"}]},
        {"success": False, "message": words},
        {"base_resp": {"status_code": 1026, "status_msg": words}},
        {"error": {"message": "Provider returned error", "metadata": {"raw": json.dumps({"error": words})}}},
    ]


def job_shapes(words: str) -> list[dict[str, object]]:
    """A failed video with those words, as different servers put it."""
    return [
        {"error": {"code": words, "message": "no"}},
        {"error": {"code": "server_error", "message": words}},
        {"error": words},
        {"error": "", "failure_reason": words},
        {"fail_reason": words},
        {"error_message": words, "error_code": "task_failed"},
        {"error_code": words},
        {"reason": words},
        {"message": words},
        {"errors": [{"message": words}]},
        {"incomplete_details": {"reason": words}},
        {"error": {"message": json.dumps({"error": {"message": words}})}},
        {"status_msg": words},
        {"base_resp": {"status_code": 1, "status_msg": words}},
    ]


def err(message: str, **more: object) -> dict[str, object]:
    """OpenAI's envelope."""
    return {"error": {"message": message, **more}}


def problems(*where: tuple[object, ...], kind: str = "value_error") -> dict[str, object]:
    """FastAPI's list of what is wrong where."""
    return {"detail": [{"loc": ["body", *place], "msg": "wrong", "type": kind} for place in where]}


def submitted(status: int, body: object, asked: ResponseContext = CREATE) -> object:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return judge_submit(RawResponse(status, {}, data), asked)


def polled(status: int, body: object) -> object:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return judge_poll(RawResponse(status, {}, data), POLL)


@pytest.mark.slow
@pytest.mark.parametrize("words", CONTENT)
def test_content_is_recognised_in_every_shape(words: str) -> None:
    """Wherever a create's answer or a failed video says it, the content rules refused it."""
    for body in shapes(words):
        for status in (400, 403, 422, 451, 500):
            judged = submitted(status, body)
            assert isinstance(judged, RequestRefused), (status, body, judged)
            assert judged.cause is Cause.CONTENT, (status, body)
    for body in job_shapes(words):
        for wrapped in (
            {"id": "v", "status": "failed", **body},
            {"code": "success", "data": {"id": "v", "status": "FAILURE", **body}},
        ):
            video = OpenAIDialect().read_video(wrapped, BASE, "v")
            assert video is not None
            assert video.error is not None
            assert video.error.cause is Cause.CONTENT, wrapped


@pytest.mark.parametrize("words", _ONLY_TEXT)
def test_content_in_a_plain_text_counts_too(words: str) -> None:
    """A body that is no JSON is read as one text; a page of markup is not."""
    judged = submitted(400, words.encode())
    assert isinstance(judged, RequestRefused)
    assert judged.cause is Cause.CONTENT


@pytest.mark.parametrize("words", NOT_CONTENT)
def test_a_moderation_service_that_is_down_refuses_nothing(words: str) -> None:
    """It stays the provider's fault, at a create as for a failed video."""
    judged = submitted(500, {"error": {"message": words}})
    assert isinstance(judged, CleanRefusal)
    video = OpenAIDialect().read_video({"id": "v", "status": "failed", "error": {"message": words}}, BASE)
    assert video is not None
    assert video.error is not None
    assert video.error.cause is Cause.PROVIDER


@pytest.mark.parametrize(
    ("status", "body", "cause", "about", "field"),
    [
        (
            400,
            err("'12' cannot be used; use '5'", param="seconds", code="invalid_value"),
            Cause.LENGTH,
            None,
            "seconds",
        ),
        (400, err("duration must be 5 or 10"), Cause.LENGTH, None, None),
        (400, err("bad", param="duration"), Cause.LENGTH, None, "seconds"),
        (400, err("Unsupported resolution"), Cause.SIZE, None, None),
        (400, err("x", param="aspect_ratio"), Cause.SIZE, None, "size"),
        (500, {"error": {"message": json.dumps(err("no", param="size"))}}, Cause.SIZE, None, "size"),
        (
            403,
            err("This key may not use cinema-2", type="model_access_denied", param="model", code="403"),
            Cause.MODEL,
            None,
            "model",
        ),
        (404, err("The model 'cinema-2' does not exist", code="model_not_found"), Cause.MODEL, None, "model"),
        (503, {"error": {"code": "model_not_found", "message": "no channel for cinema-2"}}, Cause.MODEL, None, "model"),
        (400, {"code": 1211, "msg": "Unknown Model, please check"}, Cause.MODEL, None, "model"),
        (404, err("No endpoints found for model x", code=404), Cause.MODEL, None, "model"),
        (400, err("You do not have access to the model cinema-2"), Cause.MODEL, None, "model"),
        (403, {"error": "cinema-2 is not enabled for this key"}, Cause.MODEL, None, "model"),
        (422, problems(("prompt",), ("input_reference",), kind="content_policy_violation"), Cause.CONTENT, None, None),
        (422, problems(("input_reference", 0), kind="moderation_blocked"), Cause.CONTENT, "picture", "input_reference"),
        (422, problems(("size",), ("seconds",)), Cause.SIZE, None, None),
        (422, problems(("prompt",), ("seconds",)), Cause.INPUT, None, None),
        (400, err("The prompt is too long"), Cause.INPUT, "prompt", None),
        (
            400,
            {"error": {"code": "invalid_prompt", "message": "Your prompt was refused"}},
            Cause.CONTENT,
            "prompt",
            None,
        ),
        (400, err("Insufficient balance"), Cause.CREDIT, None, None),
        (404, err("Not found", type="invalid_request_error"), Cause.PROVIDER, None, None),
    ],
)
def test_a_refused_create_has_cause_and_field(
    status: int, body: object, cause: Cause, about: str | None, field: str | None
) -> None:
    """The cause is as precise as the provider's; several fields don't blame one of them."""
    judged = submitted(status, body, ResponseContext(OpenAIDialect(), BASE, 0.0, sent=Sent("a fox", "cinema-2")))
    assert isinstance(judged, RequestRefused), judged
    assert (judged.cause, judged.about, judged.field) == (cause, about, field)


@pytest.mark.parametrize(
    ("status", "body", "cause"),
    [
        (404, {"error": {"code": "video_not_found", "message": "no such video"}}, Cause.SOURCE_GONE),
        (404, {"error": {"code": "video_not_found", "message": "Not Found"}}, Cause.SOURCE_GONE),
        (400, {"code": "task_not_exist", "message": "origin unknown"}, Cause.SOURCE_GONE),
        (400, {"error": {"message": "video has expired"}}, Cause.SOURCE_GONE),
        (400, {"error": {"message": "The source video is no longer available."}}, Cause.SOURCE_GONE),
        (422, {"detail": "Video video_68f0-a1 was deleted"}, Cause.SOURCE_GONE),
        (500, {"error": {"message": "video_not_found"}}, Cause.SOURCE_GONE),
        (410, b"", Cause.SOURCE_GONE),
        (404, {"detail": "Not Found"}, Cause.UNSUPPORTED),
        (404, {"error": "Not Found"}, Cause.UNSUPPORTED),
        (404, b"404 page not found", Cause.UNSUPPORTED),
        (404, b"<html>Cannot POST /v1/videos/x/remix</html>", Cause.UNSUPPORTED),
        (404, b"", Cause.UNSUPPORTED),
        (404, {"error": {"message": "Invalid URL (POST /v1/videos/video_1/remix)"}}, Cause.UNSUPPORTED),
        (405, {"detail": "Method Not Allowed"}, Cause.UNSUPPORTED),
        (501, {"error": {"message": "not implemented"}}, Cause.UNSUPPORTED),
        (400, {"error": {"message": "Remix is not supported for this model"}}, Cause.UNSUPPORTED),
        (400, {"error": {"message": "flagged by moderation"}}, Cause.CONTENT),
    ],
)
def test_a_refused_remix_says_whether_its_source_is_gone(status: int, body: object, cause: Cause) -> None:
    """A source that is gone and a provider that can't change videos are two things, neither the prompt's fault."""
    judged = submitted(status, body, REMIX)
    assert isinstance(judged, RequestRefused), judged
    assert judged.cause is cause


@pytest.mark.parametrize(
    ("status", "body", "prompt", "sure"),
    [
        (402, b"", "", True),
        (402, {"error": {"message": "No credit for a red kite"}}, "A red kite", True),
        (429, {"error": {"message": "no", "code": "insufficient_quota"}}, "", True),
        (400, {"error": {"message": "no: a red kite", "code": "insufficient_quota"}}, "A red kite", True),
        (403, {"error": {"message": "Your credit balance is too low: insufficient credits"}}, "A kite", True),
        (403, {"error": {"message": "Your credit balance is too low: insufficient credits"}}, "YOUR credit", False),
        (403, {"error": {"message": 'Insufficient credits for "a red kite"'}}, "A red kite", False),
        (429, {"error": {"message": "You exceeded your current quota"}}, "Of you", True),
        (200, {"success": False, "message": "Insufficient balance"}, "A kite", True),
    ],
)
def test_credit_comes_from_codes_and_from_few_texts(status: int, body: object, prompt: str, sure: bool) -> None:
    """A code or a 402 is certain, and so is a text where it can't be about the request and repeats nothing of it."""
    judged = submitted(status, body, replace(CREATE, sent=Sent(prompt)))
    assert isinstance(judged, AccountRefused), judged
    assert (judged.cause, judged.sure) == (Cause.CREDIT, sure)


@pytest.mark.parametrize("status", [400, 402, 403, 422, 429])
@pytest.mark.parametrize(
    "prompt",
    ["a poster that says out of credit", "insufficient balance", "model not found", "your account is suspended"],
)
def test_words_of_the_prompt_are_not_the_providers(status: int, prompt: str) -> None:
    """A prompt that is repeated in a refusal says nothing about credit, account or model."""
    asked = ResponseContext(OpenAIDialect(), BASE, 0.0, sent=Sent(prompt))
    judged = submitted(status, {"error": {"message": f"Invalid prompt: '{prompt}'", "type": "invalid_request"}}, asked)
    if status in (402, 403):
        assert isinstance(judged, AccountRefused)
        assert judged.cause is (Cause.CREDIT if status == 402 else Cause.KEY)
    elif status == 429:
        assert isinstance(judged, Busy)
    else:
        assert isinstance(judged, RequestRefused)
        assert judged.cause is Cause.INPUT


@pytest.mark.parametrize(
    ("status", "body"),
    [
        *((status, {"code": "content_moderated", "error": "the video was refused"}) for status in (200, 400, 422, 451)),
        (200, {"error": {"code": "content_policy_violation", "message": "refused"}}),
        (500, {"error": {"code": "content_policy_violation", "message": "refused"}}),
        (403, {"errors": ["flagged by moderation"], "name": "content_moderation"}),
        (451, b""),
    ],
)
def test_content_on_a_poll_concerns_that_video(status: int, body: object) -> None:
    """Refused content on a poll is distinguished from a refused key and from passing faults."""
    fault = polled(status, body)
    assert isinstance(fault, PollRefused), fault
    assert fault.cause is Cause.CONTENT


@pytest.mark.parametrize(
    ("status", "body", "cause"),
    [
        (400, {"code": "task_not_exist", "message": "no such task", "data": None}, Cause.LOST),
        (200, {"code": 404, "message": "task not found"}, Cause.LOST),
        (200, {"error": {"message": "Video 'video_1' does not exist"}}, Cause.LOST),
        (500, {"error": {"code": "video_not_found", "message": "x"}}, Cause.LOST),
        (422, {"detail": "no such job"}, Cause.LOST),
        (400, {"error": {"message": "The video has expired"}}, Cause.EXPIRED),
        (
            404,
            {"error": {"message": "The video is no longer available. Downloads expire after 1 hours."}},
            Cause.EXPIRED,
        ),
        (410, b"", Cause.LOST),
    ],
)
def test_a_video_that_does_not_exist_is_not_found_at_any_status(status: int, body: object, cause: Cause) -> None:
    """The words count as a 404 does."""
    fault = polled(status, body)
    assert isinstance(fault, NotFound), fault
    assert fault.cause is cause


@pytest.mark.parametrize(
    ("status", "body"),
    [
        *((status, b"") for status in (200, 202, 204)),
        *((202, body) for body in (b"  \n", b"null", b"OK", b"accepted", b"{}", b"[]")),
        (200, {"code": "success", "data": None}),
        (200, {"code": 0, "message": "ok", "data": None}),
        (200, {"data": None}),
        (200, {"message": "still working on it"}),
    ],
)
def test_a_poll_that_says_nothing_means_still_running(status: int, body: object) -> None:
    """A 2xx without a video in it is no fault of the provider: the video is still being made."""
    video = polled(status, body)
    assert isinstance(video, RemoteVideo), video
    assert (video.id, video.state) == ("video_1", RemoteState.RUNNING)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.just('{"error": "x"}'),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["error", "errors", "detail", "message", "code", "loc", "param", "metadata", "raw"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=25,
)


@settings(max_examples=80, deadline=None)
@given(JSON)
def test_reading_an_error_never_raises_and_is_bounded(body: object) -> None:
    """For any body, reading it ends, with short texts."""
    words = error_words(body)
    if words is not None:
        Meaning(words).verdict()
        assert all(len(text) <= 2_000 for text in (*words.codes, *words.texts))


def test_deep_and_wide_errors_are_cut() -> None:
    """Depth, number and size of what is read are bounded."""
    deep: object = "content policy"
    for _ in range(50):
        deep = {"error": deep}
    assert error_words(deep) is None
    wide = error_words({"errors": [{"message": f"{number} " + "x" * 5_000} for number in range(5_000)]})
    assert wide is not None
    assert len(wide.texts) <= 60
    nested = "flagged"
    for _ in range(3):
        nested = json.dumps({"message": nested, "code": "x"})
    words = error_words({"error": {"message": nested}})
    assert words is not None
    assert "flagged" in " ".join(words.texts)
