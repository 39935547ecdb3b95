"""Point 7 of what a person sees: when the outcome of a paid request is unknown, exactly that is posted."""

import asyncio

import pytest

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from sandbox.chat import Message
from sandbox.studio import Fault, Request
from tests.e2e.messages import (
    actions,
    cards_settled,
    ever_posted,
    is_card,
    job_id_of,
    press,
    time_passes_until,
    wait_kind,
)
from tests.e2e.scene import Scene, picture
from tests.wording import Ending, says

pytestmark = pytest.mark.asyncio(loop_scope="module")

CUT_BEFORE, CUT_AFTER = Fault.drop(take=False), Fault.drop(take=True)
MESS = {
    "cut before it was taken": CUT_BEFORE,
    "cut after it was taken": CUT_AFTER,
    "a 2xx that can't be read": Fault.body(b"<html>200 OK</html>"),
    "a gateway's 502": Fault.status(502, text="<html>Bad Gateway</html>", take=True),
    "a 500 without JSON": Fault.status(500, text="<html>Oops</html>", take=True),
    "a conflict about the key": Fault.status(409, json={"error": {"message": "Idempotency key already used"}}),
}


def creates(scene: Scene, prompt: str) -> list[Request]:
    """The paid requests for that prompt, with any outcome."""
    return [one for one in scene.studio.requests if one.operation == "create" and one.fields.get("prompt") == prompt]


async def unsure(scene: Scene, prompt: str, fault: Fault = CUT_AFTER, **options: object) -> Message:
    """Ask for a video whose submission meets that fault, and wait for the notice."""
    scene.stage.jump(60)
    scene.studio.faults.add("create", fault)
    await scene.ada.slash(scene.channel, "video", prompt=prompt, **options)
    return await wait_kind(scene.chat, scene.channel, "unsure")


@pytest.mark.parametrize("how", MESS)
async def test_after_a_mess_it_says_exactly_that_it_cannot_know(scene: Scene, how: str) -> None:
    """After silence or an unreadable response to the paid request one question is posted, and nothing is sent again."""
    prompt = f"Nobody knows: {how}"
    notice = await unsure(scene, prompt, MESS[how])
    assert notice.interaction is None
    assert notice.pinged == {scene.ada.id}
    assert says(notice.content, Key.UNSURE)
    assert says(notice.content, Key.UNSURE)
    assert actions(notice) == [Action.REQUEST_AGAIN, Action.DISMISS]
    assert prompt in notice.text
    for _ in range(3):
        scene.stage.jump(3000)
        await (await scene.ada.slash(scene.channel, "status")).wait_state("message")
    assert ever_posted(scene.chat, scene.channel, "unsure") == [notice]
    assert ever_posted(scene.chat, scene.channel, "fail") == ever_posted(scene.chat, scene.channel, "late") == []
    assert len(creates(scene, prompt)) == 1


async def test_request_again_makes_one_new_job_however_often_it_is_pressed(scene: Scene) -> None:
    """Request again makes one new job of the same request with a key of its own; the notice then asks no more."""
    cat = picture("wheat")
    notice = await unsure(scene, "Try me again", reference=cat, seconds="8")
    presses = await asyncio.gather(*(press(scene.ada, notice, Action.REQUEST_AGAIN) for _ in range(3)))
    answers = {(await press.wait_state("message")).content for press in presses}
    video = await scene.video()
    assert len(answers) == 1
    assert job_id_of(video) in answers.pop()
    await scene.chat.wait_for(lambda: not notice.buttons, what="a notice that asks no more")
    assert says(notice.content, Key.UNSURE_ANSWERED)
    assert not notice.deleted
    first, second = creates(scene, "Try me again")
    assert first.headers["idempotency-key"] != second.headers["idempotency-key"]
    assert [file.data for file in second.files] == [cat.data]
    assert second.fields["seconds"] == "8"
    assert scene.studio.paid("Try me again") == 2
    assert len(ever_posted(scene.chat, scene.channel, "video")) == 1


async def test_leave_it_only_ends_the_asking(scene: Scene) -> None:
    """Dismiss sends nothing: the buttons go, and that is all."""
    notice = await unsure(scene, "Leave me be")
    answer = await (await press(scene.ada, notice, Action.DISMISS)).wait_state("message")
    assert answer.ephemeral
    assert says(answer.content, Key.ANSWER_DISMISSED)
    await scene.chat.wait_for(lambda: not notice.buttons, what="a notice that asks no more")
    scene.stage.jump(7200)
    await scene.make("Something else meanwhile")
    assert len(creates(scene, "Leave me be")) == 1
    assert len(ever_posted(scene.chat, scene.channel, "video")) == 1


async def test_an_uncertain_remix_by_reply_gets_its_question_in_a_reply(scene: Scene) -> None:
    """The notice of a reply's job answers the reply, and Request again remixes the same video."""
    video = await scene.make("A certain parent")
    scene.stage.jump(60)
    scene.studio.faults.add("remix", CUT_AFTER)
    reply = await scene.ada.reply(video, "An uncertain child of it")
    notice = await wait_kind(scene.chat, scene.channel, "unsure")
    assert notice.reply_to is reply
    await press(scene.ada, notice, Action.REQUEST_AGAIN)
    remix = await scene.video(after=notice)
    assert "An uncertain child of it" in remix.text
    first, second = [one for one in scene.studio.renders if one.prompt == "An uncertain child of it"]
    assert first.parent_id == second.parent_id


async def test_an_uncertain_job_holds_no_place_and_ends_after_a_day(scene: Scene) -> None:
    """No silence: a day later the uncertain job ends with a notice, and its card goes."""
    notice = await unsure(scene, "A day in doubt", CUT_BEFORE)
    status = await (await scene.ada.slash(scene.channel, "status")).wait_state("message")
    assert says(status.text, Key.UNCERTAIN)
    end = await time_passes_until(
        scene.stage, lambda: next(iter(ever_posted(scene.chat, scene.channel, "fail")), None), step_seconds=6 * 3600
    )
    assert end.pinged == {scene.ada.id}
    assert says(end.content, Ending.LOST_UNSURE)
    assert actions(end) == [Action.RETRY]
    await cards_settled(scene.chat, scene.channel)
    await scene.chat.wait_for(lambda: not any(map(is_card, scene.channel.messages)))
    assert len(creates(scene, "A day in doubt")) == 1
    assert job_id_of(end) == notice.history[0].components[0]["components"][0]["custom_id"].split(":")[3]
