"""Reading a video from any form that the provider gives it."""

import math

import pytest

from bot.jobs.model import Cause
from bot.videos.dialects.openai import OpenAIDialect
from bot.videos.response import decode
from bot.videos.values import RemoteState, RemoteVideo

BASE = "https://api.example.com/v1"
URL = "https://cdn.example.net/v.mp4?sig=%2B%2F+a"


def read(body: object, known_id: str | None = "video_1") -> RemoteVideo:
    video = OpenAIDialect().read_video(body, BASE, known_id)
    assert video is not None
    return video


@pytest.mark.parametrize(
    ("words", "state"),
    [
        (
            (
                "queued pending submitted created not_start NOT_START notstarted preparing starting throttled unknown "
                "scheduled waiting processing in_progress in-progress IN_PROGRESS inprogress running generating "
                "rendering preprocessing hatching"
            ),
            RemoteState.RUNNING,
        ),
        ("completed Completed complete succeeded SUCCESS succeed done finished ready", RemoteState.COMPLETED),
        (
            "failed FAILURE fail error nsfw rejected blocked cancelled canceled expired deleted",
            RemoteState.FAILED,
        ),
    ],
)
def test_every_word_for_a_state_is_understood(words: str, state: RemoteState) -> None:
    """All synonyms come down to three states, in any case; an unknown word means running."""
    for word in words.split():
        for written in (word, f" {word} "):
            assert read({"id": "video_1", "status": written}).state is state, word
        assert read({"id": "video_1", "state": word}).state is state, word
        assert OpenAIDialect().knows_word(word) is (word != "hatching")
    assert read({"id": "video_1", "status": "In Progress"}).state is RemoteState.RUNNING
    assert read({"id": "video_1", "progress": 100}).state is RemoteState.RUNNING


@pytest.mark.parametrize(
    ("body", "state"),
    [
        # The outermost word counts, also against a stale inner one.
        ({"data": {"task_id": "t", "status": "FAILURE", "data": {"status": "IN_PROGRESS"}}}, RemoteState.FAILED),
        ({"id": "v", "status": "failed", "data": {"id": "v", "status": "processing"}}, RemoteState.FAILED),
        # An outer "success" speaks of the request when the video inside has its own word.
        ({"status": "success", "data": {"id": "v", "status": "processing"}}, RemoteState.RUNNING),
        ({"code": "success", "data": {"task_id": "t", "status": "SUCCESS"}}, RemoteState.COMPLETED),
        ({"status": "success", "id": "v"}, RemoteState.COMPLETED),
        ({"status": 200, "data": {"id": "v", "status": "completed"}}, RemoteState.COMPLETED),
        ({"video": {"id": "v", "status": "completed"}}, RemoteState.COMPLETED),
        ({"data": [{"id": "v", "status": "completed"}]}, RemoteState.COMPLETED),
        ({"status": "failed"}, RemoteState.FAILED),
        # No word at all, but a result.
        ({"id": "v", "url": URL}, RemoteState.COMPLETED),
        ({"id": "v"}, RemoteState.RUNNING),
        ({"id": "v", "status": None}, RemoteState.RUNNING),
        ({"id": "v", "status": 7}, RemoteState.RUNNING),
    ],
)
def test_the_state_is_read_from_where_it_belongs(body: object, state: RemoteState) -> None:
    """Wrappers, stale inner states and missing words give the state that the video is in."""
    assert read(body).state is state


@pytest.mark.parametrize(
    ("body", "remote_id"),
    [
        ({"id": "video_abc"}, "video_abc"),
        ({"video_id": "v"}, "v"),
        ({"task_id": "sora-2:task_01k7"}, "sora-2:task_01k7"),
        ({"request_id": "r"}, "r"),
        ({"request_id": "r", "data": {"task_id": "t"}}, "t"),
        ({"data": {"id": "inner"}}, "inner"),
        ({"video": {"id": "inner"}}, "inner"),
        ({"id": "outer", "data": {"id": "inner"}}, "outer"),
        ({"id": 12345}, "12345"),
        ({"id": "dmlkZW8=" * 100}, "dmlkZW8=" * 100),
        ({"id": "x" * 1024}, "x" * 1024),
        ({"id": "../../x?y"}, "../../x?y"),
        ({"id": None, "task_id": "t"}, "t"),
    ],
)
def test_ids_come_in_many_forms(body: object, remote_id: str) -> None:
    """An id is found under all its names and taken as it is, however it looks."""
    assert read(body, known_id=None).id == remote_id


def test_a_poll_keeps_the_id_that_was_asked_about() -> None:
    """A provider that answers with another id, or none, is still speaking of the video asked about."""
    assert read({"id": "other", "status": "queued"}).id == "video_1"
    assert read({"status": "queued"}).id == "video_1"


@pytest.mark.parametrize(
    "body",
    [
        {"url": URL},
        {"video_url": URL},
        {"download_url": URL},
        {"result_url": URL},
        {"file_url": URL},
        {"urls": [URL, "https://x.example/2"]},
        {"unsigned_urls": [URL]},
        {"output": {"url": URL}},
        {"output": {"video_url": URL}},
        {"output": {"urls": [URL]}},
        {"outputs": {"video_url": URL}},
        {"video": {"url": URL}},
        {"videos": [{"url": URL}]},
        {"content": {"video_url": URL}},
        {"metadata": {"url": URL}},
        {"data": {"url": URL}},
        {"data": [{"url": URL}]},
        {"data": {"id": "v", "output": {"url": URL}}},
        {"results": [{"url": URL}]},
        {"result": {"video_url": URL}},
        {"output": URL},
        {"output": [URL, "https://x.example/2"]},
        {"videoUrl": URL},
        {"video_urls": [URL]},
        {"video": URL},
        {"task_result": {"videos": [{"url": URL}]}},
        {"data": {"video_urls": [URL]}},
        {"data": {"result": {"videos": [{"url": URL}]}}},
        {"output": "rendered/ok", "file_url": URL},
        {"url": None, "video_url": "", "file_url": URL},
        {"url": "video", "file_url": URL},
        {"url": "ftp://x.example/v.mp4", "file_url": URL},
        {"url": f" {URL} "},
    ],
)
def test_the_result_is_found_wherever_it_hides(body: dict[str, object]) -> None:
    """The result's URL is found in every known place, byte for byte."""
    assert read({"id": "v", "status": "completed", **body}).url == URL


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/files/v.mp4", "https://api.example.com/files/v.mp4"),
        ("files/v.mp4", "https://api.example.com/v1/files/v.mp4"),
        ("//cdn.example.net/v.mp4", "https://cdn.example.net/v.mp4"),
        ("http://cdn.example.net/v.mp4", "http://cdn.example.net/v.mp4"),
        ("data:video/mp4;base64,AAAA", "data:video/mp4;base64,AAAA"),
        ("ftp://x.example/v.mp4", None),
        ("file:///etc/passwd", None),
        ("javascript:alert(1)//", None),
        ("https://", None),
        ("https://[oops/v.mp4", None),
        ("https://user:pass@x.example/v.mp4", None),
        ("https://x.example/a b", None),
        ("https://x.example/a\r\nHost: y", None),
        ("https://x.example:99999/", None),
        ("video", None),
        ("", None),
        (7, None),
        (["https://x.example/v.mp4"], None),
    ],
)
def test_only_a_usable_url_is_a_result(url: object, expected: str | None) -> None:
    """Relative URLs are resolved from the base, data URLs kept; an unusable one leaves the content endpoint."""
    assert read({"id": "v", "status": "completed", "url": url}).url == expected


def test_places_that_are_no_results_are_left_alone() -> None:
    """Thumbnails, polling addresses and type markers are not taken for the video."""
    body = {
        "id": "v",
        "polling_url": URL,
        "thumbnail_url": URL,
        "last_frame_url": URL,
        "object": "a/b",
        "urls": {"get": URL},
    }
    assert read({**body, "status": "completed"}).url is None


@pytest.mark.parametrize(
    ("value", "progress"),
    [
        (0, 0),
        (45, 45),
        (45.9, 45),
        ("45%", 45),
        (" 100% ", 100),
        ("7", 7),
        (250, 100),
        (-3, 0),
        (None, None),
        ("soon", None),
        (True, None),
        (math.nan, None),
        (math.inf, None),
        ([], None),
        (10**400, None),
    ],
)
def test_progress_is_a_number_from_0_to_100_or_nothing(value: object, progress: int | None) -> None:
    """Progress in any form is brought to 0 to 100; what isn't a number is no progress."""
    assert read({"id": "v", "status": "processing", "progress": value}).progress == progress


@pytest.mark.parametrize(
    ("value", "at"),
    [
        (1_677_652_288, 1_677_652_288.0),
        (1_764_347_090_922, 1_764_347_090.922),
        ("1677652288", 1_677_652_288.0),
        ("2023-03-01T06:31:28Z", 1_677_652_288.0),
        ("2023-03-01T06:31:28", 1_677_652_288.0),
        ("2023-03-01T07:31:28+01:00", 1_677_652_288.0),
        (0, None),
        (-5, None),
        ("yesterday", None),
        (True, None),
        (1e300, None),
        ({}, None),
    ],
)
def test_times_come_in_many_forms(value: object, at: float | None) -> None:
    """Seconds, milliseconds and ISO dates are all epoch seconds; nonsense is no time."""
    assert read({"id": "v", "created": value}).created_at == at
    assert read({"id": "v", "created_at": value, "expires_at": value}).created_at == at


@pytest.mark.parametrize(
    ("more", "cause", "code", "detail"),
    [
        ({"error": {"code": "moderation_blocked", "message": "no\n"}}, Cause.CONTENT, "moderation_blocked", "no"),
        ({"error": {"message": "generation failed"}}, Cause.PROVIDER, None, "generation failed"),
        ({"error": {"code": 0, "message": "boom"}}, Cause.PROVIDER, "0", "boom"),
        ({"error": "rejected by the content policy"}, Cause.CONTENT, None, "rejected by the content policy"),
        ({"fail_reason": "boom"}, Cause.PROVIDER, None, "boom"),
        ({"failure_message": "boom"}, Cause.PROVIDER, None, "boom"),
        ({"error": {}, "fail_reason": ""}, Cause.PROVIDER, None, ""),
        ({"error": None}, Cause.PROVIDER, None, ""),
        ({"error": [1, 2]}, Cause.PROVIDER, None, ""),
        ({"status": "nsfw"}, Cause.CONTENT, None, ""),
        ({"status": "expired"}, Cause.EXPIRED, None, ""),
        ({"status": "deleted"}, Cause.LOST, None, ""),
        ({"status": "cancelled"}, Cause.PROVIDER, None, ""),
        ({"error": {"code": "insufficient_quota", "message": "x"}}, Cause.CREDIT, "insufficient_quota", "x"),
    ],
)
def test_a_failure_has_a_cause_in_every_shape(
    more: dict[str, object], cause: Cause, code: str | None, detail: str
) -> None:
    """A failed video always carries an error with a cause, for any error of the provider or none."""
    error = read({"id": "v", "status": "failed", **more}).error
    assert error is not None
    assert (error.cause, error.code, error.detail) == (cause, code, detail)


def test_only_a_failure_has_an_error() -> None:
    """A running or completed video has no error, even with an empty or stale one in the body."""
    for status in ("processing", "completed"):
        assert read({"id": "v", "status": status, "error": {"message": "x"}, "fail_reason": "y"}).error is None


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 100_000, b"1" * 5000, b"<html>", b"NaN", b"\x00"]
)
def test_what_is_no_json_is_nothing(body: bytes) -> None:
    """Broken, deep and absurd bodies decode to nothing instead of raising."""
    assert decode(body) is None


def test_lenient_json_is_read() -> None:
    """NaN inside a body, a byte order mark and other encodings do not cost us a paid video's id."""
    assert read(decode(b'{"id": "v", "progress": NaN, "seconds": Infinity}'), None).progress is None
    assert read(decode(b'\xef\xbb\xbf{"id": "v"}'), None).id == "v"
    assert read(decode('{"id": "v"}'.encode("utf-16")), None).id == "v"


@pytest.mark.parametrize(
    ("body", "reported"),
    [
        ({"model": "m-1", "size": "1280x704", "seconds": "8"}, {"model": "m-1", "size": "1280x704", "seconds": "8"}),
        ({"data": {"id": "v", "status": "done", "duration": 7.5, "audio": True}}, {"duration": "7.5", "audio": "yes"}),
        ({"size": None, "seconds": [], "model": {"id": "m"}, "style": "", "seed": 7}, {"seed": "7"}),
        ({"model": "x" * 61, "quality": "a\nb", "seed": 10**400, "secret": "s"}, {}),
        ({"model": "with-the-secret-in-it", "size": "1x1"}, {"size": "1x1"}),
    ],
)
def test_settings_are_read_as_the_provider_reports_them(body: dict[str, object], reported: dict[str, str]) -> None:
    """Short texts and numbers under the names of settings; nothing else of a body, and never the key."""
    found = {"id": "video_1", "status": "completed"} | body
    video = OpenAIDialect().read_video(found, BASE, "video_1", "the-secret")
    assert video is not None
    assert dict(video.reported) == reported
