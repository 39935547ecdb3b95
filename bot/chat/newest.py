"""Discord's time, from the ids of our messages, without this machine's clock."""

from bot.jobs.model import MessageId
from bot.ops.clock import Clock

# Discord's machines may differ by that much, the network delay included.
_MARGIN_SECONDS = 300.0


class Newest:
    """The newest id of a message of ours in this process, and when it came."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._newest: tuple[MessageId, float] | None = None

    def see(self, message_id: MessageId) -> MessageId:
        """Remember the id if it is the newest so far; returns it."""
        if self._newest is None or message_id > self._newest[0]:
            self._newest = message_id, self._clock.monotonic()
        return message_id

    def surely_past(self) -> MessageId | None:
        """An id that is older than all later ones; None as long as no id was seen.

        It is computed from an id of Discord's and the monotonic clock (docs/decisions/0011-clock-steps.md).
        """
        if self._newest is None:
            return None
        message_id, seen_at = self._newest
        since_seconds = self._clock.monotonic() - seen_at - _MARGIN_SECONDS
        return MessageId(max(0, (message_id >> 22) + int(since_seconds * 1_000)) << 22)
