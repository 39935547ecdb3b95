"""The studio as a program of its own."""

import asyncio
import os
import re
import signal
import socket
import sys

import aiohttp
import pytest


async def _start(port: int) -> asyncio.subprocess.Process:
    command = [sys.executable, "-m", "sandbox", "studio", "--port", str(port)]
    pipe = asyncio.subprocess.PIPE
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    return await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe, env=environment)


@pytest.mark.slow
async def test_it_prints_where_it_is_and_ends_well() -> None:
    """The program says its address and key, works with them, and ends with 0 on Ctrl-C."""
    process = await _start(0)
    assert process.stdout is not None
    try:
        said = await asyncio.wait_for(process.stdout.readuntil(b"kept.\n"), 30)
        base_url, key = re.search(r"(http://127\S+)[\s\S]+?(sk-\S+)", said.decode()).groups()  # type: ignore[union-attr] - None fails the test
        async with aiohttp.ClientSession() as http:
            headers = {"Authorization": f"Bearer {key}"}
            async with http.post(f"{base_url}/videos", json={"prompt": "A cat"}, headers=headers) as answer:
                assert answer.status == 200
        process.send_signal(signal.SIGINT)
        _, errors = await asyncio.wait_for(process.communicate(), 30)
        assert (process.returncode, errors) == (0, b"")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.slow
async def test_a_taken_port_is_one_line() -> None:
    """If it can't listen it says so in one line and ends with 1."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = await _start(taken.getsockname()[1])
        _, errors = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 1
    assert errors.decode().startswith("Could not listen on 127.0.0.1:")
    assert errors.count(b"\n") == 1
