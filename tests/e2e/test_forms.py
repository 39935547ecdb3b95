"""The forms: `/video` and `/remix` without a prompt ask for it, and keep what was given with the command."""

import asyncio

import pytest

from bot.chat.words import Key
from bot.jobs.reasons import Reason
from sandbox.chat import File, Form
from tests.e2e.messages import cards_settled, job_id_of, reached, wait_card, wait_kind
from tests.e2e.scene import Scene, picture
from tests.wording import says, sentence

pytestmark = pytest.mark.asyncio(loop_scope="module")


def the_render(scene: Scene, prompt: str):
    """The one paid render of that prompt."""
    (render,) = [one for one in scene.studio.renders if one.prompt == prompt]
    return render


async def form_of(scene: Scene, command: str, **options: object) -> Form:
    """The form that the command without a prompt opens."""
    return await (await scene.ada.slash(scene.channel, command, **options)).wait_form()


async def test_video_without_a_prompt_opens_a_form(scene: Scene) -> None:
    """The form has a long text field of up to 4,000 characters and a field for four pictures."""
    form = await form_of(scene, "video")
    prompt, pictures = form.fields["prompt"], form.fields["references"]
    assert (prompt.kind, prompt.multiline, prompt.required) == ("text", True, True)
    assert (prompt.min_length, prompt.max_length) == (1, 4000)
    assert (pictures.kind, pictures.required, pictures.max_values) == ("files", False, 4)
    assert scene.channel.messages == []


async def test_a_form_makes_a_video_with_the_options_and_pictures_of_the_command(scene: Scene) -> None:
    """What was given with the command is preselected and kept; what is picked in the form counts."""
    cat, dog = (picture(colour, name=f"{colour}.png") for colour in ("tan", "snow"))
    form = await form_of(scene, "video", size="1080x1920", seconds="12", reference=cat, reference_3=dog)
    assert says(form.fields["references"].description, Key.FORM_PICTURES_KEPT, count=2)
    assert sentence(Key.CHOICE_PORTRAIT, size="1080x1920") in form.fields["size"].options
    long_prompt = "A very long story. " * 200
    call = await scene.ada.submit(form, {"prompt": long_prompt, "seconds": "4"})
    answer = await call.wait_state("deleted")
    assert answer.ephemeral
    video = await scene.video()
    assert video.pinged == {scene.ada.id}
    render = the_render(scene, long_prompt)
    assert (render.size, render.seconds) == ("1080x1920", "4")
    assert [one.data for one in render.references] == [cat.data, dog.data]


async def test_pictures_of_the_form_replace_those_of_the_command(scene: Scene) -> None:
    """All of them."""
    cat, owl = picture("tan", name="tan.png"), picture("teal", name="teal.png")
    form = await form_of(scene, "video", reference=cat)
    await scene.ada.submit(form, {"prompt": "Another picture", "references": [owl]})
    await scene.video()
    assert [one.data for one in the_render(scene, "Another picture").references] == [owl.data]


async def test_a_form_that_is_not_sent_costs_nothing(scene: Scene) -> None:
    """A form that is closed again leaves no trace but an empty `/status`."""
    await form_of(scene, "video", reference=picture())
    status = await (await scene.ada.slash(scene.channel, "status")).wait_state("message")
    assert says(status.text, Key.LIST_EMPTY)
    assert scene.channel.messages == []


async def test_a_form_sent_twice_from_one_command_makes_a_job_each(scene: Scene) -> None:
    """Two forms opened by two commands don't mix their options up."""
    first = await form_of(scene, "video", seconds="4")
    second = await form_of(scene, "video", seconds="12")
    await scene.ada.submit(second, {"prompt": "Opened second"})
    await scene.ada.submit(first, {"prompt": "Opened first"})
    await scene.chat.wait_message(scene.channel, lambda m: m.attachments and "Opened first" in m.text)
    await scene.chat.wait_message(scene.channel, lambda m: m.attachments and "Opened second" in m.text)
    assert the_render(scene, "Opened first").seconds == "4"
    assert the_render(scene, "Opened second").seconds == "12"


async def test_a_wrong_picture_given_with_the_command_is_refused_privately(scene: Scene) -> None:
    """A file that is no picture is fetched when the form is sent, and refused then."""
    form = await form_of(scene, "video", reference=File("cat.png", b"no picture", content_type="image/png"))
    answer = await (await scene.ada.submit(form, {"prompt": "With the wrong file"})).wait_state("message")
    assert answer.ephemeral
    assert says(answer.content, Reason.REFERENCE_TYPE)
    assert scene.studio.paid("With the wrong file") == 0


async def test_a_form_sent_twice_makes_one_video(scene: Scene) -> None:
    """Discord keeps a form open when the acknowledgement is lost, and people press again: the draft makes one job."""
    form = await form_of(scene, "video", seconds="8")
    first, second = await asyncio.gather(
        scene.ada.submit(form, {"prompt": "Sent twice"}), scene.ada.submit(form, {"prompt": "Sent twice"})
    )
    await first.wait_state("deleted")
    await second.wait_state("deleted", "message")
    await scene.video()
    third = await (await scene.ada.submit(form, {"prompt": "Sent twice, later"})).wait_state("message")
    assert says(third.content, Key.ANSWER_MADE_BEFORE)
    assert scene.studio.paid("Sent twice") == 1
    assert scene.studio.paid("Sent twice, later") == 0


async def test_a_wrong_picture_in_the_form_is_refused_privately(scene: Scene) -> None:
    """What is wrong with a form's own file is said privately, and nothing is stored or charged."""
    form = await form_of(scene, "video")
    bad = File("cat.png", b"", content_type="image/png")
    answer = await (await scene.ada.submit(form, {"prompt": "Empty file", "references": [bad]})).wait_state("message")
    assert answer.ephemeral
    assert says(answer.content, Reason.REFERENCE_EMPTY)
    assert scene.channel.messages == []
    assert scene.studio.paid("Empty file") == 0


async def test_remix_without_a_prompt_opens_a_form_for_that_video(scene: Scene) -> None:
    """The form of `/remix` keeps which video was meant, the options and the pictures of the command."""
    video = await scene.make("To be remixed by a form")
    await scene.make("A newer one that is not meant")
    cat = picture("teal")
    form = await form_of(scene, "remix", video=job_id_of(video), seconds="8", reference=cat)
    await scene.ada.submit(form, {"prompt": "Remixed by a form"})
    await wait_card(scene.chat, scene.channel, "Remixed by a form")
    await scene.chat.wait_message(scene.channel, lambda m: m.attachments and "Remixed by a form" in m.text)
    render = the_render(scene, "Remixed by a form")
    assert render.parent_id == the_render(scene, "To be remixed by a form").id
    assert render.seconds == "8"
    assert [one.data for one in render.references] == [cat.data]


async def test_remix_without_anything_remixes_the_newest_one_here(scene: Scene) -> None:
    """Without prompt and video the form is for the asker's newest finished video in the channel."""
    await scene.make("The older one")
    newest = await scene.make("The newest one")
    await cards_settled(scene.chat, scene.channel)
    form = await form_of(scene, "remix")
    await scene.ada.submit(form, {"prompt": "What became of the newest"})
    await scene.video(after=newest)
    assert the_render(scene, "What became of the newest").parent_id == the_render(scene, "The newest one").id


async def test_remix_of_nothing_opens_no_form(scene: Scene) -> None:
    """Where there is nothing to remix, that is said at once instead of asking for a prompt."""
    answer = await (await scene.ada.slash(scene.channel, "remix")).wait_state("message")
    assert answer.ephemeral
    assert says(answer.content, Reason.VIDEO_NONE_HERE)


async def test_the_pictures_of_a_draft_are_fetched_when_the_form_comes_back(scene: Scene) -> None:
    """While a form is open nothing of its pictures is kept on the disk; they are fetched once, for its job."""
    gate = scene.chat.gate("attachment", "before")
    cat = picture("beige")
    form = await form_of(scene, "video", reference=cat)
    assert not gate.reached.is_set()
    await scene.ada.submit(form, {"prompt": "Pictures take a while"})
    await gate.wait_reached()
    gate.open()
    await scene.video()
    assert [one.data for one in the_render(scene, "Pictures take a while").references] == [cat.data]


async def test_a_form_in_a_dm_works_as_in_a_server(scene: Scene) -> None:
    """The form opened in a DM makes a video there."""
    dm = scene.chat.dm(scene.ada)
    gate = scene.studio.gate("create", "before_take")
    form = await (await scene.ada.slash(dm, "video")).wait_form()
    await scene.ada.submit(form, {"prompt": "A form in a DM"})
    await reached(gate)
    await wait_kind(scene.chat, dm, "card")
    gate.open()
    await scene.video(dm)
    assert scene.studio.paid("A form in a DM") == 1
    assert scene.channel.messages == []
