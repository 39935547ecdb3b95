"""B2, B11: what can't be carried out is answered at once, in private, and nothing is started."""

import pytest

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.reasons import Reason
from sandbox.chat import Call, Channel, Permission
from sandbox.chat.permissions import USUAL
from tests.e2e import inspection
from tests.e2e.messages import press, wait_kind
from tests.e2e.scene import Scene, picture
from tests.wording import says

pytestmark = pytest.mark.asyncio(loop_scope="module")
UNKNOWN_TYPE, FORUM, MEDIA, CATEGORY = 99, 15, 16, 4
NOWHERE = "A heron nowhere"


async def told_no(scene: Scene, call: Call, channel: Channel, refused: Reason) -> None:
    """The refusal is private; nothing was posted there, stored, or sent to the provider."""
    answer = await call.wait_state("message")
    assert answer.ephemeral
    assert says(answer.text, refused)
    assert [one for one in channel.messages if one.author.bot] == []
    assert inspection.jobs(scene.stage, prompt=NOWHERE) == []
    assert inspection.paid_requests(scene.stage, NOWHERE) == []


async def asks(scene: Scene, channel: Channel) -> Call:
    return await scene.ada.slash(channel, "video", prompt=NOWHERE)


async def test_a_private_thread_without_the_bot_is_refused_at_once(scene: Scene) -> None:
    """B2: `app_permissions` look fine in a private thread that the bot was not added to."""
    thread = scene.channel.add_thread("secret", private=True, members=[scene.ada], with_bot=False)
    await told_no(scene, await asks(scene, thread), thread, Reason.PLACE_PRIVATE)


async def test_a_private_thread_with_the_bot_is_a_place_like_any_other(scene: Scene) -> None:
    """B2: being inside is enough."""
    thread = scene.channel.add_thread("secret", private=True, members=[scene.ada])
    await scene.ada.slash(thread, "video", prompt="A heron in secret")
    assert await scene.video(thread)
    assert scene.studio.paid("A heron in secret") == 1


async def test_a_locked_thread_is_refused_unless_the_bot_manages_threads(scene: Scene) -> None:
    """B2: in a locked thread the bot can't post without *Manage Threads*."""
    thread = scene.channel.add_thread("closed")
    thread.lock()
    await told_no(scene, await asks(scene, thread), thread, Reason.PLACE_LOCKED)
    scene.guild.set_bot_permissions(USUAL | Permission.MANAGE_THREADS)
    await scene.ada.slash(thread, "video", prompt="A heron behind the lock")
    assert await scene.video(thread)
    assert scene.studio.paid("A heron behind the lock") == 1


@pytest.mark.parametrize("kind", [UNKNOWN_TYPE, FORUM, MEDIA, CATEGORY])
async def test_a_channel_that_takes_no_messages_or_is_unknown_is_refused(scene: Scene, kind: int) -> None:
    """B2: forums, media channels, categories, and types that discord.py has never heard of."""
    channel = scene.guild.add_channel("odd", type=kind)
    await told_no(scene, await asks(scene, channel), channel, Reason.PLACE_UNSUITABLE)
    form = await scene.ada.slash(channel, "video")
    await told_no(scene, form, channel, Reason.PLACE_UNSUITABLE)


async def test_an_interaction_without_a_channel_is_refused(scene: Scene) -> None:
    """B2: nothing is ever posted to a channel that is made up."""
    scene.chat.rules.tell_channel = False
    try:
        for command in ("video", "status"):
            options = {"prompt": NOWHERE} if command == "video" else {}
            call = await scene.ada.slash(scene.channel, command, **options)
            await told_no(scene, call, scene.channel, Reason.PLACE_UNSUITABLE)
    finally:
        scene.chat.rules.tell_channel = True
    assert not any("/channels/0/" in request.path for request in scene.chat.requests)


async def test_a_command_that_the_bot_no_longer_has_is_answered(scene: Scene) -> None:
    """B11: the person's client is behind: one private sentence says to reload Discord."""
    await told_no(scene, await scene.ada.forge_old_command(scene.channel, "film"), scene.channel, Reason.CLIENT_STALE)


async def test_a_file_that_is_named_without_being_there_is_answered(scene: Scene) -> None:
    """B11: without its resolved data an attachment is a bare id; a video without it is not what was asked for."""
    scene.chat.rules.resolve_files = False
    try:
        call = await scene.ada.slash(scene.channel, "video", prompt=NOWHERE, reference=picture())
        await told_no(scene, call, scene.channel, Reason.CLIENT_STALE)
    finally:
        scene.chat.rules.resolve_files = True


@pytest.mark.parametrize("custom_id", ["vb:card:explode:AAAAAAAA:1", "vb:video:remix:short:1", "something-else"])
async def test_a_button_that_this_version_does_not_know_is_answered(scene: Scene, custom_id: str) -> None:
    """B11: of a newer version that was set back, or made up; the same for forms."""
    video = await scene.make()
    answer = await (await scene.ada.forge_click(video, custom_id)).wait_state("message")
    assert answer.ephemeral
    assert says(answer.text, Reason.CLIENT_STALE)
    form = await (await press(scene.ada, video, Action.REMIX)).wait_form()
    made_up = custom_id.replace("vb:", "vf:")
    answer = await (await scene.ada.forge_submit(form, {}, made_up)).wait_state("message")
    assert says(answer.text, Reason.CLIENT_STALE)


async def test_a_reply_in_a_thread_below_an_unknown_channel_is_heard(scene: Scene) -> None:
    """B11: discord.py can't say what one may do there; a form is offered, and who may send it gets a remix."""
    thread = scene.guild.add_channel("odd", type=UNKNOWN_TYPE).add_thread("below")
    await scene.ada.slash(thread, "video", prompt="A heron below")
    video = await scene.video(thread)
    await scene.ada.reply(video, "Now in the rain please")
    offer = await wait_kind(scene.chat, thread, "offer")
    assert says(offer.text, Key.OFFER_FORM_RIGHT)
    assert scene.studio.paid("Now in the rain please") == 0
    form = await (await press(scene.ada, offer, Action.OPEN_FORM)).wait_form()
    await scene.ada.submit(form, {"prompt": "Now in the rain please"})
    remix = await scene.video(thread, after=video)
    assert "Now in the rain" in remix.text
    assert scene.studio.paid("Now in the rain please") == 1
