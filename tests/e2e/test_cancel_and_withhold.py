"""Point 6 of what a person sees: Cancel, Don't post and Post it; late videos and those that could not be posted."""

import asyncio
from collections.abc import AsyncIterator

import discord
import pytest
import pytest_asyncio

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.reasons import Reason
from sandbox.chat import Message
from sandbox.stage import Stage
from tests.e2e import inspection
from tests.e2e.messages import (
    actions,
    ever_posted,
    job_id_of,
    kind_of,
    of_kind,
    press,
    reached,
    targets,
    time_passes_until,
    wait_card,
    wait_kind,
)
from tests.e2e.scene import RENDER_SECONDS, Scene, a_stage
from tests.wording import Ending, says

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_stage(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> AsyncIterator[Stage]:
    """One bot that renders one video at a time, and whose people may have two under way and three a day."""
    settings = {"MAX_RENDERING_JOBS": "1", "MAX_ACTIVE_JOBS_PER_USER": "2", "MAX_JOBS_PER_USER_PER_DAY": "3"}
    async with a_stage(tmp_path_factory.mktemp("stage"), settings=settings) as stage:
        yield stage
        assert [one for one in stage.studio.requests if one.method == "DELETE"] == []


async def rendering(scene: Scene, prompt: str, render_seconds: float) -> Message:
    """Ask for a video that renders so long, and wait for its card to say that it renders."""
    scene.studio.dials.render_seconds = render_seconds
    await scene.ada.slash(scene.channel, "video", prompt=prompt)
    await scene.studio.wait_for(lambda: scene.studio.paid(prompt) == 1)
    scene.studio.dials.render_seconds = RENDER_SECONDS
    return await wait_card(scene.chat, scene.channel, lambda m: prompt in m.text and actions(m) == [Action.WITHHOLD])


async def status_of(scene: Scene, job_id: str):
    """What `/status` says about that job."""
    return await (await scene.ada.slash(scene.channel, "status", video=job_id)).wait_state("message")


async def refusal(scene: Scene, prompt: str) -> str:
    """Ask for a video that is not accepted; what is said."""
    answer = await (await scene.ada.slash(scene.channel, "video", prompt=prompt)).wait_state("message")
    return answer.content


@pytest.mark.both_databases
async def test_cancel_in_the_queue_gives_the_quota_back(scene: Scene) -> None:
    """Cancel ends a queued job before anything is sent, and frees its place in both limits."""
    bob = scene.join("Bob")
    gate = scene.studio.gate("create", "before_take")
    await bob.slash(scene.channel, "video", prompt="Bob is first")
    await reached(gate)
    await scene.ada.slash(scene.channel, "video", prompt="First in the queue")
    await scene.ada.slash(scene.channel, "video", prompt="Second in the queue")
    card = await wait_card(scene.chat, scene.channel, "First in the queue")
    other = await wait_card(scene.chat, scene.channel, "Second in the queue")
    assert actions(card) == actions(other) == [Action.CANCEL]
    assert says(await refusal(scene, "Third in the queue"), Reason.ACTIVE_LIMIT, limit=2)
    presses = await asyncio.gather(press(scene.ada, card, Action.CANCEL), press(scene.ada, card, Action.CANCEL))
    first, second = [await one.wait_state("message") for one in presses]
    assert says(first.content, Key.ANSWER_CANCELLED) or says(second.content, Key.ANSWER_CANCELLED)
    await scene.chat.wait_for(lambda: says(card.text, Key.CANCELLED), what="a cancelled card")
    assert card.buttons == []
    await scene.ada.slash(scene.channel, "video", prompt="Third in the queue")
    await wait_card(scene.chat, scene.channel, "Third in the queue")
    gate.open()
    await scene.chat.wait_gone(other)
    assert kind_of(await scene.make("Fourth, and third of the day")) == "video"
    # That was the third one's, if it was late; no test after this may find a render that it didn't request.
    await inspection.job(scene.stage, "Fourth, and third of the day", "delivered")
    assert says(await refusal(scene, "Fifth in the queue"), Reason.DAILY_LIMIT, limit=3)
    assert not card.deleted
    assert scene.studio.paid("First in the queue") == 0


@pytest.mark.both_databases
async def test_dont_post_keeps_the_video_and_counts(scene: Scene) -> None:
    """Once submitted the button is Don't post: the render is paid for and counts, and nothing of it is posted."""
    card = await rendering(scene, "Not for the others", 100.0)
    answer = await (await press(scene.ada, card, Action.WITHHOLD)).wait_state("message")
    assert answer.ephemeral
    assert says(answer.content, Key.ANSWER_WITHHELD)
    await time_passes_until(scene.stage, lambda: says(card.text, Key.WITHHELD_REMARK))
    assert actions(card) == [Action.POST_IT]
    await time_passes_until(scene.stage, lambda: says(card.text, Key.KEPT), step_seconds=20)
    assert actions(card) == [Action.POST_IT]
    await scene.make("Second of the day")
    await scene.make("Third of the day")
    assert says(await refusal(scene, "Fourth of the day"), Reason.DAILY_LIMIT, limit=3)
    assert not card.deleted
    assert len(ever_posted(scene.chat, scene.channel, "video")) == 2
    assert ever_posted(scene.chat, scene.channel, "fail") == []
    assert scene.studio.paid("Not for the others") == 1


@pytest.mark.both_databases
async def test_post_it_posts_what_was_withheld_and_generates_nothing(scene: Scene) -> None:
    """Days later Post it on the card or in `/status` posts the kept video once, however often pressed, without a
    request to the provider; then the card goes.
    """
    card = await rendering(scene, "Kept for days", 100.0)
    job_id = job_id_of(card)
    await (await press(scene.ada, card, Action.WITHHOLD)).wait_state("message")
    await time_passes_until(scene.stage, lambda: says(card.text, Key.KEPT), step_seconds=20)
    scene.stage.jump(6 * 86_400)
    asked = len(scene.studio.requests)
    listed = await (await scene.ada.slash(scene.channel, "status")).wait_state("message")
    assert targets(listed) == [(Action.POST_IT, job_id), (Action.DETAILS, job_id)]
    presses = await asyncio.gather(
        press(scene.ada, card, Action.POST_IT), press(scene.ada, listed, Action.POST_IT, job_id)
    )
    for one in presses:
        await one.wait_state("message")
    video = await scene.video()
    await scene.chat.wait_gone(card)
    assert video.pinged == {scene.ada.id}
    assert job_id_of(video) == job_id
    assert len(scene.studio.requests) == asked
    assert Action.POST_IT not in actions((await status_of(scene, job_id)).message)
    await scene.ada.reply(video, "It can be remixed like any other")
    await scene.video(after=video)
    assert [job_id_of(one) for one in ever_posted(scene.chat, scene.channel, "video")].count(job_id) == 1
    assert scene.studio.paid("Kept for days") == 1


async def test_post_it_goes_with_the_kept_video(scene: Scene) -> None:
    """The card keeps Post it until RETENTION_DAYS; then the card stays without it."""
    card = await rendering(scene, "Kept for a week", 100.0)
    await (await press(scene.ada, card, Action.WITHHOLD)).wait_state("message")
    await time_passes_until(scene.stage, lambda: says(card.text, Key.KEPT), step_seconds=20)
    scene.stage.jump(6.9 * 86_400)
    await scene.make("Meanwhile")
    assert actions(card) == [Action.POST_IT]
    await time_passes_until(scene.stage, lambda: card.buttons == [], step_seconds=3_600)
    assert not card.deleted
    assert says(card.text, Key.KEPT)


async def test_post_it_before_the_video_is_there_takes_the_withholding_back(scene: Scene) -> None:
    """A withheld video whose mind is changed while it still renders is posted when it is done."""
    card = await rendering(scene, "On second thoughts", 100.0)
    await (await press(scene.ada, card, Action.WITHHOLD)).wait_state("message")
    answer = await (await scene.ada.slash(scene.channel, "status", video=job_id_of(card))).wait_state("message")
    assert actions(answer.message) == [Action.POST_IT]
    await (await press(scene.ada, answer, Action.POST_IT)).wait_state("message")
    scene.stage.jump(100)
    await scene.video()
    assert scene.studio.paid("On second thoughts") == 1


async def test_a_video_that_may_not_be_posted_is_kept_for_post_it(scene: Scene) -> None:
    """Without its permissions, and with DMs closed, a notice says so; with them again, Post it posts for free."""
    scene.ada.user.dms_open = False
    card = await rendering(scene, "Locked out", 100.0)
    scene.channel.overwrite(scene.chat.bot_user, deny=discord.Permissions(attach_files=True))
    scene.stage.jump(100)
    notice = await wait_kind(scene.chat, scene.channel, "fail")
    assert says(notice.content, Ending.UNPOSTED_PERMISSION)
    assert actions(notice) == [Action.POST_IT]
    scene.channel.overwrite(scene.chat.bot_user)
    await press(scene.ada, notice, Action.POST_IT)
    video = await scene.video()
    assert job_id_of(video) == job_id_of(notice)
    assert scene.studio.paid("Locked out") == 1
    await scene.chat.wait_gone(card)


async def test_post_it_is_in_status_even_without_a_posted_notice(scene: Scene) -> None:
    """With the DM closed too, `/status` shows what happened and has the button."""
    scene.ada.user.dms_open = False
    card = await rendering(scene, "Shut out", 100.0)
    job_id = job_id_of(card)
    scene.channel.overwrite(scene.chat.bot_user, deny=discord.Permissions(attach_files=True, send_messages=True))
    scene.stage.jump(100)
    await scene.studio.wait_for(lambda: any(one.operation == "file" for one in scene.studio.requests))
    await scene.chat.wait_for(lambda: [one for one in scene.chat.requests if one.kind == "dm_open"], what="a DM")
    answer = await asyncio.wait_for(undeliverable(scene, job_id), 20)
    scene.channel.overwrite(scene.chat.bot_user)
    await press(scene.ada, answer, Action.POST_IT)
    video = await scene.video()
    assert job_id_of(video) == job_id
    assert scene.studio.paid("Shut out") == 1


async def undeliverable(scene: Scene, job_id: str):
    """What `/status` says as soon as the job could not be posted."""
    while True:
        answer = await status_of(scene, job_id)
        if says(answer.text, Key.UNDELIVERABLE):
            assert actions(answer.message) == [Action.POST_IT]
            return answer


async def test_a_late_job_is_announced_once_and_delivered(scene: Scene) -> None:
    """At the deadline the requester is notified once; the job uses up no slot, and its video is posted later."""
    card = await rendering(scene, "Takes its time", 5 * 3600.0)
    scene.stage.jump(3500)
    await scene.chat.wait_for(lambda: scene.chat.bot_online)
    assert ever_posted(scene.chat, scene.channel, "late") == []
    scene.stage.jump(100)
    late = await wait_kind(scene.chat, scene.channel, "late")
    assert late.pinged == {scene.ada.id}
    assert says(late.content, Key.LATE)
    assert actions(late) == [Action.WITHHOLD]
    await time_passes_until(scene.stage, lambda: says(card.text, Key.RENDERING_LATE))
    other = await scene.make("Meanwhile in its place")
    video = await time_passes_until(
        scene.stage, lambda: next((one for one in of_kind(scene.channel, "video") if one is not other), None),
        step_seconds=600,
    )  # fmt: skip
    assert video.created_at - card.created_at > 5 * 3600
    assert "Takes its time" in video.text
    await scene.chat.wait_gone(card)
    assert ever_posted(scene.chat, scene.channel, "late") == [late]
    assert ever_posted(scene.chat, scene.channel, "fail") == []
    assert scene.studio.paid("Takes its time") == 1


async def test_dont_post_on_a_late_notice_withholds_it(scene: Scene) -> None:
    """The late notice has the same Don't post as the card."""
    card = await rendering(scene, "Too late for me", 7000.0)
    scene.stage.jump(3600)
    late = await wait_kind(scene.chat, scene.channel, "late")
    await (await press(scene.ada, late, Action.WITHHOLD)).wait_state("message")
    await time_passes_until(scene.stage, lambda: says(card.text, Key.KEPT), step_seconds=300)
    assert ever_posted(scene.chat, scene.channel, "video") == []


async def test_a_job_never_submitted_ends_at_the_deadline(scene: Scene) -> None:
    """A job that waited in the queue until the deadline ends with a notice and Retry; nothing was sent."""
    bob = scene.join("Bob")
    gate = scene.studio.gate("create", "before_take")
    await bob.slash(scene.channel, "video", prompt="Bob blocks the way")
    await reached(gate)
    await scene.ada.slash(scene.channel, "video", prompt="Never to be sent")
    card = await wait_card(scene.chat, scene.channel, "Never to be sent")
    scene.stage.jump(3600)
    notice = await wait_kind(scene.chat, scene.channel, "fail")
    assert notice.pinged == {scene.ada.id}
    assert says(notice.content, Ending.NOT_STARTED)
    assert actions(notice) == [Action.RETRY]
    await scene.chat.wait_gone(card)
    assert scene.studio.paid("Never to be sent") == 0
    gate.open()
    await press(scene.ada, notice, Action.RETRY)
    await scene.chat.wait_message(scene.channel, lambda m: kind_of(m) == "video" and "Never to be sent" in m.text)
    assert scene.studio.paid("Never to be sent") == 1
