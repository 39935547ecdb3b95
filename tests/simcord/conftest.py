"""Fixtures of the SimCord tests; what they are made of, and what SimCord leaves out, is in `sim_bot` and `world`."""

import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import discord
import pytest
import pytest_asyncio
import simcord.backend.cdn
from discord.http import Route
from simcord import Env

from bot.app import migrate_only
from bot.chat.words import Language, read_languages
from bot.client import quiet_voice_warnings
from bot.jobs.offered_models import OfferedModel
from bot.settings import Settings
from tests.databases import a_database_url, shared_statements
from tests.simcord.sim_bot import FakeCdn, SimBot
from tests.simcord.world import SimWorld


def settings_for(data_dir: Path, **settings: object) -> Settings:
    """The defaults, with a provider that is never reached, and further settings by the names of their fields.

    Pictures are as the tests have them, unless one is about how they are fitted.
    """
    return Settings(
        _env_file=None,
        discord_token="token",
        videos_api_key="key",
        videos_api_base_url="http://127.0.0.66/v1",
        data_dir=data_dir,
        **({"videos_reference_fit": "off"} | settings),
    )


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with an empty database, to be copied."""
    folder = tmp_path_factory.mktemp("migrated") / "data"
    migrate_only(settings_for(folder))
    return folder


@pytest_asyncio.fixture
async def files(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeCdn]:
    """Where attachments lie: SimCord gives them addresses there, and the bot takes it for Discord's own host."""
    served = FakeCdn()
    await served.start()
    monkeypatch.setattr(simcord.backend.cdn, "CDN_BASE", served.origin)
    monkeypatch.setattr(Route, "BASE", f"{served.origin}/api/v10")
    yield served
    await served.stop()


@pytest.fixture(scope="session")
def languages() -> Mapping[str, Language]:
    """What the bot speaks."""
    return read_languages()


@pytest.fixture
def models() -> tuple[OfferedModel, ...]:
    """What the bot offers as from a providers file; by default the models of the settings."""
    return ()


@pytest_asyncio.fixture
async def sim_bot(
    migrated: Path,
    models: tuple[OfferedModel, ...],
    tmp_path: Path,
    files: FakeCdn,
    monkeypatch: pytest.MonkeyPatch,
    languages: Mapping[str, Language],
) -> AsyncIterator[SimBot]:
    """The bot, logged in and with nothing running."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    quiet_voice_warnings()
    async with AsyncExitStack() as resources:
        url = resources.enter_context(a_database_url())
        resources.enter_context(shared_statements())
        if url is None:
            shutil.copytree(migrated, tmp_path / "data")
        else:
            (tmp_path / "data").mkdir()
        on = {} if url is None else {"database_url": url.render_as_string(hide_password=False)}
        settings = settings_for(tmp_path / "data", **on)
        if models:
            settings = settings.with_setup(replace(settings.setup, models=models))
        sim_bot = await SimBot.begin(settings, resources, languages)
        files.env = sim_bot.env
        await sim_bot.env.start()
        try:
            yield sim_bot
        finally:
            await sim_bot.env.shutdown()
        sim_bot.env.raise_errors()


@pytest.fixture
def env(sim_bot: SimBot) -> Env:
    """SimCord's own Discord; its plugin looks for it among the fixtures, to let tests share the virtual time."""
    return sim_bot.env


@pytest.fixture
def world(sim_bot: SimBot, env: Env) -> SimWorld:
    """One server with one channel and three people."""
    guild = env.create_guild("Studio")
    managing = discord.Permissions(manage_messages=True, manage_guild=True)
    managers = guild.create_role("Managers", permissions=managing)
    return SimWorld(
        sim_bot,
        guild,
        guild.create_text_channel("videos"),
        guild.add_member(env.create_user("ada")),
        guild.add_member(env.create_user("ben")),
        guild.add_member(env.create_user("mia"), roles=[managers]),
    )
