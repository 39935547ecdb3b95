"""The unit for systemd: exit codes, shutdown, secrets, rights, and what systemd says of it where it is installed."""

import re
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from bot.cli import ExitCode
from bot.settings import NAMES
from tests.rules.sources import ROOT

UNIT = ROOT / "deploy/video-bot.service"
HARDENED = {
    "NoNewPrivileges", "PrivateDevices", "PrivateMounts", "PrivateTmp", "PrivateUsers", "ProtectClock",
    "ProtectControlGroups", "ProtectHome", "ProtectHostname", "ProtectKernelLogs", "ProtectKernelModules",
    "ProtectKernelTunables", "RemoveIPC", "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID",
    "LockPersonality",
    "MemoryDenyWriteExecute",
}  # fmt: skip
with_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed here")


def directives(section: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    inside = False
    for line in UNIT.read_text().splitlines():
        if line.startswith("["):
            inside = line == f"[{section}]"
        elif inside and line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found[name].append(value)
    return found


SERVICE = directives("Service")


def only(name: str) -> str:
    [value] = SERVICE[name]
    return value


def settings() -> dict[str, str]:
    return dict(pair.split("=", 1) for line in SERVICE["Environment"] for pair in line.split())


def test_it_is_started_again_only_where_that_helps() -> None:
    """After a failure it starts again, but for 75 and 78, of which an operator must learn."""
    assert only("Restart") == "on-failure"
    assert only("RestartPreventExitStatus").split() == [str(ExitCode.ALREADY_RUNNING), str(ExitCode.CONFIGURATION)]


def test_a_shutdown_is_waited_for_and_leaves_ffmpeg_alone() -> None:
    """SIGTERM goes to the bot alone, which has 30 s for its 20; ffmpeg that runs out of memory doesn't end the bot."""
    assert only("KillMode") == "mixed"
    assert int(only("TimeoutStopSec")) == 30
    assert only("OOMPolicy") == "continue"
    assert only("MemoryMax") == "2G"


def test_secrets_are_credentials() -> None:
    """Token and key are read by systemd, as root, and named to the bot as files; the environment holds no secret."""
    for setting in ("DISCORD_TOKEN", "VIDEOS_API_KEY"):
        name = setting.lower()
        assert f"{name}:/etc/video-bot/{name}" in SERVICE["LoadCredential"]
        assert settings()[f"{setting}_FILE"] == f"%d/{name}"
    assert settings().keys() - {"PYTHONDONTWRITEBYTECODE"} <= NAMES
    assert not {"DISCORD_TOKEN", "VIDEOS_API_KEY"} & settings().keys()


def test_data_is_where_systemd_keeps_state() -> None:
    """DATA_DIR is the folder that systemd makes for it, closed to others."""
    assert settings()["DATA_DIR"] == f"%S/{only('StateDirectory')}"
    assert (only("StateDirectoryMode"), only("UMask")) == ("0700", "0077")


def test_it_runs_without_rights() -> None:
    """A user of its own without capabilities, a file system that it can't change, and the system calls of a service."""
    assert only("User") == "video-bot"
    assert {name for name, values in SERVICE.items() if values == ["yes"]} == HARDENED
    assert only("CapabilityBoundingSet") == ""
    assert only("ProtectSystem") == "strict"
    assert only("RestrictAddressFamilies").split() == ["AF_INET", "AF_INET6", "AF_UNIX"]
    assert SERVICE["SystemCallFilter"] == ["@system-service", "~@privileged"]
    assert "ReadWritePaths" not in SERVICE


def test_it_starts_what_the_page_installs() -> None:
    """It runs the bot of the folder in which docs/deploy.md installs it, with that folder's Python."""
    assert only("ExecStart") == f"{only('WorkingDirectory')}/.venv/bin/python -m bot"
    page = (ROOT / "docs/deploy.md").read_text()
    assert f"git clone ADDRESS {only('WorkingDirectory')}\n" in page
    # systemd-run looks for a program below the folder where it is called.
    assert re.findall(r"(\S+)/.venv/bin/python -m bot check", page) == [only("WorkingDirectory")]
    # Another Python, such as root's own below /root, is one that the unit's user can't run.
    made = page.partition("\n## systemd\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"\S+ -m venv", made)) == {"/usr/bin/python3 -m venv", "`/usr/bin/python3 -m venv"}


@with_systemd
def test_systemd_takes_every_line(tmp_path: Path) -> None:
    """systemd understands all of the unit, whose program is not installed here."""
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text().replace(only("ExecStart"), shutil.which("true") or "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", copy], capture_output=True, text=True, timeout=60, check=False)
    assert [line for line in done.stderr.splitlines() if UNIT.name in line] == []


@with_systemd
def test_systemd_finds_it_hardly_exposed() -> None:
    """systemd's own measure, from 0 to 10, is at most 2, and what docs/deploy.md says of that version."""
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", UNIT]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout[-300:]
    said = re.search(r"([\d.]+) of 10 with systemd (\d+)", (ROOT / "docs/deploy.md").read_text())
    assert said is not None
    version = subprocess.run(["systemd-analyze", "--version"], capture_output=True, text=True, check=True).stdout
    if version.split()[1] == said[2]:
        assert f"level for {UNIT.name}: {said[1]} " in done.stdout
