"""Point 1 of what a person sees: the private response, and the card with a job's state."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.reasons import Reason
from sandbox.chat import File
from tests.e2e.messages import (
    actions,
    cards_settled,
    ever_posted,
    is_card,
    job_id_of,
    kind_of,
    press,
    wait_card,
    wait_kind,
)
from tests.e2e.scene import RENDER_SECONDS, Scene, picture
from tests.wording import says

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def nothing_left(scene: Scene) -> AsyncIterator[None]:
    """No card of one test is cleared away in the next one's time."""
    yield
    for channel in scene.guild.channels.values():
        await cards_settled(scene.chat, channel)


async def test_a_command_is_acknowledged_before_its_picture_is_fetched(scene: Scene) -> None:
    """The private acknowledgement doesn't wait for anything, not even for Discord to hand over the picture."""
    gate = scene.chat.gate("attachment", "before")
    call = await scene.ada.slash(scene.channel, "video", prompt="Acknowledge me", reference=picture())
    await gate.wait_reached()
    assert call.answer.state == "thinking"
    assert call.answer.ephemeral
    assert scene.channel.messages == []
    gate.open()
    await call.wait_state("deleted")
    await scene.video()


async def test_what_is_wrong_is_said_privately_and_nowhere_else(scene: Scene) -> None:
    """A mistake is answered by one private sentence; nothing is in the channel, nothing is stored or charged."""
    text = File("cat.png", b"this is no picture", content_type="image/png")
    call = await scene.ada.slash(scene.channel, "video", prompt="A wrong file", reference=text)
    answer = await call.wait_state("message")
    assert answer.ephemeral
    assert says(answer.content, Reason.REFERENCE_TYPE)
    status = await (await scene.ada.slash(scene.channel, "status")).wait_state("message")
    assert "A wrong file" not in status.text
    assert [one for one in scene.chat.posts if one.channel is scene.channel and one.interaction is None] == []
    assert scene.studio.paid("A wrong file") == 0


async def test_the_private_answer_goes_when_the_card_has_come(scene: Scene) -> None:
    """An accepted job's card is a plain message of the bot without a ping; the private response disappears."""
    gate = scene.studio.gate("create", "before_take")
    call = await scene.ada.slash(scene.channel, "video", prompt="Show me a card")
    card = await wait_card(scene.chat, scene.channel, "Show me a card")
    answer = await call.wait_state("deleted")
    assert answer.history == []
    assert card.interaction is None
    assert not card.ephemeral
    assert card.reply_to is None
    assert card.pinged == set()
    gate.open()
    await scene.video()


async def test_a_card_says_who_asked_for_what_and_how_far_it_is(scene: Scene) -> None:
    """The card shows asker, prompt, model, size, length, pictures, id, state, progress and one button."""
    scene.studio.dials.progress = "percent"
    scene.studio.dials.render_seconds = 1000.0
    await scene.ada.slash(
        scene.channel, "video", prompt="Fill the card", size="1920x1080", seconds="8",
        reference=picture(), reference_2=picture("teal"),
    )  # fmt: skip
    card = await wait_card(scene.chat, scene.channel, lambda m: says(m.text, Key.RENDERING))
    for said in ("Fill the card", scene.ada.mention, "gpt-4o-video", "1920x1080"):
        assert said in card.text
    assert says(card.text, Key.LENGTH_SECONDS, seconds=8)
    assert says(card.text, Key.PICTURES, count=2)
    assert job_id_of(card) in card.text
    assert actions(card) == [Action.WITHHOLD]
    scene.stage.jump(500)
    await scene.chat.wait_for(lambda: "50 %" in card.text, what="the card to show half of the way")
    assert ever_posted(scene.chat, scene.channel, "card") == [card]
    scene.studio.dials.progress = "none"
    scene.studio.dials.render_seconds = RENDER_SECONDS
    scene.stage.jump(500)
    await scene.video()


async def test_a_card_is_edited_with_the_bots_own_token(scene: Scene) -> None:
    """Every change of a card is an edit of that one message with the bot's own token, none by the interaction's."""
    gate = scene.studio.gate("create", "before_take")
    await scene.ada.slash(scene.channel, "video", prompt="Edit me")
    card = await wait_card(scene.chat, scene.channel, "Edit me")
    scene.stage.jump(5)
    await scene.chat.wait_for(
        lambda: says(card.text, Key.SENDING) or Action.WITHHOLD in actions(card), what="an edited card"
    )
    gate.open()
    await scene.video()
    edits = [one for one in scene.chat.requests if one.kind == "message_edit" and str(card.id) in one.path]
    assert edits
    assert all(one.authorized for one in edits)


async def test_a_card_goes_after_the_video_has_come(scene: Scene) -> None:
    """The card stays until the video is posted, and is then deleted."""
    deleting = scene.chat.gate("message_delete", "before")
    await scene.ada.slash(scene.channel, "video", prompt="Then the card goes")
    await deleting.wait_reached()
    assert [kind_of(one) for one in scene.channel.messages] == ["card", "video"]
    deleting.open()
    await scene.chat.wait_for(lambda: [kind_of(one) for one in scene.channel.messages] == ["video"])


async def test_a_card_goes_after_a_failure_notice_has_come(scene: Scene) -> None:
    """The card stays until the failure notice is posted, and is then deleted."""
    deleting = scene.chat.gate("message_delete", "before")
    await scene.ada.slash(scene.channel, "video", prompt="A forbidden card")
    await deleting.wait_reached()
    assert [kind_of(one) for one in scene.channel.messages] == ["card", "fail"]
    deleting.open()
    await scene.chat.wait_for(lambda: [kind_of(one) for one in scene.channel.messages] == ["fail"])


async def test_the_card_of_a_reply_answers_it(scene: Scene) -> None:
    """For a reply the card is a reply to it, and names the video that is remixed."""
    video = await scene.make("A parent of a card")
    gate = scene.studio.gate("remix", "before_take")
    reply = await scene.ada.reply(video, "Now with a proper moon")
    card = await wait_card(scene.chat, scene.channel, "Now with a proper moon")
    assert card.reply_to is reply
    assert card.pinged == set()
    assert says(card.text, Key.REMIX_OF_LINKED, video=job_id_of(video), link=video.jump_url)
    gate.open()
    await scene.video(after=card)
    await scene.chat.wait_gone(card)


async def test_a_card_in_a_thread_is_posted_in_the_thread(scene: Scene) -> None:
    """A command used in a thread gets its card and its video there, and nothing in the channel above."""
    thread = scene.channel.add_thread("storyboard", members=[scene.ada])
    await scene.ada.slash(thread, "video", prompt="In the thread")
    await wait_kind(scene.chat, thread, "card")
    await scene.video(thread)
    assert scene.channel.messages == []


async def test_a_card_outlives_its_interaction(scene: Scene) -> None:
    """A job that takes longer than its interaction's token lives keeps its card true and delivers its video."""
    scene.studio.dials.render_seconds = 1500.0
    await scene.ada.slash(scene.channel, "video", prompt="Longer than a token")
    card = await wait_card(scene.chat, scene.channel, lambda m: says(m.text, Key.RENDERING))
    scene.studio.dials.render_seconds = RENDER_SECONDS
    scene.stage.jump(1200)
    await press(scene.ada, card, Action.WITHHOLD)
    await scene.chat.wait_for(lambda: says(card.text, Key.WITHHELD_REMARK), what="a card that was told")
    assert actions(card) == [Action.POST_IT]
    assert is_card(card)
    scene.stage.jump(400)
    await scene.chat.wait_for(lambda: says(card.text, Key.KEPT), what="a card of a kept video")
    assert actions(card) == [Action.POST_IT]


async def test_twenty_minutes_later_the_video_still_comes(scene: Scene) -> None:
    """The video of a job whose interaction token has died is posted all the same, and the card goes."""
    scene.studio.dials.render_seconds = 1300.0
    call = await scene.ada.slash(scene.channel, "video", prompt="After twenty minutes")
    card = await wait_card(scene.chat, scene.channel, lambda m: says(m.text, Key.RENDERING))
    scene.studio.dials.render_seconds = RENDER_SECONDS
    scene.stage.jump(1300)
    video = await scene.video()
    await scene.chat.wait_gone(card)
    assert video.pinged == {scene.ada.id}
    assert video.created_at - call.interaction.created_at > scene.chat.rules.token_seconds


async def test_two_people_at_once_get_a_card_and_a_video_each(scene: Scene) -> None:
    """Two people who ask at the same moment each get their own card and their own video, pinged each."""
    bob = scene.join("Bob")
    await asyncio.gather(
        scene.ada.slash(scene.channel, "video", prompt="Ada asks at once"),
        bob.slash(scene.channel, "video", prompt="Bob asks at once"),
    )
    for person, prompt in ((scene.ada, "Ada asks at once"), (bob, "Bob asks at once")):
        video = await scene.chat.wait_message(
            scene.channel, lambda m, prompt=prompt: kind_of(m) == "video" and prompt in m.text
        )
        assert video.pinged == {person.id}
        assert scene.studio.paid(prompt) == 1
    assert len(ever_posted(scene.chat, scene.channel, "card")) == 2
    assert len(ever_posted(scene.chat, scene.channel, "video")) == 2
