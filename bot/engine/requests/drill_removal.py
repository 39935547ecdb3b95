"""Removes the messages of drills after a minute, those of earlier processes too."""

import asyncio
from collections.abc import Callable

import structlog

from bot.chat.courier import CourierFault, NotTaken, Refused
from bot.chat.custom_ids import MessageKind, parse_button
from bot.engine.context import EngineContext
from bot.jobs.database import StoreUnavailableError
from bot.jobs.limits import DAY_SECONDS
from bot.jobs.store import drills
from bot.jobs.store.drills import DrillPost

SHOWN_SECONDS = 60.0
_AGAIN_SECONDS = 30.0
# A post that was not confirmed may still be under way for so long.
_UNCONFIRMED_SECONDS = 300.0
_IDLE_SECONDS = 3600.0
# Where several processes share the database, the one that posted it may have ended.
_SHARED_IDLE_SECONDS = 60.0
_log = structlog.stdlib.get_logger(__name__)


class DrillRemoval:
    """One for the process; `run` until cancelled."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._expected = asyncio.Event()

    def expect(self) -> None:
        """A message was posted."""
        self._expected.set()

    async def run(self) -> None:
        """Remove each message when it is due."""
        context = self._context
        idle_seconds = _SHARED_IDLE_SECONDS if context.database.is_shared else _IDLE_SECONDS
        while True:
            self._expected.clear()
            try:
                posts = await context.database.read(drills.find_drills)
                pauses = [await self._remove(post) for post in posts]
            except StoreUnavailableError as error:
                _log.warning("drills not removed yet", error=str(error))
                pauses = [_AGAIN_SECONDS]
            await context.signals.wait(self._expected, context.clock, min([*pauses, idle_seconds]))

    async def _remove(self, post: DrillPost) -> float:
        """Remove the message if it is due; in how many seconds to come back. Raises `StoreUnavailableError`."""
        wait_seconds = post.remove_at - self._context.clock.now()
        if 0.0 < wait_seconds <= DAY_SECONDS:
            return wait_seconds
        courier, message_id = self._context.courier, post.message_id
        try:
            if message_id is None:
                message_id = await courier.find(post.channel_id, post.after, belongs_to_drill(post.code))
            if message_id is not None:
                await courier.delete(post.channel_id, message_id)
            elif wait_seconds > -_UNCONFIRMED_SECONDS:
                return _AGAIN_SECONDS
        except Refused as fault:
            _log.warning("drill can't be removed", channel=post.channel_id, message=message_id, code=fault.code)
        except CourierFault as fault:
            if wait_seconds > -DAY_SECONDS:
                _log.info("drill not removed yet", fault=str(fault))
                return max(_AGAIN_SECONDS, fault.retry_after_seconds if isinstance(fault, NotTaken) else 0.0)
        await self._context.database.write(drills.drop_drill, post.code)
        return _IDLE_SECONDS


def belongs_to_drill(code: str) -> Callable[[str], bool]:
    """Tells the custom ids of that drill's buttons."""

    def is_ours(custom_id: str) -> bool:
        button = parse_button(custom_id)
        return button is not None and button.kind is MessageKind.DRILL and button.target == code

    return is_ours
