"""`python -m bot check`: the real process between a local Discord and a local Videos API, beside the real bot."""

import asyncio
import io
import json
import os
import pty
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from discord.http import Route

from bot.check import run as running
from bot.check.run import Bounds
from sandbox.chat.permissions import Permission
from sandbox.stage import Stage
from sandbox.studio import Fault
from tests.databases import change_rows, rows_of
from tests.e2e import inspection
from tests.e2e.scene import QUICK, Scene, quick_dials
from tests.unit.bot.forked import run, run_into

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]
TABLES = ("alembic_version", "marks", "jobs", "posts", "attempts", "drafts", "processes", "roles")
Found = dict[str, list[dict[str, Any]]]


def prepare(api_base: str, **bounds: float) -> None:
    """Let the process find the local Discord, as the sandbox does for the bot; `bounds` shorten the check's own."""
    Route.BASE = api_base
    running.Bounds = partial(Bounds, **bounds)


async def check(
    stage: Stage, *arguments: str, bounds: dict[str, float] | None = None, **settings: str
) -> subprocess.CompletedProcess[str]:
    """The process with the settings of the stage's bot and these."""
    work = stage.folder / "work"
    work.mkdir(exist_ok=True)
    environment = stage.environment() | {"DATA_DIR": str(stage.bot.data_dir)} | settings
    ready = partial(prepare, stage.chat.api_base, **(bounds or {}))
    done = await asyncio.to_thread(run, work, "check", *arguments, prepare=ready, **environment)
    secrets = [stage.chat.bot_token, *stage.api_keys]
    assert not [secret for secret in secrets if secret in done.stdout + done.stderr]
    assert list(work.iterdir()) == []
    return done


async def findings(stage: Stage, code: int, *arguments: str, **given: Any) -> Found:
    """The findings by `part.line` of a check that ends with that code, and says nothing but JSON."""
    done = await check(stage, "--json", *arguments, **given)
    assert done.returncode == code, done.stdout + done.stderr
    assert done.stderr == ""
    told = json.loads(done.stdout)
    assert told["exit_code"] == code
    found: Found = {}
    for each in told["findings"]:
        found.setdefault(f"{each['part']}.{each['line']}", []).append(each)
    return found


def states(found: Found, line: str) -> list[str]:
    return [each["state"] for each in found[line]]


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file with its mode and content; the index of SQLite's log is memory that all readers share."""
    files = [path for path in folder.rglob("*") if not path.name.endswith("-shm")]
    return {
        str(path.relative_to(folder)): (path.stat().st_mode, path.read_bytes() if path.is_file() else b"")
        for path in files
    }


def rows(stage: Stage) -> dict[str, list[str]]:
    """Every row of the bot's, but for the leases that it renews."""
    found = {table: [dict(row) for row in rows_of(stage, f"SELECT * FROM {table}")] for table in TABLES}  # noqa: S608 - above
    leases = [row for table in ("processes", "roles") for row in found[table]]
    for row in leases:
        row.pop("lease_until", None)
    return {table: sorted(map(str, each)) for table, each in found.items()}


@pytest.mark.both_databases
async def test_beside_a_running_bot_nothing_changes(scene: Scene) -> None:
    """Every file, row and message is as before; all requests are GETs; the bot goes on.

    The bot's process is stopped meanwhile, with all that it holds, so that no change is its own.
    """
    stage = scene.stage
    await scene.make("Before the check")
    await inspection.job(stage, "Before the check", "delivered")
    stage.bot.pause()
    asked, requested = len(stage.studio.requests), len(stage.chat.requests)
    posts, commands = len(stage.chat.posts), [*stage.chat.commands]
    before = tree(stage.bot.data_dir), rows(stage)
    found = await findings(stage, 0)
    assert (tree(stage.bot.data_dir), rows(stage)) == before
    stage.bot.resume()
    assert {request.method for request in stage.studio.requests[asked:]} == {"GET"}
    assert {request.method for request in stage.chat.requests[requested:]} == {"GET"}
    assert len(stage.chat.posts) == posts
    assert stage.chat.commands == commands
    assert stage.chat.unknown_routes == []
    bad = {line for line, each in found.items() if any(one["state"] == "problem" for one in each)}
    assert bad == set()
    assert states(found, "discord.commands") == ["ok"]
    assert states(found, "database.migration") == ["ok"]
    assert states(found, "database.origin") == ["ok"]
    assert states(found, "provider.key") == ["ok"]
    await scene.make("After the check")
    assert stage.bot.lives == 1


async def test_the_table_for_people(scene: Scene) -> None:
    """It has the link, a verdict in the last line, and no colours where it isn't read on a terminal."""
    done = await check(scene.stage)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    application_id = scene.chat.world.application_id
    assert any(f"client_id={application_id}&scope=bot+applications.commands&permissions=" in line for line in lines)
    assert lines[-1].startswith("The bot can do its work")
    assert "\x1b" not in done.stdout


async def test_a_terminal_that_lacks_letters(scene: Scene) -> None:
    """They are written in another way, and nothing breaks."""
    scene.chat.add_guild("日本 café").add_channel("videos")
    work = scene.stage.folder / "work"
    work.mkdir(exist_ok=True)
    environment = scene.stage.environment() | {"DATA_DIR": str(scene.stage.bot.data_dir)}
    ready = partial(write_ascii, scene.stage.chat.api_base)
    done = await asyncio.to_thread(run, work, "check", prepare=ready, **environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()


def write_ascii(api_base: str) -> None:
    """Standard output as of a terminal with another encoding."""
    prepare(api_base)
    sys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding="ascii", line_buffering=True)


async def test_a_wrong_token(scene: Scene) -> None:
    """78, with all other parts checked."""
    found = await findings(scene.stage, 78, DISCORD_TOKEN="another.token.of.nobody")
    assert states(found, "discord.token") == ["problem"]
    assert states(found, "provider.key") == ["ok"]


async def test_a_wrong_key(scene: Scene) -> None:
    """78: the provider refuses it on a free request."""
    found = await findings(scene.stage, 78, VIDEOS_API_KEY="sk-another-key")
    assert states(found, "provider.key") == ["problem"]
    assert states(found, "discord.token") == ["ok"]


async def test_several_mistakes_at_once(scene: Scene) -> None:
    """Each is a line, as a start reports them, and the rest is checked."""
    found = await findings(scene.stage, 78, MAX_RENDERING_JOBS="many", VIDEOS_SIZES="large", LOG_LEVEL="loud")
    said = [each["what"].split()[0] for each in found["settings.values"]]
    assert said == ["VIDEOS_SIZES", "MAX_RENDERING_JOBS", "LOG_LEVEL"]
    assert states(found, "provider.key") == ["ok"]
    assert states(found, "data_folder.commit")


async def test_a_missing_permission_in_a_server(scene: Scene) -> None:
    """A warning that names it and the server; the bot can do its work elsewhere."""
    scene.guild.set_bot_permissions(Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES)
    scene.guild.everyone.permissions = 0
    found = await findings(scene.stage, 0, ALLOWED_GUILD_IDS=str(scene.guild.id))
    (line,) = found["discord.permissions"]
    assert line["state"] == "warning"
    assert "Attach Files" in line["what"]
    assert scene.guild.name in line["what"]


async def test_a_provider_that_hangs(scene: Scene) -> None:
    """A line, in the time for a request."""
    faults = scene.studio.faults
    for operation in ("list", "ping", "poll"):
        faults.add(operation, Fault.hang(take=False), times=2)
    found = await findings(scene.stage, 78, bounds={"request": 0.5})
    faults.clear()
    assert states(found, "provider.address") == ["problem"]
    assert "no answer" in found["provider.address"][0]["what"]
    assert states(found, "discord.token") == ["ok"]


async def test_discord_that_hangs(scene: Scene) -> None:
    """A line, in the time for the part."""
    gate = scene.chat.gate("application", "before")
    found = await findings(scene.stage, 78, bounds={"discord": 0.5})
    gate.open()
    assert "Discord" in found["check.finished"][0]["what"]
    assert states(found, "provider.key") == ["ok"]


def copied(scene: Scene, name: str) -> Path:
    """The data folder of the bot as it is, as another bot's."""
    folder = scene.stage.folder / name
    folder.mkdir(mode=0o700)
    scene.stage.bot.copy_database(folder / "bot.db")
    shutil.copy(scene.stage.bot.data_dir / "bot.generation", folder)
    return folder


@pytest.mark.sqlite_only("changes its file")
async def test_a_newer_database(scene: Scene) -> None:
    """78: a start would refuse it. It is left as it is."""
    folder = copied(scene, "newer")
    with closing(sqlite3.connect(folder / "bot.db")) as file, file:
        file.execute("UPDATE alembic_version SET version_num = '9999'")
    before = tree(folder), sorted(file.name for file in folder.iterdir())
    found = await findings(scene.stage, 78, DATA_DIR=str(folder))
    assert states(found, "database.migration") == ["problem"]
    assert (tree(folder), sorted(file.name for file in folder.iterdir())) == before


async def test_a_disk_that_hangs_holds_the_process_up_briefly(scene: Scene) -> None:
    """Its thread can't be ended, the process can."""
    work = scene.stage.folder / "work"
    work.mkdir(exist_ok=True)
    environment = scene.stage.environment() | {"DATA_DIR": str(scene.stage.bot.data_dir)}
    ready = partial(hang_disk, scene.stage.chat.api_base)
    done = await asyncio.to_thread(run, work, "check", prepare=ready, **environment)
    assert done.returncode == 78
    assert "the data folder" in done.stdout


def hang_disk(api_base: str) -> None:
    """Let each sync of a file hang, as a dead disk would."""
    prepare(api_base, folder=0.5)
    os.fsync = lambda _file: asyncio.run(asyncio.sleep(3600))


async def test_on_a_terminal(scene: Scene) -> None:
    """It is coloured, and wrapped to the width."""
    shown, terminal = pty.openpty()
    work = scene.stage.folder / "work"
    work.mkdir(exist_ok=True)
    environment = scene.stage.environment() | {"DATA_DIR": str(scene.stage.bot.data_dir), "COLUMNS": "72"}
    written: list[bytes] = []

    def read() -> None:
        while True:
            try:
                piece = os.read(shown, 4096)
            except OSError:
                return
            if not piece:
                return
            written.append(piece)

    reading = asyncio.create_task(asyncio.to_thread(read))
    errors = scene.stage.folder / "errors"
    ready = partial(prepare, scene.stage.chat.api_base)
    path = Path(os.ttyname(terminal))
    code = await asyncio.to_thread(run_into, path, errors, work, "check", prepare=ready, **environment)
    os.close(terminal)
    await reading
    os.close(shown)
    text = b"".join(written).decode()
    assert code == 0, text + errors.read_text()
    assert "\x1b[32mok" in text
    plain = re.sub(r"\x1b\[\d+m", "", text).replace("\r", "")
    # A path or link is never broken: people copy it.
    assert [line for line in plain.splitlines() if len(line) > 72 and "/" not in line] == []


@pytest_asyncio.fixture(loop_scope="module")
async def idle_stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A stage whose bot was never started."""
    async with Stage(tmp_path, settings=QUICK, dials=quick_dials()) as stage:
        stage.bot.data_dir.parent.mkdir()
        yield stage


async def test_before_the_first_start(idle_stage: Stage) -> None:
    """In no server yet: a warning with the link, and nothing that a start would refuse."""
    found = await findings(idle_stage, 0)
    assert states(found, "discord.servers") == ["warning"]
    assert states(found, "discord.commands") == ["note"]
    assert states(found, "data_folder.folder") == ["note"]
    assert not idle_stage.bot.data_dir.exists()


async def test_a_killed_bots_database_is_read_with_its_log(tmp_path: Path) -> None:
    """As a power cut leaves it: nothing is taken in, and the next start finds all of it."""
    async with Stage(tmp_path, settings=QUICK, dials=quick_dials()) as stage:
        stage.bot.data_dir.parent.mkdir()
        await stage.start_bot()
        change_rows(stage, "INSERT INTO marks (name, value) VALUES ('poll ceiling', '1 x')")
        await stage.bot.kill()
        await stage.chat.bot_gone()
        before = tree(stage.bot.data_dir)
        assert before["bot.db-wal"][1]
        found = await findings(stage, 0)
        assert states(found, "database.integrity") == ["ok"]
        assert tree(stage.bot.data_dir) == before
        await stage.start_bot()
        assert await stage.bot.terminate() == 0
