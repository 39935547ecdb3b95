"""The shards of this process: the parts of Discord's events that its gateway connections receive. Pure."""

from dataclasses import dataclass

from bot.jobs.model import GuildId


@dataclass(frozen=True, slots=True)
class Shards:
    """`count` is the number of all shards, None for the one that Discord recommends; `ids` are served, none for all."""

    count: int | None = None
    ids: tuple[int, ...] = ()

    def serve(self, guild_id: GuildId) -> bool:
        """Whether that server's events come to this process. If not, its absence from the cache proves nothing."""
        return self.count is None or not self.ids or (guild_id >> 22) % self.count in self.ids
