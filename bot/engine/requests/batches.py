"""The prompts of a batch: one per line. Pure."""

from bot.chat.unseen import count_seen
from bot.jobs.reasons import Reason, Refusal

BATCH_MIN, BATCH_MAX = 2, 10


def split_prompts(text: str) -> tuple[str, ...]:
    """The prompts, one per line; lines in which a person sees nothing are left out."""
    return tuple(line.strip() for line in text.splitlines() if count_seen(line))


def refuse_prompts(prompts: tuple[str, ...]) -> Refusal | None:
    """Why those prompts make no batch, if so."""
    if len(prompts) < BATCH_MIN:
        return Refusal(Reason.BATCH_TOO_SHORT, {"least": BATCH_MIN})
    if len(prompts) > BATCH_MAX:
        return Refusal(Reason.BATCH_TOO_LONG, {"limit": BATCH_MAX, "given": len(prompts)})
    for second, prompt in enumerate(prompts):
        if prompt in prompts[:second]:
            return Refusal(Reason.BATCH_SAME_LINES, {"first": prompts.index(prompt) + 1, "second": second + 1})
    return None
