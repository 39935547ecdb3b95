"""`python -m tests.image_proof`: the Dockerfile's steps in a bare Debian root, then the bot in it, without Docker.

It builds the image's files, starts the bot in them as Docker would with `compose.yaml`, makes a video with the sandbox
beside it on loopback, asks the HEALTHCHECK, and stops it. Each line is a thing that was seen. It ends with 1 at the
first that is not so. Needs root on Linux, Debian's packages and PyPI; `--keep FOLDER` keeps the files for a next run.
"""

import argparse
import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bot import VERSION
from bot.media.container import read_container
from sandbox.clock import ScaledClock
from sandbox.stage import Stage
from sandbox.studio import Dials
from tests.e2e.scene import has_video
from tests.encoded_videos import encoded
from tests.image_proof.builder import ROOT, Image, build, missing_programs
from tests.image_proof.container import STOP_SECONDS, Container

_READY_SECONDS = 60.0
_VIDEO_SECONDS = 60.0
_SETTINGS = {"POLL_MIN_SECONDS": "0.5", "POLL_MAX_SECONDS": "2"}
# The sandbox is no part of the image. It is lent from outside, because it alone can lead the bot to a local Discord.
_LENT_TO = "/mnt"


def main() -> int:
    """Prove the recipe; 0 if everything was seen, 1 otherwise, 77 where this machine can't do it."""
    parser = argparse.ArgumentParser(prog="python -m tests.image_proof")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="build there, or use what was built there before")
    given = parser.parse_args()
    if lacking := missing_programs():
        sys.stderr.write("\n".join(lacking) + "\n")
        return 77
    with tempfile.TemporaryDirectory(prefix="image-proof-") as folder:
        image = _built(given.keep or Path(folder))
        try:
            asyncio.run(_prove(image, Path(folder)))
        except AssertionError as error:
            sys.stderr.write(f"NOT SO: {error}\n")
            return 1
    return 0


def _built(work: Path) -> Image:
    before = (work / "image").exists()
    work.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    image = build(work, {"VERSION": VERSION, "REVISION": _revision()})
    took = "before" if before else f"in {time.monotonic() - began:.0f} s"
    _seen(f"every step of the Dockerfile ran in a bare Debian, {took}")
    return image


def _revision() -> str:
    return subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()


async def _prove(image: Image, folder: Path) -> None:
    user = int((image.user or "0").partition(":")[0])
    for name in ("data", "first"):
        (folder / name).mkdir()
        # As Docker makes a volume: with the owner and the rights of the image's own folder.
        there = (image.root / "data").stat()
        (folder / name).chmod(there.st_mode & 0o7777)
        os.chown(folder / name, there.st_uid, there.st_gid)
    folder.chmod(0o711)
    _outside_of_the_image(image)
    first = Container(image, folder / "first", {})
    _without_settings(first, image.command)
    _migrated(first, image.command, folder / "first", user)
    await _served(image, folder)


def _outside_of_the_image(image: Image) -> None:
    for name in ("app/sandbox", "app/tests", "app/.env", "app/.git"):
        _demand(not (image.root / name).exists(), f"the image has no {name}")
    names = {path.name for path in (image.root / "opt/venv/lib/python3.11/site-packages").iterdir()}
    _demand("pip" not in names and "pytest" not in names, "the packages are those of run.txt, without pip and pytest")


def _without_settings(container: Container, command: list[str]) -> None:
    done = container.run(command, {})
    _demand(done.returncode == 78, f"without settings it ends with 78: {done.stderr.decode().strip()[:70]}…")


def _migrated(container: Container, command: list[str], data: Path, user: int) -> None:
    done = container.run([*command, "migrate"], {})
    _demand(done.returncode == 0, f"`migrate` builds the database {done.stderr.decode()}")
    about = (data / "bot.db").stat()
    _demand(about.st_uid == user and about.st_mode & 0o077 == 0, f"it belongs to user {user} and to no other")
    done = container.run(["sh", "-c", "touch /app/x || touch /usr/x || touch /opt/venv/x"], {})
    _demand(done.returncode != 0 and b"Read-only" in done.stderr, "its root file system can't be written to")
    done = container.run(["sh", "-c", "grep -E '^(CapPrm|CapEff|CapBnd|NoNewPrivs)' /proc/self/status"], {})
    rights = dict(line.split(":\t") for line in done.stdout.decode().splitlines())
    _demand(
        rights == {**dict.fromkeys(("CapPrm", "CapEff", "CapBnd"), "0" * 16), "NoNewPrivs": "1"},
        "its process has no capability and can get none",
    )


async def _served(image: Image, folder: Path) -> None:
    # Not every device plays HEVC, so ffmpeg has to convert it.
    render = folder / "render.mp4"
    render.write_bytes(encoded("hevc.mp4"))
    dials = Dials(render_seconds=1.0, file=render)
    async with Stage(folder / "stage", settings=_SETTINGS, dials=dials) as stage:
        shutil.copytree(ROOT / "sandbox", folder / "lent/sandbox", ignore=shutil.ignore_patterns("__pycache__"))
        container = Container(image, folder / "data", {folder / "lent": _LENT_TO})
        settings = {**stage.environment(), "PYTHONPATH": _LENT_TO, "HTTP_PORT": str(_free_port())}
        try:
            with (folder / "bot.log").open("ab") as log:
                began = time.monotonic()
                container.start(_through_the_sandbox(stage, image.command), settings, log)
                try:
                    await stage.chat.bot_ready(timeout_seconds=_READY_SECONDS)
                except TimeoutError:
                    _demand(False, (folder / "bot.log").read_text())
                _seen(f"the bot is ready after {time.monotonic() - began:.1f} s")
                await _a_video(stage)
                _health(container, image, settings)
                _left_behind(container, settings)
                code, seconds = await asyncio.to_thread(container.stop)
        finally:
            container.kill()
        _demand(code == 0 and seconds < STOP_SECONDS, f"SIGTERM to process 1 ends it with {code} after {seconds:.1f} s")


def _through_the_sandbox(stage: Stage, command: list[str]) -> list[str]:
    """The image's command, but with the sandbox's addresses of Discord: the bot has no setting for these."""
    now = repr(ScaledClock().now())
    addresses = {"--discord-api": stage.chat.api_base, "--gateway": stage.chat.gateway_url}
    options = {**addresses, "--speed": "1.0", "--started-at": now, "--anchored-at": now}
    return [command[0], "-m", "sandbox.bot_child", *(part for pair in options.items() for part in pair)]


async def _a_video(stage: Stage) -> None:
    guild = stage.chat.add_guild("Night Shift")
    channel = guild.add_channel("videos")
    ada = stage.chat.add_person("Ada")
    guild.join(ada)
    await ada.slash(channel, "video", prompt="A red fox in snow", seconds="4")
    video = await stage.chat.wait_message(channel, has_video, timeout_seconds=_VIDEO_SECONDS)
    _demand(stage.paid("A red fox in snow") == 1, f"a video is made and posted: {video.attachments[0].file_name}")
    container = read_container(video.attachments[0].path)
    _demand(container is not None and container.plays_inline, "Debian's ffmpeg has converted it from HEVC")


def _health(container: Container, image: Image, settings: dict[str, str]) -> None:
    done = container.execute(image.health, settings)
    _demand(done.returncode == 0, f"the HEALTHCHECK passes {done.stderr.decode()}")


def _free_port() -> int:
    """In place of the image's own: the network is this machine's."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _left_behind(container: Container, settings: dict[str, str]) -> None:
    done = container.execute(["find", "/tmp", "-mindepth", "1"], settings)
    _demand(done.returncode == 0 and not done.stdout, f"/tmp is empty: it writes to /data alone {done.stdout.decode()}")


def _demand(holds: bool, sentence: str) -> None:
    if not holds:
        raise AssertionError(sentence)
    _seen(sentence)


def _seen(sentence: str) -> None:
    sys.stdout.write(f"seen: {sentence}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
