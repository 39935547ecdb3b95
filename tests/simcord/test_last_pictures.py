"""`last_picture` and `loop`: what is stored and shown, what is refused with which way on, and where it is kept."""

from dataclasses import replace

import discord
import pytest
from simcord.results import InteractionResult

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.model import Cause, Job, PostKind
from bot.jobs.offered_models import OfferedModel, Role, Route
from bot.jobs.reasons import Reason
from bot.jobs.states import Event
from tests.simcord.pictures import png
from tests.simcord.world import SimWorld, actions, press, private, text_of
from tests.wording import says

FRAMES: tuple[Role, ...] = ("reference", "first", "last")
PLAIN = OfferedModel("plain-1", "Plain", (Route("main", "plain-1"),), ("1280x720", "640x360"), ("4", "8"))
FRAMED = replace(PLAIN, name="framed-2", label="Framed", routes=(Route("main", "framed-2"),), roles=FRAMES)
FIRST, LAST, OTHER = (("a.png", png(40)), ("b.png", png(90)), ("c.png", png(140)))
ON = {"model": "framed-2"}


@pytest.fixture
def models() -> tuple[OfferedModel, ...]:
    """What the bot offers."""
    return PLAIN, FRAMED


async def newest(world: SimWorld) -> Job:
    await world.settle()
    return max(await world.jobs(), key=lambda job: job.accepted_at)


async def video(world: SimWorld, **options: object) -> InteractionResult:
    return await world.ada.slash(world.channel, "video", **{"prompt": "a red fox", **options})


async def edit(world: SimWorld, refused: InteractionResult) -> InteractionResult:
    assert refused.response is not None
    assert actions(refused.response.message) == [Action.EDIT]
    return await press(world.ada, refused.response.message, Action.EDIT)


async def sent(world: SimWorld, form: InteractionResult, *files: tuple[str, bytes], **fields: object) -> Job:
    """The job of the submitted form."""
    given = {"prompt": "a red fox", **fields, **({"references": list(files)} if files else {})}
    answer = await world.ada.submit_modal(form, given)
    assert answer.response is None, answer.response
    return await newest(world)


def shades(world: SimWorld, job: Job) -> list[tuple[str, bytes]]:
    """The kept pictures, as they were attached."""
    kept = [world.engine.context.shelf.path(picture).read_bytes() for picture in job.request.references]
    return [one for content in kept for one in (FIRST, LAST, OTHER) if one[1] == content]


def about_pictures(form: InteractionResult) -> str:
    assert form.modal is not None
    return str(form.modal["components"][1].get("description"))


async def test_a_last_picture_is_stored_after_the_first(world: SimWorld) -> None:
    """The card and the video say what the pictures are."""
    job = await world.delivered(reference=FIRST, last_picture=LAST, **ON)
    assert (job.request.frames, shades(world, job)) == ("pair", [FIRST, LAST])
    assert says(text_of(await world.shown(job, PostKind.VIDEO)), Key.FRAMES_PAIR)


async def test_a_loop_has_one_picture(world: SimWorld) -> None:
    """It is both frames."""
    job = await world.asked(reference=FIRST, loop=True, **ON)
    assert (job.request.frames, shades(world, job)) == ("loop", [FIRST])
    assert says(text_of(await world.shown(job, PostKind.CARD)), Key.FRAMES_LOOP)


async def test_a_model_without_frames_refuses_and_names_one_that_takes_them(world: SimWorld) -> None:
    """Edit keeps both pictures for that one."""
    refused = await video(world, reference=FIRST, last_picture=LAST)
    assert says(private(refused), Reason.LAST_UNSUPPORTED)
    assert "`Framed`" in private(refused)
    assert says(private(await video(world, reference=FIRST, loop=True)), Reason.LOOP_UNSUPPORTED)
    assert await world.jobs() == []
    form = await edit(world, refused)
    assert says(about_pictures(form), Key.FORM_PAIR_KEPT)
    job = await sent(world, form, model=["framed-2"])
    assert (job.request.frames, shades(world, job)) == ("pair", [FIRST, LAST])


async def test_a_last_picture_alone_is_refused_until_there_is_a_first(world: SimWorld) -> None:
    """The file that the form brings becomes the first one."""
    refused = await video(world, last_picture=LAST, **ON)
    assert says(private(refused), Reason.LAST_WITHOUT_FIRST)
    form = await edit(world, refused)
    assert says(about_pictures(form), Key.FORM_LAST_KEPT)
    assert await world.jobs() == []
    assert shades(world, await sent(world, form, FIRST)) == [FIRST, LAST]


async def test_a_form_may_bring_what_is_missing(world: SimWorld) -> None:
    """Without a prompt nothing is refused that the form can still add."""
    form = await world.ada.slash(world.channel, "video", loop=True, **ON)
    job = await sent(world, form, FIRST)
    assert (job.request.frames, shades(world, job)) == ("loop", [FIRST])
    form = await world.ada.slash(world.channel, "video", last_picture=LAST, **ON)
    assert shades(world, await sent(world, form, FIRST)) == [FIRST, LAST]


async def test_a_loop_without_a_picture_is_refused(world: SimWorld) -> None:
    """Edit keeps the loop."""
    refused = await video(world, loop=True, **ON)
    assert says(private(refused), Reason.LOOP_WITHOUT_PICTURE)
    form = await edit(world, refused)
    assert await world.jobs() == []
    assert form.modal is not None
    assert says(form.modal["components"][0]["description"], Key.FORM_LOOP)
    job = await sent(world, form, FIRST)
    assert (job.request.frames, shades(world, job)) == ("loop", [FIRST])


@pytest.mark.parametrize("prompt", ["a red fox", None])
async def test_a_loop_with_a_last_picture_is_refused(world: SimWorld, prompt: str | None) -> None:
    """Edit keeps the pictures, and leaves the loop out."""
    options = {"reference": FIRST, "last_picture": LAST, "loop": True, **ON}
    if prompt is not None:
        options["prompt"] = prompt
    refused = await world.ada.slash(world.channel, "video", **options)
    assert says(private(refused), Reason.LOOP_WITH_LAST)
    assert await world.jobs() == []
    job = await sent(world, await edit(world, refused))
    assert (job.request.frames, shades(world, job)) == ("pair", [FIRST, LAST])


@pytest.mark.parametrize(
    ("options", "kept"),
    [({"last_picture": LAST}, [FIRST, LAST]), ({"loop": True}, [FIRST])],
)
async def test_more_pictures_are_refused(
    world: SimWorld, options: dict[str, object], kept: list[tuple[str, bytes]]
) -> None:
    """Frames and references aren't mixed; Edit keeps the first."""
    refused = await video(world, reference=FIRST, reference_2=OTHER, **options, **ON)
    assert says(private(refused), Reason.FRAMES_TOO_MANY)
    assert await world.jobs() == []
    assert shades(world, await sent(world, await edit(world, refused))) == kept


async def test_edit_and_retry_keeps_the_frames(world: SimWorld) -> None:
    """One new file replaces the first; Make another has the same pictures."""
    job = await world.rendering(await world.asked(reference=FIRST, last_picture=LAST, **ON))
    await world.move(job, Event.RENDER_FAILED, cause=Cause.CONTENT)
    form = await press(world.ada, await world.shown(job, PostKind.FAILURE), Action.EDIT_RETRY)
    assert says(about_pictures(form), Key.FORM_PAIR_KEPT)
    again = await sent(world, form, OTHER)
    assert (again.request.frames, shades(world, again)) == ("pair", [OTHER, LAST])
    done = await world.fetched(again)
    await press(world.ada, await world.shown(done, PostKind.VIDEO), Action.AGAIN)
    another = await newest(world)
    assert another.id != done.id
    assert (another.request.frames, shades(world, another)) == ("pair", [OTHER, LAST])


async def test_a_damaged_picture_leaves_the_form_for_two(world: SimWorld) -> None:
    """Both are attached again, in their order."""
    refused = await video(world, reference=FIRST, last_picture=("b.png", b"\x89PNG\r\n\x1a\n broken"), **ON)
    form = await edit(world, refused)
    assert says(about_pictures(form), Key.FORM_PAIR_HINT)
    job = await sent(world, form, FIRST, LAST)
    assert (job.request.frames, shades(world, job)) == ("pair", [FIRST, LAST])


class TestWithoutFrames:
    """Models that take references alone."""

    @pytest.fixture
    def models(self) -> tuple[OfferedModel, ...]:
        """What the bot offers."""
        return (PLAIN,)

    async def test_the_options_are_not_registered(self, world: SimWorld) -> None:
        """No person sees what no model can."""
        command = world.sim_bot.env.bot.tree.get_command("video")
        assert isinstance(command, discord.app_commands.Command)
        assert not {"last_picture", "loop"} & {one.name for one in command.parameters}
