"""A providers file from what both studios list, written by the real process and read again by it."""

import asyncio
import tomllib
from pathlib import Path

import pytest

from bot.ops.clock import SystemClock
from sandbox.studio.dials import Dials
from sandbox.studio.server import Studio
from tests.unit.bot.forked import run

pytestmark = pytest.mark.slow


async def test_from_two_studios_of_different_dialects(tmp_path: Path) -> None:
    """The described models are offered with their sizes, lengths, frames and options; no key is written."""
    work = tmp_path / "work"
    work.mkdir()
    async with (
        Studio(tmp_path / "first", SystemClock(), "sk-first-canary") as first,
        Studio(
            tmp_path / "second",
            SystemClock(),
            "sk-second-canary",
            dials=Dials(models=("studio/cinema-2",)),
            dialect="openrouter",
        ) as second,
    ):
        keys = {"FIRST_API_KEY": first.api_key, "SECOND_API_KEY": second.api_key}
        (work / "small.toml").write_text(
            f"""
            [providers.first]
            base_url = "{first.base_url}"
            api_key = "env:FIRST_API_KEY"
            [providers.second]
            base_url = "{second.base_url}"
            api_key = "env:SECOND_API_KEY"
            dialect = "openrouter"
            [models.gpt-4o-video]
            providers = [{{ provider = "first" }}]
            sizes = ["1280x720"]
            seconds = [4]
            """
        )
        for source, target in (("small.toml", "whole.toml"), ("whole.toml", "again.toml")):
            done = await asyncio.to_thread(run, work, "providers", "--write", target, PROVIDERS_FILE=source, **keys)
            assert done.returncode == 0, done.stderr
            assert "canary" not in done.stderr + done.stdout
        text = (work / "whole.toml").read_text()
        assert "canary" not in text
        whole, again = tomllib.loads(text), tomllib.loads((work / "again.toml").read_text())
        assert whole["providers"] == again["providers"]
        assert whole["models"] == again["models"]
        assert list(whole["models"]) == ["gpt-4o-video", "studio/cinema-2"]
        model = whole["models"]["studio/cinema-2"]
        assert model["providers"] == [{"provider": "second", "model": "studio/cinema-2"}]
        assert (model["sizes"][0], model["seconds"]) == ("1280x720", [4, 8, 12])
        assert (model["references"], model["roles"]) == (2, ["first", "last"])
        assert {option["wire"] for option in model["options"].values()} == {"seed", "generate_audio"}
        assert '# price = { currency = "USD", per_second = ' in text
