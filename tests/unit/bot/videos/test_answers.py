"""What came of an attempt, in stored words: a definite no leads to the next provider, a doubt to none."""

import pytest

from bot.jobs.answers import Answer
from bot.jobs.attempts import Outcome
from bot.jobs.model import Cause
from bot.videos import provider_faults as faults
from bot.videos.answers import outcome_of

OUTCOMES: list[tuple[faults.SubmitFault, Outcome]] = [
    (faults.SpendingStopped(60.0), Outcome(Answer.UNSENT, None, None)),
    (faults.Leaving(), Outcome(Answer.UNSENT, None, None)),
    (faults.NotSent(), Outcome(Answer.UNREACHED, None, None)),
    (faults.Busy(status=429), Outcome(Answer.BUSY, 429, None)),
    (faults.CleanRefusal(status=500), Outcome(Answer.ERROR, 500, None)),
    (faults.AccountRefused(cause=Cause.CREDIT, status=402, sure=True), Outcome(Answer.CREDIT, 402, None)),
    (faults.AccountRefused(cause=Cause.KEY, status=401, sure=True), Outcome(Answer.KEY, 401, None)),
    (faults.AccountRefused(cause=Cause.KEY, status=403), Outcome(Answer.BLOCKED, 403, None)),
    (faults.Blocked(cause=Cause.KEY, status=401), Outcome(Answer.KEY, 401, None)),
    (faults.Blocked(cause=Cause.KEY, status=403), Outcome(Answer.BLOCKED, 403, None)),
    (faults.RequestRefused(cause=Cause.INPUT, code="no_picture"), Outcome(Answer.UNSENT, None, "no_picture")),
    (faults.RequestRefused(cause=Cause.MODEL, code="c", status=404), Outcome(Answer.MODEL, 404, "c")),
    (faults.RequestRefused(cause=Cause.CONTENT, code="c", status=400), Outcome(Answer.REFUSED, 400, "c")),
    (faults.Doubtful(status=502), Outcome(Answer.DOUBT, 502, None)),
]


@pytest.mark.parametrize(("fault", "outcome"), OUTCOMES, ids=[f"{type(fault).__name__}" for fault, _ in OUTCOMES])
def test_each_fault_has_its_outcome(fault: faults.SubmitFault, outcome: Outcome) -> None:
    """With the status, and the provider's code of a refusal of this request."""
    assert outcome_of(fault) == outcome


@pytest.mark.parametrize("fault", [fault for fault, _ in OUTCOMES], ids=lambda fault: type(fault).__name__)
def test_a_fault_without_a_detail_shows_none(fault: faults.SubmitFault) -> None:
    """Nothing is made up for the log."""
    assert fault.detail == ""
