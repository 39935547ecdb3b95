"""`/video`: what it stores, shows and refuses."""

import discord
import pytest

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.model import PostKind, Via
from bot.jobs.reasons import Reason
from bot.jobs.states import State
from tests.simcord.pictures import png
from tests.simcord.sim_bot import FakeCdn
from tests.simcord.world import SimWorld, actions, field_ids, press, private, text_of
from tests.wording import says


async def test_video_shows_a_card(world: SimWorld) -> None:
    """`/video` is acknowledged privately, the response goes, and a plain card with all facts is in the channel."""
    job = await world.asked("a red fox", model="gpt-4o-video", size="1920x1080", seconds="8")
    card = await world.shown(job, PostKind.CARD)
    assert card.id == world.last().id
    assert world.count() == 1
    assert card.type is discord.MessageType.default
    assert actions(card) == [Action.CANCEL]
    shown = text_of(card)
    assert all(part in shown for part in (job.id, "a red fox", "gpt-4o-video", "1920x1080", "8 s", world.ada.mention))
    assert not world.env.backend.get_message(world.channel.id, card.id).ping_user_ids
    request = job.request
    assert (request.prompt, request.model, request.size, request.seconds) == (
        "a red fox",
        "gpt-4o-video",
        "1920x1080",
        "8",
    )
    assert (job.origin.via, job.origin.locale) == (Via.COMMAND, "en-US")


async def test_video_keeps_all_its_pictures(world: SimWorld) -> None:
    """The pictures of `/video` are fetched from Discord at once and kept byte for byte, in the order of the options."""
    given = [png(shade) for shade in range(4)]
    names = ("reference", "reference_2", "reference_3", "reference_4")
    pictures = {name: (f"{name}.png", data) for name, data in zip(names, given, strict=True)}
    job = await world.asked("a red fox", **pictures)
    shelf = world.engine.context.shelf
    assert [shelf.path(picture).read_bytes() for picture in job.request.references] == given
    assert says(text_of(await world.shown(job, PostKind.CARD)), Key.PICTURES, count=4)


@pytest.mark.parametrize(
    ("name", "data", "refused"),
    [("notes.png", b"no picture at all", Reason.REFERENCE_TYPE), ("empty.png", b"", Reason.REFERENCE_EMPTY)],
)
async def test_a_file_that_is_no_picture_is_named_privately(
    world: SimWorld, name: str, data: bytes, refused: Reason
) -> None:
    """An unusable file is named in a private response; no job is stored and nothing is public."""
    result = await world.ada.slash(world.channel, "video", prompt="a red fox", reference=(name, data))
    await world.settle()
    assert name in private(result)
    assert says(private(result), refused)
    assert await world.jobs() == []
    assert world.count() == 0


async def test_video_without_a_prompt_opens_a_form(world: SimWorld) -> None:
    """Without a prompt a form opens; what is filled in joins the options that were given with the command."""
    shown = await world.ada.slash(world.channel, "video", size="1080x1920", reference=("a.png", png(1)))
    fields = field_ids(shown)
    assert list(fields) == ["prompt", "references", "size", "seconds"]
    assert (fields["prompt"]["min_length"], fields["prompt"]["max_length"]) == (1, 4000)
    filled = {"prompt": "a red fox", "seconds": ["12"]}
    sent = await world.ada.submit_modal(shown, filled)
    await world.settle()
    assert sent.response is None
    (job,) = await world.jobs()
    assert (job.request.prompt, job.request.size, job.request.seconds) == ("a red fox", "1080x1920", "12")
    assert job.origin.via is Via.FORM
    shelf = world.engine.context.shelf
    assert [shelf.path(one).read_bytes() for one in job.request.references] == [png(1)]
    assert actions(await world.shown(job, PostKind.CARD)) == [Action.CANCEL]


async def test_a_bad_picture_of_the_command_is_named_when_the_form_comes_back(world: SimWorld) -> None:
    """Attachments are fetched when the form is sent, not before."""
    shown = await world.ada.slash(world.channel, "video", reference=("notes.png", b"no picture"))
    assert not shown.followups
    sent = await world.ada.submit_modal(shown, {"prompt": "a red fox"})
    assert "notes.png" in private(sent)
    assert await world.jobs() == []


async def test_pictures_of_a_draft_that_discord_no_longer_has_are_asked_for_again(
    world: SimWorld, files: FakeCdn
) -> None:
    """The addresses of a draft's attachments end; then the person is asked for the pictures."""
    shown = await world.ada.slash(world.channel, "video", reference=("fox.png", png()))
    files.gone = True
    sent = await world.ada.submit_modal(shown, {"prompt": "a red fox"})
    assert says(private(sent), Reason.UPLOADS_GONE)
    assert await world.jobs() == []


async def test_a_long_prompt_is_attached_to_card_and_video(world: SimWorld) -> None:
    """Who reads the channel can read all of it: the first 300 characters there, the rest in a file."""
    prompt = "A very long story. " * 150
    job = await world.asked(prompt)
    card = await world.shown(job, PostKind.CARD)
    assert [one.filename for one in card.attachments] == ["prompt.txt"]
    await world.fetched(job)
    video = await world.shown(job, PostKind.VIDEO)
    assert [one.filename for one in video.attachments] == [job.video_name, "prompt.txt"]


async def test_a_channel_where_the_bot_cannot_post_is_named_at_once(world: SimWorld) -> None:
    """Where the bot lacks a permission, command and form are answered with its name, and nothing is stored."""
    no_files = {world.guild.default_role: discord.PermissionOverwrite(attach_files=False)}
    quiet = world.guild.create_text_channel("quiet", overwrites=no_files)
    with_prompt = await world.ada.slash(quiet, "video", prompt="a red fox")
    without = await world.ada.slash(quiet, "video")
    for result in (with_prompt, without):
        assert says(private(result), Reason.PLACE_UNPOSTABLE, permissions=("attach_files",))
        assert result.modal is None
    assert await world.jobs() == []


@pytest.mark.slow
async def test_limit_is_said_privately(world: SimWorld) -> None:
    """The fourth video at once is refused in a private answer."""
    for number in range(5):
        await world.asked(f"a fox, number {number}")
    result = await world.ada.slash(world.channel, "video", prompt="one more")
    assert says(private(result), Reason.ACTIVE_LIMIT, limit=5)
    assert len(await world.jobs()) == 5


async def test_video_works_in_a_direct_message(world: SimWorld) -> None:
    """In a DM `/video` shows its card and later its video there, and Cancel works there too."""
    ada = world.ada.user
    assert (await ada.slash("video", prompt="a red fox")).response is None
    await world.settle()
    (job,) = await world.jobs()
    assert job.origin.place.guild_id is None
    assert actions(await world.shown(job, PostKind.CARD)) == [Action.CANCEL]
    job = await world.fetched(job)
    assert actions(await world.shown(job, PostKind.VIDEO)) == [
        Action.REMIX,
        Action.AGAIN,
        Action.DETAILS,
        Action.DELETE,
    ]
    assert (await ada.slash("video", prompt="a second fox")).response is None
    await world.settle()
    second = (await world.jobs())[0]
    assert says(
        private(await press(ada, await world.shown(second, PostKind.CARD), Action.CANCEL)), Key.ANSWER_CANCELLED
    )
    assert (await world.job(second)).state is State.CANCELLED
