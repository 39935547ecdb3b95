"""Opens the bot's pages, if there is a port for them."""

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from bot.ops.clock import Clock

if TYPE_CHECKING:
    from bot.web.site import Site


async def open_site(host: str, port: int | None, clock: Clock, resources: AsyncExitStack) -> "Site | None":
    """Serve the pages until `resources` are closed; None without a port. Raises `ListenError`."""
    if port is None:
        return None
    # Most bots have none, and the libraries take time to import.
    from bot.web.site import Site

    return await resources.enter_async_context(Site(host, port, clock))
