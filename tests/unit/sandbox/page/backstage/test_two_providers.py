"""Backstage with two providers: each has its dials, faults and calls; the counts are over both."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.settings.providers_file import open_providers_file
from bot.videos.provider_setup import Abilities
from sandbox.page.demo import DEMO_MODELS, two_providers
from sandbox.page.dials import DialBoard, DialError
from sandbox.page.views.backstage import backstage_view, log_entries
from sandbox.providers import StudioPlan
from sandbox.stage import Stage
from sandbox.studio import Dials, Studio


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    plans = {
        "main": StudioPlan("openai", Dials(render_seconds=5), Abilities(remix=True, list=True)),
        "backup": StudioPlan("openrouter", Dials(render_seconds=5, models=("vendor/clip-1",))),
    }
    async with Stage(tmp_path, providers=plans) as stage:
        yield stage


async def create(studio: Studio, key: str, **more: object) -> int:
    headers = {"Authorization": f"Bearer {studio.api_key}", "Idempotency-Key": key}
    fields = {"prompt": "A cat", "model": studio.dials.models[0], **more}
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{studio.base_url}/videos", json=fields, headers=headers) as answer,
    ):
        return answer.status


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("render", {"seconds": 90}, "backup: New renders take 90 s and report no progress."),
        ("next_render", {"outcome": "hangs"}, "backup: The next render is accepted, and never finishes."),
        ("video_size", {"size": "over_limit"}, "backup: Videos have 12 MB now."),
        ("cancel", {"form": "aborts"}, "backup: A DELETE stops a render and removes it."),
        (
            "remix",
            {"form": "source_lost"},
            "backup: Finished videos are lost at the provider.",
        ),
        ("provider_fault", {"on": "paid", "what": "500"}, "Planned for backup: 1 × answered 500."),
    ],
)
async def test_a_dial_is_one_providers(stage: Stage, name: str, body: dict[str, Any], said: str) -> None:
    """It names the provider, and leaves the other as it is; without a name it is the first one's."""
    board = DialBoard(stage)
    before = backstage_view(stage)
    assert await board.turn(name, {**body, "provider": "backup"}) == {"said": said}
    after = backstage_view(stage)
    assert after["providers"][0] == before["providers"][0]
    assert (after["providers"][1], after["faults"]) != (before["providers"][1], before["faults"])
    await board.turn(name, body)
    assert (backstage_view(stage)["providers"][0], len(stage.studio.faults.planned)) != (before["providers"][0], 0)
    await board.turn("reset", {})
    assert backstage_view(stage) == before


async def test_a_fault_is_taken_back_where_it_was_planned(stage: Stage) -> None:
    """Both have a first fault; each is listed with its provider."""
    board = DialBoard(stage)
    for provider in ("main", "backup"):
        await board.turn("provider_fault", {"on": "paid", "what": "500", "provider": provider})
    listed = [(fault["id"], fault["provider"]) for fault in backstage_view(stage)["faults"]]
    assert listed == [("provider-main-1", "main"), ("provider-backup-1", "backup")]
    await board.turn("clear_faults", {"id": "provider-backup-1"})
    assert [fault["provider"] for fault in backstage_view(stage)["faults"]] == ["main"]
    with pytest.raises(DialError):
        await board.turn("render", {"seconds": 5, "provider": "elsewhere"})


async def test_what_was_paid_is_counted_over_both(stage: Stage) -> None:
    """A key that both have charged is charged twice; the calls say to which provider they went."""
    main, backup = stage.studios.values()
    assert await create(main, "key-1") == 200
    assert await create(backup, "key-2") == 202
    assert (stage.paid("A cat"), stage.paid("key-1")) == (2, 1)
    view = backstage_view(stage)
    assert [(row["key"], row["verdict"]) for row in view["paid"]] == [("key-1", "ok"), ("key-2", "ok")]
    assert (view["totals"]["paid"], view["totals"]["provider_calls"]) == (2, 2)
    assert await create(backup, "key-1") == 202
    assert [row["verdict"] for row in backstage_view(stage)["paid"]] == ["bad", "ok"]
    entries = log_entries(stage)
    assert [(one["provider"], one["status"]) for one in entries] == [("main", 200), ("backup", 202), ("backup", 202)]
    assert len({one["id"] for one in entries}) == 3


def test_the_settings_name_both_and_hold_no_key(stage: Stage) -> None:
    """The providers file has names and addresses; the keys are in the environment."""
    settings = stage.environment()
    text = Path(settings["PROVIDERS_FILE"]).read_text(encoding="utf-8")
    main, backup = stage.studios.values()
    assert (settings["MAIN_API_KEY"], settings["BACKUP_API_KEY"]) == (main.api_key, backup.api_key)
    assert main.api_key != backup.api_key
    assert main.api_key not in text
    assert main.base_url in text
    assert 'dialect = "openrouter"' in text
    assert "VIDEOS_API_BASE_URL" not in settings


async def test_the_bot_takes_the_file_of_the_demo(tmp_path: Path) -> None:
    """`python -m sandbox --two-providers` writes a file without a mistake or doubt: models that differ, with prices."""
    found: list[str] = []
    async with Stage(tmp_path, providers=two_providers(Dials())) as stage:
        stage.models = DEMO_MODELS
        known = {name: studio.dials.models for name, studio in stage.studios.items()}
        settings = stage.environment()
        file = open_providers_file(settings["PROVIDERS_FILE"], found.append)
        assert file is not None, found
        setup = file.judge(settings, found.append, found.append)
    assert found == []
    assert setup is not None
    assert [(one.name, one.dialect) for one in setup.providers] == [("main", "openai"), ("backup", "openrouter")]
    routes = [route for model in setup.models for route in model.routes]
    assert {route.provider: {one.model for one in routes if one.provider == route.provider} for route in routes} == {
        name: set(models) for name, models in known.items()
    }
    assert [[route.provider for route in model.routes] for model in setup.models] == [
        ["main", "backup"], ["main"], ["backup"],
    ]  # fmt: skip
    assert all(model.price and model.options for model in setup.models)
