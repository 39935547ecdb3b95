"""The commands in the menu of a message: *Remix this video*, *Animate this picture*, *Video details*."""

from typing import Any

import discord
import pytest
from simcord.actors import MemberActor
from simcord.results import InteractionResult, to_discord_message

from bot.chat.custom_ids import Action, ButtonId, MessageKind
from bot.chat.words import Key
from bot.jobs.model import PostKind, Via
from bot.jobs.reasons import Reason
from bot.jobs.tables import drafts
from tests.simcord import job_setups
from tests.simcord.pictures import png
from tests.simcord.world import SimWorld, field_ids, private
from tests.wording import says, sentence

REMIX, ANIMATE, DETAILS = "Remix this video", "Animate this picture", "Video details"
MENUS = (REMIX, ANIMATE, DETAILS)
VIDEO_FILE = ("clip.mp4", b"\0\0\0\x18ftypisom")


async def use(world: SimWorld, actor: MemberActor, menu: str, message: discord.Message) -> InteractionResult:
    """Use that menu on a message."""
    where = next(one for one in (world.channel,) if one.id == message.channel.id)
    return await actor.context_menu(where, menu, message)


async def drafts_kept(world: SimWorld) -> int:
    async def count(connection: Any) -> int:
        return len((await connection.execute(drafts.select())).all())

    return await world.read(count)


def of_another_bot(world: SimWorld, **shown: Any) -> discord.Message:
    """A message of a bot that isn't ours."""
    bot = world.guild.add_member(world.env.create_user("painter", bot=True))
    return to_discord_message(world.env, world.env.backend.create_message(world.channel.id, bot.id, **shown))


async def test_anyone_remixes_a_video_by_its_menu(world: SimWorld) -> None:
    """The form is that of **Remix**; the remix is the presser's."""
    video = await world.delivered()
    shown = await use(world, world.ben, REMIX, await world.shown(video, PostKind.VIDEO))
    assert shown.modal is not None
    assert shown.modal["title"] == sentence(Key.FORM_REMIX)
    assert (await world.ben.submit_modal(shown, {"prompt": "at night"})).response is None
    (job,) = await world.jobs(world.ben)
    assert (job.request.prompt, job.request.parent_id, job.origin.via) == ("at night", video.id, Via.FORM)


async def test_what_is_no_finished_video_of_ours_is_not_remixed(world: SimWorld) -> None:
    """A running card, a failure notice, talk, and a video of somebody else's are refused, each in its words."""
    running = await job_setups.rendering(world)
    failed = await job_setups.failed(world)
    talk = await world.ben.send(world.channel, "hello")
    clip = await world.ben.send(world.channel, "mine", attachments=[VIDEO_FILE])
    for message, reason in (
        (await world.shown(running, PostKind.CARD), Reason.VIDEO_UNFINISHED),
        (await world.shown(failed, PostKind.FAILURE), Reason.MENU_NO_VIDEO),
        (talk, Reason.MENU_NO_VIDEO),
        (clip, Reason.MENU_NOT_OURS),
    ):
        result = await use(world, world.ada, REMIX, message)
        assert result.modal is None
        assert says(private(result), reason)
    assert await drafts_kept(world) == 0


async def test_a_button_that_another_bot_copied_proves_nothing(world: SimWorld) -> None:
    """Its message with the custom id of a video of ours is no video of ours."""
    video = await world.delivered()
    button = {
        "type": 2, "style": 1, "label": "Remix", "custom_id": str(ButtonId(MessageKind.VIDEO, Action.REMIX, video.id)),
    }  # fmt: skip
    copied = of_another_bot(world, components=[{"type": 1, "components": [button]}])
    assert says(private(await use(world, world.ada, REMIX, copied)), Reason.MENU_NO_VIDEO)


async def test_a_picture_is_animated(world: SimWorld) -> None:
    """Ben's two pictures are kept in Ada's form; her video has them as references, and is in that channel."""
    pictures = [("one.png", png(1)), ("notes.txt", b"notes"), ("two.png", png(2))]
    message = await world.ben.send(world.channel, "look", attachments=pictures)
    shown = await use(world, world.ada, ANIMATE, message)
    assert shown.modal is not None
    assert shown.modal["title"] == sentence(Key.FORM_VIDEO)
    row = next(one for one in shown.modal["components"] if one["component"]["custom_id"] == "references")
    assert row["description"] == sentence(Key.FORM_PICTURES_KEPT, count=2)
    assert "value" not in field_ids(shown)["prompt"]
    assert (await world.ada.submit_modal(shown, {"prompt": "it waves"})).response is None
    (job,) = await world.jobs()
    shelf = world.engine.context.shelf
    assert [shelf.path(one).read_bytes() for one in job.request.references] == [png(1), png(2)]
    assert (job.origin.user_id, job.origin.place.channel_id) == (world.ada.id, world.channel.id)
    assert await world.jobs(world.ben) == []


async def test_a_picture_that_is_gone_has_to_be_attached_again(world: SimWorld, sim_bot: Any, files: Any) -> None:
    """The draft keeps its address only; the prompt is returned with **Edit**."""
    message = await world.ben.send(world.channel, "look", attachments=[("one.png", png())])
    shown = await use(world, world.ada, ANIMATE, message)
    files.gone = True
    answer = private(await world.ada.submit_modal(shown, {"prompt": "it waves"}))
    assert says(answer, Reason.UPLOADS_GONE)
    assert "it waves" in answer
    assert await world.jobs() == []


async def test_without_a_picture_there_is_nothing_to_animate(world: SimWorld) -> None:
    """Nothing is stored."""
    message = await world.ben.send(world.channel, "no picture", attachments=[("notes.txt", b"notes")])
    assert says(private(await use(world, world.ada, ANIMATE, message)), Reason.MENU_NO_PICTURE)
    assert await drafts_kept(world) == 0


async def test_details_are_those_of_the_button(world: SimWorld) -> None:
    """Privately, for everyone who sees the video; of a running one for its requester alone."""
    video = await world.delivered()
    running = await job_setups.rendering(world)
    message, card = await world.shown(video, PostKind.VIDEO), await world.shown(running, PostKind.CARD)
    for person in (world.ada, world.ben):
        assert says(private(await use(world, person, DETAILS, message)), Key.VIDEO_ID, video=video.id)
    assert says(private(await use(world, world.ada, DETAILS, card)), Key.VIDEO_ID, video=running.id)
    assert says(private(await use(world, world.ben, DETAILS, card)), Reason.VIDEO_UNFINISHED)
    talk = await world.ben.send(world.channel, "hello")
    assert says(private(await use(world, world.ada, DETAILS, talk)), Reason.MENU_NO_VIDEO)


@pytest.mark.parametrize("menu", MENUS)
async def test_private_system_and_forwarded_messages_are_refused(world: SimWorld, menu: str) -> None:
    """One private sentence, and nothing is stored."""
    message = await world.ben.send(world.channel, "look", attachments=[("one.png", png())])
    forwarded = await world.ben.forward(message, world.channel)
    await world.mia.set_pinned(message, pinned=True)
    system = world.last()
    assert system.type is discord.MessageType.pins_add
    help_ = await world.ada.slash(world.channel, "help")
    assert help_.response is not None
    for unusable in (forwarded, system, help_.response.message):
        result = await use(world, world.ada, menu, unusable)
        assert result.modal is None
        assert says(private(result), Reason.MENU_UNUSABLE)
    assert await drafts_kept(world) == 0


@pytest.mark.parametrize("menu", [REMIX, ANIMATE])
async def test_where_no_video_could_be_posted_no_form_is_shown(world: SimWorld, menu: str) -> None:
    """As for commands: the bot lacks a right there."""
    message = await world.shown(await world.delivered(), PostKind.VIDEO)
    if menu == ANIMATE:
        message = await world.ben.send(world.channel, "look", attachments=[("one.png", png())])
    world.forbid(world.channel, discord.Permissions(attach_files=True))
    assert says(private(await use(world, world.ada, menu, message)), Reason.PLACE_UNPOSTABLE)
