"""Bad downloads: cut off on the way, or very slow."""

import asyncio
from pathlib import Path

from aiohttp import web

from bot.ops.clock import Clock
from sandbox.chat.faults import Fault, FaultKind

_STEPS_PER_SECOND = 10


async def send_badly(http: web.Request, path: Path, fault: Fault, clock: Clock) -> web.StreamResponse:
    """Announce all of a file, and send only its beginning, or all of it slowly; ends when the client disconnects."""
    whole = await asyncio.to_thread(path.read_bytes)
    answer = web.StreamResponse()
    answer.content_length = len(whole)
    await answer.prepare(http)
    if fault.kind is FaultKind.CUT:
        await answer.write(whole[: fault.sent_bytes])
        if http.transport is not None:
            http.transport.abort()
        return answer
    step_bytes = max(1, fault.sent_bytes // _STEPS_PER_SECOND)
    for at in range(0, len(whole), step_bytes):
        await answer.write(whole[at : at + step_bytes])
        await clock.sleep(step_bytes / max(1, fault.sent_bytes))
    return answer
