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
from sandbox.studio import Dials, ModelCard

PORT = 8765
# What `--two-providers` offers: models that differ in providers, sizes, lengths, pictures, options and prices.
# A studio takes the first size and length of each by itself.
DEMO_MODELS = """
[models.clip-1]
label = "Clip 1"
providers = [{ provider = "main" }, { provider = "backup", model = "vendor/clip-1" }]
sizes = ["1280x720", "720x1280", "1920x1080"]
seconds = [4, 8]
price = { currency = "USD", per_second = "0.10", sizes = { "1920x1080" = "0.20" } }

[models.clip-1.options.sound]
type = "switch"
wire = "generate_audio"
description = "With sound, at one and a half times the price"
price_factor = "1.5"

[models.clip-1.options.seed]
type = "integer"
wire = "seed"
minimum = 0
maximum = 4294967295
description = "The same seed gives a similar video"

[models.sketch-1]
label = "Sketch 1"
providers = [{ provider = "main" }]
sizes = ["1280x720", "1024x1024"]
seconds = [4]
references = 1
price = { currency = "USD", per_video = "0.05" }

[models.sketch-1.options.style]
type = "choice"
wire = "style"
choices = ["pencil", "ink", "watercolour"]
default = "pencil"
description = "What it is drawn with"

[models.sketch-1.options.avoid]
type = "text"
wire = "negative_prompt"
max_length = 200
description = "What should not be in it"

[models.cinema-1]
label = "Cinema 1"
providers = [{ provider = "backup", model = "vendor/cinema-1" }]
sizes = ["1280x720", "1920x1080"]
seconds = [4, 8, 12]
references = 2
roles = ["first", "last"]
price = { currency = "USD", per_second = "0.50" }

[models.cinema-1.options.seed]
type = "integer"
wire = "seed"
minimum = 0
maximum = 4294967295
description = "The same seed gives a similar video"
"""
# As in production, except that renders take seconds instead of minutes.
_SETTINGS = {"POLL_MIN_SECONDS": "0.5", "POLL_MAX_SECONDS": "2", "PROMPT_MODEL": "studio-text"}


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
            if second_provider:
                stage.models = DEMO_MODELS
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
    """The usual provider, whose renders can be stopped, and one that takes over where the first surely took nothing.

    They have the models of `DEMO_MODELS`.
    """
    wires = ("generate_audio", "seed", "style", "negative_prompt")
    main = replace(dials, models=("clip-1", "sketch-1"), option_fields=wires, list_endpoint=True, cancel="marks")
    cards = {
        "vendor/clip-1": ModelCard(per_second="0.10"),
        "vendor/cinema-1": ModelCard(audio=False, per_second="0.50"),
    }
    backup = replace(dials, models=tuple(cards), cards=cards, statuses={}, next_render=[])
    return {
        "main": StudioPlan("openai", main, Abilities(remix=True, list=True, cancel=True)),
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
