"""How large a file may be in one server: Discord's own number is a hint, and its answers are remembered. Pure.

docs/facts/discord.md, "Sizes". All sizes in bytes, all times in epoch seconds.
"""

from dataclasses import dataclass, replace

from bot.jobs.model import UserId

MIB = 1024 * 1024
# What Discord's documentation and its boosted servers say.
_KNOWN_LIMITS = (10 * MIB, 25 * MIB, 50 * MIB, 100 * MIB)
# Boosts come and go: after so long a refused size is tried again. A refusal of less than Discord's own number may be a
# fault on the way, or of that one file, and would cost quality for as long as it counts.
REFUSAL_SECONDS = 28 * 86_400.0
DOUBTFUL_REFUSAL_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class LearnedLimit:
    """What Discord answered in one server: the largest accepted file and the smallest refused one.

    `refused_hint_bytes` and `doubted_hint_bytes` are what Discord's own number was then. A refusal of less than that
    number is only doubted until another person's file confirms it: it counts for `doubted_by` alone.
    """

    accepted_bytes: int | None = None
    accepted_at: float | None = None
    refused_bytes: int | None = None
    refused_at: float | None = None
    refused_hint_bytes: int | None = None
    doubted_bytes: int | None = None
    doubted_at: float | None = None
    doubted_by: UserId | None = None
    doubted_hint_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class UploadLimit:
    """Files of up to `safe_bytes` are expected to be accepted; larger ones up to `tried_bytes` are tried once."""

    safe_bytes: int
    tried_bytes: int

    def takes(self, size_bytes: int) -> bool:
        """Whether a file of that size is worth an upload."""
        return size_bytes <= self.tried_bytes


def judge_limit(learned: LearnedLimit, hint_bytes: int | None, user_id: UserId, now: float) -> UploadLimit:
    """The limit of a place, for that person, by what was learned there and by `hint_bytes`.

    That is Discord's own number (None: unknown now). What lies between it and twice it is tried once: after a refusal
    only what is surely accepted is uploaded. A refusal counts for four weeks, or until Discord's number has risen; one
    of less than that number counts for a day, and for other people only once it is confirmed.
    """
    base_bytes = max(hint_bytes or _KNOWN_LIMITS[0], learned.accepted_bytes or 0)
    own_bytes = _doubted_bytes(learned, hint_bytes, now) if learned.doubted_by == user_id else None
    refused_bytes = _least(_refused_bytes(learned, hint_bytes, now), own_bytes)
    if refused_bytes is None:
        return UploadLimit(base_bytes, max(2 * base_bytes, _KNOWN_LIMITS[-1] if hint_bytes is None else 0))
    if refused_bytes > base_bytes:
        return UploadLimit(base_bytes, base_bytes)
    # Less than Discord's own number was refused: the next lower one of those that are known.
    lower_bytes = [limit for limit in _KNOWN_LIMITS if limit < refused_bytes]
    safe_bytes = lower_bytes[-1] if lower_bytes else refused_bytes // 2
    if learned.accepted_bytes is not None and learned.accepted_bytes < refused_bytes:
        safe_bytes = learned.accepted_bytes
    return UploadLimit(safe_bytes, safe_bytes)


def after_acceptance(learned: LearnedLimit, hint_bytes: int | None, size_bytes: int, now: float) -> LearnedLimit:
    """What is known once Discord has accepted a file of that size; the same value if that is nothing new."""
    if learned.doubted_bytes is not None and learned.doubted_bytes <= size_bytes:
        learned = _undoubted(learned)
    if learned.refused_bytes is not None and learned.refused_bytes <= size_bytes:
        accepted_bytes = max(size_bytes, learned.accepted_bytes or 0)
        known = replace(learned, accepted_bytes=accepted_bytes, accepted_at=now)
        return replace(known, refused_bytes=None, refused_at=None, refused_hint_bytes=None)
    if size_bytes <= max(hint_bytes or 0, learned.accepted_bytes or 0):
        return learned
    return replace(learned, accepted_bytes=size_bytes, accepted_at=now)


def after_refusal(
    learned: LearnedLimit, hint_bytes: int | None, size_bytes: int, user_id: UserId, now: float
) -> LearnedLimit:
    """What is known once Discord has refused a file of that person for its size."""
    doubted_bytes = _doubted_bytes(learned, hint_bytes, now)
    doubtful = size_bytes <= (hint_bytes or _KNOWN_LIMITS[0])
    if doubtful and (doubted_bytes is None or learned.doubted_by == user_id):
        least_bytes = min(size_bytes, doubted_bytes or size_bytes)
        doubted = replace(learned, doubted_bytes=least_bytes, doubted_at=now)
        return replace(doubted, doubted_by=user_id, doubted_hint_bytes=hint_bytes)
    least_bytes = min(size_bytes, _refused_bytes(learned, hint_bytes, now) or size_bytes)
    if doubtful:
        least_bytes = min(least_bytes, doubted_bytes or least_bytes)
        learned = _undoubted(learned)
    if learned.accepted_bytes is not None and learned.accepted_bytes >= size_bytes:
        learned = replace(learned, accepted_bytes=None, accepted_at=None)
    return replace(learned, refused_bytes=least_bytes, refused_at=now, refused_hint_bytes=hint_bytes)


def _refused_bytes(learned: LearnedLimit, hint_bytes: int | None, now: float) -> int | None:
    """The smallest refused size, if that still counts."""
    if learned.refused_bytes is None or learned.refused_at is None:
        return None
    doubtful = learned.refused_bytes <= (learned.refused_hint_bytes or _KNOWN_LIMITS[0])
    expired = now - learned.refused_at > (DOUBTFUL_REFUSAL_SECONDS if doubtful else REFUSAL_SECONDS)
    boosted = _has_risen(hint_bytes, learned.refused_hint_bytes, learned.refused_bytes)
    return None if expired or boosted else learned.refused_bytes


def _doubted_bytes(learned: LearnedLimit, hint_bytes: int | None, now: float) -> int | None:
    """The smallest size that was refused to one person although Discord's number is larger, if that still counts."""
    if learned.doubted_bytes is None or learned.doubted_at is None:
        return None
    expired = now - learned.doubted_at > DOUBTFUL_REFUSAL_SECONDS
    boosted = _has_risen(hint_bytes, learned.doubted_hint_bytes, learned.doubted_bytes)
    return None if expired or boosted else learned.doubted_bytes


def _has_risen(hint_bytes: int | None, then_bytes: int | None, refused_bytes: int) -> bool:
    """Whether Discord's own number is larger than at the refusal; if it wasn't known then, than what was refused.

    Unknown then, a number within the usual limit says nothing.
    """
    least_bytes = then_bytes or max(refused_bytes, _KNOWN_LIMITS[0])
    return hint_bytes is not None and hint_bytes > least_bytes


def _undoubted(learned: LearnedLimit) -> LearnedLimit:
    return replace(learned, doubted_bytes=None, doubted_at=None, doubted_by=None, doubted_hint_bytes=None)


def _least(*sizes_bytes: int | None) -> int | None:
    return min((size for size in sizes_bytes if size is not None), default=None)
