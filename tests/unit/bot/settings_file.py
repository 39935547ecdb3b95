"""A providers file for tests, and what the bot reads and says about one."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.settings import Settings, SettingsError, Setup, load_settings

TOKEN = "token-canary-of-discord"
KEYS = {"MAIN_API_KEY": "main-canary-0123456789", "BACKUP_API_KEY": "backup-canary-0123456789"}
PROVIDER = """
[providers.main]
base_url = "https://main.test/v1/"
api_key = "env:MAIN_API_KEY"
"""
MODEL = """
[models.fox]
providers = [{ provider = "main" }]
sizes = ["1280x720"]
seconds = [4]
"""


@dataclass(frozen=True, slots=True)
class Folder:
    """A working directory with a providers file, and an environment with its keys and nothing else of ours."""

    path: Path
    monkeypatch: pytest.MonkeyPatch

    @property
    def file(self) -> Path:
        return self.path / "providers.toml"

    def write(self, content: str | bytes, mode: int = 0o600) -> None:
        self.file.touch(0o600)
        self.file.write_bytes(content if isinstance(content, bytes) else content.encode())
        self.file.chmod(mode)

    def set(self, **values: str) -> None:
        for name, value in values.items():
            self.monkeypatch.setenv(name, value)

    def settings(self, content: str | None = None) -> tuple[Settings, list[str]]:
        """The settings with that file, and the doubts about them."""
        if content is not None:
            self.write(content)
        doubts: list[str] = []
        return load_settings(warn=doubts.append), doubts

    def read(self, content: str | None = None) -> Setup:
        settings, doubts = self.settings(content)
        assert doubts == []
        return settings.setup

    def mistakes(self, content: str | bytes | None = None) -> list[str]:
        """What is said about that file, without the name of the setting; always whole lines without a secret."""
        if content is not None:
            self.write(content)
        with pytest.raises(SettingsError) as caught:
            load_settings()
        assert caught.value.__context__ is None
        for each in caught.value.mistakes:
            assert each.isprintable()
            assert "canary" not in each
        return [each.removeprefix("PROVIDERS_FILE: ") for each in caught.value.mistakes]


def empty_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """The folder as the working directory; of our settings only the token and the path of the file are set."""
    for name in list(os.environ):
        if name.lower() in Settings.model_fields or name.endswith(("_API_KEY", "_API_KEY_FILE")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(folder)
    made = Folder(folder, monkeypatch)
    made.set(DISCORD_TOKEN=TOKEN, PROVIDERS_FILE="providers.toml", **KEYS)
    made.write(PROVIDER + MODEL)
    return made
