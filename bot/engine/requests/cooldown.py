"""A cooldown for messages to a person: a short, bounded memory that ends with the process."""

from collections import OrderedDict
from collections.abc import Hashable

from bot.ops.clock import Clock

_KEPT = 1_000


class Cooldown:
    """Remembers the last thousand occasions for `seconds` each."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._begun_at: OrderedDict[Hashable, float] = OrderedDict()

    def begin(self, occasion: Hashable) -> bool:
        """Whether it is the first time, or the last one is long enough ago; then the cooldown starts again."""
        if self.lasts(occasion):
            return False
        self._begun_at[occasion] = self._clock.monotonic()
        self._begun_at.move_to_end(occasion)
        while len(self._begun_at) > _KEPT:
            self._begun_at.popitem(last=False)
        return True

    def lasts(self, occasion: Hashable) -> bool:
        """Whether the last time isn't long enough ago."""
        begun_at = self._begun_at.get(occasion)
        return begun_at is not None and self._clock.monotonic() - begun_at < self._seconds
