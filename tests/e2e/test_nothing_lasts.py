"""No job stays open for ever: when its event never comes, it has ended a day and ten minutes later."""

import asyncio
from pathlib import Path

from sandbox.chat import Fault
from sandbox.studio import Fault as StudioFault
from sandbox.studio import Outcome
from tests.e2e import inspection
from tests.e2e.messages import ever_posted, time_passes_until, wait_card
from tests.e2e.scene import Scene, a_stage

FOR_EVER = 100_000
HOUR_SECONDS = 3600
ENDS = {
    "Waits for Discord": "undeliverable",
    "Waits to be handed over": "undeliverable",
    "Waits for the render": "lost",
    "Waits for a word": "lost",
    "Waits for credit": "failed",
}


async def test_any_waiting_job_ends_within_a_day_and_ten_minutes(tmp_path: Path) -> None:
    """P2: in every state that can last, a job ends by then, its requester is notified once, and it was paid once."""
    async with a_stage(tmp_path) as stage:
        guild = stage.chat.add_guild("For ever")
        ada = stage.chat.add_person("Ada")
        guild.join(ada)
        scene = Scene(stage, guild, guild.add_channel("videos"), ada)
        await waits_for_ever(scene)
        await inspection.job(stage, "Waits for credit", "accepted")
        await time_passes_until(stage, lambda: ever_posted(scene.chat, scene.channel, "late"), step_seconds=60)
        for _ in range(24 * 4):
            stage.jump(HOUR_SECONDS / 4)
            await asyncio.sleep(0.03)
        # What waits in turn for several things gets a little real time for them.
        stage.jump(10 * 60)
        await inspection.until(
            stage, lambda: {row["prompt"]: row["state"] for row in inspection.jobs(stage)} == ENDS, "ends"
        )
        scene.chat.faults.clear()
        await time_passes_until(stage, lambda: len(ever_posted(scene.chat, scene.channel, "fail")) == len(ENDS))
        notices = "\n".join(message.text for message in ever_posted(scene.chat, scene.channel, "fail"))
        for prompt in ENDS:
            assert notices.count(prompt) == 1
            assert stage.studio.paid(prompt) == (prompt not in ("Waits for credit", "Waits for a word"))
        assert len(ever_posted(scene.chat, scene.channel, "late")) == 1


async def waits_for_ever(scene: Scene) -> None:
    """One job in each state that can last, each held by something that never comes."""
    scene.chat.faults.add(
        "message_create", Fault.status(503), times=FOR_EVER, only_if=lambda request: bool(request.files)
    )
    await asks(scene, "Waits for Discord", "posting")
    scene.studio.dials.content_endpoint = False
    scene.studio.faults.add("file", StudioFault.status(503), times=FOR_EVER)
    await asks(scene, "Waits to be handed over", "fetching")
    scene.studio.dials.next_render.append(Outcome.hang())
    await asks(scene, "Waits for the render", "rendering")
    scene.studio.faults.add("create", StudioFault.drop(take=False))
    await asks(scene, "Waits for a word", "uncertain")
    scene.studio.faults.add("create", StudioFault.status(402), times=FOR_EVER)
    await asks(scene, "Waits for credit", "accepted")


async def asks(scene: Scene, prompt: str, state: str) -> None:
    """Request a video, and wait until its job is held in that state."""
    await scene.ada.slash(scene.channel, "video", prompt=prompt)
    await wait_card(scene.chat, scene.channel, prompt)
    await inspection.job(scene.stage, prompt, state)
