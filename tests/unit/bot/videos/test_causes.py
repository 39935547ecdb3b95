"""What error words mean: a code is sure, a text may be about anything, and no secret gets into a stored code."""

import json

import pytest

from bot.jobs.model import Cause
from bot.videos.causes import remote_error
from bot.videos.error_bodies import ErrorWords
from bot.videos.response import meaning_of


@pytest.mark.parametrize(
    ("error", "cause", "by_code"),
    [
        ({"code": "invalid_api_key"}, Cause.KEY, True),
        ({"message": "Incorrect API key provided."}, Cause.KEY, False),
        ({"code": "insufficient_quota"}, Cause.CREDIT, True),
        ({"message": "You exceeded your current quota."}, Cause.CREDIT, False),
        ({"code": "rate_limit_exceeded"}, Cause.RATE, True),
        ({"code": "content_policy_violation"}, Cause.CONTENT, True),
        ({"message": "This violates our content policy."}, Cause.CONTENT, False),
        ({"code": "model_not_found"}, Cause.MODEL, True),
        ({"code": "account_deactivated"}, Cause.KEY, True),
    ],
)
def test_a_code_is_known_from_a_text(error: dict[str, str], cause: Cause, *, by_code: bool) -> None:
    """Only a code closes the account for all."""
    meaning = meaning_of(json.dumps({"error": error}).encode())
    assert meaning is not None
    verdict = meaning.verdict()
    assert verdict is not None
    assert (verdict.cause, verdict.by_code) == (cause, by_code)


def test_a_failed_videos_code_and_text_hide_the_key() -> None:
    """Both are stored with the job."""
    error = remote_error(ErrorWords(codes=("bad_sk-123",), texts=("The key sk-123 is bad.",)), Cause.PROVIDER, "sk-123")
    assert error.code == "bad_[hidden]"
    assert "sk-123" not in str(error)


def test_a_failed_video_without_words_has_the_usual_cause() -> None:
    """Nothing is made up."""
    assert remote_error(None, Cause.PROVIDER).cause is Cause.PROVIDER
    assert remote_error(ErrorWords(texts=("hm",)), Cause.LOST).cause is Cause.LOST
