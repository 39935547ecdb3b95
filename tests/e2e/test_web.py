"""The bot's pages over HTTP, from the real process: health, readiness, and clients that mean no good."""

import asyncio
import json
import shutil
import sqlite3
import subprocess
from collections.abc import Awaitable, Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import pytest

from bot.settings._setup import NAME_OF_SETTINGS
from tests.e2e.scene import Scene, a_stage
from tests.metrics import open_labels, value_of
from tests.ports import free_port

T = TypeVar("T")
CONFIGURATION = 78
PROMTOOL = shutil.which("promtool")
_HOST = "127.0.0.1"


PORT = free_port()
SETTINGS = {"HTTP_PORT": str(PORT)}

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def get(path: str, port: int = PORT) -> tuple[int, str]:
    """The status and the text of that page; 0 if nothing is served."""
    try:
        async with aiohttp.ClientSession() as session, session.get(f"http://{_HOST}:{port}{path}") as response:
            return response.status, await response.text()
    except aiohttp.ClientConnectorError:
        return 0, ""


async def readiness(port: int = PORT) -> tuple[int, dict[str, Any]]:
    """The status of `/readyz`, and its parts."""
    status, text = await get("/readyz", port)
    return status, json.loads(text)["parts"] if text else {}


async def until(page: Callable[[], Awaitable[tuple[int, T]]], status: int) -> T:
    """What that page answers, once it has that status."""
    async with asyncio.timeout(30):
        while (found := await page())[0] != status:  # noqa: ASYNC110  # from outside there is only the page
            await asyncio.sleep(0.1)
    return found[1]


async def until_ready(port: int = PORT, *, ready: bool = True) -> dict[str, Any]:
    """The parts, once the bot is ready, or not ready any more."""
    return await until(partial(readiness, port), 200 if ready else 503)


async def test_a_bot_that_people_can_use_is_healthy_and_ready(scene: Scene) -> None:
    """Both pages answer 200, and each part is in order."""
    parts = await until_ready()
    assert {part["state"] for part in parts.values()} == {"ok"}
    assert set(parts) == {
        "process", "database", "gateway", "discord", "commands", "providers", "disk", "spending", "clock",
    }  # fmt: skip
    assert await get("/healthz") == (200, "ok\n")
    assert (await get("/"))[0] == 404


async def test_a_paused_bot_is_healthy_and_not_ready(scene: Scene) -> None:
    """People are turned away, which a restart would not change."""
    file = scene.stage.bot.data_dir / "PAUSED"
    file.touch()
    parts = await until_ready(ready=False)
    assert parts["spending"]["state"] == "failing"
    assert (await get("/healthz"))[0] == 200
    file.unlink()
    await until_ready()


async def test_a_lost_gateway_is_named_until_it_is_back(scene: Scene) -> None:
    """Without a session no command arrives; one that breaks and is resumed at once is no matter."""
    gate = scene.chat.gate("gateway")
    await scene.chat.drop_gateway(resumable=False)
    parts = await until_ready(ready=False)
    assert parts["gateway"] == {"state": "failing", "why": "Not connected: 1 of 1 shards (0)."}
    gate.open()
    # Discord counts five seconds between two sessions.
    scene.stage.jump(6.0)
    await until_ready()


@pytest.mark.sqlite_only("locks the file for all")
async def test_a_database_that_another_program_holds_is_not_ready(scene: Scene) -> None:
    """It is waited for briefly; the process is healthy, as its loops go on."""
    with closing(sqlite3.connect(scene.stage.bot.data_dir / "bot.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        parts = await until_ready(ready=False)
        assert parts["database"]["state"] == "failing"
        assert await get("/healthz") == (200, "ok\n")
        other.execute("COMMIT")
    await until_ready()


async def test_a_video_is_counted_and_no_label_is_an_id(scene: Scene) -> None:
    """Its moves, requests, messages and bytes, by kinds and outcomes; its people, servers and prompts are nowhere."""
    before = (await get("/metrics"))[1]
    await scene.make("A lighthouse in fog")
    expected = {
        ("videobot_jobs_accepted_total", "via", "command"),
        ("videobot_job_events_total", "event", "posted"),
        ("videobot_jobs_ended_total", "end", "delivered"),
        ("videobot_job_state_seconds_count", "state", "posting"),
        ("videobot_provider_requests_total", "request", "submit"),
        ("videobot_messages_total", "kind", "video"),
        ("videobot_messages_total", "kind", "card"),
    }

    async def counts() -> tuple[int, str]:
        page = (await get("/metrics"))[1]
        one_more = (
            value_of(page, name, **{label: said}) - value_of(before, name, **{label: said})
            for name, label, said in expected
        )
        return min(map(int, one_more)), page

    page = await until(counts, 1)
    for name in ("videobot_fetched_bytes_total", "videobot_uploaded_bytes_total"):
        assert value_of(page, name) - value_of(before, name) > 1_000
    assert value_of(page, "videobot_ready") == value_of(page, "videobot_gateway_connected") == 1
    assert value_of(page, "videobot_database_write_seconds_count") > 3
    assert value_of(page, "videobot_event_loop_lag_seconds_count") > 0
    assert value_of(page, "videobot_metrics_failures_total") == 0
    assert open_labels(page, [NAME_OF_SETTINGS], shards=1) == set()


@pytest.mark.skipif(PROMTOOL is None, reason="NO PROMTOOL: install Debian's prometheus, and run this test again")
async def test_prometheus_has_nothing_to_find_fault_with(scene: Scene) -> None:
    """Its own tool reads the page, and knows no better names."""
    page = (await get("/metrics"))[1]
    command = [str(PROMTOOL), "check", "metrics"]
    checked = subprocess.run(command, input=page, text=True, capture_output=True, timeout=60, check=False)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


async def test_clients_that_hang_change_nothing_for_people(scene: Scene) -> None:
    """While two hundred send nothing, half a request or garbage, or never read, a video is made."""
    sent = (b"", b"GET /read", b"\x16\x03\x01\x02", b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n" * 3)
    held = [await asyncio.open_connection(_HOST, PORT) for _ in range(200)]
    try:
        for number, (_, writer) in enumerate(held):
            writer.write(sent[number % len(sent)])
        await scene.make("A balloon over the sea")
        assert (await get("/healthz"))[0] == 200
        await until_ready()
    finally:
        for _, writer in held:
            writer.close()


async def test_a_port_in_use_ends_the_start_with_78_and_one_line(scene: Scene, tmp_path: Path) -> None:
    """The line names the setting; the first bot goes on."""
    async with a_stage(tmp_path, settings=SETTINGS, start=False) as stage:
        await stage.start_bot(ready=False)
        assert await stage.bot.ended() == CONFIGURATION
        (line,) = [line for line in stage.bot.log().splitlines() if line and not line.startswith("{")]
        assert "HTTP_PORT" in line
        assert str(PORT) in line
        assert stage.chat.requests == []
    assert (await get("/healthz"))[0] == 200


async def test_a_start_is_served_and_a_stop_is_not_held_up(tmp_path: Path) -> None:
    """Before Discord answers the bot is healthy and not ready; a client that reads nothing delays no shutdown."""
    port = free_port()
    async with a_stage(tmp_path, settings={"HTTP_PORT": str(port)}, start=False) as stage:
        gate = stage.chat.gate("gateway")
        await stage.start_bot(ready=False)
        assert await until(partial(get, "/healthz", port), 200) == "ok\n"
        parts = await until_ready(port, ready=False)
        assert "failing" in {part["state"] for part in parts.values()}
        gate.open()
        await until_ready(port)
        _, writer = await asyncio.open_connection(_HOST, port)
        writer.write(b"GET /readyz HTTP/1.1\r\n")
        began_at = asyncio.get_running_loop().time()
        assert await stage.bot.terminate() == 0
        assert asyncio.get_running_loop().time() - began_at < 10
        writer.close()
        assert await get("/healthz", port) == (0, "")
