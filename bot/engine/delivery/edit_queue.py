"""Which card is edited next, and when: a budget of edits for each channel, with state changes first.

Discord limits edits by channel (docs/facts/discord.md, "Rate limits"). A change costs O(log n).
"""

from dataclasses import dataclass, field

from bot.engine.due_queue import DueQueue
from bot.jobs.model import ChannelId, JobId

# Together at most 30 in any minute.
_PER_SECOND = 0.4
_AT_ONCE = 6.0


@dataclass(slots=True)
class _Channel:
    """What is left of a channel's budget at a moment, and the cards to edit there, the longest overdue first."""

    left: float = _AT_ONCE
    at: float = 0.0
    wishes: DueQueue[JobId] = field(default_factory=DueQueue[JobId])

    def refill(self, now: float) -> None:
        self.left = min(_AT_ONCE, self.left + (now - self.at) * _PER_SECOND)
        self.at = now


class EditQueue:
    """Cards by the monotonic time at which they are to be edited. Urgent edits overdraw the budget, others wait."""

    def __init__(self) -> None:
        self._urgent = DueQueue[JobId]()
        self._channels: dict[ChannelId, _Channel] = {}
        # When each channel may have its next edit.
        self._next = DueQueue[ChannelId]()

    def put(self, job_id: JobId, channel_id: ChannelId, due_at: float, now: float, *, urgent: bool = False) -> None:
        """Edit the card then, at the earliest; what was put before stays if it is urgent, or earlier."""
        if urgent:
            self.drop(job_id, channel_id)
            self._urgent.put(job_id, due_at)
        elif job_id not in self._urgent:
            wishes = self._channels.setdefault(channel_id, _Channel(at=now)).wishes
            before = wishes.due_at(job_id)
            wishes.put(job_id, due_at if before is None else min(before, due_at))
            self._plan(channel_id, now)

    def drop(self, job_id: JobId, channel_id: ChannelId) -> None:
        """Forget the card."""
        self._urgent.drop(job_id)
        if (channel := self._channels.get(channel_id)) is not None:
            channel.wishes.drop(job_id)

    def pop(self, now: float) -> JobId | None:
        """The next card to edit now, if there is any: `spend` for it, or put it again."""
        if (urgent := self._urgent.pop(now)) is not None:
            return urgent
        while (due := self._next.first()) is not None and due[0] <= now:
            channel = self._channels[due[1]]
            if (wish := channel.wishes.first()) is None:
                # Its budget is full again.
                self._next.drop(due[1])
                del self._channels[due[1]]
            elif wish[0] > now:
                self._plan(due[1], now)
            else:
                channel.wishes.drop(wish[1])
                self._plan(due[1], now)
                return wish[1]
        return None

    def pause_seconds(self, now: float) -> float:
        """In how many seconds `pop` may have a card, at most a minute; a minute if one was left."""
        return min(self._urgent.pause_seconds(now), self._next.pause_seconds(now))

    def spend(self, channel_id: ChannelId, now: float, edits: float = 1.0) -> None:
        """Take an edit from the channel's budget; a negative number gives back what wasn't used."""
        channel = self._channels.setdefault(channel_id, _Channel(at=now))
        channel.refill(now)
        channel.left = min(_AT_ONCE, max(-_AT_ONCE, channel.left - edits))
        self._plan(channel_id, now)

    def _plan(self, channel_id: ChannelId, now: float) -> None:
        channel = self._channels[channel_id]
        channel.refill(now)
        wish = channel.wishes.first()
        wanted = _AT_ONCE if wish is None else 1.0
        allowed_at = now + max(0.0, wanted - channel.left) / _PER_SECOND
        self._next.put(channel_id, allowed_at if wish is None else max(wish[0], allowed_at))
