"""The bot's pages are opened only where there is a port, and cost nothing elsewhere."""

import subprocess
import sys
from contextlib import AsyncExitStack

import pytest

from bot.ops.clock import SystemClock
from bot.web.opening import open_site

LATE = ("aiohttp.web", "prometheus_client", "bot.web.site", "bot.web.server")


async def test_without_a_port_nothing_is_opened() -> None:
    """The default."""
    async with AsyncExitStack() as resources:
        assert await open_site("127.0.0.1", None, SystemClock(), resources) is None


@pytest.mark.slow
def test_a_start_without_pages_imports_nothing_for_them() -> None:
    """A tenth of a second of imports is left out where no one asks for pages."""
    code = f"import sys, bot.cli; print([name for name in {LATE!r} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout == "[]\n"
