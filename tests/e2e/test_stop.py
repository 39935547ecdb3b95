"""Point 6 of what a person sees, where the provider can stop a render: Stop, and what its DELETE may do."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.reasons import Reason
from sandbox.chat import Message
from sandbox.stage import Stage
from sandbox.studio.faults import Fault
from tests.e2e import inspection
from tests.e2e.messages import actions, ever_posted, job_id_of, press, reached, time_passes_until, wait_kind
from tests.e2e.scene import Scene
from tests.e2e.stop_scene import a_stopping_stage, render_of, rendering, stops
from tests.wording import Ending, says

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_stage(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> AsyncIterator[Stage]:
    """One bot whose provider can stop renders, and whose people may have three a day."""
    settings = {"MAX_JOBS_PER_USER_PER_DAY": "3"}
    async with a_stopping_stage(tmp_path_factory.mktemp("stage"), settings=settings) as stage:
        yield stage
        assert all(len(stops(stage, render.id)) <= 1 for render in stage.studio.renders)
        assert "Traceback" not in stage.bot.log()


@pytest.fixture(autouse=True)
def that_stops(shared_stage: Stage) -> None:
    """At each test's begin a DELETE stops a render, and leaves it cancelled."""
    shared_stage.studio.dials.cancel = "marks"


async def stop(scene: Scene, card: Message) -> None:
    """Press Stop, which is answered privately."""
    answer = await (await press(scene.ada, card, Action.STOP)).wait_state("message")
    assert answer.ephemeral
    assert says(answer.content, Key.ANSWER_STOPPING)


def silent(scene: Scene) -> bool:
    """Whether neither a video nor a notice was ever posted here."""
    return not any(ever_posted(scene.chat, scene.channel, kind) for kind in ("video", "fail", "unsure"))


@pytest.mark.both_databases
@pytest.mark.parametrize("does", ["marks", "aborts", "aborts_slowly", "forgets"])
async def test_stop_ends_the_render_and_counts(scene: Scene, does: str) -> None:
    """Cancelled or gone is stopped: the card stays, without buttons, and says that it may be charged and counts."""
    scene.studio.dials.cancel = does  # pyright: ignore[reportAttributeAccessIssue]  # one of its words
    card = await rendering(scene, f"Not to be made: {does}")
    await stop(scene, card)
    await time_passes_until(scene.stage, lambda: says(card.text, Key.STOPPED) or None)
    await scene.chat.wait_for(lambda: card.buttons == [], what="a card without buttons")
    assert says(card.text, Key.CHARGED_UNKNOWN)
    assert says(card.text, Key.COUNTED)
    row = await inspection.job(scene.stage, f"Not to be made: {does}", "stopped")
    assert (row["charged"], bool(row["withheld"]), row["cause"]) == ("unknown", True, None)
    assert [one.method for one in stops(scene.stage, row["remote_id"])] == ["DELETE"]
    for number in (2, 3):
        await scene.make(f"Number {number} of the day: {does}")
    answer = await (await scene.ada.slash(scene.channel, "video", prompt="Number 4")).wait_state("message")
    assert says(answer.content, Reason.DAILY_LIMIT, limit=3)
    assert not card.deleted
    assert ever_posted(scene.chat, scene.channel, "fail") == []


@pytest.mark.parametrize("does", ["none", "finished_only"])
async def test_a_provider_that_refuses_makes_it_all_the_same(scene: Scene, does: str) -> None:
    """405 and 400: the card says so at once, and it goes on as after *Don't post*; Post it posts it for nothing."""
    scene.studio.dials.cancel = does  # pyright: ignore[reportAttributeAccessIssue]  # one of its words
    prompt = f"Made all the same: {does}"
    card = await rendering(scene, prompt)
    await stop(scene, card)
    await time_passes_until(scene.stage, lambda: says(card.text, Key.UNSTOPPED_REMARK) or None)
    assert actions(card) == [Action.POST_IT]
    await time_passes_until(scene.stage, lambda: says(card.text, Key.KEPT) or None, step_seconds=20)
    assert actions(card) == [Action.POST_IT]
    assert silent(scene)
    assert len(stops(scene.stage, render_of(scene.stage, prompt).id)) == 1
    await press(scene.ada, card, Action.POST_IT)
    await scene.video()
    assert scene.studio.paid(prompt) == 1


async def test_a_provider_that_confirms_and_goes_on_is_believed_for_a_minute(scene: Scene) -> None:
    """Still running a minute later: it will be made, and is not posted."""
    scene.studio.faults.add("cancel", Fault.status(200, json={"deleted": True}, take=False))
    card = await rendering(scene, "Confirmed and not done", 200.0)
    await stop(scene, card)
    await scene.studio.wait_for(lambda: stops(scene.stage, render_of(scene.stage, "Confirmed and not done").id))
    await scene.chat.wait_for(lambda: says(card.text, Key.STOPPING_REMARK), what="a card that says so")
    scene.stage.jump(50)
    assert says(card.text, Key.STOPPING_REMARK)
    await time_passes_until(scene.stage, lambda: says(card.text, Key.UNSTOPPED_REMARK) or None)
    await time_passes_until(scene.stage, lambda: says(card.text, Key.KEPT) or None, step_seconds=20)
    assert silent(scene)


@pytest.mark.parametrize("fault", [Fault.drop(take=True), Fault.status(500, take=True), Fault.body(b"<html>")])
async def test_a_response_that_is_lost_or_a_mess_decides_nothing(scene: Scene, fault: Fault) -> None:
    """It was done all the same, as the next poll shows; it is not asked for again."""
    scene.studio.faults.add("cancel", fault)
    prompt = f"In a mess {fault.kind} {fault.status_code}"
    card = await rendering(scene, prompt)
    await stop(scene, card)
    await time_passes_until(scene.stage, lambda: says(card.text, Key.STOPPED) or None)
    assert len(stops(scene.stage, render_of(scene.stage, prompt).id)) == 1
    assert silent(scene)


@pytest.mark.both_databases
async def test_killed_while_it_asks_it_never_asks_again(scene: Scene) -> None:
    """The process dies between the mark and the response: the next one polls, and finds that it was stopped."""
    prompt = "Killed while asking"
    card = await rendering(scene, prompt)
    gate = scene.studio.gate("cancel", "after_take")
    await stop(scene, card)
    await reached(gate)
    await scene.stage.bot.kill()
    gate.cut()
    await scene.chat.bot_gone()
    await scene.stage.start_bot()
    await time_passes_until(scene.stage, lambda: says(card.text, Key.STOPPED) or None)
    assert len(stops(scene.stage, render_of(scene.stage, prompt).id)) == 1
    assert silent(scene)


async def test_post_it_undoes_a_stop_that_was_in_vain(scene: Scene) -> None:
    """Pressed while the provider is being asked: the render goes on, and its video is posted."""
    prompt = "After all"
    card = await rendering(scene, prompt)
    gate = scene.studio.gate("cancel", "before_take")
    await stop(scene, card)
    await reached(gate)
    await time_passes_until(scene.stage, lambda: actions(card) == [Action.POST_IT] or None)
    answer = await (await press(scene.ada, card, Action.POST_IT)).wait_state("message")
    assert says(answer.content, Key.ANSWER_POSTING_IF_MADE)
    gate.cut()
    await time_passes_until(scene.stage, lambda: actions(card) == [Action.WITHHOLD] or None)
    scene.stage.jump(100)
    video = await scene.video()
    assert prompt in video.text
    assert (scene.studio.paid(prompt), len(stops(scene.stage, render_of(scene.stage, prompt).id))) == (1, 1)


async def test_post_it_that_comes_too_late_is_told(scene: Scene) -> None:
    """The provider has done it by then: a notice says so, with Retry, for which a new video is made."""
    prompt = "Too late for that"
    card = await rendering(scene, prompt)
    gate = scene.studio.gate("cancel", "after_take")
    await stop(scene, card)
    await reached(gate)
    await time_passes_until(scene.stage, lambda: actions(card) == [Action.POST_IT] or None)
    await (await press(scene.ada, card, Action.POST_IT)).wait_state("message")
    gate.open()
    scene.stage.jump(20)
    notice = await wait_kind(scene.chat, scene.channel, "fail")
    assert says(notice.content, Ending.LOST_STOPPED)
    assert says(notice.content, Key.CHARGED_UNKNOWN)
    assert actions(notice) == [Action.RETRY]
    await press(scene.ada, notice, Action.RETRY)
    await scene.video()
    assert scene.studio.paid(prompt) == 2


async def test_stop_in_status_and_under_the_late_notice(scene: Scene) -> None:
    """The same button is beside the job in `/status` and under the notice that it takes long."""
    card = await rendering(scene, "Late and stopped", 9_000.0)
    listed = await (await scene.ada.slash(scene.channel, "status")).wait_state("message")
    assert Action.STOP in actions(listed)
    scene.stage.jump(3600)
    late = await wait_kind(scene.chat, scene.channel, "late")
    assert actions(late) == [Action.STOP]
    answer = await (await press(scene.ada, late, Action.STOP)).wait_state("message")
    assert says(answer.content, Key.ANSWER_STOPPING)
    await time_passes_until(scene.stage, lambda: says(card.text, Key.STOPPED) or None)
    shown = await (await scene.ada.slash(scene.channel, "status", video=_job_id(scene))).wait_state("message")
    assert says(shown.text, Key.STOPPED)
    assert says(shown.text, Key.CHARGED_UNKNOWN)
    assert actions(shown.message) == []


def _job_id(scene: Scene) -> str:
    (row,) = inspection.jobs(scene.stage, prompt="Late and stopped")
    return row["id"]


async def test_a_stopped_video_that_turns_up_is_kept(scene: Scene) -> None:
    """The provider forgot it for a while and went on: its card gets Post it back."""
    card = await rendering(scene, "Turns up", 300.0)
    job_id = job_id_of(card)
    gate = scene.studio.gate("cancel", "before_take")
    await stop(scene, card)
    await reached(gate)
    scene.studio.faults.add("poll", Fault.status(404, json={"error": {"message": "Video not found."}}))
    gate.cut()
    await time_passes_until(scene.stage, lambda: says(card.text, Key.STOPPED) or None)
    await time_passes_until(scene.stage, lambda: actions(card) == [Action.POST_IT] or None, step_seconds=300)
    await time_passes_until(scene.stage, lambda: says(card.text, Key.KEPT) or None, step_seconds=20)
    assert silent(scene)
    await press(scene.ada, card, Action.POST_IT)
    assert job_id_of(await scene.video()) == job_id
