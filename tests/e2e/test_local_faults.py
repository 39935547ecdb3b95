"""The machine misbehaves under the bot: its disk is full, its database damaged, its clock set."""

import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from bot.jobs.reasons import Reason
from sandbox.studio import Outcome
from tests.databases import build_file
from tests.e2e import inspection
from tests.e2e.scene import Scene, a_stage
from tests.figures import figure
from tests.wording import says

CONFIGURATION, ALREADY_RUNNING = 78, 75
YEAR = 365 * 86_400
HOUR = 3_600.0
COMMANDS = figure(5, 20)
# Runs the bot's command once per folder, in one process: the imports cost more than all starts together.
STARTS = """
import contextlib, io, os, sys
from bot.cli import main
for folder in sys.argv[1:]:
    os.environ["DATA_DIR"] = folder
    with contextlib.redirect_stderr(io.StringIO()) as said:
        code = main(["run"])
    print(int(code), said.getvalue().strip())
"""


@asynccontextmanager
async def a_scene(folder: Path, **turned: object) -> AsyncIterator[Scene]:
    """A bot of this test's own, in a server with Ada."""
    async with a_stage(folder, **turned) as stage:
        guild = stage.chat.add_guild("Machine")
        ada = stage.chat.add_person("Ada")
        guild.join(ada)
        yield Scene(stage, guild, guild.add_channel("videos"), ada)


def starts(folder: Path, *data_dirs: Path) -> list[tuple[int, str]]:
    """The exit code of a start on each of the folders, and what was said on standard error."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", STARTS, *map(str, data_dirs)],
        cwd=folder,
        env={
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "DISCORD_TOKEN": "nobody.at.all",
            "VIDEOS_API_KEY": "opens-nothing",
            "VIDEOS_API_BASE_URL": "http://127.0.0.66:9/v1",
            "LOG_LEVEL": "error",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [(int(line.split(" ", 1)[0]), line.partition(" ")[2]) for line in done.stdout.splitlines()]


def pid_of(scene: Scene) -> int:
    assert scene.stage.bot._process is not None
    return scene.stage.bot._process.pid


def polls(scene: Scene) -> int:
    return sum(request.operation == "poll" for request in scene.studio.requests)


async def looked_again(scene: Scene, times: int) -> None:
    """Return when the provider has been asked that often more: the loops go on."""
    before = polls(scene)
    await scene.studio.wait_for(lambda: polls(scene) >= before + times or None, 60)


async def assert_all_told_once(scene: Scene, prompts: list[str], seconds: float = 40) -> None:
    """Each of the prompts was paid for once and has one video."""
    for prompt in prompts:
        await inspection.job(scene.stage, prompt, "delivered", timeout_seconds=seconds)
        assert scene.studio.paid(prompt) == 1
    posted = [post for post in inspection.public(scene.stage, scene.channel) if post.attachments]
    assert len(posted) == len(prompts)


# ── the disk ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.reliability
@pytest.mark.sqlite_only("fills the disk under the file")
async def test_while_the_disk_is_full_nothing_is_charged_without_a_row(tmp_path: Path) -> None:
    """L1: commands are refused, polls go on, and when there is room again what was begun is delivered once."""
    async with a_scene(tmp_path) as scene:
        scene.studio.dials.next_render.append(Outcome.ok(render_seconds=3_000))
        await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt="Begun before"))
        await inspection.job(scene.stage, "Begun before", "rendering")
        log = scene.stage.bot.data_dir / "bot.db-wal"
        unlimited = resource.prlimit(pid_of(scene), resource.RLIMIT_FSIZE)
        # No file may grow beyond this: what the log takes no more is a write that fails.
        resource.prlimit(pid_of(scene), resource.RLIMIT_FSIZE, (log.stat().st_size, unlimited[1]))
        for number in range(COMMANDS):
            call = await scene.ada.slash(scene.channel, "video", prompt=f"Refused {number}")
            assert says(await inspection.refusal(call), Reason.STORE_UNAVAILABLE)
        scene.stage.jump(3_100)
        await looked_again(scene, 3)
        assert [row["prompt"] for row in inspection.jobs(scene.stage)] == ["Begun before"]
        assert len([one for one in scene.studio.requests if one.operation == "create"]) == 1
        resource.prlimit(pid_of(scene), resource.RLIMIT_FSIZE, unlimited)
        scene.stage.jump(60)
        await assert_all_told_once(scene, ["Begun before"])
        await scene.make("There is room again")


# ── the database ───────────────────────────────────────────────────────────────────────────────────────────────────


def truncated(share: float) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        os.truncate(path, int(path.stat().st_size * share))

    return damage


def flipped(page: int) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        content = bytearray(path.read_bytes())
        start = page * len(content) // 9 // 4096 * 4096 if page else 0
        content[start : start + 64] = bytes(byte ^ 0xFF for byte in content[start : start + 64])
        path.write_bytes(content)

    return damage


def log_only(path: Path) -> None:
    path.with_name("bot.db-wal").write_bytes(path.read_bytes())
    path.unlink()


DAMAGES = [
    *(truncated(share) for share in (0.0, 0.00001, 0.001, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.999)),
    *(flipped(page) for page in range(8)),
    log_only,
    lambda path: path.write_bytes(b"no database " * 999),
]


@pytest.mark.sqlite_only("damages the file")
async def test_twenty_damaged_databases_are_twenty_refusals(tmp_path: Path) -> None:
    """L4: each ends the start with 78 and one line that says how to restore it, and is kept byte for byte."""
    whole = tmp_path / "whole"
    whole.mkdir()
    build_file(whole / "bot.db")
    with closing(sqlite3.connect(whole / "bot.db")) as connection, connection:
        connection.executemany(
            "INSERT INTO posts (job_id, kind, number, state, channel_id, tries, not_before)"
            " VALUES (?, 'card', 1, 'due', 7, 0, 0.0)",
            [(f"{number:08}",) for number in range(5_000)],
        )
    folders: list[Path] = []
    for number, damage in enumerate(DAMAGES):
        folder = tmp_path / f"damaged-{number:02}"
        folder.mkdir()
        (folder / "bot.db").write_bytes((whole / "bot.db").read_bytes())
        damage(folder / "bot.db")
        folders.append(folder)
    kept = {path: path.read_bytes() for folder in folders for path in folder.iterdir()}
    ended = starts(tmp_path, *folders)
    assert [code for code, _said in ended] == [CONFIGURATION] * 20, ended
    assert all("backup" in said for _code, said in ended), ended
    assert {path: path.read_bytes() for path in kept} == kept


# ── the process ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_fifty_double_starts_do_no_harm(tmp_path: Path) -> None:
    """L8: each is turned away with 75 before it talks to anybody; the first goes on."""
    async with a_scene(tmp_path) as scene:
        opened, calls = scene.chat.sessions_opened, len(scene.chat.requests)
        ended = starts(tmp_path, *[scene.stage.bot.data_dir] * 50)
        assert [code for code, _said in ended] == [ALREADY_RUNNING] * 50
        assert (scene.chat.sessions_opened, len(scene.chat.requests)) == (opened, calls)
        await scene.make("The first goes on")
        await assert_all_told_once(scene, ["The first goes on"])


async def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    """L6: on a second signal the bot waits for nothing; an open request becomes uncertain, and is never sent again."""
    async with a_scene(tmp_path) as scene:
        gate = scene.studio.gate("create", "after_take")
        await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt="Left open"))
        await gate.reached.wait()
        os.kill(pid_of(scene), signal.SIGTERM)
        await scene.chat.wait_for(lambda: '"stopping"' in scene.stage.bot.log(), what="the bot to be stopping")
        os.kill(pid_of(scene), signal.SIGTERM)
        assert await scene.stage.bot.ended() == -signal.SIGTERM
        assert [row["state"] for row in inspection.jobs(scene.stage)] == ["submitting"]
        gate.cut()
        await scene.chat.bot_gone()
        await scene.stage.start_bot()
        await inspection.job(scene.stage, "Left open", "uncertain", "delivered")
        assert scene.studio.paid("Left open") == 1
        assert len(inspection.paid_requests(scene.stage, "Left open")) == 1


# ── the clock ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("step_seconds", [HOUR, -HOUR])
async def test_a_clock_that_is_set_is_not_felt(tmp_path: Path, step_seconds: float) -> None:
    """L5: an hour to or fro while one renders and one waits: no poll comes late or twice as often, none is late."""
    async with a_scene(tmp_path) as scene:
        await scene.make("Before")
        scene.studio.dials.next_render.append(Outcome.ok(render_seconds=30))
        await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt="Rendering meanwhile"))
        await inspection.job(scene.stage, "Rendering meanwhile", "rendering")
        scene.stage.step_wall(step_seconds)
        before, asked_at = polls(scene), scene.stage.clock.monotonic()
        await looked_again(scene, 10)
        # Never closer than POLL_MIN_SECONDS: a tight loop would show here, on a loaded machine too.
        assert polls(scene) - before <= 2 * (scene.stage.clock.monotonic() - asked_at) / 0.1
        scene.stage.jump(30)
        await assert_all_told_once(scene, ["Before", "Rendering meanwhile"])
        await scene.make("After")
        assert not any("late" in row["state"] or row["late_at"] for row in inspection.jobs(scene.stage))


@pytest.mark.parametrize("step_seconds", [HOUR, -HOUR, -56 * YEAR, 10 * YEAR])
async def test_a_clock_that_was_set_between_two_lives(tmp_path: Path, step_seconds: float) -> None:
    """L5, C3: an hour back or forward over a kill, to 1970 or years ahead: rendering jobs are polled at once, and
    posted once.
    """
    async with a_scene(tmp_path) as scene:
        scene.studio.dials.next_render.append(Outcome.ok(render_seconds=30))
        await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt="Over the kill"))
        await inspection.job(scene.stage, "Over the kill", "rendering")
        await scene.stage.bot.kill()
        scene.stage.step_wall(step_seconds)
        await scene.stage.start_bot()
        scene.stage.jump(40)
        await assert_all_told_once(scene, ["Over the kill"])
