"""What a refusal for content shows in public and in private, and *Edit & retry* under it."""

import pytest

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.model import Cause, PostKind, Via
from bot.jobs.reasons import Reason
from bot.jobs.states import Event, State
from tests.simcord import job_setups
from tests.simcord.pictures import png
from tests.simcord.world import SimWorld, actions, field_ids, press, private, text_of
from tests.wording import Ending, says


async def test_the_public_sees_nothing_of_a_refused_prompt(world: SimWorld) -> None:
    """Neither prompt, pictures nor reason is public; Why? shows them to the requester and moderators only."""
    job = await job_setups.refused(world)
    notice = await world.shown(job, PostKind.FAILURE)
    assert says(text_of(notice), Key.FAILURE_PRIVATE, user=world.ada.id)
    assert "fox" not in text_of(notice)
    assert not says(text_of(notice), Ending.CONTENT, Ending.CONTENT_PROMPT, Ending.CONTENT_PICTURE)
    assert actions(notice) == [Action.EDIT_RETRY, Action.WHY]
    assert notice.attachments == []
    for person in (world.ada, world.mia):
        said = private(await press(person, notice, Action.WHY))
        assert says(said, Ending.CONTENT, Ending.CONTENT_PROMPT, Ending.CONTENT_PICTURE)
        assert "a red fox, badly" in said
    said = private(await press(world.ben, notice, Action.WHY))
    assert says(said, Reason.NOT_ALLOWED, Reason.NOT_YOURS, Reason.NOT_YOUR_REPLY)
    assert "fox" not in said


@pytest.mark.slow
@pytest.mark.parametrize("scene", [job_setups.late, job_setups.uncertain])
async def test_no_earlier_notice_goes_on_showing_a_refused_prompt(world: SimWorld, scene: job_setups.JobSetup) -> None:
    """What was said of a job while it was late or in doubt goes when it is refused, as its card does."""
    job = await scene(world)
    assert "fox" in text_of(world.last())
    if job.state is State.UNCERTAIN:
        job = await world.step(job, Event.LINK, remote_id="video_found")
    await world.move(job, Event.RENDER_FAILED, cause=Cause.CONTENT)
    shown = [text_of(message) for message in world.channel.history() if message.author.bot]
    assert len(shown) == 1
    assert "fox" not in shown[0]


async def test_edit_and_retry_makes_one_job_of_what_is_written(world: SimWorld) -> None:
    """The form is prefilled; pictures are kept; a second form or press finds the first one's job."""
    job = await job_setups.refused(world)
    notice = await world.shown(job, PostKind.FAILURE)
    shown = await press(world.ada, notice, Action.EDIT_RETRY)
    second = await press(world.ada, notice, Action.EDIT_RETRY)
    assert field_ids(shown)["prompt"]["value"] == "a red fox, badly"
    sent = await world.ada.submit_modal(shown, {"prompt": "a red fox"})
    assert sent.response is None
    made = (await world.jobs())[0]
    assert (made.request.prompt, made.request.references) == ("a red fox", job.request.references)
    assert (made.origin.id, made.origin.via, made.origin.retry_of) == (f"retry:{job.id}", Via.FORM, job.id)
    await world.settle()
    await world.rendering(made)
    again = private(await world.ada.submit_modal(second, {"prompt": "a blue fox"}))
    assert made.id in again
    assert len(await world.jobs()) == 2


async def test_edit_and_retry_works_again_after_a_free_cancel(world: SimWorld) -> None:
    """What was cancelled before it cost anything doesn't use the one success up."""
    job = await job_setups.refused(world)
    notice = await world.shown(job, PostKind.FAILURE)
    await world.ada.submit_modal(await press(world.ada, notice, Action.EDIT_RETRY), {"prompt": "first"})
    first = (await world.jobs())[0]
    await world.move(first, Event.CANCEL)
    await world.ada.submit_modal(await press(world.ada, notice, Action.EDIT_RETRY), {"prompt": "second"})
    second = (await world.jobs())[0]
    assert (second.request.prompt, second.state, second.origin.retry_of) == ("second", State.ACCEPTED, first.id)


async def test_retry_and_edit_and_retry_share_one_success(world: SimWorld) -> None:
    """After Retry was pressed the form isn't opened any more."""
    job = await job_setups.failed(world)
    notice = await world.shown(job, PostKind.FAILURE)
    await press(world.ada, notice, Action.RETRY)
    pressed = await press(world.ada, notice, Action.EDIT_RETRY)
    assert pressed.modal is None
    assert (await world.jobs())[0].id in private(pressed)


async def test_retries_are_for_the_requester_alone(world: SimWorld) -> None:
    """A moderator's press makes nothing and shows no prompt."""
    job = await job_setups.refused(world)
    notice = await world.shown(job, PostKind.FAILURE)
    for person in (world.ben, world.mia):
        pressed = await press(person, notice, Action.EDIT_RETRY)
        assert pressed.modal is None
        assert says(private(pressed), Reason.NOT_ALLOWED, Reason.NOT_YOURS, Reason.NOT_YOUR_REPLY)
    failed = await job_setups.failed(world)
    assert says(
        private(await press(world.mia, await world.shown(failed, PostKind.FAILURE), Action.RETRY)),
        Reason.NOT_ALLOWED,
        Reason.NOT_YOURS,
        Reason.NOT_YOUR_REPLY,
    )
    assert await world.jobs(world.mia) == []


async def test_after_a_refused_picture_an_empty_row_means_none(world: SimWorld) -> None:
    """The form keeps no picture and says so."""
    job = await job_setups.refused(world, "picture")
    shown = await press(world.ada, await world.shown(job, PostKind.FAILURE), Action.EDIT_RETRY)
    assert shown.modal is not None
    assert says(shown.modal["components"][1]["description"], Key.FORM_PICTURES_DROPPED)
    await world.ada.submit_modal(shown, {"prompt": "a red fox"})
    assert (await world.jobs())[0].request.references == ()


async def test_new_pictures_replace_the_old_ones(world: SimWorld) -> None:
    """All of them."""
    job = await job_setups.refused(world)
    shown = await press(world.ada, await world.shown(job, PostKind.FAILURE), Action.EDIT_RETRY)
    assert shown.modal is not None
    assert says(shown.modal["components"][1]["description"], Key.FORM_PICTURES_KEPT, count=1)
    await world.ada.submit_modal(shown, {"prompt": "x", "references": [("a.png", png(9)), ("b.png", png(8))]})
    references = (await world.jobs())[0].request.references
    assert len(references) == 2
    assert job.request.references[0] not in references
