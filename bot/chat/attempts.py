"""The attempts of a job at several providers, in its details."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.chat.words import Key, Reader, say
from bot.jobs.answers import Answer
from bot.jobs.model import Charged

_ANSWERS = {
    Answer.TAKEN: Key.ATTEMPT_TAKEN,
    Answer.UNSENT: Key.ATTEMPT_UNSENT,
    Answer.UNREACHED: Key.ATTEMPT_UNREACHED,
    Answer.BUSY: Key.ATTEMPT_BUSY,
    Answer.ERROR: Key.ATTEMPT_ERROR,
    Answer.KEY: Key.ATTEMPT_KEY,
    Answer.CREDIT: Key.ATTEMPT_CREDIT,
    Answer.BLOCKED: Key.ATTEMPT_REFUSED,
    Answer.MODEL: Key.ATTEMPT_MODEL,
    Answer.REFUSED: Key.ATTEMPT_REFUSED,
    Answer.DOUBT: Key.ATTEMPT_DOUBT,
}
_CHARGES = {
    Charged.NO: Key.ATTEMPT_NOT_CHARGED,
    Charged.YES: Key.ATTEMPT_CHARGED,
    Charged.UNKNOWN: Key.ATTEMPT_MAYBE_CHARGED,
}


@dataclass(frozen=True, slots=True)
class AttemptView:
    """One attempt. `provider` is a name that people may see; without an answer it is being sent, or that is unclear."""

    provider: str
    begun_at: float
    answer: Answer | None
    charged: Charged


def attempt_lines(attempts: Sequence[AttemptView], reader: Reader) -> tuple[str, ...]:
    """A line for each, if there are several."""
    if len(attempts) < 2:
        return ()
    return tuple(
        say(
            Key.ATTEMPT,
            reader,
            number=number,
            provider=attempt.provider,
            answer=say(_ANSWERS[attempt.answer or Answer.DOUBT], reader),
            charge=say(_CHARGES[attempt.charged], reader),
            when=attempt.begun_at,
        )
        for number, attempt in enumerate(attempts, start=1)
    )
