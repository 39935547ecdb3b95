"""Fixtures of the end-to-end tests; what they are made of is in `scenes`."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.stage import Stage
from tests.e2e.scene import Scene, a_stage


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_stage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, database_kind: str
) -> AsyncIterator[Stage]:
    """One bot for a whole file of tests, with the `SETTINGS` and `PROVIDERS` of the file, if it has any."""
    settings, providers = (getattr(request.module, name, None) for name in ("SETTINGS", "PROVIDERS"))
    async with a_stage(tmp_path_factory.mktemp("stage"), settings=settings, providers=providers) as stage:
        yield stage
        code = await stage.bot.terminate()
        assert code == 0, stage.bot.log()
        assert "Traceback" not in stage.bot.log(), stage.bot.log()


@pytest.fixture
def scene(shared_stage: Stage, request: pytest.FixtureRequest) -> Scene:
    """A server, a channel and a person of this test's own."""
    guild = shared_stage.chat.add_guild(request.node.name[:90])
    ada = shared_stage.chat.add_person("Ada")
    guild.join(ada)
    return Scene(shared_stage, guild, guild.add_channel("videos"), ada)
