"""References in a database that several processes share: the one that submits a job may not have fetched them.

On SQLite there is one process, which has them as files: nothing is stored a second time.
"""

import asyncio
from collections.abc import Iterable

from bot.engine.context import EngineContext
from bot.jobs.model import Reference
from bot.jobs.store import pictures


async def archive(context: EngineContext, references: Iterable[Reference]) -> None:
    """Store the bytes of kept pictures for the other processes. Raises `StoreUnavailableError`, OSError."""
    if not context.database.is_shared:
        return
    for picture in references:
        content = await asyncio.to_thread(context.shelf.path(picture).read_bytes)
        await context.database.write(pictures.put_picture, picture.file_name, content, context.clock.now())


async def hold_all(context: EngineContext, references: Iterable[Reference]) -> bool:
    """Whether this process has all of these pictures as files, now that it has got those it lacked."""
    for picture in references:
        if await asyncio.to_thread(context.shelf.holds, picture):
            continue
        content = None
        if context.database.is_shared:
            content = await context.database.read(pictures.get_picture, picture.file_name)
        if content is None or not await context.shelf.put_back(picture, content):
            return False
    return True
