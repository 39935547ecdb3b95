"""A refusal that is raised keeps what the response needs."""

from bot.jobs.reasons import Reason, Refusal, RefusalError


def test_a_raised_refusal_keeps_its_reason_and_facts() -> None:
    """The traceback shows the reason, the response has the facts."""
    refusal = Refusal(Reason.ACTIVE_LIMIT, {"limit": 3})
    error = RefusalError(refusal)
    assert error.refusal is refusal
    assert str(error) == Reason.ACTIVE_LIMIT.value
