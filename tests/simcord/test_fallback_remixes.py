"""Videos whose provider can't change videos: reply, button, form and command make new ones from the last frame."""

from dataclasses import replace

import pytest
import pytest_asyncio

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.model import Cause, Job, PostKind
from bot.jobs.reasons import Reason
from bot.jobs.remix_prompts import merge
from bot.jobs.states import State
from bot.jobs.store import history, marks, moving
from bot.media.pictures import read_header
from tests.encoded_videos import encoded
from tests.simcord import world as worlds
from tests.simcord.pictures import png
from tests.simcord.world import SimWorld, actions, field_ids, press, private, text_of
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


async def test_details_show_the_prompt_that_was_sent(plain: SimWorld) -> None:
    """To people who can see the videos before it: its words are theirs, too."""
    hidden = plain.guild.create_text_channel("hidden")
    video = await plain.delivered("a secret fox", where=hidden)
    await plain.ada.slash(plain.channel, "remix", prompt="at night", video=video.id)
    made = await made_of(plain, video)
    sent = await plain.read(history.find_chain, made.id)
    await plain.write(moving.note, made, sent_prompt=merge(sent))
    made = await plain.fetched(await plain.job(made))
    message = await plain.shown(made, PostKind.VIDEO)
    shown = private(await press(plain.ben, message, Action.DETAILS))
    assert says(shown, Key.PROMPT_SENT)
    assert "a secret fox  Change: at night" in shown or "a secret fox Change: at night" in shown
    plain.hide(hidden, plain.ben)
    shown = private(await press(plain.ben, message, Action.DETAILS))
    assert not says(shown, Key.PROMPT_SENT)
    assert "secret" not in shown


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


async def with_another_provider(world: SimWorld) -> None:
    """The bot was given another provider since: the earlier ones' videos can't be asked for."""
    settings = world.sim_bot.settings
    (provider,) = settings.setup.providers
    abilities = replace(provider.abilities, remix=True)
    other = replace(provider, base_url="http://127.0.0.67/v1", abilities=abilities)
    world.sim_bot.settings = settings.with_setup(replace(settings.setup, providers=(other,)))
    await world.sim_bot.restart()


async def without_file(world: SimWorld) -> Job:
    """A finished video whose file is neither kept nor in its message."""
    video = await world.delivered()
    world.engine.context.fetcher.path(video.video_name).unlink(missing_ok=True)
    message = await world.shown(video, PostKind.VIDEO)
    world.env.backend.messages[world.channel.id][message.id].attachments = []
    return video


async def refused(world: SimWorld, video: Job, reason: Reason) -> None:
    """One private sentence with the way on, and nothing is stored."""
    result = await world.ada.slash(world.channel, "remix", prompt="at night", video=video.id)
    assert says(private(result), reason, video=video.id)
    assert len(await world.jobs()) == 1
    form = await press(world.ada, result.response, Action.EDIT)
    assert field_ids(form)["prompt"]["value"] == "at night"


async def test_a_video_that_may_be_at_its_provider_is_not_said_to_be_gone(plain: SimWorld) -> None:
    """The provider doesn't answer: a later try may work."""
    await refused(plain, await without_file(plain), Reason.REMIX_UNDRAWN)


async def test_a_video_that_is_gone_everywhere_is_refused(plain: SimWorld) -> None:
    """Neither the bot nor its message has the file, and its provider isn't set up any more."""
    video = await without_file(plain)
    await with_another_provider(plain)
    await refused(plain, video, Reason.REMIX_GONE)


async def test_a_video_of_a_provider_that_was_removed_is_remixed_from_its_message(plain: SimWorld) -> None:
    """By reply, button and command, at the provider that is left; another one of it can be made as well."""
    video = await plain.delivered()
    await with_another_provider(plain)
    plain.engine.context.fetcher.path(video.video_name).unlink(missing_ok=True)
    message = await plain.shown(video, PostKind.VIDEO)
    await plain.ada.send(plain.channel, "make it night, please", reply_to=message)
    made = await made_of(plain, video)
    (provider,) = plain.engine.context.providers
    assert made.provider == provider.id != video.provider
    form = await press(plain.ben, message, Action.REMIX)
    await plain.ben.submit_modal(form, {"prompt": "with snow"})
    await press(plain.mia, message, Action.AGAIN)
    await plain.settle()
    (of_ben,), (of_mia,) = await plain.jobs(plain.ben), await plain.jobs(plain.mia)
    assert (of_ben.fallback, of_ben.provider) == (Cause.UNSUPPORTED, provider.id)
    assert (of_mia.request, of_mia.provider) == (video.request, provider.id)


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
