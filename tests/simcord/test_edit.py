"""Every private no gives the prompt back, with **Edit**, which opens the form filled with what was given."""

from typing import Any

import discord
import pytest
from simcord.results import InteractionResult

from bot.chat.custom_ids import Action
from bot.chat.words import Key, refusal
from bot.engine.requests.intake import Intake
from bot.jobs.database import StoreUnavailableError
from bot.jobs.model import PostKind
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.store import drafts
from tests.readers import ENGLISH
from tests.simcord import job_setups
from tests.simcord.pictures import png
from tests.simcord.sim_bot import FakeCdn
from tests.simcord.world import SimWorld, actions, field_ids, press, private
from tests.wording import says, sentence

PROMPT = "a *red* fox"
SHOWN = "`a *red* fox`"


async def full(world: SimWorld) -> None:
    """Bring Ada to her limit of jobs under way."""
    for number in range(5):
        await world.asked(f"job {number}")


async def edit(world: SimWorld, result: InteractionResult) -> InteractionResult:
    """Press Edit under a private no that shows the prompt."""
    assert SHOWN in private(result)
    assert result.response is not None
    assert actions(result.response.message) == [Action.EDIT]
    return await press(world.ada, result.response.message, Action.EDIT)


def picked(form: InteractionResult, name: str) -> list[str]:
    return [option["value"] for option in field_ids(form)[name]["options"] if option.get("default")]


@pytest.mark.slow
@pytest.mark.parametrize("command", ["video", "remix"])
async def test_a_command_at_the_limit_is_edited(world: SimWorld, command: str) -> None:
    """Options and pictures travel with the draft; sent again when there is room, it is accepted."""
    if command == "remix":
        await world.delivered()
    await full(world)
    options: dict[str, Any] = {"size": "1080x1920", "seconds": "12", "reference": ("fox.png", png())}
    form = await edit(world, await world.ada.slash(world.channel, command, prompt=PROMPT, **options))
    assert field_ids(form)["prompt"]["value"] == PROMPT
    assert (picked(form, "size"), picked(form, "seconds")) == (["1080x1920"], ["12"])
    await press(world.ada, await world.shown((await world.jobs())[0], PostKind.CARD), Action.CANCEL)
    sent = await world.ada.submit_modal(form, {"prompt": "a blue fox", "size": ["(default)"]})
    assert sent.response is None
    job = (await world.jobs())[0]
    assert (job.request.prompt, job.request.size, job.request.seconds) == ("a blue fox", None, "12")
    assert len(job.request.references) == 1
    assert (job.request.parent_id is not None) == (command == "remix")


async def test_a_form_at_the_limit_is_edited(world: SimWorld) -> None:
    """The form's own changes are what the next form shows; both forms together make one job."""
    await full(world)
    shown = await world.ada.slash(world.channel, "video")
    form = await edit(world, await world.ada.submit_modal(shown, {"prompt": PROMPT, "seconds": ["8"]}))
    assert form.modal is not None
    assert shown.modal is not None
    assert form.modal["custom_id"] == shown.modal["custom_id"]
    assert picked(form, "seconds") == ["8"]


async def test_a_form_in_a_place_without_rights_gives_the_prompt_back(world: SimWorld) -> None:
    """The reason is another one, the way on is the same."""
    no_files = {world.guild.default_role: discord.PermissionOverwrite(attach_files=False)}
    quiet = world.guild.create_text_channel("quiet", overwrites=no_files)
    form = await edit(world, await world.ada.slash(quiet, "video", prompt=PROMPT))
    assert field_ids(form)["prompt"]["value"] == PROMPT


async def test_a_remix_of_nothing_is_edited_into_a_new_video(world: SimWorld) -> None:
    """Without a video there is nothing to remix, but what was typed isn't lost."""
    form = await edit(world, await world.ada.slash(world.channel, "remix", prompt=PROMPT))
    assert form.modal is not None
    assert form.modal["title"] == sentence(Key.FORM_VIDEO)
    await world.ada.submit_modal(form, {"prompt": "a fox"})
    (job,) = await world.jobs()
    assert (job.request.parent_id, job.request.model) == (None, "gpt-4o-video")


async def test_a_bad_picture_goes_and_its_row_says_so(world: SimWorld) -> None:
    """An empty row then means none."""
    bad = await world.ada.slash(world.channel, "video", prompt=PROMPT, reference=("notes.png", b"no picture"))
    form = await edit(world, bad)
    assert form.modal is not None
    assert says(form.modal["components"][1]["description"], Key.FORM_PICTURES_DROPPED)
    await world.ada.submit_modal(form, {"prompt": "a fox"})
    (job,) = await world.jobs()
    assert job.request.references == ()


async def test_pictures_that_are_gone_are_asked_for_again(world: SimWorld, files: FakeCdn) -> None:
    """Discord's addresses expire; the prompt is kept."""
    shown = await world.ada.slash(world.channel, "video", reference=("fox.png", png()))
    files.gone = True
    sent = await world.ada.submit_modal(shown, {"prompt": PROMPT})
    assert says(private(sent), Reason.UPLOADS_GONE)
    form = await edit(world, sent)
    files.gone = False
    await world.ada.submit_modal(form, {"prompt": PROMPT, "references": [("fox.png", png())]})
    (job,) = await world.jobs()
    assert len(job.request.references) == 1


@pytest.mark.slow
@pytest.mark.parametrize("action", [Action.RETRY, Action.AGAIN, Action.REQUEST_AGAIN])
async def test_a_button_at_the_limit_is_edited(world: SimWorld, action: Action) -> None:
    """Its form is filled with the request that the button would have repeated."""
    scene = {
        Action.RETRY: job_setups.failed,
        Action.AGAIN: job_setups.delivered,
        Action.REQUEST_AGAIN: job_setups.uncertain,
    }[action]
    kind = {
        Action.RETRY: PostKind.FAILURE,
        Action.AGAIN: PostKind.VIDEO,
        Action.REQUEST_AGAIN: PostKind.UNSURE,
    }[action]
    job = await scene(world)
    await full(world)
    no = await press(world.ada, await world.shown(job, kind), action)
    assert "`a red fox in fresh snow`" in private(no)
    assert no.response is not None
    form = await press(world.ada, no.response.message, Action.EDIT)
    await press(world.ada, await world.shown((await world.jobs())[0], PostKind.CARD), Action.CANCEL)
    await world.ada.submit_modal(form, {"prompt": "a fox"})
    made = (await world.jobs())[0]
    assert made.request.prompt == "a fox"
    retry = action is not Action.AGAIN
    assert (made.origin.id == f"retry:{job.id}") == retry


async def test_a_form_whose_draft_is_gone_gives_the_prompt_back(world: SimWorld) -> None:
    """One sentence, and what was typed; Edit would open nothing."""
    await full(world)
    no = await world.ada.slash(world.channel, "video", prompt=PROMPT)
    form = await edit(world, no)
    await world.write(drafts.drop_old_drafts, world.clock.now() + 1.0)
    sent = await world.ada.submit_modal(form, {"prompt": PROMPT})
    assert private(sent) == f"{refusal(Refusal(Reason.DRAFT_GONE), ENGLISH)}\n{SHOWN}"
    assert sent.response is not None
    assert actions(sent.response.message) == []
    assert no.response is not None
    assert says(private(await press(world.ada, no.response.message, Action.EDIT)), Reason.DRAFT_GONE)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["video", "remix", "form"])
async def test_what_breaks_unexpectedly_gives_the_prompt_back(
    world: SimWorld, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """After an unexpected error of ours, four thousand typed characters are not lost."""
    video = await world.delivered()
    form = await press(world.ada, await world.shown(video, PostKind.VIDEO), Action.REMIX)

    async def fail(*_: object) -> None:
        raise ValueError

    monkeypatch.setattr(Intake, "accept", fail)
    prompt = PROMPT + " and so on" * 200
    sent = (
        await world.ada.submit_modal(form, {"prompt": prompt})
        if way == "form"
        else await world.ada.slash(world.channel, way, prompt=prompt)
    )
    said = private(sent)
    assert says(said, Key.UNEXPECTED)
    assert "`a *red* fox and" in said
    assert sent.response is not None
    assert [one.filename for one in sent.response.message.attachments] == ["prompt.txt"]


async def test_where_no_draft_can_be_stored_the_whole_prompt_is_given_back(
    world: SimWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is in trouble: there is the sentence, the prompt, and no button that would lead nowhere."""
    await full(world)

    async def fail(*_: object) -> None:
        raise StoreUnavailableError("locked")

    monkeypatch.setattr(drafts, "save_draft", fail)
    no = await world.ada.slash(world.channel, "video", prompt="long " * 500)
    assert no.response is not None
    message = no.response.message
    assert actions(message) == []
    assert says(message.content, Reason.ACTIVE_LIMIT)
    assert [one.filename for one in message.attachments] == ["prompt.txt"]
