"""Pictures for a model that takes first and last frames, and no references."""

import json
from pathlib import Path

from tests.e2e import inspection
from tests.e2e.scene import OPENROUTER_MODEL, a_stage, openrouter_plan, picture

MODELS = f"""
[models.frames]
providers = [{{ provider = "main", model = {json.dumps(OPENROUTER_MODEL)} }}]
sizes = ["320x180"]
seconds = [4]
references = 2
roles = ["first", "last"]
"""


async def test_pictures_are_sent_as_frames(tmp_path: Path) -> None:
    """The first one is the first frame, the second one the last; one alone is the first."""
    async with a_stage(tmp_path, start=False, providers={"main": openrouter_plan()}) as stage:
        stage.models = MODELS
        await stage.start_bot()
        guild, ada = stage.chat.add_guild("Studio"), stage.chat.add_person("Ada")
        guild.join(ada)
        channel = guild.add_channel("videos")
        for prompt, count in (("A paper boat", 2), ("A paper crane", 1)):
            files = [picture(colour) for colour in ("tomato", "teal")[:count]]
            given = dict(zip(("reference", "reference_2"), files, strict=False))
            await inspection.accepted(await ada.slash(channel, "video", prompt=prompt, **given))
            await inspection.sent(stage, prompt)
            [render] = [render for render in stage.studio.renders if render.prompt == prompt]
            assert [file.field for file in render.references] == ["first_frame", "last_frame"][:count]
            assert stage.studio.paid(prompt) == 1
