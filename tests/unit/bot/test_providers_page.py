"""The example of a providers file, and the blocks of docs/providers.md, are files that the bot reads."""

import re
from pathlib import Path

import pytest

from bot.settings import NAMES
from bot.settings._model_tables import _NAMES as MODEL_NAMES
from bot.settings._option_tables import _NAMES as OPTION_NAMES
from bot.settings._provider_tables import _NAMES as PROVIDER_NAMES
from tests.unit.bot.settings_file import Folder, empty_environment

DOCS = Path(__file__).parents[3] / "docs"
EXAMPLE = (DOCS / "providers.example.toml").read_text(encoding="utf-8")
PAGE = (DOCS / "providers.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"(?ms)^```toml\n(.*?)^```", PAGE)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    made = empty_environment(tmp_path, monkeypatch)
    made.set(**{name: "some-canary-key" for name in re.findall(r"env:(\w+)", EXAMPLE + PAGE) if name != "NAME_API_KEY"})
    return made


def test_the_example_can_be_read(folder: Folder) -> None:
    """Without a mistake or a doubt; it has several providers, each dialect and each type of an option."""
    setup = folder.read(EXAMPLE)
    assert len(setup.providers) == len(setup.models) == 3
    assert {provider.dialect for provider in setup.providers} == {"openai", "openrouter"}
    options = [option for model in setup.models for option in model.options]
    assert {option.type for option in options} == {"integer", "switch", "text", "choice"}
    assert any(len(model.routes) > 1 for model in setup.models)


@pytest.mark.parametrize("block", BLOCKS)
def test_each_block_of_the_page_is_a_file(folder: Folder, block: str) -> None:
    """To begin with."""
    assert folder.read(block).models


def test_the_page_has_every_server() -> None:
    """And each with a block."""
    assert len(BLOCKS) == PAGE.partition("\n## Servers\n")[2].count("\n### ") == 6


def test_the_page_names_every_key() -> None:
    """Of providers, models and options, in its tables."""
    named = set(re.findall(r"`(\w+)`", "\n".join(line for line in PAGE.splitlines() if line.startswith("| "))))
    assert PROVIDER_NAMES - named == set()
    assert MODEL_NAMES - named == set()
    assert OPTION_NAMES - named == set()


def test_the_page_names_the_settings_that_a_file_replaces() -> None:
    """All of those that describe the one provider, but for its key."""
    replaced = {name for name in NAMES if name.startswith("VIDEOS_")} - {"VIDEOS_API_KEY", "VIDEOS_API_KEY_FILE"}
    assert replaced <= set(re.findall(r"`(VIDEOS_\w+)`", PAGE.partition("\n## ")[0]))
