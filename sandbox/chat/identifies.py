"""How often clients may IDENTIFY: a number of sessions a day, and `max_concurrency` of them at a time."""

from dataclasses import dataclass, field

from bot.ops.clock import Clock

_DAY_SECONDS = 86_400.0


@dataclass(eq=False, slots=True)
class Identifies:
    """Counts IDENTIFYs and those that came too early. Shards with the same remainder of `max_concurrency` take turns.

    `apart_seconds` is how far apart they must be (Discord: 5); 0, the default, lets tests restart a bot at once.
    """

    clock: Clock
    max_concurrency: int = 1
    apart_seconds: float = 0.0
    total: int = 1_000
    remaining: int = 1_000
    too_early: list[int] = field(default_factory=list[int])
    """The shard of each IDENTIFY that came too early, or when no session was left for the day."""
    taken_at: list[tuple[int, float]] = field(default_factory=list[tuple[int, float]])
    """The shard and the time, by the clock's `monotonic`, of each that was accepted."""
    _resets_at: float = 0.0

    def take(self, shard_id: int) -> bool:
        """Count an IDENTIFY; whether it is accepted."""
        now = self.clock.monotonic()
        self._reset(now)
        key = shard_id % self.max_concurrency
        before = max((at for other, at in self.taken_at if other % self.max_concurrency == key), default=None)
        early = before is not None and now - before < self.apart_seconds
        if early or self.remaining < 1:
            self.too_early.append(shard_id)
            return False
        if self.remaining == self.total:
            self._resets_at = now + _DAY_SECONDS
        self.remaining -= 1
        self.taken_at.append((shard_id, now))
        return True

    def use_up(self, reset_after_seconds: float) -> None:
        """Let no session be left for that long."""
        self.remaining, self._resets_at = 0, self.clock.monotonic() + reset_after_seconds

    def limit(self) -> dict[str, int]:
        """The `session_start_limit` of `GET /gateway/bot`; times in milliseconds."""
        now = self.clock.monotonic()
        self._reset(now)
        used = self.remaining < self.total
        return {
            "total": self.total,
            "remaining": self.remaining,
            "reset_after": int((self._resets_at - now) * 1_000) if used else 0,
            "max_concurrency": self.max_concurrency,
        }

    def _reset(self, now: float) -> None:
        if self.remaining < self.total and now >= self._resets_at:
            self.remaining = self.total
