"""Runs one of `tests.bench.peers` as its own process, between the same servers as the bot."""

import asyncio
import contextlib
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.bench.world import ROOT, BenchWorld

_END_SECONDS = 10.0


def _options(world: BenchWorld, more: dict[str, Any]) -> bytes:
    stage = world.stage
    known = {
        "discord_api": stage.chat.api_base,
        "gateway": stage.chat.gateway_url,
        "token": stage.chat.bot_token,
        "provider": stage.studio.base_url,
        "api_key": stage.studio.api_key,
    }
    return json.dumps(known | more).encode()


async def _begin(world: BenchWorld, name: str, more: dict[str, Any], **pipes: Any) -> Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.peers", name, cwd=ROOT, stdin=PIPE, **pipes
    )
    assert process.stdin is not None
    process.stdin.write(_options(world, more))
    process.stdin.close()
    return process


async def run(world: BenchWorld, name: str, timeout_seconds: float, **more: Any) -> dict[str, Any]:
    """The figures of a peer that ends by itself."""
    process = await _begin(world, name, more, stdout=PIPE)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(timeout_seconds):
            said = await process.stdout.read()
            await process.wait()
    finally:
        await _end(process)
    return json.loads(said)


@asynccontextmanager
async def bot(world: BenchWorld, name: str) -> AsyncIterator[int]:
    """A peer that is a bot, connected and with its commands synced, until the end of the block. Yields its pid."""
    process = await _begin(world, name, {})
    try:
        await world.stage.chat.bot_ready(60)
        yield process.pid
    finally:
        await _end(process)
        await world.stage.chat.bot_gone()


async def _end(process: Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(_END_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
