"""A first and a last picture, and a loop: what the provider gets, over a fail-over, an edit and a restart."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.chat.custom_ids import Action
from bot.jobs.reasons import Reason
from sandbox.chat import File
from sandbox.stage import Stage
from sandbox.studio import Outcome
from tests.e2e import inspection
from tests.e2e.messages import actions, press
from tests.e2e.scene import NO_MODEL, OPENROUTER_MODEL, Scene, a_stage, first_plan, openrouter_plan, picture
from tests.e2e.test_model_options import options_of
from tests.wording import says

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROVIDERS = {"first": first_plan(models=("plain",)), "second": openrouter_plan(), "third": openrouter_plan()}
MODELS = f"""
[models.plain]
providers = [{{ provider = "first" }}]
sizes = ["320x180", "640x360"]
seconds = [4, 8]

[models.framed]
label = "Framed"
providers = [
  {{ provider = "first", model = "plain" }},
  {{ provider = "second", model = "{OPENROUTER_MODEL}" }},
  {{ provider = "third", model = "{OPENROUTER_MODEL}" }},
]
sizes = ["320x180", "640x360"]
seconds = [4, 8]
roles = ["reference", "first", "last"]
"""
FIRST, LAST, OTHER = (picture(colour, name=f"{colour}.png") for colour in ("tomato", "teal", "gold"))
# As long as a refusal of one request is remembered.
QUIET_SECONDS = 1_300


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Three providers, of which two have frames."""
    async with a_stage(tmp_path_factory.mktemp("frames"), start=False, providers=PROVIDERS) as stage:
        stage.models = MODELS
        await stage.start_bot()
        yield stage
        assert await stage.bot.terminate() == 0, stage.bot.log()
        assert "Traceback" not in stage.bot.log(), stage.bot.log()


def renders_of(scene: Scene, prompt: str) -> dict[str, list[list[tuple[str, bytes]]]]:
    """Of each provider the renders of that prompt: the role and the bytes of each picture."""
    studios = scene.stage.studios
    return {
        name: made
        for name, studio in studios.items()
        if (made := [[(one.field, one.data) for one in r.references] for r in studio.renders if r.prompt == prompt])
    }


def frames(first: File, last: File) -> list[tuple[str, bytes]]:
    return [("first_frame", first.data), ("last_frame", last.data)]


async def test_a_first_and_a_last_picture_reach_a_provider_that_takes_both(scene: Scene) -> None:
    """The preferred provider has no field for them, and is not asked; the video is paid for once."""
    await scene.make("A boat turns", model="framed", reference=FIRST, last_picture=LAST)
    assert renders_of(scene, "A boat turns") == {"second": [frames(FIRST, LAST)]}
    assert sum(studio.paid("A boat turns") for studio in scene.stage.studios.values()) == 1
    await scene.make("A boat drifts", model="framed", reference=FIRST, reference_2=LAST)
    assert list(renders_of(scene, "A boat drifts")) == ["first"]


async def test_a_loop_sends_its_picture_as_both_frames(scene: Scene) -> None:
    """It is kept and fetched once."""
    await scene.make("A boat circles", model="framed", reference=FIRST, loop=True)
    assert renders_of(scene, "A boat circles") == {"second": [frames(FIRST, FIRST)]}
    stored = await inspection.job(scene.stage, "A boat circles", "delivered")
    assert (stored["frames"], len(json.loads(stored["references"]))) == ("loop", 1)


async def test_a_fail_over_keeps_the_frames(scene: Scene) -> None:
    """The next provider with frames makes it; one without is skipped."""
    second = scene.stage.studios["second"]
    second.faults.add("create", NO_MODEL, times=1_000)
    try:
        await scene.make("A boat flees", model="framed", reference=FIRST, last_picture=LAST)
    finally:
        second.faults.clear()
        scene.stage.jump(QUIET_SECONDS)
    assert renders_of(scene, "A boat flees") == {"third": [frames(FIRST, LAST)]}


async def test_a_failed_one_is_edited_and_repeated_with_its_frames(scene: Scene) -> None:
    """One new file replaces the first picture; *Make another* sends both again, after a restart, too."""
    scene.stage.studios["second"].dials.next_render.append(Outcome.fail())
    await scene.ada.slash(
        scene.channel, "video", prompt="A boat sinks", model="framed", reference=FIRST, last_picture=LAST
    )
    failed = await scene.chat.wait_message(scene.channel, lambda one: Action.EDIT_RETRY in actions(one))
    form = await (await press(scene.ada, failed, Action.EDIT_RETRY)).wait_form()
    await scene.ada.submit(form, {"prompt": "A boat floats", "references": [OTHER]})
    video = await scene.video()
    assert renders_of(scene, "A boat floats") == {"second": [frames(OTHER, LAST)]}
    assert await scene.stage.bot.terminate() == 0
    await scene.stage.start_bot()
    await inspection.accepted(await press(scene.ada, video, Action.AGAIN))
    await scene.video(after=video)
    assert renders_of(scene, "A boat floats") == {"second": [frames(OTHER, LAST)] * 2}


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"model": "plain", "reference": FIRST, "last_picture": LAST}, Reason.LAST_UNSUPPORTED),
        ({"model": "plain", "reference": FIRST, "loop": True}, Reason.LOOP_UNSUPPORTED),
        ({"model": "framed", "last_picture": LAST}, Reason.LAST_WITHOUT_FIRST),
        ({"model": "framed", "loop": True}, Reason.LOOP_WITHOUT_PICTURE),
        ({"model": "framed", "reference": FIRST, "last_picture": LAST, "loop": True}, Reason.LOOP_WITH_LAST),
        ({"model": "framed", "reference": FIRST, "reference_2": OTHER, "loop": True}, Reason.FRAMES_TOO_MANY),
    ],
)
async def test_what_cannot_be_made_is_free(scene: Scene, options: dict[str, object], reason: Reason) -> None:
    """One private sentence with Edit; nothing is stored or sent."""
    call = await scene.ada.slash(scene.channel, "video", prompt=f"A boat of {reason}", **options)
    assert says(await inspection.refusal(call), reason)
    assert actions(call.answer) == [Action.EDIT]
    assert inspection.jobs(scene.stage, prompt=f"A boat of {reason}") == []
    assert renders_of(scene, f"A boat of {reason}") == {}


async def test_without_frames_the_options_are_not_registered(tmp_path: Path) -> None:
    """They come with a file that has them."""
    async with a_stage(tmp_path, start=False, providers=PROVIDERS) as stage:
        stage.models = MODELS[: MODELS.index("[models.framed]")]
        await stage.start_bot()
        assert not {"last_picture", "loop"} & set(options_of(stage, "video"))
        stage.models = MODELS
        assert await stage.bot.terminate() == 0
        await stage.start_bot()
        assert list(options_of(stage, "video"))[-2:] == ["last_picture", "loop"]
        assert not {"last_picture", "loop"} & set(options_of(stage, "remix"))
