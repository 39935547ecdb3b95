"""A bot that goes on with PostgreSQL where it stopped with SQLite."""

import asyncio
import os
from pathlib import Path

import pytest

from bot.chat.custom_ids import Action
from tests.e2e.messages import of_kind, press, wait_kind
from tests.e2e.scene import a_stage, picture
from tests.postgres import Databases
from tests.unit.bot.forked import run


@pytest.mark.sqlite_only("begins on SQLite")
async def test_a_moved_bot_goes_on_where_it_stopped(tmp_path: Path, postgres: Databases) -> None:
    """A video of before can be remixed, its pictures are there, and nothing counts as restored."""
    url = postgres.empty()
    address = url.render_as_string(hide_password=False)
    async with a_stage(tmp_path) as stage:
        guild = stage.chat.add_guild("Moved")
        ada = stage.chat.add_person("Ada")
        guild.join(ada)
        channel = guild.add_channel("videos")
        await ada.slash(channel, "video", prompt="A heron at dawn", reference=picture())
        video = await wait_kind(stage.chat, channel, "video")
        assert await stage.bot.terminate() == 0
        source = f"sqlite:///{stage.bot.data_dir / 'bot.db'}"
        done = await asyncio.to_thread(
            run, tmp_path, "migrate", "--from", source, DATA_DIR=str(stage.bot.data_dir), DATABASE_URL=address
        )
        assert done.returncode == 0, done.stderr
        for kept in (stage.bot.data_dir / "references").iterdir():
            kept.unlink()
        await stage.start_bot(DATABASE_URL=address)
        assert not os.path.lexists(stage.bot.data_dir / "PAUSED")
        await press(ada, video, Action.AGAIN)
        await stage.chat.wait_for(lambda: len(of_kind(channel, "video")) == 2, what="another video")
        await ada.reply(video, "Now make it night")
        await stage.chat.wait_for(lambda: len(of_kind(channel, "video")) == 3, what="the remix")
        assert await stage.bot.terminate() == 0
    postgres.release(url)
