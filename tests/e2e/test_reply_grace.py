"""Point 4, so that talk doesn't cost money: the grace of a reply, and the setting REPLY_REMIX."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from sandbox.chat import Message
from sandbox.stage import Stage
from tests.e2e.messages import actions, kind_of, press, wait_card, wait_kind
from tests.e2e.scene import Scene, a_stage, picture
from tests.wording import says

pytestmark = pytest.mark.asyncio(loop_scope="module")

GRACE_SECONDS = 300


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """One bot that waits long enough before it submits a reply's job."""
    settings = {"REPLY_GRACE_SECONDS": str(GRACE_SECONDS), "MAX_JOBS_PER_USER_PER_DAY": "2"}
    async with a_stage(tmp_path_factory.mktemp("stage"), settings=settings) as stage:
        yield stage


async def waiting(scene: Scene, prompt: str) -> tuple[Message, Message]:
    """A reply to a fresh video, and the card of its job, which waits."""
    video = await scene.make(f"Parent of: {prompt}")
    reply = await scene.ada.reply(video, prompt)
    return reply, await wait_card(scene.chat, scene.channel, lambda m: m.reply_to is reply)


async def test_a_replys_job_waits_before_it_is_submitted(scene: Scene) -> None:
    """The job of a reply says that it starts in a moment, and is submitted when its grace is over."""
    reply, card = await waiting(scene, "Wait for it, please")
    assert says(card.text, Key.GRACE_REMARK)
    assert actions(card) == [Action.CANCEL]
    scene.stage.jump(GRACE_SECONDS - 30)
    status = await (await scene.ada.slash(scene.channel, "status")).wait_state("message")
    assert says(status.text, Key.GRACE)
    assert scene.studio.paid("Wait for it, please") == 0
    scene.stage.jump(30)
    remix = await scene.chat.wait_message(scene.channel, lambda m: kind_of(m) == "video" and m.reply_to is reply)
    assert remix.pinged == {scene.ada.id}
    assert scene.studio.paid("Wait for it, please") == 1


async def test_cancel_in_the_grace_costs_nothing(scene: Scene) -> None:
    """Cancel within the grace ends the job: nothing is sent, it doesn't count, the card stays without buttons."""
    reply, card = await waiting(scene, "Changed my mind again")
    answer = await (await press(scene.ada, card, Action.CANCEL)).wait_state("message")
    assert says(answer.content, Key.ANSWER_CANCELLED)
    await it_cost_nothing(scene, reply, card, "Changed my mind again")


async def test_deleting_the_reply_in_the_grace_costs_nothing(scene: Scene) -> None:
    """Deleting the reply within the grace does the same as Cancel."""
    reply, card = await waiting(scene, "Better not say that")
    await scene.ada.delete(reply)
    await it_cost_nothing(scene, reply, card, "Better not say that")


async def test_the_newest_text_of_a_reply_is_made(scene: Scene) -> None:
    """An edit changes the job and begins its grace again; one that the bot never heard of is seen before it pays."""
    reply, card = await waiting(scene, "The first of three texts")
    scene.stage.jump(GRACE_SECONDS - 30)
    await scene.ada.edit(reply, "The second of three texts")
    await scene.chat.wait_for(lambda: "The second of three texts" in card.text, what="the new text on the card")
    scene.stage.jump(GRACE_SECONDS - 30)
    reply.content, reply.edited_at = "The third of three texts", reply.edited_at or 0.0
    scene.stage.jump(60)
    await scene.chat.wait_for(lambda: "The third of three texts" in card.text, what="the unheard text on the card")
    assert scene.studio.paid("The second of three texts") == 0
    scene.stage.jump(GRACE_SECONDS)
    await scene.chat.wait_message(scene.channel, lambda m: kind_of(m) == "video" and m.reply_to is reply)
    assert scene.studio.paid("The third of three texts") == 1
    assert scene.studio.paid("The first of three texts") == scene.studio.paid("The second of three texts") == 0


async def test_replies_deleted_in_bulk_cost_nothing(scene: Scene) -> None:
    """A moderator who sweeps up many messages at once takes the waiting job of a reply among them along."""
    mia = scene.join("Mia", admin=True)
    other = await scene.ada.say(scene.channel, "and something else")
    reply, card = await waiting(scene, "Swept up with others")
    await mia.delete(reply, other)
    await it_cost_nothing(scene, reply, card, "Swept up with others")


async def test_a_reply_deleted_unnoticed_costs_nothing(scene: Scene) -> None:
    """Even without the deletion's event the bot checks that the reply exists before it pays."""
    reply, card = await waiting(scene, "Gone behind its back")
    reply.deleted = True
    scene.stage.jump(GRACE_SECONDS)
    await it_cost_nothing(scene, reply, card, "Gone behind its back")


async def it_cost_nothing(scene: Scene, reply: Message, card: Message, prompt: str) -> None:
    """The card is cancelled, time brings no submission, and the person's two videos of the day are not used up."""
    await scene.chat.wait_for(lambda: says(card.text, Key.CANCELLED), what="a cancelled card")
    assert card.buttons == []
    scene.stage.jump(GRACE_SECONDS + 10)
    second = await scene.make(f"Instead of: {prompt}")
    assert kind_of(second) == "video"
    assert scene.studio.paid(prompt) == 0
    assert not card.deleted
    assert [one for one in scene.channel.messages if one.reply_to is reply and one is not card] == []


async def test_with_off_replies_do_nothing(scene: Scene) -> None:
    """With REPLY_REMIX=off no reply is answered in any way, while the buttons go on working."""
    await change(scene.stage, REPLY_REMIX="off")
    video = await scene.make("Leave me alone")
    talk = [
        await scene.ada.reply(video, "this would have been a prompt"),
        await scene.ada.reply(video, "unheard", ping=False),
        await scene.ada.reply(video, files=[picture()]),
    ]
    form = await (await press(scene.ada, video, Action.REMIX)).wait_form()
    await scene.ada.submit(form, {"prompt": "But the form works"})
    await scene.video(after=video)
    assert [one for one in scene.chat.posts if one.reply_to in talk] == []
    assert scene.studio.paid("this would have been a prompt") == 0


async def test_with_ask_every_reply_is_asked_about(scene: Scene) -> None:
    """With REPLY_REMIX=ask a whole sentence with pictures is made only after a press, with these pictures, at once."""
    await change(scene.stage, REPLY_REMIX="ask")
    video = await scene.make("Ask me first")
    cat = picture("linen")
    reply = await scene.ada.reply(video, "This is a whole sentence", files=[cat])
    question = await wait_kind(scene.chat, scene.channel, "offer")
    assert question.reply_to is reply
    assert "This is a whole sentence" in question.content
    scene.stage.jump(30)
    assert scene.studio.paid("This is a whole sentence") == 0
    await press(scene.ada, question, Action.MAKE_IT)
    remix = await scene.video(after=video)
    assert remix.reply_to is reply
    (render,) = [one for one in scene.studio.renders if one.prompt == "This is a whole sentence"]
    assert [one.data for one in render.references] == [cat.data]


async def change(stage: Stage, **settings: str) -> None:
    """End the bot's life and begin another one with other settings."""
    await stage.bot.terminate()
    await stage.chat.bot_gone()
    await stage.start_bot(**settings)


async def test_with_auto_only_ones_own_video_is_changed_without_asking(scene: Scene) -> None:
    """A sentence under one's own video starts after the grace; under someone else's it is asked about."""
    await change(scene.stage, REPLY_REMIX="auto")
    video = await scene.make("Mine to change")
    own = await scene.ada.reply(video, "Make all of it blue")
    card = await wait_card(scene.chat, scene.channel, lambda m: m.reply_to is own)
    assert says(card.text, Key.GRACE_REMARK)
    ben = scene.join("Ben")
    reply = await ben.reply(video, "Make all of it red")
    question = await wait_kind(scene.chat, scene.channel, "offer")
    assert (question.reply_to is reply, actions(question)) == (True, [Action.MAKE_IT, Action.NO_THANKS])
    await press(ben, question, Action.NO_THANKS)
    await scene.chat.wait_for(lambda: question.deleted, what="the question to go")
    scene.stage.jump(GRACE_SECONDS)
    await scene.chat.wait_message(scene.channel, lambda m: kind_of(m) == "video" and m.reply_to is own)
    assert (scene.studio.paid("Make all of it blue"), scene.studio.paid("Make all of it red")) == (1, 0)
