"""*Edit & make another* in **Details**: the same request again, with another model, size, length or words."""

from dataclasses import replace

import discord
import pytest
from simcord.actors import MemberActor
from simcord.results import InteractionResult

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.model import Job, PostKind, Via
from bot.jobs.offered_models import OfferedModel, Option, Route
from bot.jobs.reasons import Reason
from tests.simcord import job_setups
from tests.simcord.pictures import png
from tests.simcord.world import SimWorld, actions, field_ids, press, private
from tests.wording import says, sentence

SEED = Option("seed", "integer", "seed", "The same seed gives a similar video", minimum=0, maximum=100)
CINEMA = OfferedModel(
    "cinema-2", "Cinema 2", (Route("main", "cinema-2"),), ("1280x720", "1920x1080"), ("4", "8"), options=(SEED,)
)
CARTOON = OfferedModel("cartoon-1", "Cartoon", (Route("main", "cartoon-1"),), ("512x512",), ("12",))


@pytest.fixture
def models() -> tuple[OfferedModel, ...]:
    """What the bot offers."""
    return CINEMA, CARTOON


async def details(world: SimWorld, video: Job, who: MemberActor) -> discord.Message:
    """The private answer to **Details** under that video."""
    result = await press(who, await world.shown(video, PostKind.VIDEO), Action.DETAILS)
    assert result.response is not None
    return result.response.message


async def opened(world: SimWorld, video: Job, who: MemberActor) -> InteractionResult:
    """The form of that video's request."""
    return await press(who, await details(world, video, who), Action.EDIT_AGAIN)


async def test_one_setting_is_changed_and_all_else_stays(world: SimWorld) -> None:
    """Prompt, pictures and options are those of the video; the new job is the presser's own."""
    video = await world.delivered(size="1280x720", seconds="8", seed=7, reference=("a.png", png()))
    shown = await opened(world, video, world.ben)
    assert shown.modal is not None
    assert shown.modal["title"] == sentence(Key.FORM_VIDEO)
    assert field_ids(shown)["prompt"]["value"] == video.request.prompt
    assert {"model", "size", "seconds", "references"} <= set(field_ids(shown))
    sent = await world.ben.submit_modal(shown, {"prompt": video.request.prompt, "size": ["1920x1080"]})
    assert sent.response is None
    await world.settle()
    (made,) = await world.jobs(world.ben)
    assert made.request == replace(video.request, size="1920x1080")
    assert (made.origin.via, made.origin.retry_of) == (Via.FORM, None)
    assert made.idempotency_key != video.idempotency_key


async def test_pressed_twice_it_makes_one(world: SimWorld) -> None:
    """A press only opens the form; what is submitted is made, also after a restart."""
    video = await world.delivered()
    await opened(world, video, world.ada)
    shown = await opened(world, video, world.ada)
    assert len(await world.jobs()) == 1
    await world.sim_bot.restart()
    await world.ada.submit_modal(shown, {"prompt": "a fox"})
    assert [job.request.prompt for job in await world.jobs()] == ["a fox", video.request.prompt]


async def test_what_does_not_fit_the_chosen_model_leads_back_to_the_form(world: SimWorld) -> None:
    """Nothing is stored; **Edit** has the new model, and what it takes."""
    video = await world.delivered(size="1280x720", seconds="8", seed=7)
    shown = await opened(world, video, world.ada)
    sent = await world.ada.submit_modal(shown, {"prompt": "a fox", "model": ["cartoon-1"]})
    assert says(private(sent), Reason.SIZE_UNKNOWN, Reason.SECONDS_UNKNOWN, Reason.OPTION_UNKNOWN)
    assert len(await world.jobs()) == 1
    assert sent.response is not None
    edited = await press(world.ada, sent.response.message, Action.EDIT)
    await world.ada.submit_modal(edited, {"prompt": "a fox"})
    await world.settle()
    made = (await world.jobs())[0]
    assert (made.request.model, made.request.size, made.request.options) == ("cartoon-1", None, ())


async def test_a_remix_stays_one(world: SimWorld) -> None:
    """The form is that of a remix of the same video."""
    video = await world.delivered()
    await world.ada.slash(world.channel, "remix", prompt="at night", video=video.id)
    await world.settle()
    remix = await world.fetched((await world.jobs())[0])
    shown = await opened(world, remix, world.ada)
    assert shown.modal is not None
    assert shown.modal["title"] == sentence(Key.FORM_REMIX)
    await world.ada.submit_modal(shown, {"prompt": "at night", "seconds": ["8"]})
    await world.settle()
    made = (await world.jobs())[0]
    assert (made.request.parent_id, made.request.seconds) == (video.id, "8")


async def test_limits_and_pauses_refuse_with_edit(world: SimWorld) -> None:
    """One private sentence each; the form can be sent again later."""
    video = await world.delivered()
    shown = await opened(world, video, world.ada)
    rules = world.engine.context.rules
    object.__setattr__(rules, "limits", replace(rules.limits, jobs_per_day=1))
    world.engine.context.kill_switch.turn_on()
    for reason, lifted in ((Reason.PAUSED, world.engine.context.kill_switch.turn_off), (Reason.DAILY_LIMIT, None)):
        refused = await world.ada.submit_modal(shown, {"prompt": "a fox"})
        assert says(private(refused), reason)
        assert refused.response is not None
        assert actions(refused.response.message) == [Action.EDIT]
        shown = await press(world.ada, refused.response.message, Action.EDIT)
        assert field_ids(shown)["prompt"]["value"] == "a fox"
        if lifted:
            lifted()
    assert len(await world.jobs()) == 1


async def test_rights_are_checked_before_the_form_is_shown(world: SimWorld) -> None:
    """Where the bot can't post, without the right to commands, and for a video that was deleted meanwhile."""
    video = await world.delivered()
    shown = await details(world, video, world.ben)
    world.forbid(world.channel, discord.Permissions(attach_files=True))
    refused = await press(world.ben, shown, Action.EDIT_AGAIN)
    assert refused.modal is None
    assert says(private(refused), Reason.PLACE_UNPOSTABLE, permissions=("attach_files",))
    world.forbid(world.channel, discord.Permissions(0))
    asked = await press(world.ada, await world.shown(video, PostKind.VIDEO), Action.DELETE)
    assert asked.response is not None
    await press(world.ada, asked.response, Action.DELETE)
    refused = await press(world.ben, shown, Action.EDIT_AGAIN)
    assert says(private(refused), Reason.VIDEO_REMOVED, video=video.id)
    assert await world.jobs(world.ben) == []


async def test_only_a_finished_video_that_can_be_seen_has_it(world: SimWorld) -> None:
    """Not a running one, and not one's own in a channel that one can't see any more."""
    running = await job_setups.rendering(world)
    found = await world.ada.slash(world.channel, "status", video=running.id)
    assert found.response is not None
    assert Action.EDIT_AGAIN not in actions(found.response.message)
    hidden = world.guild.create_text_channel("hidden")
    video = await world.delivered("a hidden fox", where=hidden)
    found = await world.ada.slash(world.channel, "status", video=video.id)
    assert found.response is not None
    assert actions(found.response.message) == [Action.EDIT_AGAIN]
    world.hide(hidden, world.ada)
    found = await world.ada.slash(world.channel, "status", video=video.id)
    assert found.response is not None
    assert actions(found.response.message) == []


@pytest.mark.sqlite_only("pictures on PostgreSQL are in the database, too")
async def test_pictures_that_are_gone_are_said_to_be(world: SimWorld) -> None:
    """The form says so, and new ones can be attached."""
    video = await world.delivered(reference=("a.png", png()))
    world.engine.context.shelf.path(video.request.references[0]).unlink()
    shown = await opened(world, video, world.ada)
    assert shown.modal is not None
    assert says(shown.modal["components"][1]["description"], Key.FORM_PICTURES_DROPPED)
