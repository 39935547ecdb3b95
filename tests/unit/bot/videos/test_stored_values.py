"""What the client reads from any response fits the columns in which it is stored: PostgreSQL refuses what doesn't."""

import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.jobs.column_values import fitted
from bot.jobs.tables import jobs
from bot.videos.dialects.openai import OpenAIDialect
from bot.videos.provider_faults import PollRefused, RequestRefused
from bot.videos.response import RawResponse, ResponseContext
from bot.videos.submit_responses import judge_list, judge_poll, judge_submit
from bot.videos.values import RemoteVideo

# Text that one of the databases can't hold, or no column; and numbers of any size.
NASTY: Any = st.one_of(
    st.text(alphabet=st.sampled_from("a0%\0\n\ud800\udfff\U0001f98a\u202e"), max_size=12),
    st.sampled_from(["x", "\U0001f98a", "\0", "\ud800"]).map(lambda one: one * 5_000),
    st.integers(),
    st.integers(min_value=-9, max_value=9).map(lambda sign: sign * 10**400),
    st.floats(),
    st.sampled_from(["1e400", "-1", "1_0", "٣", "99999999999999999999%", None, True]),
)
COST = st.one_of(NASTY, st.dictionaries(st.sampled_from(["cost", "total_cost"]), NASTY))
ERROR = st.one_of(
    NASTY,
    st.dictionaries(st.sampled_from(["code", "type", "message", "param", "status_code", "field", "detail"]), NASTY),
)
VIDEO = st.fixed_dictionaries(
    {},
    optional={
        "id": NASTY, "status": st.one_of(st.sampled_from(["completed", "failed", "queued"]), NASTY),
        "progress": NASTY, "usage": COST, "cost": NASTY, "error": ERROR, "code": NASTY, "created_at": NASTY,
        "model": NASTY, "size": NASTY, "seconds": NASTY, "duration": NASTY, "width": NASTY, "height": NASTY,
        "expires_at": NASTY, "prompt": NASTY, "idempotency_key": NASTY,
    },
)  # fmt: skip
BODY = st.one_of(VIDEO, st.builds(lambda one: {"data": one}, VIDEO), st.builds(lambda one: {"error": one}, ERROR))


def check(column: str, value: object) -> None:
    """Raises ValueError unless the column of both databases can hold it."""
    if value is not None:
        fitted(jobs.columns[column], value)


def check_video(video: RemoteVideo) -> None:
    check("remote_id", video.id)
    check("progress", video.progress)
    check("cost_micros", video.cost_micros)
    check("reported", [list(setting) for setting in video.reported])
    if video.error is not None:
        check("provider_code", video.error.code)
        check("field", video.error.field)
        check("about", video.error.about)
        check("cause", str(video.error.cause))


@settings(max_examples=50)
@given(body=BODY, status=st.sampled_from([200, 400, 402, 403, 404, 409, 413, 422, 429, 451, 500, 503]))
@example(body={"id": "video_1", "usage": {"cost": 10**400}}, status=200)
@example(body={"id": "video_1", "status": "failed", "error": {"code": "\0\ud800" * 99}}, status=200)
@example(body={"id": "x" * 1_025, "status": "queued"}, status=200)
@example(body={"error": {"code": "c" * 5_000, "param": "prompt"}}, status=400)
def test_all_that_is_stored_of_a_response_fits(body: object, status: int) -> None:
    """Of a create, a remix, a poll and a list."""
    raw = RawResponse(status, {}, json.dumps(body).encode())
    listed = RawResponse(status, {}, json.dumps({"data": [body]}).encode())
    create = ResponseContext(OpenAIDialect(), "https://provider.test/v1", 1_000.0)
    known = ResponseContext(OpenAIDialect(), "https://provider.test/v1", 1_000.0, remote_id="video_1")
    videos = judge_list(listed, create)
    for judged in (judge_submit(raw, create), judge_submit(raw, known), judge_poll(raw, known)):
        if isinstance(judged, RemoteVideo):
            check_video(judged)
        elif isinstance(judged, RequestRefused | PollRefused):
            check("provider_code", judged.code)
            check("field", judged.field)
            check("about", judged.about)
            check("cause", str(judged.cause))
    for video in videos if isinstance(videos, tuple) else ():
        check_video(video)
