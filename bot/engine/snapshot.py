"""What the engine holds in memory at one moment, for observers."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.jobs.model import Job, UserId


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The unended jobs of this process, how many of them may be sent as soon as there is a place, the messages that are
    to be posted, the people whose requests are held, and how old the newest nightly backup is.

    `backup_age_seconds` is infinite while none is known, None without nightly backups.
    """

    jobs: Sequence[Job]
    queued: int
    outbox: int
    held: frozenset[UserId]
    backup_age_seconds: float | None
