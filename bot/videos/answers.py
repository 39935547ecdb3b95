"""What a fault of a paid request means in the stored words of attempts. Pure."""

from bot.jobs.answers import Answer
from bot.jobs.attempts import Outcome
from bot.jobs.model import Cause
from bot.videos import provider_faults as faults

_PLAIN: tuple[tuple[type[faults.SubmitFault], Answer], ...] = (
    (faults.SpendingStopped, Answer.UNSENT),
    (faults.Leaving, Answer.UNSENT),
    (faults.NotSent, Answer.UNREACHED),
    (faults.Busy, Answer.BUSY),
    (faults.CleanRefusal, Answer.ERROR),
)
_KEY_WITHOUT_WORDS = frozenset({401, 407})


def outcome_of(fault: faults.SubmitFault) -> Outcome:
    """What came of the attempt that ended with that fault. What isn't sure is doubt."""
    code = fault.code if isinstance(fault, faults.RequestRefused) else None
    return Outcome(_answer_of(fault), fault.status, code)


def _answer_of(fault: faults.SubmitFault) -> Answer:
    for kind, answer in _PLAIN:
        if isinstance(fault, kind):
            return answer
    match fault:
        case faults.AccountRefused(sure=True):
            return Answer.CREDIT if fault.cause is Cause.CREDIT else Answer.KEY
        case faults.AccountRefused():
            # Its words may be about this request alone.
            return Answer.BLOCKED
        case faults.Blocked():
            return Answer.KEY if fault.status in _KEY_WITHOUT_WORDS else Answer.BLOCKED
        case faults.RequestRefused(status=None):
            return Answer.UNSENT
        case faults.RequestRefused():
            return Answer.MODEL if fault.cause is Cause.MODEL else Answer.REFUSED
        case _:
            return Answer.DOUBT
