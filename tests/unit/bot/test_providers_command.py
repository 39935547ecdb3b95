"""`python -m bot providers --write FILE` as an operator types it."""

import stat
from pathlib import Path

import pytest

from tests.unit.bot.forked import run

pytestmark = pytest.mark.slow

# No address here listens.
SETTINGS = {"VIDEOS_API_KEY": "key-canary-2", "VIDEOS_API_BASE_URL": "http://127.0.0.66:9/v1"}


def test_it_writes_a_file_and_nothing_else(tmp_path: Path) -> None:
    """It needs no token, makes no data folder, and the file is one that the bot reads and that it doesn't replace."""
    done = run(tmp_path, "providers", "--write", "made.toml", **SETTINGS)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "made.toml is written: it offers 1 model.\n"
    assert [path.name for path in tmp_path.iterdir()] == ["made.toml"]
    assert stat.S_IMODE((tmp_path / "made.toml").stat().st_mode) == 0o600
    assert "canary" not in (tmp_path / "made.toml").read_text()
    again = run(tmp_path, "providers", "--write", "made.toml", **SETTINGS)
    assert (again.returncode, again.stdout) == (78, "")
    assert again.stderr.startswith("The file 'made.toml' exists")
    more = run(tmp_path, "providers", "--write", "more.toml", PROVIDERS_FILE="made.toml", VIDEOS_API_KEY="key-canary-2")
    assert (more.returncode, more.stderr) == (0, "")
    assert (tmp_path / "more.toml").read_text() == (tmp_path / "made.toml").read_text()


@pytest.mark.parametrize("arguments", [("providers",), ("--write", "made.toml"), ("migrate", "--write", "made.toml")])
def test_command_and_option_go_together(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Anything else is an unknown command."""
    done = run(tmp_path, *arguments, **SETTINGS)
    assert done.returncode == 2
    assert "--write goes with providers" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_mistakes_come_first(tmp_path: Path) -> None:
    """All at once, before any address is asked; a missing key is one, a missing token isn't."""
    done = run(tmp_path, "providers", "--write", "made.toml", MAX_RENDERING_JOBS="0")
    assert done.returncode == 78
    assert "MAX_RENDERING_JOBS" in done.stderr
    assert "VIDEOS_API_KEY is missing" in done.stderr
    assert "DISCORD_TOKEN" not in done.stderr


def test_a_wrong_providers_file_ends_the_start_with_78(tmp_path: Path) -> None:
    """With every mistake, before anything is made; for `migrate`, too."""
    (tmp_path / "bad.toml").write_text('[providers.main]\nbase_url = "x"\napi_key = "sk-canary-0123456789"\n')
    for command in ((), ("migrate",), ("providers", "--write", "made.toml")):
        done = run(tmp_path, *command, PROVIDERS_FILE="bad.toml", DISCORD_TOKEN="token-canary-1")
        assert done.returncode == 78
        assert done.stderr.count("\n") == 1
        for said in ("providers.main.base_url is wrong", "providers.main.api_key is wrong", "models is missing"):
            assert said in done.stderr
        assert "canary" not in done.stderr
        assert [path.name for path in tmp_path.iterdir()] == ["bad.toml"]
