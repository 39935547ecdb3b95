"""Videos whose provider can't change videos: reply, button, form and command make new ones from the last frame."""

from dataclasses import replace

import pytest
import pytest_asyncio

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.model import Cause, Job, PostKind
from bot.jobs.reasons import Reason
from bot.jobs.states import State
from bot.jobs.store import marks
from bot.media.pictures import read_header
from tests.encoded_videos import encoded
from tests.simcord import world as worlds
from tests.simcord.pictures import png
from tests.simcord.world import SimWorld, actions, press, private, text_of
from tests.wording import says


@pytest_asyncio.fixture
async def plain(world: SimWorld, monkeypatch: pytest.MonkeyPatch) -> SimWorld:
    """A bot with ffmpeg whose provider can't change videos."""
    monkeypatch.setattr(worlds, "VIDEO_BYTES", encoded("plays.mp4"))
    settings = world.sim_bot.settings
    (provider,) = settings.setup.providers
    changed = replace(provider, abilities=replace(provider.abilities, remix=False))
    world.sim_bot.settings = settings.with_setup(replace(settings.setup, providers=(changed,)))
    await world.sim_bot.restart()
    return world


async def made_of(world: SimWorld, video: Job) -> Job:
    """The one job that was made of that video, as it waits."""
    (made,) = [job for job in await world.jobs() if job.request.parent_id == video.id]
    assert (made.state, made.fallback) == (State.ACCEPTED, Cause.UNSUPPORTED)
    assert made.frame is not None
    with world.engine.context.shelf.path(made.frame).open("rb") as file:
        picture = read_header(file)
    assert picture is not None
    assert picture.suffix == "jpg"
    return made


async def test_the_button_and_its_form_make_a_new_video(plain: SimWorld) -> None:
    """With the settings of the old one; the card says how it is made."""
    video = await plain.delivered(seconds="8")
    message = await plain.shown(video, PostKind.VIDEO)
    assert Action.REMIX in actions(message)
    form = await press(plain.ada, message, Action.REMIX)
    await plain.ada.submit_modal(form, {"prompt": "at night"})
    await plain.settle()
    made = await made_of(plain, video)
    assert (made.request.prompt, made.request.seconds) == ("at night", "8")
    card = await plain.shown(made, PostKind.CARD)
    link = message.jump_url
    assert says(text_of(card), Key.FALLBACK_OF_LINKED, video=video.id, link=link)


async def test_a_reply_makes_a_new_video(plain: SimWorld) -> None:
    """From the attachment of the message: the file of a posted video isn't kept."""
    video = await plain.delivered()
    plain.engine.context.fetcher.path(video.video_name).unlink(missing_ok=True)
    await plain.ada.send(plain.channel, "make it night, please", reply_to=await plain.shown(video, PostKind.VIDEO))
    await made_of(plain, video)


async def test_the_command_makes_a_new_video_with_further_pictures(plain: SimWorld) -> None:
    """The last frame is the first of them."""
    video = await plain.delivered()
    picture = ("a.png", png())
    await plain.ada.slash(plain.channel, "remix", prompt="at night", video=video.id, reference=picture)
    made = await made_of(plain, video)
    assert made.pictures == (made.frame, *made.request.references)
    assert len(made.pictures) == 2


async def test_the_video_says_how_it_was_made(plain: SimWorld) -> None:
    """And can be remixed in turn."""
    video = await plain.delivered()
    await plain.ada.slash(plain.channel, "remix", prompt="at night", video=video.id)
    made = await plain.fetched(await made_of(plain, video))
    message = await plain.shown(made, PostKind.VIDEO)
    link = (await plain.shown(video, PostKind.VIDEO)).jump_url
    assert says(text_of(message), Key.FALLBACK_OF_LINKED, video=video.id, link=link)
    assert Action.REMIX in actions(message)


async def test_what_was_learned_counts_for_a_day(plain: SimWorld) -> None:
    """By address and key; then the provider is asked again."""
    settings = plain.sim_bot.settings
    (provider,) = settings.setup.providers
    able = replace(provider, abilities=replace(provider.abilities, remix=True))
    plain.sim_bot.settings = settings.with_setup(replace(settings.setup, providers=(able,)))
    await plain.sim_bot.restart()
    video = await plain.delivered()
    (client,) = [one.client for one in plain.engine.context.providers]
    await plain.write(marks.note_no_remix, client.account, plain.clock.now())
    await plain.ada.slash(plain.channel, "remix", prompt="at night", video=video.id)
    await made_of(plain, video)
    await plain.env.advance_time(86_500.0)
    await plain.ada.slash(plain.channel, "remix", prompt="by day", video=video.id)
    (asked,) = [job for job in await plain.jobs() if job.request.prompt == "by day"]
    assert asked.fallback is None


async def test_a_video_that_is_gone_everywhere_is_refused(plain: SimWorld) -> None:
    """One private sentence with the way on; nothing is stored."""
    video = await plain.delivered()
    plain.engine.context.fetcher.path(video.video_name).unlink(missing_ok=True)
    message = await plain.shown(video, PostKind.VIDEO)
    plain.env.backend.messages[plain.channel.id][message.id].attachments = []
    result = await plain.ada.slash(plain.channel, "remix", prompt="at night", video=video.id)
    assert says(private(result), Reason.REMIX_UNDRAWN, video=video.id) or says(
        private(result), Reason.REMIX_GONE, video=video.id
    )
    assert len(await plain.jobs()) == 1
    form = await press(plain.ada, result.response, Action.EDIT)
    assert form.modal is not None


async def test_too_many_pictures_are_refused(plain: SimWorld) -> None:
    """The last frame takes the place of one."""
    video = await plain.delivered()
    files = {name: ("a.png", png()) for name in ("reference", "reference_2", "reference_3", "reference_4")}
    result = await plain.ada.slash(plain.channel, "remix", prompt="at night", video=video.id, **files)
    assert says(private(result), Reason.REMIX_PICTURES_FULL, video=video.id, limit=3)


async def test_a_model_without_pictures_is_refused(plain: SimWorld) -> None:
    """It says which; another one can be chosen."""
    video = await plain.delivered()
    settings = plain.sim_bot.settings
    models = tuple(replace(model, references=0) for model in settings.setup.models)
    plain.sim_bot.settings = settings.with_setup(replace(settings.setup, models=models))
    await plain.sim_bot.restart()
    result = await plain.ada.slash(plain.channel, "remix", prompt="at night", video=video.id)
    assert says(private(result), Reason.REMIX_NO_PICTURES, video=video.id, model=models[0].label)
