"""Two processes that are set to serve the same shard."""

from pathlib import Path

from tests.e2e.scene import a_stage
from tests.postgres import Databases


async def test_a_process_whose_shard_is_taken_ends_with_78(tmp_path: Path, postgres: Databases) -> None:
    """One line names the shard and the setting; the first process goes on."""
    url = postgres.new()
    settings = {"DATABASE_URL": url.render_as_string(hide_password=False), "SHARD_COUNT": "2", "SHARD_IDS": "0-1"}
    async with a_stage(tmp_path, settings=settings) as stage:
        stage.bots.append(stage.a_bot("second"))
        await stage.bots[1].start(stage.environment() | {"SHARD_IDS": "1"})
        assert await stage.bots[1].ended() == 78
        lines = [line for line in stage.bots[1].log().splitlines() if not line.startswith("{")]
        assert lines == ["Another process serves shard 1 already: give each its own SHARD_IDS."]
        assert stage.bot.running
        assert await stage.bot.terminate() == 0
    postgres.release(url)
