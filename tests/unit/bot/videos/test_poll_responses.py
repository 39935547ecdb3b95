"""A fault of a poll says what was answered: status, detail and whether the provider is at fault."""

import pytest

from bot.jobs.model import Cause
from bot.videos.poll_responses import judge_list, judge_poll
from bot.videos.provider_faults import NoList, NotFound, PollFailed, PollFault, PollForbidden
from tests.unit.bot.videos.test_submit_responses import POLL, answer, said


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        (401, "Wrong key.", PollForbidden),
        (402, "No credit.", PollForbidden),
        (403, "Forbidden.", PollForbidden),
        (403, "You may not see this video.", PollFailed),
        (404, "Video not found.", NotFound),
        (307, "Elsewhere.", PollFailed),
        (408, "Too slow.", PollFailed),
        (429, "Too many requests.", PollFailed),
        (500, "Broken.", PollFailed),
    ],
)
def test_a_fault_of_a_poll_has_its_status_and_detail(status: int, words: str, kind: type[PollFault]) -> None:
    """For the log, and for the breaker."""
    fault = judge_poll(answer(status, said(words)), POLL)
    assert type(fault) is kind
    assert fault.status == status
    assert words.rstrip(".") in fault.detail


@pytest.mark.parametrize(
    ("status", "body", "at_fault"),
    [
        (403, said("You may not see this video."), False),
        (307, said(), True),
        (400, said(), False),
        (408, said(), True),
        (425, said(), True),
        (429, said(), False),
        (499, said(), False),
        (500, said(), True),
        (200, b"<html>", True),
        (200, said(), False),
    ],
)
def test_a_provider_is_at_fault_or_the_request_is(status: int, body: object, *, at_fault: bool) -> None:
    """The breaker counts only the provider's own faults."""
    fault = judge_poll(answer(status, body), POLL)
    assert isinstance(fault, PollFailed)
    assert fault.provider_at_fault is at_fault


@pytest.mark.parametrize(
    ("words", "cause"), [("The video has expired.", Cause.EXPIRED), ("Video not found.", Cause.LOST)]
)
def test_a_video_that_is_gone_has_a_cause_and_a_code(words: str, cause: Cause) -> None:
    """It was kept for a while, or is unknown."""
    fault = judge_poll(answer(404, said(words, code="gone")), POLL)
    assert isinstance(fault, NotFound)
    assert (fault.cause, fault.code, fault.status) == (cause, "gone", 404)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, PollForbidden), (403, PollForbidden), (404, NoList), (405, NoList), (499, NoList), (501, NoList),
     (408, PollFailed), (425, PollFailed), (429, PollFailed), (500, PollFailed), (503, PollFailed), (307, PollFailed)],
)  # fmt: skip
def test_a_list_is_missing_or_a_fault_passes(status: int, kind: type[PollFault]) -> None:
    """Without a list the bot does without; a passing fault is tried again."""
    fault = judge_list(answer(status, said("Sorry.")), POLL)
    assert type(fault) is kind
    assert fault.status == status
    assert "Sorry" in fault.detail
