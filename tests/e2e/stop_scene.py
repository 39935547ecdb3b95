"""A bot whose provider can stop renders, and what the studio counts of that."""

from contextlib import asynccontextmanager
from pathlib import Path

from bot.chat.custom_ids import Action
from sandbox.chat import Message
from sandbox.stage import Stage
from sandbox.studio.state import Render, Request
from tests.e2e.messages import actions, wait_card
from tests.e2e.scene import RENDER_SECONDS, Scene, a_stage

_FILE = """
[providers.main]
base_url = "{base_url}"
api_key = "env:VIDEOS_API_KEY"
cancel = {cancel}

[models.gpt-4o-video]
label = "Studio"
providers = [{{ provider = "main", model = "gpt-4o-video" }}]
sizes = ["320x180", "1280x720"]
seconds = [4, 8]
"""


@asynccontextmanager
async def a_stopping_stage(folder: Path, *, settings: dict[str, str] | None = None, **turned: object):
    """A stage of its own whose bot has a providers file with `cancel = true`."""
    turned = {"cancel": "marks"} | turned
    async with a_stage(folder, settings=settings, start=False, **turned) as stage:
        await stage.start_bot(**providers_file(stage))
        yield stage


def providers_file(stage: Stage, *, cancel: bool = True) -> dict[str, str]:
    """The settings that lead to a providers file, which is written."""
    path = stage.folder / "providers.toml"
    path.write_text(_FILE.format(base_url=stage.studio.base_url, cancel=str(cancel).lower()))
    return {"PROVIDERS_FILE": str(path), "VIDEOS_API_BASE_URL": "", "VIDEOS_REFERENCE_FIT": ""}


def stops(stage: Stage, remote_id: str | None = None) -> list[Request]:
    """The requests to stop a render, of that video or of all."""
    asked = [request for request in stage.studio.requests if request.method == "DELETE"]
    return [request for request in asked if remote_id is None or request.path.rpartition("/")[2] == remote_id]


def render_of(stage: Stage, prompt: str) -> Render:
    """The one render of that prompt."""
    (render,) = [one for one in stage.studio.renders if one.prompt == prompt]
    return render


async def rendering(scene: Scene, prompt: str, render_seconds: float = 100.0) -> Message:
    """Ask for a video that renders so long, and wait until its card offers to stop it at the provider."""
    scene.studio.dials.render_seconds = render_seconds
    await scene.ada.slash(scene.channel, "video", prompt=prompt)
    await scene.studio.wait_for(lambda: scene.studio.paid(prompt) == 1)
    scene.studio.dials.render_seconds = RENDER_SECONDS
    return await wait_card(scene.chat, scene.channel, lambda m: prompt in m.text and actions(m) == [Action.STOP])
