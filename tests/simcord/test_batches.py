"""`/batch`: a form of prompts, one card for all, and what it refuses."""

import pytest
from simcord.results import InteractionResult

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.model import Job, PostKind, Via
from bot.jobs.reasons import Reason
from bot.jobs.states import Event, State
from bot.jobs.store import posts
from tests.simcord.pictures import png
from tests.simcord.world import SimWorld, actions, field_ids, press, private, targets, text_of
from tests.wording import says

LINES = ("a red fox", "an owl above it", "a *bear* asleep")


async def submitted(world: SimWorld, *lines: str, **options: object) -> InteractionResult:
    """Ada fills in the form of `/batch`."""
    form = await world.ada.slash(world.channel, "batch", **options)
    result = await world.ada.submit_modal(form, {"prompt": "\n".join(lines)})
    await world.settle()
    return result


async def a_batch(world: SimWorld, *lines: str, **options: object) -> list[Job]:
    """The jobs of a batch that was accepted, in their order."""
    result = await submitted(world, *lines, **options)
    assert result.response is None
    return sorted(await world.jobs(), key=lambda job: job.origin.ordinal)


async def test_a_batch_is_a_job_for_each_line_and_one_card(world: SimWorld) -> None:
    """The jobs share settings and pictures, each has its own key; the card has a line and a button for each."""
    made = await a_batch(world, *LINES, size="1920x1080", seconds="4", reference=("fox.png", png()))
    assert [job.request.prompt for job in made] == list(LINES)
    assert {(job.request.size, job.request.seconds, len(job.request.references)) for job in made} == {
        ("1920x1080", "4", 1)
    }
    assert len({job.idempotency_key for job in made}) == 3
    assert {(job.origin.id, job.origin.via) for job in made} == {(made[0].origin.id, Via.BATCH)}
    card = await world.shown(made[0], PostKind.BATCH)
    assert world.count() == 1
    assert targets(card) == [*((Action.CANCEL, job.id) for job in made), (Action.CANCEL_ALL, made[0].id)]
    shown = text_of(card)
    assert all(part in shown for part in ("`a red fox`", "`an owl above it`", "`a *bear* asleep`", "1920x1080"))
    assert says(shown, Key.BATCH_TITLE, done=0, count=3)
    assert not world.env.backend.get_message(world.channel.id, card.id).ping_user_ids


async def test_the_lines_of_the_card_become_links(world: SimWorld) -> None:
    """Each finished video is a message of its own; at the end the card links to all, has no button, and stays."""
    made = await a_batch(world, *LINES[:2])
    for job in made:
        await world.fetched(job)
    card = text_of(await world.shown(made[0], PostKind.BATCH))
    videos = [await world.shown(job, PostKind.VIDEO) for job in made]
    assert all(video.jump_url in card for video in videos)
    assert says(card, Key.BATCH_TITLE, done=2, count=2)
    assert actions(await world.shown(made[0], PostKind.BATCH)) == []


async def test_one_line_is_cancelled(world: SimWorld) -> None:
    """Its job ends for free; the others go on, and the card says so."""
    made = await a_batch(world, *LINES)
    result = await press(world.ada, await world.shown(made[0], PostKind.BATCH), Action.CANCEL, made[1].id)
    await world.settle()
    assert says(private(result), Key.ANSWER_CANCELLED)
    assert [(await world.job(job)).state for job in made] == [State.ACCEPTED, State.CANCELLED, State.ACCEPTED]
    card = await world.shown(made[0], PostKind.BATCH)
    assert targets(card) == [
        (Action.CANCEL, made[0].id), (Action.CANCEL, made[2].id), (Action.CANCEL_ALL, made[0].id)
    ]  # fmt: skip


async def test_all_are_cancelled(world: SimWorld) -> None:
    """What waits ends for free; what is being made is kept and not posted; the person hears how many of each."""
    made = await a_batch(world, *LINES)
    await world.rendering(made[0])
    await world.settle()
    card = await world.shown(made[0], PostKind.BATCH)
    assert actions(card) == [Action.WITHHOLD, Action.CANCEL, Action.CANCEL, Action.CANCEL_ALL]
    result = await press(world.ada, card, Action.CANCEL_ALL)
    await world.settle()
    assert says(private(result), Key.ANSWER_ALL_STOPPED, free=2, withheld=1)
    now = [await world.job(job) for job in made]
    assert [(job.state, job.withheld) for job in now] == [
        (State.RENDERING, True), (State.CANCELLED, False), (State.CANCELLED, False)
    ]  # fmt: skip


async def test_a_refused_line_shows_neither_prompt_nor_reason(world: SimWorld) -> None:
    """After a refusal for content the card says only that the video wasn't made."""
    made = await a_batch(world, *LINES[:2])
    await world.move(made[0], Event.SUBMIT, Event.REFUSE, cause="content")
    await world.settle()
    card = text_of(await world.shown(made[0], PostKind.BATCH))
    assert "`a red fox`" not in card
    assert "`an owl above it`" in card
    assert says(card, Key.FAILED)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (("a red fox",), Reason.BATCH_TOO_SHORT),
        (("a red fox", "", "  ", "\u200b"), Reason.BATCH_TOO_SHORT),
        ((" ", "\u200b"), Reason.PROMPT_EMPTY),
        (tuple(f"fox {number}" for number in range(11)), Reason.BATCH_TOO_LONG),
        (("a red fox", "an owl", " a red fox "), Reason.BATCH_SAME_LINES),
        (tuple(f"fox {number}" for number in range(6)), Reason.BATCH_NO_ROOM),
    ],
)
async def test_a_bad_batch_is_one_private_sentence_with_edit(
    world: SimWorld, lines: tuple[str, ...], reason: Reason
) -> None:
    """Nothing is stored and nothing public; Edit has all lines, and the changed ones are accepted."""
    result = await submitted(world, *lines)
    assert says(private(result), reason)
    assert await world.jobs() == []
    assert world.count() == 0
    assert result.response is not None
    form = await press(world.ada, result.response.message, Action.EDIT)
    assert field_ids(form)["prompt"]["value"] == "\n".join(lines)
    sent = await world.ada.submit_modal(form, {"prompt": "\n".join(LINES)})
    assert sent.response is None
    assert len(await world.jobs()) == 3


async def test_a_bad_picture_refuses_the_whole_batch(world: SimWorld) -> None:
    """No line of it is stored; the lines come back with Edit."""
    result = await submitted(world, *LINES, reference=("notes.png", b"no picture at all"))
    assert says(private(result), Reason.REFERENCE_TYPE)
    assert await world.jobs() == []


async def test_more_than_what_is_free_is_refused_with_what_fits(world: SimWorld) -> None:
    """Two are under way of five: three fit, the form says so, and four are refused as a whole."""
    for number in range(2):
        await world.asked(f"job {number}")
    form = await world.ada.slash(world.channel, "batch")
    assert form.modal is not None
    assert says(form.modal["components"][0]["description"], Key.FORM_BATCH_ROOM, room=3)
    result = await world.ada.submit_modal(form, {"prompt": "\n".join((*LINES, "a fourth"))})
    assert says(private(result), Reason.BATCH_NO_ROOM, room=3, given=4)
    assert len(await world.jobs()) == 2


async def test_without_room_for_two_no_form_opens(world: SimWorld) -> None:
    """It would be filled in for nothing."""
    for number in range(4):
        await world.asked(f"job {number}")
    assert says(private(await world.ada.slash(world.channel, "batch")), Reason.BATCH_NO_ROOM, room=1, given=2)


async def test_a_batch_goes_on_after_a_restart(world: SimWorld) -> None:
    """The card that an earlier process has posted shows what happens later."""
    made = await a_batch(world, *LINES[:2])
    await world.sim_bot.restart()
    await world.move(made[0], Event.CANCEL)
    await world.settle()
    card = await world.shown(made[0], PostKind.BATCH)
    assert targets(card) == [(Action.CANCEL, made[1].id), (Action.CANCEL_ALL, made[0].id)]
    (post,) = [one for one in await world.read(posts.find_posts_of_jobs, [made[0].id]) if one.kind is PostKind.BATCH]
    assert post.message_id == card.id
