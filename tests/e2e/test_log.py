"""The log of the real process: it tells what runs and the life of each job, one line per event, and no prompt."""

import json
from pathlib import Path
from typing import Any

from bot.chat.custom_ids import Action
from sandbox.studio import Outcome
from tests.e2e import inspection
from tests.e2e.messages import actions, delete_video, press, wait_card
from tests.e2e.test_process import a_scene


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


async def test_the_log_has_the_life_of_a_job(tmp_path: Path) -> None:
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
        assert ready["providers"] == {"main": scene.studio.base_url}
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


async def test_each_end_is_one_line_that_names_who_did_it(tmp_path: Path) -> None:
    """The log line has the presser as `by`; a moderator's action on another's job isn't logged as the requester's."""
    async with a_scene(tmp_path, settings={"REPLY_GRACE_SECONDS": "300"}) as scene:
        studio, stage, mia = scene.studio, scene.stage, scene.join("Mia", admin=True)
        video = await scene.make("canary one")
        reply = await scene.ada.reply(video, "canary two at night")
        await wait_card(scene.chat, scene.channel, lambda m: "at night" in m.text)
        await scene.ada.edit(reply, "canary two by day instead")
        card = await wait_card(scene.chat, scene.channel, lambda m: "by day" in m.text)
        await (await press(mia, card, Action.CANCEL)).wait_state("message")
        cancelled = await inspection.job(stage, "canary two by day instead", "cancelled")
        await delete_video(scene.chat, mia, video)
        studio.dials.next_render.append(Outcome.ok(render_seconds=60))
        await scene.ada.slash(scene.channel, "video", prompt="canary three")
        card = await scene.chat.wait_message(scene.channel, lambda m: Action.WITHHOLD in actions(m))
        await (await press(mia, card, Action.WITHHOLD)).wait_state("message")
        stage.jump(60)
        withheld = await inspection.job(stage, "canary three", "cancelled")
        studio.dials.next_render.append(Outcome.fail(code="server_error", message="canary broke"))
        await scene.ada.slash(scene.channel, "video", prompt="canary four")
        failed = await inspection.job(stage, "canary four", "failed")
        notice = await scene.chat.wait_message(scene.channel, lambda m: Action.RETRY in actions(m))
        await press(scene.ada, notice, Action.RETRY)
        await inspection.until(stage, lambda: len(inspection.jobs(stage, state="delivered")) == 2, "the retry")
        await stage.bot.terminate()
        told = lines(stage.bot.log())
        (deleted,) = inspection.jobs(stage, prompt="canary one")
        lives = {
            row["id"]: [(one["event"], one.get("by")) for one in told if one.get("job") == row["id"] and "user" in one]
            for row in (cancelled, withheld, failed, deleted)
        }
        assert lives == {
            cancelled["id"]: [("job accepted", None), ("job edited", scene.ada.id), ("job cancelled", mia.id)],
            withheld["id"]: [
                ("job accepted", scene.ada.id), ("job submitted", None), ("job withheld", mia.id), ("job kept", None),
            ],
            failed["id"]: [
                ("job accepted", scene.ada.id), ("job submitted", None), ("job failed", None),
                ("job retried", scene.ada.id),
            ],
            deleted["id"]: [
                ("job accepted", scene.ada.id), ("job submitted", None), ("job done", None), ("job deleted", mia.id),
            ],
        }  # fmt: skip
        assert "canary" not in "".join(str(one.values()) for one in told if "detail" not in one)
