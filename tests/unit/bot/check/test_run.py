"""All parts together: what hangs or breaks becomes a line, and what can't be used is left out."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from discord.http import Route

from bot.check import run as running
from bot.check.findings import Line, Outcome, Report, State, in_order, note
from bot.check.run import Bounds, run_checks, time_read
from bot.ops.clock import SystemClock
from bot.ops.logs import Redactor
from bot.settings import read_settings
from tests.readers import READERS

# For parts that hang.
QUICK = Bounds(database=0.3, provider=0.3, discord=0.3, machine=0.3)
TOKEN, KEY = "token-canary-of-the-check", "key-canary-of-the-check"
# Nothing listens there.
NOWHERE = "http://127.0.0.66:9"


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of its own, an environment that has nothing but what a test sets, and an ffmpeg that ends at once."""
    monkeypatch.chdir(tmp_path)
    for name in ("DISCORD_TOKEN", "VIDEOS_API_KEY", "DATA_DIR", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VIDEOS_API_BASE_URL", f"{NOWHERE}/v1")
    monkeypatch.setattr(Route, "BASE", NOWHERE)
    install_ffmpeg(tmp_path, monkeypatch, "exit 0")


def install_ffmpeg(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = folder / "ffmpeg"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


async def check(bounds: Bounds | None = None) -> Report:
    return await run_checks(read_settings(), SystemClock(), READERS.languages, Redactor([TOKEN, KEY]), bounds=bounds)


def parts(report: Report) -> set[str]:
    return {finding.line.part for finding in report.findings}


async def test_nothing_is_set() -> None:
    """Each missing setting is a line, and what needs it is left out."""
    report = await check()
    said = [finding.what for finding in report.findings if finding.line is Line.SETTINGS]
    assert [one.split()[0] for one in said] == ["DISCORD_TOKEN", "VIDEOS_API_KEY"]
    assert parts(report) == {"settings", "data_folder", "database", "machine", "check"}
    assert report.outcome is Outcome.TO_FIX
    assert report.invitation is None


@pytest.mark.parametrize(
    ("name", "value", "missing"),
    [
        ("DATA_DIR", "/", {"data_folder", "database"}),
        ("DATABASE_URL", "mysql://canary", {"database"}),
        ("VIDEOS_API_BASE_URL", "http://8.8.8.8", {"provider"}),
        ("PROVIDERS_FILE", "nowhere.toml", {"provider"}),
        ("DISCORD_TOKEN", "two words", {"discord"}),
        ("MAX_RENDERING_JOBS", "many", set()),
    ],
)
async def test_a_wrong_setting_leaves_the_rest(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, missing: set[str]
) -> None:
    """Its parts are left out, and all others are checked."""
    for setting, secret in (("DISCORD_TOKEN", TOKEN), ("VIDEOS_API_KEY", KEY), (name, value)):
        monkeypatch.setenv(setting, secret)
    if name == "PROVIDERS_FILE":
        monkeypatch.delenv("VIDEOS_API_BASE_URL")
    report = await check()
    everything = {"settings", "data_folder", "database", "provider", "discord", "machine", "check"}
    assert everything - parts(report) == missing
    assert report.findings[0].state is State.PROBLEM
    assert name in report.findings[0].what
    assert "canary" not in str(report)


async def test_typos_in_env_are_lines(tmp_path: Path) -> None:
    """All at once, with what was meant."""
    (tmp_path / ".env").write_text(f"DISCORD_TOKN={TOKEN}\nVIDEO_API_KEY={KEY}\nthis is no line\n")
    (tmp_path / ".env").chmod(0o644)
    report = await check()
    said = " ".join(finding.what for finding in report.findings if finding.line is Line.SETTINGS)
    for part in ("did you mean DISCORD_TOKEN", "did you mean VIDEOS_API_KEY", "lines that are not", "chmod 600"):
        assert part in said
    assert "canary" not in str(report)


async def test_a_providers_file_with_both_dialects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each provider has lines of its own; a file needs no other key."""
    monkeypatch.delenv("VIDEOS_API_BASE_URL")
    monkeypatch.setenv("ONE_API_KEY", KEY)
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    tables = [
        f'[providers.{name}]\nbase_url = "{NOWHERE}/{name}"\napi_key = "env:ONE_API_KEY"\ndialect = "{dialect}"\n'
        for name, dialect in (("first", "openai"), ("second", "openrouter"))
    ]
    routes = '[{ provider = "first" }, { provider = "second" }]'
    model = f'[models.clip]\nproviders = {routes}\nsizes = ["1280x720"]\nseconds = [4]\n'
    (tmp_path / "providers.toml").write_text("\n".join([*tables, model]))
    monkeypatch.setenv("PROVIDERS_FILE", "providers.toml")
    report = await check()
    lines = [(finding.about, finding.state) for finding in report.findings if finding.line is Line.ADDRESS]
    assert lines == [("first", State.PROBLEM), ("second", State.PROBLEM)]
    assert [finding.state for finding in report.findings if finding.line is Line.SETTINGS] == [State.OK]


async def test_parts_that_hang_are_a_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, silent_port: int) -> None:
    """Each after its time; the others are checked."""
    server = f"127.0.0.1:{silent_port}"
    for setting, value in (
        ("DISCORD_TOKEN", TOKEN),
        ("VIDEOS_API_KEY", KEY),
        ("VIDEOS_API_BASE_URL", f"http://{server}/v1"),
        ("DATABASE_URL", f"postgresql+asyncpg://user:password-canary@{server}/bot"),
    ):
        monkeypatch.setenv(setting, value)
    monkeypatch.setattr(Route, "BASE", f"http://{server}")
    install_ffmpeg(tmp_path, monkeypatch, "sleep 60")
    report = await check(QUICK)
    finished = next(each for each in report.findings if each.line is Line.FINISHED)
    assert finished.state is State.PROBLEM
    for part in ("the database", "the providers", "Discord", "the machine"):
        assert part in finished.what
    assert "the data folder" not in finished.what
    assert report.outcome is Outcome.TO_FIX
    assert "canary" not in str(report)


async def test_a_disk_that_hangs_is_a_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its thread can't be ended; the report comes all the same."""
    (tmp_path / "data").mkdir()
    go_on = threading.Event()
    monkeypatch.setattr("bot.check.data_folder.os.fsync", lambda _file: go_on.wait(30))
    report = await check(Bounds(folder=0.3))
    go_on.set()
    (finding,) = [each for each in report.findings if each.line is Line.FINISHED]
    assert "the data folder" in finding.what
    # What was known before is kept.
    assert Line.FOLDER in {each.line for each in report.findings}


async def test_an_unexpected_error_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other parts go on, and the process ends with 1."""

    def breaks() -> None:
        raise LookupError("unheard of")

    # A bug, injected.
    monkeypatch.setattr(running, "find_ffmpeg", breaks)
    report = await check()
    assert report.outcome is Outcome.BROKE
    assert "the machine" in next(each for each in report.findings if each.line is Line.FINISHED).what
    assert "data_folder" in parts(report)


async def test_no_secret_is_in_a_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line is cleaned, like the log."""
    monkeypatch.setenv("DATA_DIR", f"/nowhere/{KEY}")
    report = await check()
    assert KEY not in str(report)
    assert "[hidden]" in str(report)


NOON = "Mon, 30 Nov 2026 12:00:00 GMT"
NOON_AT = 1_796_040_000.0


@pytest.mark.parametrize(("at", "behind"), [(NOON_AT, 0.5), (NOON_AT - 3600, 3600.5), (NOON_AT + 90, -89.5)])
def test_a_clock_is_compared_with_the_date_of_an_answer(at: float, behind: float) -> None:
    """The header has whole seconds, and the answer took some time."""
    read = time_read("Discord", NOON, at - 1, at + 1)
    assert read is not None
    assert (read.behind_seconds, read.fuzzy_seconds) == (behind, 3.0)


@pytest.mark.parametrize("date", ["", "tomorrow", "Mon, 99 Nov 2026 12:00:00 GMT"])
def test_an_unreadable_date_is_none(date: str) -> None:
    """It is foreign text."""
    assert time_read("Discord", date, 0, 0) is None


def test_findings_are_in_order() -> None:
    """All of one provider together, whenever they came."""
    lines = (Line.CLOCK, Line.KEY, Line.SETTINGS, Line.ADDRESS)
    found = [note(line, "x", about=about) for about in ("b", "a") for line in lines]
    assert [(each.line.kind, each.about) for each in in_order(found)][2:6] == [
        ("address", "a"), ("key", "a"), ("address", "b"), ("key", "b"),
    ]  # fmt: skip
