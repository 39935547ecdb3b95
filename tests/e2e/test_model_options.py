"""Two models of a providers file with different options: chosen, refused with a way on, sent, shown, kept."""

from pathlib import Path

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.reasons import Reason
from bot.videos.provider_setup import Abilities
from sandbox.providers import StudioPlan
from sandbox.stage import Stage
from tests.e2e import inspection
from tests.e2e.messages import actions, press, wait_card
from tests.e2e.scene import Scene, a_stage, quick_dials
from tests.wording import says

MODELS = """
[models.cinema-2]
label = "Cinema 2"
providers = [{ provider = "main", model = "cinema-2" }]
sizes = ["320x180", "640x360"]
seconds = [4, 8]
references = 2
price = { currency = "USD", per_second = "0.10", sizes = { "640x360" = "0.20" } }

[models.cinema-2.options.seed]
type = "integer"
wire = "seed"
minimum = 0
maximum = 100
description = "The same seed gives a similar video"

[models.cinema-2.options.sound]
type = "switch"
wire = "generate_audio"
description = "With sound"
price_factor = "1.5"

[models.cinema-2.options.avoid]
type = "text"
wire = "negative_prompt"
max_length = 300
default = "blur"
description = "What to avoid"

[models.cartoon-1]
label = "Cartoon"
providers = [{ provider = "main", model = "cartoon-1" }]
sizes = ["240x240"]
seconds = [8]
references = 0
price = { currency = "USD", per_video = "0.05" }

[models.cartoon-1.options.style]
type = "choice"
wire = "style_name"
choices = ["crayon", "ink"]
description = "How it is drawn"
"""
OPTIONS = ("seed", "generate_audio", "negative_prompt", "style_name")
DIALS = quick_dials(models=("cinema-2", "cartoon-1"), option_fields=OPTIONS)
PROVIDERS = {"main": StudioPlan(dials=DIALS, abilities=Abilities(remix=True))}


def scene_on(stage: Stage) -> Scene:
    guild, ada = stage.chat.add_guild("Studio"), stage.chat.add_person("Ada")
    guild.join(ada)
    return Scene(stage, guild, guild.add_channel("videos"), ada)


def options_of(stage: Stage, command: str) -> dict[str, dict[str, object]]:
    """The options of a command as Discord knows them."""
    (found,) = [one for one in stage.chat.commands if one["name"] == command]
    return {option["name"]: option for option in found["options"]}


async def test_a_model_has_its_own_options_from_the_command_to_the_provider(tmp_path: Path) -> None:
    """What the chosen model lacks is refused with the model that has it; Edit makes the rest of the request. What is
    chosen is sent under the provider's names, estimated, shown in Details, and kept by a reply to the video.
    """
    async with a_stage(tmp_path, start=False, providers=PROVIDERS) as stage:
        stage.models = MODELS
        await stage.start_bot()
        scene = scene_on(stage)
        ada, channel = scene.ada, scene.channel

        wrong = await ada.slash(channel, "video", prompt="A paper boat", model="cartoon-1", style="ink", seed=7)
        refused = await inspection.refusal(wrong)
        assert says(refused, Reason.OPTION_UNKNOWN)
        assert "Cinema 2" in refused
        form = await (await press(ada, wrong.answer, Action.EDIT)).wait_form()
        assert "style: ink" in (form.fields["prompt"].description or "")
        await inspection.accepted(await ada.submit(form, {"prompt": "A paper boat, drawn"}))
        request = await inspection.sent(stage, "A paper boat, drawn")
        assert request.fields == {"prompt": "A paper boat, drawn", "model": "cartoon-1", "style_name": "ink"}
        drawn = await scene.video()

        offered = [one.value for one in await ada.autocomplete(channel, "video", "size", model="cinema-2")]
        assert offered == ["320x180", "640x360"]
        stage.studio.dials.render_seconds = 60.0
        chosen = {"model": "cinema-2", "size": "640x360", "seconds": "8", "seed": 7, "sound": True}
        await inspection.accepted(await ada.slash(channel, "video", prompt="A paper crane", **chosen))
        card = await wait_card(stage.chat, channel, "A paper crane")
        assert all(part in card.text for part in ("Cinema 2", "seed: 7", "sound: on", "about $2.40"))
        await inspection.sent(stage, "A paper crane")
        stage.studio.dials.render_seconds = 0.1
        stage.jump(60)
        video = await scene.video(after=drawn)
        sent = await inspection.sent(stage, "A paper crane")
        assert {name: sent.fields.get(name) for name in OPTIONS[:3]} == {
            "seed": 7, "generate_audio": True, "negative_prompt": "blur",
        }  # fmt: skip
        details = await (await press(ada, video, Action.DETAILS)).wait_state("message")
        assert says(details.text, Key.PRICE_IN_CURRENCY)
        assert all(part in details.text for part in ("Cinema 2", "640x360", "seed: 7", "sound: on", "about $2.40"))

        await ada.reply(video, "The same crane, but at night")
        await scene.video(after=video)
        remixed = await inspection.sent(stage, "The same crane, but at night")
        assert remixed.operation == "remix"
        assert {name: remixed.fields.get(name) for name in OPTIONS[:3]} == {
            "seed": 7, "generate_audio": True, "negative_prompt": "blur",
        }  # fmt: skip
        stored = await inspection.job(stage, "The same crane, but at night", "delivered")
        assert (stored["price_micros"], stored["currency"]) == (2_400_000, "USD")


async def test_commands_follow_the_file(tmp_path: Path) -> None:
    """Without options there are none; once the file has some they are synced. A model that went away is refused with
    those that are there.
    """
    async with a_stage(tmp_path, start=False, providers=PROVIDERS) as stage:
        stage.models = MODELS[: MODELS.index("[models.cinema-2.options.seed]")]
        await stage.start_bot()
        before = options_of(stage, "video")
        assert list(before)[-1] == "private"
        scene = scene_on(stage)
        await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt="A doomed boat"))
        failed = await stage.chat.wait_message(scene.channel, lambda one: Action.EDIT_RETRY in actions(one))
        stage.models = MODELS[MODELS.index("[models.cartoon-1]") :]
        assert await stage.bot.terminate() == 0
        await stage.start_bot()
        for command in ("video", "remix"):
            assert list(options_of(stage, command))[-2:] == ["private", "style"]
        form = await (await press(scene.ada, failed, Action.EDIT_RETRY)).wait_form()
        refused = await scene.ada.submit(form, {"prompt": "A sound boat"})
        assert says(await inspection.refusal(refused), Reason.MODEL_UNKNOWN)
        assert "Cartoon" in refused.answer.text
        edited = await (await press(scene.ada, refused.answer, Action.EDIT)).wait_form()
        await inspection.accepted(await scene.ada.submit(edited, {"prompt": "A sound boat"}))
        assert (await inspection.sent(stage, "A sound boat")).fields["model"] == "cartoon-1"
