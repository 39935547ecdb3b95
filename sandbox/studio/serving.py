"""The studio on its own, for trying any client against it."""

import asyncio
import signal
import tempfile
from pathlib import Path

from bot.ops.clock import SystemClock
from sandbox.studio.dials import Dials
from sandbox.studio.server import Studio, StudioDialect

_RENDER_SECONDS = 8.0
_FRAMES_PER_SECOND = 12.0


def serve(port: int, dialect: StudioDialect = "openai") -> None:
    """Run the studio on 127.0.0.1 until Ctrl-C (or SIGTERM); raises OSError when the port is taken."""
    asyncio.run(_serve(port, dialect))


async def _serve(port: int, dialect: StudioDialect) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    dials = Dials(render_seconds=_RENDER_SECONDS, frames_per_second=_FRAMES_PER_SECOND)
    with tempfile.TemporaryDirectory(prefix="studio-", ignore_cleanup_errors=True) as folder:
        studio = Studio(Path(folder), SystemClock(), dials=dials, dialect=dialect)
        await studio.start(port)
        try:
            print(f"Videos API   {studio.base_url}")
            print(f"API key      {studio.api_key}")
            print("Ctrl-C ends it; nothing is kept.", flush=True)
            await stopped.wait()
        finally:
            await studio.stop()
