"""A restored database: nothing is paid or posted a second time, and people are notified."""

from pathlib import Path

import pytest

from bot.jobs.alerts import AlertKind
from bot.jobs.reasons import Reason
from bot.jobs.states import State
from sandbox.chat import Fault, Message, Permission
from sandbox.stage import Stage
from sandbox.studio import Fault as StudioFault
from sandbox.studio import Outcome
from tests.e2e import inspection
from tests.e2e.messages import ever_posted, kind_of, reached, time_passes_until
from tests.e2e.scene import Scene, a_stage
from tests.e2e.written_steps import follow
from tests.upgrades.dumps import DUMPS
from tests.upgrades.test_upgrades import ENDS, an_earlier
from tests.wording import Ending, says

ALWAYS = 100_000
FINISHED, FAILED, WAITED, LOST_FILE = "Finished since", "Failed since", "Sent since", "Rendering still"


pytestmark = pytest.mark.sqlite_only("puts back a copy of the file")


def videos(scene: Scene, prompt: str) -> list[Message]:
    """All videos of that prompt that were ever posted there."""
    return [one for one in ever_posted(scene.chat, scene.channel, "video") if prompt in str(one.history[0])]


async def asks(scene: Scene, prompt: str, *states: str) -> None:
    await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt=prompt))
    await inspection.job(scene.stage, prompt, *states)


async def resume(stage: Stage) -> str:
    owner = stage.chat.owner
    answer = await (await owner.slash(stage.chat.dm(owner), "owner resume")).wait_state("message")
    return answer.content


async def test_a_backup_put_back_does_nothing_twice(tmp_path: Path) -> None:
    """C9, as the page says: a copy that is put back starts paused, alerts the owners, and ends waiting jobs uncharged.

    Posted videos are found, not posted again. The alert is in the owners' channel, once over two starts, and after the
    resume its all-clear.
    """
    async with a_stage(tmp_path, settings={"MAX_RENDERING_JOBS": "3"}) as stage:
        guild = stage.chat.add_guild("Night Shift")
        ada = stage.chat.add_person("Ada")
        guild.join(ada)
        owners = guild.add_channel("owners")
        scene = Scene(stage, guild, guild.add_channel("videos"), ada)
        # Nothing moves on while the copy is made, however busy the machine is.
        slow = {"render_seconds": 600.0}
        stage.studio.dials.next_render += [Outcome.ok(**slow), Outcome.fail(**slow), Outcome.ok(render_seconds=9_000)]
        for prompt in (FINISHED, FAILED, LOST_FILE):
            await asks(scene, prompt, "rendering")
        await asks(scene, WAITED, "accepted")
        await follow(stage, "Back up")
        stage.jump(600)
        await time_passes_until(stage, lambda: videos(scene, WAITED) and videos(scene, FINISHED))
        await time_passes_until(stage, lambda: ever_posted(scene.chat, scene.channel, "fail"))
        await stage.bot.kill()
        await stage.chat.bot_gone()
        await follow(stage, "Restore")
        await stage.start_bot(OWNER_CHANNEL_ID=str(owners.id))

        assert (stage.bot.data_dir / "PAUSED").exists()
        await inspection.job(stage, WAITED, "failed")
        await inspection.job(stage, FINISHED, "delivered")
        await inspection.job(stage, FAILED, "failed")
        told = await stage.chat.wait_message(owners, lambda m: says(m.content, AlertKind.RESTORED))
        assert "/owner resume" in told.content
        refused = await inspection.refusal(await ada.slash(scene.channel, "video", prompt="Meanwhile"))
        assert says(refused, Reason.PAUSED)
        await stage.bot.kill()
        await stage.chat.bot_gone()
        (stage.bot.data_dir / "PAUSED").unlink()
        await stage.start_bot()
        assert (stage.bot.data_dir / "PAUSED").exists()
        await resume(stage)
        assert not (stage.bot.data_dir / "PAUSED").exists()
        await time_passes_until(stage, lambda: len(owners.messages) == 2, step_seconds=10)
        assert owners.messages[1].content.startswith("**All clear:**")
        stage.jump(9_000)
        await time_passes_until(stage, lambda: videos(scene, LOST_FILE), step_seconds=10)
        await scene.make("After it")
        for prompt in (FINISHED, FAILED, WAITED, LOST_FILE):
            assert stage.studio.paid(prompt) == 1
            assert len(videos(scene, prompt)) == (prompt != FAILED)
        assert len(owners.messages) == 2
        # The one that failed before the copy was put back was said then; what waited has its video there.
        assert len(ever_posted(scene.chat, scene.channel, "fail")) == 1
        assert "Traceback" not in stage.bot.log()


async def test_a_backup_with_a_job_in_each_state_is_restored(tmp_path: Path) -> None:
    """The bot goes on after the copy until all has ended; put back, nothing is paid or posted a second time."""
    async with an_earlier(tmp_path, DUMPS[-1]) as (earlier, _):
        stage, channel = earlier.stage, earlier.channel
        channel.guild.join(stage.chat.owner)
        for operation in ("poll", "file", "content"):
            stage.studio.faults.add(operation, StudioFault.status(503), times=ALWAYS, word="earlier life")
        no_video = Fault.status(503)
        stage.chat.faults.add("message_create", no_video, times=ALWAYS, only_if=lambda request: bool(request.files))
        await stage.start_bot(MAX_RENDERING_JOBS="4")
        await inspection.job(stage, "Is waiting", "posting")
        gate = stage.studio.gate("create", "before_take")
        for prompt, state in (("Is sent", "submitting"), ("Is next", "accepted")):
            await earlier.ada.slash(channel, "video", prompt=prompt)
            await inspection.job(stage, prompt, state)
        await reached(gate)
        await follow(stage, "Back up")
        assert {row["state"] for row in inspection.jobs(stage)} == {*State} - {State.STOPPED}

        stage.clear_faults()
        gate.open()
        ends = ENDS | {"Is sent": "delivered", "Is next": "delivered"}
        await time_passes_until(stage, lambda: states_of(stage) == ends, step_seconds=2)
        paid, said = len(stage.studio.renders), inspection.public(stage, channel)
        await stage.bot.kill()
        await stage.chat.bot_gone()
        await follow(stage, "Restore")
        await stage.start_bot()
        assert (stage.bot.data_dir / "PAUSED").exists()
        # The copy knows no more of these two.
        ends |= {"Is sent": "uncertain", "Is next": "failed"}
        await time_passes_until(stage, lambda: states_of(stage) == ends, step_seconds=2)
        await resume(stage)
        await Scene(stage, channel.guild, channel, earlier.ada).make("After it")
        assert [render.prompt for render in stage.studio.renders[paid:]] == ["After it"]
        new = [one for one in inspection.public(stage, channel) if one not in said]
        assert [kind_of(one) for one in new if not one.deleted] == ["video"]


def states_of(stage: Stage) -> dict[str, str]:
    return {row["prompt"]: row["state"] for row in inspection.jobs(stage)}


async def test_what_waited_in_a_copy_gets_a_notice(tmp_path: Path) -> None:
    """The file beside it is gone: what waited ends uncharged with a notice, what was being sent is asked about."""
    async with a_stage(tmp_path, settings={"MAX_RENDERING_JOBS": "1"}) as stage:
        guild = stage.chat.add_guild("Night Shift")
        ada = stage.chat.add_person("Ada")
        guild.join(ada)
        scene = Scene(stage, guild, guild.add_channel("videos"), ada)
        gate = stage.studio.gate("create", "before_take")
        await asks(scene, "Was being sent", "submitting")
        await asks(scene, WAITED, "accepted")
        await stage.bot.kill()
        await stage.chat.bot_gone()
        gate.cut()
        (stage.bot.data_dir / "bot.generation").unlink()
        await stage.start_bot()
        notice = await stage.chat.wait_message(scene.channel, lambda m: kind_of(m) == "fail")
        assert notice.pinged == {ada.id}
        assert says(notice.text, Ending.RESTORED)
        await stage.chat.wait_message(scene.channel, lambda m: kind_of(m) == "unsure")
        assert len(inspection.paid_requests(stage, "Was being sent")) == 1
        assert inspection.paid_requests(stage, WAITED) == []


async def test_without_the_right_to_read_the_history_nothing_is_posted_again(tmp_path: Path) -> None:
    """C12: an empty history that the bot may not read proves nothing: the video that may stand there stays alone."""
    async with a_stage(tmp_path) as stage:
        guild = stage.chat.add_guild("Night Shift")
        ada = stage.chat.add_person("Ada")
        guild.join(ada)
        scene = Scene(stage, guild, guild.add_channel("videos"), ada)
        lost = Fault.drop(after=True)
        stage.chat.faults.add("message_create", lost, times=100, only_if=lambda request: bool(request.files))
        await asks(scene, "Only once", "posting")
        await stage.chat.wait_for(lambda: videos(scene, "Only once") or None)
        await stage.bot.kill()
        await stage.chat.bot_gone()
        stage.chat.faults.clear()
        scene.channel.overwrite(stage.chat.bot_user, deny=Permission.READ_MESSAGE_HISTORY)
        await stage.start_bot()
        await inspection.job(stage, "Only once", "undeliverable")
        assert len(videos(scene, "Only once")) == 1
