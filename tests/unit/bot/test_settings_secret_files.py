"""`DISCORD_TOKEN_FILE` and `VIDEOS_API_KEY_FILE`: who may read and change the file, and what it holds."""

import os
from pathlib import Path

import pytest

from bot.settings import Settings, SettingsError, load_settings
from tests.unit.bot.test_settings import folder

__all__ = ["folder"]
NAMES = ("DISCORD_TOKEN", "VIDEOS_API_KEY")
SECRET = "secret-canary-1"


@pytest.fixture(autouse=True)
def others(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Both secrets in files that are as they should be."""
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    for name in NAMES:
        put(folder / name, SECRET)
        monkeypatch.setenv(f"{name}_FILE", name)


def put(file: Path, content: str | bytes, mode: int = 0o600) -> None:
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    file.chmod(mode)


def read() -> tuple[Settings, list[str]]:
    doubts: list[str] = []
    return load_settings(warn=doubts.append), doubts


def mistake() -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings()
    (said,) = caught.value.mistakes
    assert "canary" not in said
    assert "\n" not in said
    return said


def test_both_secrets_may_come_from_files(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Named in the environment or in `.env`."""
    monkeypatch.delenv("DISCORD_TOKEN_FILE")
    put(folder / ".env", "DISCORD_TOKEN_FILE=DISCORD_TOKEN\n")
    settings, doubts = read()
    assert settings.discord_token.get_secret_value() == settings.videos_api_key.get_secret_value() == SECRET
    assert doubts == []


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_one_trailing_line_break_is_cut(folder: Path, ending: str) -> None:
    """As editors and `echo` write it."""
    put(folder / "VIDEOS_API_KEY", SECRET + ending)
    assert read()[0].videos_api_key.get_secret_value() == SECRET


@pytest.mark.parametrize("content", [SECRET + "\n\n", f" {SECRET}", f"{SECRET}\nmore", "", "\n", b"\xff" * 20, "short"])
def test_what_is_no_secret_is_refused(folder: Path, content: str | bytes) -> None:
    """Nothing else is cut, so nothing is guessed."""
    put(folder / "VIDEOS_API_KEY", content)
    assert mistake().startswith(("VIDEOS_API_KEY is wrong", "VIDEOS_API_KEY_FILE is wrong"))


@pytest.mark.parametrize(("size", "fits"), [(4096, True), (4097, False)])
def test_a_file_holds_at_most_4_kib(folder: Path, size: int, fits: bool) -> None:
    """A larger one is something else."""
    put(folder / "DISCORD_TOKEN", "x" * size)
    if fits:
        assert len(read()[0].discord_token.get_secret_value()) == size
    else:
        assert "4096" in mistake()


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o660, 0o666])
def test_a_file_that_others_may_change_is_refused(monkeypatch: pytest.MonkeyPatch, folder: Path, mode: int) -> None:
    """Except one from a service manager, with any mode."""
    put(folder / "DISCORD_TOKEN", SECRET, mode)
    assert "changed by others" in mistake()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    assert read()[1] == []
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    monkeypatch.setattr("bot.settings._sources._SECRETS_FOLDER", folder)
    assert read()[1] == []
    # What only seems to lie there is judged by where it is.
    monkeypatch.setattr("bot.settings._sources._SECRETS_FOLDER", folder / "run")
    (folder / "run").mkdir()
    (folder / "run" / "token").symlink_to(folder / "DISCORD_TOKEN")
    monkeypatch.setenv("DISCORD_TOKEN_FILE", str(folder / "run" / "token"))
    assert "changed by others" in mistake()


def test_a_file_that_all_may_read_is_warned_about(folder: Path) -> None:
    """It works: some machines have one user only."""
    put(folder / "DISCORD_TOKEN", SECRET, 0o644)
    (doubt,) = read()[1]
    assert "DISCORD_TOKEN_FILE" in doubt
    assert "everybody" in doubt
    put(folder / "DISCORD_TOKEN", SECRET, 0o640)
    assert read()[1] == []


@pytest.mark.parametrize("name", NAMES)
def test_both_forms_together_are_a_mistake(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Which one counts would be a guess."""
    monkeypatch.setenv(name, SECRET)
    assert mistake().startswith(f"{name} and {name}_FILE are both set")


def test_a_file_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Missing, a folder, a pipe that would be waited for: one line with the path."""
    os.mkfifo(folder / "pipe")
    for path in ("nowhere", ".", "pipe", "nowhere/at/all"):
        monkeypatch.setenv("VIDEOS_API_KEY_FILE", path)
        said = mistake()
        assert said.startswith("VIDEOS_API_KEY_FILE is wrong")
        assert repr(path) in said
