"""`python -m sandbox`: the whole, unmodified bot in a demo world, with a page to use it in; lasts until Ctrl-C."""

import asyncio
import os
import signal
import sys
import tempfile
import webbrowser
from dataclasses import replace
from pathlib import Path

from bot.videos.provider_setup import Abilities
from sandbox.made_up_language import VARIABLE, locale_of
from sandbox.page.demo_world import build_demo_world
from sandbox.page.server import PageServer
from sandbox.providers import StudioPlan
from sandbox.stage import Stage
from sandbox.studio import Dials

PORT = 8765
# As in production, except that renders take seconds instead of minutes.
_SETTINGS = {"POLL_MIN_SECONDS": "0.5", "POLL_MAX_SECONDS": "2"}


async def open_sandbox(port: int | None, *, browser: bool, language: str, second_provider: bool = False) -> None:
    """Serve the page until SIGINT or SIGTERM. Without a port, the usual one or a free one.

    `language`: that of everybody in it: `en`, `qps` or a language file. `second_provider`: with one that
    speaks OpenRouter's dialect.

    Raises OSError when a wanted port is taken.
    """
    # The bot runs in a folder of its own.
    chosen = str(Path(language).resolve()) if Path(language).is_file() else language
    ended = asyncio.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(one, ended.set)
    dials = Dials(render_seconds=8.0, frames_per_second=12.0, progress="percent")
    providers = two_providers(dials) if second_provider else None
    with tempfile.TemporaryDirectory(prefix="video-bot-") as folder:
        async with Stage(Path(folder), settings=_SETTINGS, dials=dials, providers=providers) as stage:
            demo_world = build_demo_world(stage.chat, locale_of(language))
            page = PageServer(stage, demo_world)
            await _listen(page, port)
            try:
                await stage.start_bot(ready=False, OWNER_IDS=str(demo_world.owner.id), **{VARIABLE: chosen})
                _announce(page.address, browser=browser)
                await ended.wait()
            finally:
                await page.stop()
            await stage.bot.terminate()


def two_providers(dials: Dials) -> dict[str, StudioPlan]:
    """The usual provider, and one that takes over where the first surely took nothing."""
    backup = replace(dials, models=("vendor/clip-1",), statuses={}, cards={}, next_render=[])
    return {
        "main": StudioPlan("openai", dials, Abilities(remix=True)),
        "backup": StudioPlan("openrouter", backup),
    }


async def _listen(page: PageServer, port: int | None) -> None:
    try:
        await page.start(PORT if port is None else port)
    except OSError:
        if port is not None:
            raise
        await page.start()


def _announce(address: str, *, browser: bool) -> None:
    print("The whole bot on this machine: a local Discord, a local Videos API, no token, no key, no network.")
    print(f"Open {address} (Ctrl-C stops it)", flush=True)
    if browser and _has_screen():
        try:
            webbrowser.open(address)
        except webbrowser.Error:
            # The address is printed: nothing is missing.
            return


def _has_screen() -> bool:
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
