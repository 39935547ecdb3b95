"""Models that differ: what their commands offer, what is refused with which way on, and where options are kept."""

from dataclasses import replace

import pytest
from simcord.results import InteractionResult

from bot.chat.custom_ids import Action
from bot.jobs.model import Cause, Job, PostKind
from bot.jobs.offered_models import OfferedModel, Option, Route
from bot.jobs.reasons import Reason
from bot.jobs.states import Event
from tests.simcord.pictures import png
from tests.simcord.world import SimWorld, actions, field_ids, press, private, text_of
from tests.wording import says

SEED = Option("seed", "integer", "seed", "The same seed gives a similar video", minimum=0, maximum=100)
STYLE = Option("style", "choice", "style", "How it looks", choices=("film", "anime"))
SOUND = Option("sound", "switch", "generate_audio", "With sound")
AVOID = Option("avoid", "text", "negative_prompt", "What to avoid", max_length=50)
CINEMA = OfferedModel(
    "cinema-2",
    "Cinema 2",
    (Route("main", "cinema-2"),),
    ("1280x720", "1920x1080"),
    ("4", "8"),
    options=(SEED, STYLE, SOUND, AVOID),
)
CARTOON = OfferedModel(
    "cartoon-1", "Cartoon", (Route("main", "cartoon-1"),), ("512x512",), ("12",), references=0,
    options=(replace(SEED, maximum=1000), replace(STYLE, choices=("crayon",))),
)  # fmt: skip
CHOSEN = {"seed": 7, "style": "film", "sound": True, "avoid": "fog"}
KEPT = (("avoid", "fog"), ("seed", 7), ("sound", True), ("style", "film"))


@pytest.fixture
def models() -> tuple[OfferedModel, ...]:
    """What the bot offers."""
    return CINEMA, CARTOON


async def newest(world: SimWorld) -> Job:
    await world.settle()
    return max(await world.jobs(), key=lambda job: job.accepted_at)


async def failed_job(world: SimWorld) -> Job:
    """A job with all options, which the provider could not render."""
    job = await world.rendering(await world.asked(**CHOSEN))
    return await world.move(job, Event.RENDER_FAILED, cause=Cause.PROVIDER)


def described(form: InteractionResult) -> str:
    """What the form says about what no row of it changes."""
    assert form.modal is not None
    return form.modal["components"][0].get("description") or ""


async def test_sizes_lengths_and_choices_of_the_chosen_model_are_suggested(world: SimWorld) -> None:
    """Without a chosen model those of the first one; what it lacks is suggested for the others."""

    async def suggested(option: str, typed: str = "", **options: object) -> list[object]:
        found = await world.ada.autocomplete(world.channel, "video", option, typed, **options)
        return [choice["value"] for choice in found]

    assert await suggested("size") == ["1280x720", "1920x1080"]
    assert await suggested("size", "land", model="cinema-2") == ["1280x720", "1920x1080"]
    assert await suggested("size", model="cartoon-1") == ["512x512"]
    assert await suggested("seconds", model="cartoon-1") == ["12"]
    assert await suggested("style", model="cartoon-1") == ["crayon"]
    assert await suggested("style") == ["film", "anime"]
    assert [choice["value"] for choice in await world.ada.autocomplete(world.channel, "remix", "size", "")] == [
        "1280x720", "1920x1080", "512x512",
    ]  # fmt: skip


async def test_a_remix_is_suggested_what_the_model_of_its_video_takes(world: SimWorld) -> None:
    """Of the named video, or the newest here; a chosen model wins. A video that they can't see is as none."""

    async def suggested(option: str, **options: object) -> list[object]:
        found = await world.ada.autocomplete(world.channel, "remix", option, "", **options)
        return [choice["value"] for choice in found]

    cinema, every = ["1280x720", "1920x1080"], ["1280x720", "1920x1080", "512x512"]
    film = await world.delivered()
    assert await suggested("size") == cinema
    cartoon = await world.delivered(model="cartoon-1")
    assert await suggested("size") == ["512x512"]
    assert (await suggested("seconds"), await suggested("style")) == (["12"], ["crayon"])
    assert await suggested("size", video=film.id) == cinema
    assert await suggested("size", video=film.id, model="cartoon-1") == ["512x512"]
    await world.ada.slash(world.channel, "remix", prompt="at night", video=film.id)
    remix = await world.fetched(await newest(world))
    assert remix.request.model is None
    assert await suggested("size") == await suggested("size", video=remix.id) == cinema
    assert await suggested("size", video=cartoon.id) == ["512x512"]
    there = world.guild.create_text_channel("hidden")
    elsewhere = await world.delivered(model="cartoon-1", where=there)
    assert await suggested("size", video=elsewhere.id) == ["512x512"]
    world.hide(there, world.ada)
    for unknown in (elsewhere.id, "no such video", "\x00" * 50):
        assert await suggested("size", video=unknown) == every


async def test_chosen_options_are_stored_and_shown(world: SimWorld) -> None:
    """The card, the video and Details name them, and the model by its label."""
    job = await world.delivered(**CHOSEN)
    assert (job.request.model, job.request.options) == ("cinema-2", KEPT)
    video = await world.shown(job, PostKind.VIDEO)
    told = private(await press(world.ada, video, Action.DETAILS))
    for text in (text_of(video), told):
        assert all(f"`{shown}`" in text for shown in ("Cinema 2", "seed: 7", "style: film", "sound: on", "avoid: fog"))


@pytest.mark.parametrize("blank", ["   ", "\u200b", "\u3164\u2800", "\n"])
async def test_a_text_without_a_character_to_see_is_left_out(world: SimWorld, blank: str) -> None:
    """As an empty one: it would be sent and paid for, and no card would show it."""
    await world.ada.slash(world.channel, "video", prompt="a red fox", seed=7, avoid=blank)
    assert (await newest(world)).request.options == (("seed", 7),)


async def test_a_form_keeps_the_options_and_names_them(world: SimWorld) -> None:
    """They travel with the draft, since the form has no row for them."""
    form = await world.ada.slash(world.channel, "video", **CHOSEN)
    assert "avoid: fog · seed: 7 · sound: on · style: film" in described(form)
    await world.ada.submit_modal(form, {"prompt": "a red fox"})
    assert (await newest(world)).request.options == KEPT


@pytest.mark.parametrize(
    ("options", "reason", "named"),
    [
        ({"model": "cartoon-1", "sound": True}, Reason.OPTION_UNKNOWN, ("`sound`", "Cinema 2")),
        ({"seed": 101}, Reason.OPTION_RANGE, ("0", "100", "Cartoon")),
        ({"style": "oil"}, Reason.OPTION_CHOICE, ("`film`", "`anime`")),
        ({"style": "crayon"}, Reason.OPTION_CHOICE, ("`film`", "Cartoon")),
        ({"size": "512x512"}, Reason.SIZE_UNKNOWN, ("1920x1080", "Cartoon")),
        ({"seconds": "12"}, Reason.SECONDS_UNKNOWN, ("`8`", "Cartoon")),
        ({"model": "cartoon-1", "reference": ("fox.png", png())}, Reason.REFERENCES_NONE, ("Cinema 2",)),
    ],
)
async def test_what_the_model_does_not_take_is_refused_with_edit(
    world: SimWorld, options: dict[str, object], reason: Reason, named: tuple[str, ...]
) -> None:
    """The private answer has the bounds and the models that can; its form leaves the refused part out."""
    refused = await world.ada.slash(world.channel, "video", prompt="a red fox", avoid="fog", **options)
    if options.get("model") == "cartoon-1":
        # Cartoon lacks `avoid`, too, which is found first.
        refused = await world.ada.slash(world.channel, "video", prompt="a red fox", **options)
    assert says(private(refused), reason)
    assert all(name in private(refused) for name in named)
    assert refused.response is not None
    assert actions(refused.response.message) == [Action.EDIT]
    form = await press(world.ada, refused.response.message, Action.EDIT)
    sent = await world.ada.submit_modal(form, {"prompt": "a red fox"})
    assert sent.response is None
    job = await newest(world)
    assert dict(job.request.options).keys() <= {"avoid"}
    assert (job.request.size, job.request.seconds, job.request.references) == (None, None, ())


async def test_a_form_offers_what_the_chosen_model_takes(world: SimWorld) -> None:
    """Another model that is picked in the form is judged when it is sent, and Edit then offers what that one takes."""
    fields = field_ids(await world.ada.slash(world.channel, "video", model="cartoon-1"))
    assert list(fields) == ["prompt", "model"]
    form = await world.ada.slash(world.channel, "video", sound=True)
    assert list(field_ids(form)) == ["prompt", "references", "model", "size", "seconds"]
    refused = await world.ada.submit_modal(form, {"prompt": "a fox", "model": ["cartoon-1"], "size": ["1280x720"]})
    assert says(private(refused), Reason.SIZE_UNKNOWN)
    assert refused.response is not None
    edited = await press(world.ada, refused.response.message, Action.EDIT)
    assert list(field_ids(edited)) == ["prompt", "model"]
    assert SOUND.name not in described(edited)
    await world.ada.submit_modal(edited, {"prompt": "a fox"})
    assert (await newest(world)).request.model == "cartoon-1"


async def test_another_request_from_a_video_keeps_its_options(world: SimWorld) -> None:
    """Make another, a reply, the button Remix and `/remix`, which can change each of them."""
    video = await world.delivered(**CHOSEN)
    shown = await world.shown(video, PostKind.VIDEO)
    await press(world.ada, shown, Action.AGAIN)
    assert (await newest(world)).request.options == KEPT
    await world.ada.send(world.channel, "make it night, please", reply_to=shown)
    assert (await newest(world)).request.options == KEPT
    form = await press(world.ben, shown, Action.REMIX)
    assert "seed: 7" in described(form)
    await world.ben.submit_modal(form, {"prompt": "at night"})
    await world.settle()
    assert [job.request.options for job in await world.jobs(world.ben)] == [KEPT]
    await world.ben.slash(world.channel, "remix", prompt="at dawn", video=video.id, seed=0, sound=False)
    await world.settle()
    assert ("seed", 0) in (await world.jobs(world.ben))[0].request.options
    assert dict((await world.jobs(world.ben))[0].request.options) == dict(KEPT) | {"seed": 0, "sound": False}


async def test_a_remix_with_another_model_keeps_what_that_one_takes(world: SimWorld) -> None:
    """What the person didn't set themselves is left out silently."""
    video = await world.delivered(**CHOSEN)
    await world.ada.slash(world.channel, "remix", prompt="as a cartoon", video=video.id, model="cartoon-1")
    made = await newest(world)
    assert (made.request.model, made.request.options) == ("cartoon-1", (("seed", 7),))
    await world.fetched(made)
    await world.ada.slash(world.channel, "remix", prompt="larger", video=made.id, size="512x512", style="crayon")
    remix = await newest(world)
    assert (remix.request.model, remix.request.options) == (None, (("seed", 7), ("style", "crayon")))


async def test_retry_and_edit_keep_the_options(world: SimWorld) -> None:
    """The same request is made again; the form of Edit & retry names them."""
    notice = await world.shown(await failed_job(world), PostKind.FAILURE)
    form = await press(world.ada, notice, Action.EDIT_RETRY)
    assert "seed: 7" in described(form)
    await press(world.ada, notice, Action.RETRY)
    assert (await newest(world)).request.options == KEPT


async def test_a_model_that_went_away_is_refused_with_those_that_are_there(world: SimWorld) -> None:
    """For Retry, a draft and a remix; Edit makes the request with the first model, and all that it takes."""
    video = await world.delivered(**CHOSEN)
    failed = await failed_job(world)
    form = await world.ada.slash(world.channel, "video", **CHOSEN)
    settings = world.sim_bot.settings
    world.sim_bot.settings = settings.with_setup(replace(settings.setup, models=(CARTOON,)))
    await world.sim_bot.restart()
    refused = [
        await press(world.ada, await world.shown(failed, PostKind.FAILURE), Action.RETRY),
        await world.ada.submit_modal(form, {"prompt": "a red fox"}),
        await world.ada.slash(world.channel, "remix", prompt="at night", video=video.id),
    ]
    for one in refused:
        assert says(private(one), Reason.MODEL_UNKNOWN)
        assert "Cartoon" in private(one)
        assert one.response is not None
        edited = await press(world.ada, one.response.message, Action.EDIT)
        sent = await world.ada.submit_modal(edited, {"prompt": "a blue fox"})
        assert sent.response is None
        made = await newest(world)
        assert (made.request.model, made.request.options) == ("cartoon-1", (("seed", 7),))
