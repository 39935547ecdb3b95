"""The log of the real process: it tells what runs and the life of each job, one line per event, and no prompt."""

import json
from pathlib import Path
from typing import Any

from tests.e2e.test_process import a_scene


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


async def test_the_log_tells_the_life_of_a_job(tmp_path: Path) -> None:
    """Ready, then for each job exactly what happened to it; other packages are silent, and no prompt is there."""
    async with a_scene(tmp_path) as scene:
        await scene.make("a fox nobody reads of", seconds="4")
        await scene.chat.wait_for(lambda: '"ready"' in scene.stage.bot.log(), what="the bot to be ready")
        await scene.stage.bot.terminate()
        log = scene.stage.bot.log()
        told = lines(log)
        assert all(line["logger"].split(".")[0] in {"bot", "cogs"} for line in told)
        (ready,) = [line for line in told if line["event"] == "ready"]
        assert ready["servers"] == 1
        assert ready["models"] == ["gpt-4o-video"]
        assert ready["providers"] == [scene.studio.base_url]
        assert ready["limits"]["max_rendering_jobs"] == 20
        assert Path(ready["data_dir"]) == scene.stage.bot.data_dir
        (job,) = {line["job"] for line in told if "job" in line}
        life = [line for line in told if line.get("job") == job]
        assert [line["event"] for line in life] == ["job accepted", "job submitted", "job done"]
        whose = (scene.ada.id, scene.guild.id, scene.channel.id)
        assert {(line["user"], line["guild"], line["channel"]) for line in life} == {whose}
        assert {line["level"] for line in life} == {"info"}
        accepted, submitted, done = life
        assert (accepted["via"], accepted["model"], accepted["seconds"]) == ("command", "gpt-4o-video", "4")
        assert accepted["prompt_length"] == len("a fox nobody reads of")
        assert submitted["remote_id"] == scene.studio.renders[0].id
        assert done["charged"] == "yes"
        assert done["bytes"] > 0
        assert "nobody reads" not in log
