"""The servers that the operator lets the bot work in."""

from dataclasses import dataclass

from bot.jobs.reasons import Reason, Refusal


@dataclass(frozen=True, slots=True)
class Allowlist:
    """The servers the bot works in (empty: all) and whether it takes requests in DMs."""

    guild_ids: frozenset[int] = frozenset()
    direct_messages: bool = True

    def refuse(self, guild_id: int | None) -> Refusal | None:
        """Why the bot ignores that server; None where it works, and in DMs."""
        if not self.guild_ids or guild_id is None or guild_id in self.guild_ids:
            return None
        return Refusal(Reason.SERVER_CLOSED)

    def refuse_request(self, guild_id: int | None) -> Refusal | None:
        """Why the bot accepts no request there; None where it does."""
        if guild_id is None and not self.direct_messages:
            return Refusal(Reason.DIRECT_MESSAGES_OFF)
        return self.refuse(guild_id)


ANYWHERE = Allowlist()
