"""Reports each try to post a message, with its kind and its outcome."""

from collections.abc import Generator
from contextlib import contextmanager

from bot.chat.discord_errors import CourierFault
from bot.chat.parcel import ParcelKind
from bot.ops.observer import Observer, outcome_name

POSTED = "posted"
# The process ended, or something unforeseen happened.
ABANDONED = "abandoned"


@contextmanager
def observed(observer: Observer, kind: ParcelKind, size_bytes: int) -> Generator[None]:
    """Around a try to post a message of that kind, with a file of that size."""
    outcome = ABANDONED
    try:
        yield
        outcome = POSTED
    except CourierFault as fault:
        outcome = outcome_name(type(fault))
        raise
    finally:
        observer.message_sent(kind, outcome, size_bytes if outcome == POSTED else 0)
