"""Point 3 of what a person sees: a job that failed says so once, with the cause, one next step and Retry."""

import asyncio

import pytest

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from sandbox.chat import Message
from sandbox.chat.records import flatten
from sandbox.studio import Fault, Outcome, Request
from tests.buttons import custom_id_for
from tests.e2e.messages import (
    actions,
    cards_settled,
    ever_posted,
    job_id_of,
    of_kind,
    press,
    time_passes_until,
    wait_card,
    wait_kind,
)
from tests.e2e.scene import Scene, picture
from tests.wording import Ending, says, sentence

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def notice_of(scene: Scene, prompt: str, **options: object):
    """Ask for a video that fails, and wait for its notice."""
    await scene.ada.slash(scene.channel, "video", prompt=prompt, **options)
    return await wait_kind(scene.chat, scene.channel, "fail")


@pytest.mark.both_databases
async def test_a_refused_prompt_is_reported_without_its_words(scene: Scene) -> None:
    """What the provider refuses becomes one plain message that pings the requester; Why? says the rest privately."""
    notice = await notice_of(scene, "A forbidden dance")
    assert notice.interaction is None
    assert notice.reference is None
    assert notice.pinged == {scene.ada.id}
    assert notice.text == sentence(Key.FAILURE_PRIVATE, user=scene.ada.id, charge=sentence(Key.CHARGED_NO))
    assert actions(notice) == [Action.EDIT_RETRY, Action.WHY]
    await cards_settled(scene.chat, scene.channel)
    assert ever_posted(scene.chat, scene.channel, "fail") == [notice]
    assert scene.studio.paid("A forbidden dance") == 0
    answer = await (await press(scene.ada, notice, Action.WHY)).wait_state("message")
    assert answer.ephemeral
    assert says(answer.text, Ending.CONTENT, Ending.CONTENT_PROMPT)
    assert "A forbidden dance" in answer.text


def is_grey(message: Message, action: Action) -> bool:
    """Whether that button can't be pressed any more, but by a client that has not heard of it."""
    custom_id = custom_id_of(message, action)
    return any(one.get("disabled") for one in flatten(message.components) if one.get("custom_id") == custom_id)


def custom_id_of(message: Message, action: Action) -> str:
    """The custom id of the button that asks for that."""
    return custom_id_for(action, [one.custom_id for one in message.buttons])


async def test_edit_and_retry_makes_one_video_of_the_edited_request(scene: Scene) -> None:
    """The form is filled with the refused request; however often it is sent, one video is made and paid for."""
    cat = picture("gold")
    notice = await notice_of(scene, "A forbidden hat", size="1080x1920", reference=cat)
    form = await (await press(scene.ada, notice, Action.EDIT_RETRY)).wait_form()
    assert form.fields["prompt"].value == "A forbidden hat"
    assert says(form.fields["references"].description, Key.FORM_PICTURES_KEPT, count=1)
    filled = {"prompt": "An allowed hat", "seconds": "8"}
    await asyncio.gather(*(scene.ada.submit(form, filled) for _ in range(2)))
    await scene.video()
    (render,) = [one for one in scene.studio.renders if one.prompt == "An allowed hat"]
    assert (render.size, render.seconds, [one.data for one in render.references]) == ("1080x1920", "8", [cat.data])
    await scene.chat.wait_for(lambda: is_grey(notice, Action.EDIT_RETRY), what="a grey button")
    pressed = custom_id_of(notice, Action.EDIT_RETRY)
    later = await (await scene.ada.forge_click(notice, pressed)).wait_state("message")
    assert says(later.content, Key.ANSWER_MADE_BEFORE)
    assert scene.studio.paid("An allowed hat") == 1


async def test_a_render_that_failed_for_its_content_is_reported_alike(scene: Scene) -> None:
    """A refusal during the render has the same notice, and counts as charged once by the provider."""
    notice = await notice_of(scene, "A doomed flight")
    assert notice.pinged == {scene.ada.id}
    assert actions(notice) == [Action.EDIT_RETRY, Action.WHY]
    assert scene.studio.paid("A doomed flight") == 1


async def test_the_providers_own_words_are_never_shown(scene: Scene) -> None:
    """Raw words of the provider are never posted."""
    scene.studio.dials.next_render.append(Outcome.fail(code="server_error", message="panic: host db7 @everyone"))
    notice = await notice_of(scene, "With raw words")
    assert says(notice.content, Ending.PROVIDER)
    said = scene.chat.transcript(scene.channel, with_deleted=True)
    assert "db7" not in said
    assert "server_error" not in said


async def test_a_failure_in_a_thread_is_posted_there(scene: Scene) -> None:
    """The notice is posted in the thread where the command was used."""
    thread = scene.channel.add_thread("storyboard", members=[scene.ada])
    await scene.ada.slash(thread, "video", prompt="Forbidden in a thread")
    notice = await wait_kind(scene.chat, thread, "fail")
    assert notice.pinged == {scene.ada.id}
    assert scene.channel.messages == []


async def test_a_failure_in_a_dm_is_posted_there(scene: Scene) -> None:
    """The notice of a job from a DM is posted in the DM."""
    dm = scene.chat.dm(scene.ada)
    await scene.ada.slash(dm, "video", prompt="Forbidden in a DM")
    notice = await wait_kind(scene.chat, dm, "fail")
    assert actions(notice) == [Action.EDIT_RETRY, Action.WHY]


async def test_the_notice_of_a_reply_answers_the_reply(scene: Scene) -> None:
    """The notice of a failed remix by reply is a reply to it."""
    video = await scene.make("A parent of failure")
    reply = await scene.ada.reply(video, "Something forbidden, please")
    notice = await wait_kind(scene.chat, scene.channel, "fail")
    assert notice.reply_to is reply
    assert notice.pinged == {scene.ada.id}


async def test_retry_makes_a_new_job_of_the_same_request(scene: Scene) -> None:
    """Retry makes a new request with the same prompt, model, size, length and pictures, as a new job."""
    cat, dog = picture("gold"), picture("plum", name="dog.png")
    scene.studio.dials.next_render.append(Outcome.fail(code="server_error", message="Out of luck."))
    notice = await notice_of(
        scene, "Better luck next time", size="1920x1080", seconds="12", reference=cat, reference_2=dog
    )
    answer = await (await press(scene.ada, notice, Action.RETRY)).wait_state("message")
    assert answer.ephemeral
    video = await scene.video()
    assert job_id_of(video) in answer.content
    assert job_id_of(video) != job_id_of(notice)
    first, second = [one for one in scene.studio.renders if one.prompt == "Better luck next time"]
    assert (second.model, second.size, second.seconds) == (first.model, first.size, first.seconds)
    assert (second.size, second.seconds) == ("1920x1080", "12")
    assert [one.data for one in second.references] == [cat.data, dog.data]
    assert first.idempotency_key != second.idempotency_key


@pytest.mark.both_databases
async def test_retry_pressed_twice_makes_one_job(scene: Scene) -> None:
    """However often Retry is pressed, at once or later, there is one new job and one new charge."""
    scene.studio.dials.next_render.append(Outcome.fail(code="server_error", message="Out of luck."))
    notice = await notice_of(scene, "Pressed in anger")
    calls = await asyncio.gather(*(press(scene.ada, notice, Action.RETRY) for _ in range(3)))
    answers = [await call.wait_state("message") for call in calls]
    video = await scene.video()
    await scene.chat.wait_for(lambda: is_grey(notice, Action.RETRY), what="a grey button")
    later = await (await scene.ada.forge_click(notice, custom_id_of(notice, Action.RETRY))).wait_state("message")
    for answer in (*answers, later):
        assert job_id_of(video) in answer.content
    assert says(later.content, Key.ANSWER_MADE_BEFORE)
    await cards_settled(scene.chat, scene.channel)
    assert scene.studio.paid("Pressed in anger") == 2
    assert len(ever_posted(scene.chat, scene.channel, "video")) == 1


async def test_retry_of_a_remix_remixes_the_same_video(scene: Scene) -> None:
    """Retry of a failed remix makes the same remix of the same video."""
    video = await scene.make("Root of a retry")
    scene.studio.dials.next_render.append(Outcome.fail(code="server_error", message="Out of luck."))
    await scene.ada.slash(scene.channel, "remix", prompt="A second branch", video=job_id_of(video))
    notice = await wait_kind(scene.chat, scene.channel, "fail")
    await press(scene.ada, notice, Action.RETRY)
    await scene.video(after=notice)
    first, second = [one for one in scene.studio.renders if one.prompt == "A second branch"]
    assert first.parent_id == second.parent_id is not None


async def test_a_clean_server_error_is_asked_again_twice_with_the_same_key(scene: Scene) -> None:
    """A clean 500 is retried after 2 and 4 seconds with the same idempotency key, without a message."""
    scene.stage.jump(60)
    scene.studio.faults.add("create", Fault.status(500), times=2)
    await scene.ada.slash(scene.channel, "video", prompt="Third time lucky")
    await wait_card(scene.chat, scene.channel, "Third time lucky")
    await time_passes_until(scene.stage, lambda: scene.studio.paid("Third time lucky"), step_seconds=0.5)
    await scene.video()
    assert ever_posted(scene.chat, scene.channel, "fail") == []
    sent = creates(scene, "Third time lucky")
    assert [one.status for one in sent] == [500, 500, 200]
    assert len({one.headers["idempotency-key"] for one in sent}) == 1
    assert sent[1].at - sent[0].at >= 2
    assert sent[2].at - sent[1].at >= 4
    assert scene.studio.paid("Third time lucky") == 1


async def test_three_clean_server_errors_end_the_job_with_retry(scene: Scene) -> None:
    """After the third clean 500 the job ends with a notice, nothing is charged, and Retry starts again."""
    scene.stage.jump(60)
    scene.studio.faults.add("create", Fault.status(500), times=3)
    await scene.ada.slash(scene.channel, "video", prompt="Never lucky")
    await wait_card(scene.chat, scene.channel, "Never lucky")
    (notice,) = await time_passes_until(scene.stage, lambda: of_kind(scene.channel, "fail"), step_seconds=0.5)
    assert says(notice.content, Ending.PROVIDER)
    assert scene.studio.paid("Never lucky") == 0
    assert [one.status for one in creates(scene, "Never lucky")] == [500, 500, 500]
    scene.stage.jump(60)
    await press(scene.ada, notice, Action.RETRY)
    await scene.video()
    assert scene.studio.paid("Never lucky") == 1


def creates(scene: Scene, prompt: str) -> list[Request]:
    """The paid requests for that prompt, with any outcome."""
    return [one for one in scene.studio.requests if one.operation == "create" and one.fields.get("prompt") == prompt]
