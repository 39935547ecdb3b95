"""Two providers of different dialects: each makes the videos of its own models, and sees its own key alone."""

from pathlib import Path

import pytest
import pytest_asyncio

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.videos.provider_setup import Abilities
from sandbox.providers import StudioPlan
from sandbox.stage import Stage
from sandbox.studio import Fault
from tests.e2e.messages import press
from tests.e2e.scene import OPENROUTER_MODEL, Scene, a_stage, openrouter_plan, quick_dials
from tests.wording import says

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROVIDERS = {"main": StudioPlan("openai", quick_dials(), Abilities(remix=True)), "backup": openrouter_plan()}
MODELS = f"""
[models.one]
providers = [{{ provider = "main", model = "gpt-4o-video" }}]
sizes = ["320x180"]
seconds = [4]

[models.two]
providers = [{{ provider = "backup", model = "{OPENROUTER_MODEL}" }}]
sizes = ["320x180"]
seconds = [4]
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_stage(tmp_path_factory: pytest.TempPathFactory):
    """One bot with both, for this file."""
    folder: Path = tmp_path_factory.mktemp("stage")
    async with a_stage(folder, providers=PROVIDERS, start=False) as stage:
        stage.models = MODELS
        await stage.start_bot()
        yield stage


async def test_each_model_is_made_by_its_provider(scene: Scene) -> None:
    """Under the name that the provider has for it; the other one isn't asked."""
    main, backup = scene.stage.studios.values()
    for prompt, model, provider in (("A paper boat", "one", "main"), ("A paper crane", "two", "backup")):
        video = await scene.make(prompt, model=model)
        details = await (await press(scene.ada, video, Action.DETAILS)).wait_state("message")
        assert says(details.text, Key.PROVIDER, provider=provider)
    assert [(render.prompt, render.model) for render in main.renders] == [("A paper boat", "gpt-4o-video")]
    assert [(render.prompt, render.model) for render in backup.renders] == [("A paper crane", OPENROUTER_MODEL)]
    assert (scene.stage.paid("A paper boat"), scene.stage.paid("A paper crane")) == (1, 1)
    assert leaks(scene.stage) == []


async def test_no_answer_of_one_leads_a_key_to_the_other(scene: Scene) -> None:
    """Neither a redirect of a poll nor a link to a video: where it leads, no key is sent."""
    main, backup = scene.stage.studios.values()
    elsewhere = f"{backup.base_url}/videos/gen-vid-x"
    link = {"id": "x", "status": "completed", "url": f"{elsewhere}/content"}
    main.faults.add("poll", Fault.status(302, headers={"Location": elsewhere}))
    main.faults.add("poll", Fault.status(200, json=link))
    before = len(backup.requests)
    await scene.make("A paper plane", model="one")
    followed = [request for request in backup.requests[before:] if "gen-vid-x" in request.path]
    assert [request.operation for request in followed] == ["content"]
    assert "authorization" not in followed[0].headers
    for request in scene.stage.provider_requests:
        keys = [key for key in scene.stage.api_keys if key in str(request.headers)]
        assert len(keys) <= 1
    assert leaks(scene.stage) == []


def leaks(stage: Stage) -> list[str]:
    return [request.path for studio in stage.studios.values() for request in studio.leaks]
