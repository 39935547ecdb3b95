"""A studio on loopback whose time only passes when a test says so, and a client that talks to it like any other."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from sandbox.clock import ScaledClock
from sandbox.studio import Dials, Studio
from tests.unit.sandbox.studio.client import Client

RENDER_SECONDS = 100.0


@pytest.fixture
def clock() -> ScaledClock:
    return ScaledClock(speed=1.0)


@pytest.fixture
async def studio(tmp_path: Path, clock: ScaledClock) -> AsyncIterator[Studio]:
    async with Studio(tmp_path / "studio", clock, dials=Dials(render_seconds=RENDER_SECONDS)) as studio:
        yield studio


@pytest.fixture
async def client(studio: Studio) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as http:
        yield Client(studio, http)


@pytest.fixture
async def openrouter(tmp_path: Path, clock: ScaledClock) -> AsyncIterator[Client]:
    """A client of a studio of the other dialect."""
    dials = Dials(render_seconds=RENDER_SECONDS, models=("vendor/clip-1",))
    async with (
        Studio(tmp_path / "openrouter", clock, dials=dials, dialect="openrouter") as studio,
        aiohttp.ClientSession() as http,
    ):
        yield Client(studio, http)
