"""Daily ceilings: how many jobs a server, and the whole bot, may cost in 24 hours, decided from the store's counts."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.jobs.limits import DAY_SECONDS
from bot.jobs.model import GuildId
from bot.jobs.reasons import Reason, Refusal

NEARLY_USED_PERCENT = 80
USED_UP_PERCENT = 100


@dataclass(frozen=True, slots=True)
class Budget:
    """One ceiling and what counts towards it. `guild_id` None means: of the whole bot.

    `spent_at`: when each job was submitted, oldest first; one that waits counts as of now, since it may still cost.
    """

    guild_id: GuildId | None
    limit: int
    spent_at: Sequence[float]

    @property
    def used_percent(self) -> int | None:
        """The highest mark that was reached (80 or 100); None below both."""
        used = 100 * len(self.spent_at)
        return next((mark for mark in (USED_UP_PERCENT, NEARLY_USED_PERCENT) if used >= mark * self.limit), None)

    @property
    def room(self) -> int:
        """How many more jobs fit."""
        return max(0, self.limit - len(self.spent_at))

    def refuse(self) -> Refusal | None:
        """Why no further job is accepted, with the time at which there is room again; None while there is room."""
        if len(self.spent_at) < self.limit:
            return None
        freed_by = self.spent_at[len(self.spent_at) - self.limit]
        reason = Reason.BOT_BUDGET if self.guild_id is None else Reason.SERVER_BUDGET
        return Refusal(reason, {"limit": self.limit, "free_at": freed_by + DAY_SECONDS})
