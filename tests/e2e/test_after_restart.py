"""What people see outlives the bot: buttons, forms, cards, offers and queues go on after a kill and a new start."""

import pytest

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from sandbox.studio import Outcome
from tests.buttons import button_id_of
from tests.e2e.messages import (
    actions,
    cards_settled,
    delete_video,
    ever_posted,
    job_id_of,
    kind_of,
    press,
    reached,
    time_passes_until,
    wait_card,
    wait_kind,
)
from tests.e2e.scene import RENDER_SECONDS, Scene, picture
from tests.wording import says

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def restart(scene: Scene, *, pause_seconds: float = 0.0) -> None:
    """Kill the bot as a power cut would, let time pass, and start it again."""
    await scene.stage.bot.kill()
    await scene.chat.bot_gone()
    scene.stage.jump(pause_seconds)
    await scene.stage.start_bot()


async def test_the_buttons_of_a_video_work_after_a_restart(scene: Scene) -> None:
    """Remix, Again and Delete of a video from an earlier life do what they say."""
    cat = picture("tan")
    video = await scene.make("From an earlier life", reference=cat)
    await cards_settled(scene.chat, scene.channel)
    await restart(scene)
    form = await (await press(scene.ada, video, Action.REMIX)).wait_form()
    await scene.ada.submit(form, {"prompt": "A remix in a later life"})
    remix = await scene.video(after=video)
    await press(scene.ada, video, Action.AGAIN)
    again = await scene.video(after=remix)
    await delete_video(scene.chat, scene.ada, video)
    assert job_id_of(again) != job_id_of(video)
    assert scene.studio.paid("A remix in a later life") == 1
    renders = [one for one in scene.studio.renders if one.prompt == "From an earlier life"]
    assert [[file.data for file in one.references] for one in renders] == [[cat.data], [cat.data]]


async def test_forms_that_were_open_can_be_sent_after_a_restart(scene: Scene) -> None:
    """Forms of `/video`, `/remix` and the Remix button that were open meanwhile keep all that was given with them.

    Pictures sent with a form replace the kept ones.
    """
    video = await scene.make("A parent of open forms")
    cat, dog = picture("navy"), picture("gold", name="dog.png")
    first = await (await scene.ada.slash(scene.channel, "video", seconds="8", reference=cat)).wait_form()
    options = {"video": job_id_of(video), "seconds": "12", "reference": cat}
    second = await (await scene.ada.slash(scene.channel, "remix", **options)).wait_form()
    third = await (await press(scene.ada, video, Action.REMIX)).wait_form()
    await (await scene.ada.slash(scene.channel, "status")).wait_state("message")
    await cards_settled(scene.chat, scene.channel)
    await restart(scene)
    await scene.ada.submit(first, {"prompt": "The first open form", "references": [dog]})
    await scene.ada.submit(second, {"prompt": "The second open form"})
    await scene.ada.submit(third, {"prompt": "The third open form"})
    for prompt in ("The first open form", "The second open form", "The third open form"):
        await scene.chat.wait_message(scene.channel, lambda m, prompt=prompt: m.attachments and prompt in m.text)
    renders = {one.prompt: one for one in scene.studio.renders}
    parent_id = renders["A parent of open forms"].id
    assert renders["The first open form"].seconds == "8"
    assert [one.data for one in renders["The first open form"].references] == [dog.data]
    assert [one.data for one in renders["The second open form"].references] == [cat.data]
    assert renders["The second open form"].parent_id == renders["The third open form"].parent_id == parent_id
    assert renders["The second open form"].seconds == "12"


async def test_a_job_and_its_card_go_on_after_a_restart(scene: Scene) -> None:
    """Killed while it rendered, the job is neither lost nor paid twice; its one card goes on, and its video comes."""
    scene.studio.dials.render_seconds = 2000.0
    scene.studio.dials.progress = "percent"
    await scene.ada.slash(scene.channel, "video", prompt="Through the night")
    card = await wait_card(scene.chat, scene.channel, lambda m: actions(m) == [Action.WITHHOLD])
    await restart(scene, pause_seconds=1000)
    await time_passes_until(scene.stage, lambda: "5" in card.text and " %" in card.text)
    scene.studio.dials.render_seconds, scene.studio.dials.progress = RENDER_SECONDS, "none"
    scene.stage.jump(1000)
    video = await scene.video()
    await scene.chat.wait_gone(card)
    assert video.pinged == {scene.ada.id}
    assert ever_posted(scene.chat, scene.channel, "card") == [card]
    assert ever_posted(scene.chat, scene.channel, "video") == [video]
    assert scene.studio.paid("Through the night") == 1


async def test_a_card_can_stop_its_job_after_a_restart(scene: Scene) -> None:
    """Don't post on the card of an earlier life withholds the video; Post it in `/status` posts it."""
    scene.studio.dials.render_seconds = 500.0
    await scene.ada.slash(scene.channel, "video", prompt="Stopped in a later life")
    card = await wait_card(scene.chat, scene.channel, lambda m: actions(m) == [Action.WITHHOLD])
    scene.studio.dials.render_seconds = RENDER_SECONDS
    job_id = job_id_of(card)
    await restart(scene)
    await (await press(scene.ada, card, Action.WITHHOLD)).wait_state("message")
    await time_passes_until(scene.stage, lambda: says(card.text, Key.KEPT), step_seconds=50)
    await restart(scene)
    status = await (await scene.ada.slash(scene.channel, "status", video=job_id)).wait_state("message")
    await press(scene.ada, status, Action.POST_IT)
    await scene.video()
    assert scene.studio.paid("Stopped in a later life") == 1


async def test_a_notice_can_be_retried_after_a_restart(scene: Scene) -> None:
    """Retry of a notice from an earlier life makes one job, also when pressed in both lives: it is grey by then."""
    scene.studio.dials.next_render.extend(Outcome.fail(code="server_error", message="Out of luck.") for _ in range(2))
    await scene.ada.slash(scene.channel, "video", prompt="Unlucky in one life")
    notice = await wait_kind(scene.chat, scene.channel, "fail")
    await (await press(scene.ada, notice, Action.RETRY)).wait_state("message")
    second = await wait_kind(scene.chat, scene.channel, "fail", after=notice)
    await cards_settled(scene.chat, scene.channel)
    await restart(scene)
    (button,) = [one for one in notice.buttons if button_id_of(one.custom_id).action is Action.RETRY]
    assert button.disabled
    again = await (await scene.ada.forge_click(notice, button.custom_id)).wait_state("message")
    assert job_id_of(second) in again.content
    assert scene.studio.paid("Unlucky in one life") == 2


async def test_offers_and_questions_outlive_a_restart(scene: Scene) -> None:
    """A question can be answered in the next life; an offer whose minute passed meanwhile goes at once."""
    video = await scene.make("Asked before the end")
    reply = await scene.ada.reply(video, "very nice")
    question = await wait_kind(scene.chat, scene.channel, "offer")
    await restart(scene, pause_seconds=20)
    assert not question.deleted
    await press(scene.ada, question, Action.MAKE_IT)
    remix = await scene.chat.wait_message(scene.channel, lambda m: kind_of(m) == "video" and m.reply_to is reply)
    await scene.chat.wait_gone(question)
    await scene.ada.reply(remix, "unheard", ping=False)
    offer = await wait_kind(scene.chat, scene.channel, "offer")
    await restart(scene, pause_seconds=61)
    await scene.chat.wait_gone(offer)
    assert scene.studio.paid("very nice") == 1
    assert len(ever_posted(scene.chat, scene.channel, "offer")) == 2


async def test_killed_in_the_moment_of_paying_it_says_that_it_cannot_know(scene: Scene) -> None:
    """Killed between sending and hearing the answer, it never sends again by itself, and asks once."""
    gate = scene.studio.gate("create", "after_take")
    await scene.ada.slash(scene.channel, "video", prompt="In that very moment")
    await reached(gate)
    await restart(scene)
    gate.open()
    notice = await wait_kind(scene.chat, scene.channel, "unsure")
    assert notice.pinged == {scene.ada.id}
    assert says(notice.content, Key.UNSURE)
    await restart(scene)
    await (await press(scene.ada, notice, Action.DISMISS)).wait_state("message")
    await scene.chat.wait_for(lambda: not notice.buttons, what="a notice that asks no more")
    assert ever_posted(scene.chat, scene.channel, "unsure") == [notice]
    assert scene.studio.paid("In that very moment") == 1


async def test_a_video_on_its_way_is_posted_once(scene: Scene) -> None:
    """Killed after Discord had taken the video but before the bot heard so, it is not posted a second time."""
    await scene.make("Something before it")
    await cards_settled(scene.chat, scene.channel)
    file_gate = scene.studio.gate("file", "before_take")
    await scene.ada.slash(scene.channel, "video", prompt="Heard of too late")
    await reached(file_gate)
    gate = scene.chat.gate("message_create", "after")
    file_gate.open()
    await gate.wait_reached()
    await restart(scene, pause_seconds=600)
    gate.open()
    await cards_settled(scene.chat, scene.channel)
    await scene.ada.reply(await scene.video(), "It is known as what it is")
    await scene.chat.wait_message(scene.channel, lambda m: m.attachments and "It is known as what it is" in m.text)
    shown = [one for one in scene.channel.messages if "Heard of too late" in one.text and kind_of(one) == "video"]
    assert len(shown) == 1
    assert scene.studio.paid("Heard of too late") == 1
