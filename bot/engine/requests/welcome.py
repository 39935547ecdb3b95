"""The first message in a new server: once, however often the bot is invited, restarted or run."""

import structlog

from bot.chat.cards import Message
from bot.chat.courier import CourierFault, Parcel, ParcelKind
from bot.chat.help import welcome_text
from bot.engine.context import EngineContext
from bot.jobs.database import StoreUnavailableError
from bot.jobs.model import Place
from bot.jobs.store import marks

# Discord's clock and ours may differ.
_NEW_SECONDS = 3600.0
_log = structlog.stdlib.get_logger(__name__)


class Welcome:
    """Greets servers. A message that gets lost is not sent again: a second one would be worse than none."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context

    async def greet(self, place: Place, locale: str, joined_at: float) -> None:
        """Post what the bot does in that channel, unless the server was greeted before, or it may not work there.

        `joined_at`: when the bot joined (epoch seconds). A server that it joined long ago is not new.
        """
        guild_id = place.guild_id
        if guild_id is None or self._context.rules.limits.allowlist.refuse(guild_id) is not None:
            return
        if abs(self._context.clock.now() - joined_at) > _NEW_SECONDS:
            return
        text = welcome_text(self._context.readers.of(locale, guild_id))
        try:
            if not await self._context.database.write(marks.claim_greeting, guild_id):
                return
            parcel = Parcel(place.channel_id, Message(content=text), f"hello-{guild_id}", kind=ParcelKind.GREETING)
            await self._context.courier.post(parcel)
        except (CourierFault, StoreUnavailableError) as fault:
            _log.info("server not greeted", guild=guild_id, fault=str(fault))
        else:
            _log.info("server greeted", guild=guild_id, channel=place.channel_id)
