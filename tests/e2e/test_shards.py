"""One process with several shards, or with some of them: what people of each server get."""

import json
from pathlib import Path

import pytest

from sandbox.bot_process import BotProcess
from sandbox.chat import Channel, Person
from sandbox.stage import Stage
from tests.e2e import inspection
from tests.e2e.messages import wait_kind
from tests.e2e.scene import a_stage


def a_server(stage: Stage, ada: Person, shard_id: int, count: int) -> Channel:
    """The channel of a server on that shard; Ada is a member."""
    guild = stage.chat.add_guild(f"Server {shard_id}", shard=(shard_id, count))
    guild.join(ada)
    return guild.add_channel("videos")


def ready_lines(stage: Stage) -> list[dict[str, object]]:
    """What the bot has logged once people could use it."""
    lines = [json.loads(line) for line in stage.bot.log().splitlines(keepends=True) if line.endswith("}\n")]
    return [line for line in lines if line["event"] == "ready"]


async def start(stage: Stage, **settings: str) -> dict[str, object]:
    """Start the bot, let time pass while its shards take turns, and return its line `ready`."""
    await stage.start_bot(ready=False, LOG_FORMAT="json", **settings)

    def is_ready() -> bool:
        stage.jump(0.5)
        return bool(ready_lines(stage))

    await stage.chat.wait_for(is_ready, 60, what="the bot to be ready")
    [ready] = ready_lines(stage)
    return ready


@pytest.mark.parametrize("settings", [{"SHARD_COUNT": "2"}, {}], ids=["two", "as many as Discord recommends"])
async def test_a_process_with_two_shards_makes_videos_for_both(tmp_path: Path, settings: dict[str, str]) -> None:
    """Commands and replies in servers of both shards, and in a direct message, become videos."""
    async with a_stage(tmp_path, start=False) as stage:
        chat = stage.chat
        chat.rules.shards = 2
        chat.identifies.apart_seconds = 5.0
        ada = chat.add_person("Ada")
        places = [a_server(stage, ada, shard_id, 2) for shard_id in range(2)]
        ready = await start(stage, **settings)
        assert (ready["shards"], ready["shard_count"], ready["servers"]) == ([0, 1], 2, 2)
        assert chat.identifies.too_early == []
        for number, place in enumerate([*places, chat.dm(ada)]):
            await ada.slash(place, "video", prompt=f"Heron {number} at dawn")
            video = await wait_kind(chat, place, "video")
            await ada.reply(video, f"Now make it number {number}")
            await inspection.job(stage, f"Now make it number {number}", "delivered")
        assert await stage.bot.terminate() == 0
        await chat.bot_gone()
        assert chat.shards_online == []


async def test_a_process_with_some_shards_gets_their_events_alone(tmp_path: Path) -> None:
    """With SHARD_IDS a process serves those servers; commands elsewhere are not answered, and lead to nothing."""
    async with a_stage(tmp_path, start=False) as stage:
        stage.chat.identifies.max_concurrency = 16
        ada = stage.chat.add_person("Ada")
        places = [a_server(stage, ada, shard_id, 4) for shard_id in range(4)]
        ready = await start(stage, SHARD_COUNT="4", SHARD_IDS="0,1")
        assert (ready["shards"], ready["shard_count"], ready["servers"]) == ([0, 1], 4, 2)
        calls = [
            await ada.slash(place, "video", prompt=f"Heron {number} at dawn") for number, place in enumerate(places)
        ]
        for place in places[:2]:
            await wait_kind(stage.chat, place, "video")
        for call in calls[2:]:
            await call.wait_state("failed")
        assert [row["prompt"] for row in inspection.jobs(stage)] == ["Heron 0 at dawn", "Heron 1 at dawn"]


@pytest.mark.sqlite_only("each process has a file of its own; test_shards_of_several.py has what they share")
async def test_two_processes_share_the_shards(tmp_path: Path) -> None:
    """Both are connected at once, and each gets the commands of its own servers; DMs go to the first shard."""
    async with a_stage(tmp_path, start=False) as stage:
        chat = stage.chat
        chat.identifies.max_concurrency = 16
        ada = chat.add_person("Ada")
        places = [a_server(stage, ada, shard_id, 2) for shard_id in range(2)]
        await start(stage, SHARD_COUNT="2", SHARD_IDS="0")
        addresses = {"--discord-api": chat.api_base, "--gateway": chat.gateway_url}
        second = BotProcess(tmp_path / "second", stage.clock, addresses)
        provider = {"VIDEOS_API_KEY": stage.studio.api_key, "VIDEOS_API_BASE_URL": stage.studio.base_url}
        await second.start({**stage.settings, **provider, "DISCORD_TOKEN": chat.bot_token, "SHARD_IDS": "1"})
        await chat.wait_for(lambda: chat.shards_online == [0, 1], 60, what="both processes")
        for number, place in enumerate([*places, chat.dm(ada)]):
            await ada.slash(place, "video", prompt=f"Heron {number} at dawn")
            await wait_kind(chat, place, "video")
        assert [row["prompt"] for row in inspection.jobs(stage)] == ["Heron 0 at dawn", "Heron 2 at dawn"]
        assert await second.terminate() == 0
        assert chat.shards_online == [0]
