"""`/owner drill` with the real process: what is missing in a place is named, buttons do nothing, the message goes.

Refusals of uploads, disks and ffmpeg are tried in `tests/unit/bot/engine/requests/test_drill.py`.
"""

from pathlib import Path

import pytest

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.drill import DrillProblem
from bot.jobs.reasons import Reason
from sandbox.chat import Channel, Fault, Guild, Message, Permission, Person
from sandbox.chat.permissions import USUAL
from sandbox.stage import Stage
from tests.e2e import inspection
from tests.e2e.messages import press, time_passes_until
from tests.e2e.scene import Scene, a_stage
from tests.wording import permission_name, says

pytestmark = pytest.mark.asyncio(loop_scope="module")
MINUTE = 60.0
MISSING = (
    Permission.VIEW_CHANNEL,
    Permission.SEND_MESSAGES,
    Permission.ATTACH_FILES,
    Permission.EMBED_LINKS,
    Permission.READ_MESSAGE_HISTORY,
)


def owner_of(stage: Stage, guild: Guild) -> Person:
    """The bot's owner, as somebody who may see `/owner` in that server."""
    owner = stage.chat.owner
    guild.join(owner, permissions=USUAL | Permission.MANAGE_GUILD)
    return owner


async def drill(owner: Person, channel: Channel) -> str:
    """The private report."""
    answer = await (await owner.slash(channel, "owner drill")).wait_state("message")
    assert answer.ephemeral
    return answer.text


def posted(channel: Channel) -> list[Message]:
    return [message for message in channel.messages if message.attachments]


async def test_a_drill_leaves_nothing_but_its_report(scene: Scene) -> None:
    """No job, no request to the provider, no message after a minute; its buttons say what it is, to anyone."""
    stage, channel, owner = scene.stage, scene.channel, owner_of(scene.stage, scene.guild)
    requests = len(stage.provider_requests)
    report = await drill(owner, channel)
    # That is how the bot of this test runs.
    assert says(report, DrillProblem.FFMPEG_MISSING)
    assert report.count("✗") == 1
    (message,) = posted(channel)
    assert [button.label for button in message.buttons] == ["Remix", "Make another", "Details", "Delete"]
    for action in (Action.REMIX, Action.AGAIN, Action.DETAILS, Action.DELETE):
        answer = await (await press(scene.ada, message, action)).wait_state("message")
        assert answer.ephemeral
        assert says(answer.content, Key.DRILL_PRESSED)
    await scene.ada.reply(message, "Make it night")
    await time_passes_until(stage, lambda: not posted(channel), step_seconds=10)
    assert len(stage.provider_requests) == requests
    assert inspection.jobs(stage) == []


@pytest.mark.parametrize("permission", MISSING)
async def test_a_missing_permission_is_named(scene: Scene, permission: Permission) -> None:
    """Each that a video needs, as Discord's settings call it; nothing is posted."""
    owner = owner_of(scene.stage, scene.guild)
    scene.channel.overwrite(scene.chat.bot_user, deny=permission)
    report = await drill(owner, scene.channel)
    assert says(report, Reason.PLACE_UNPOSTABLE)
    named = permission.name or ""
    assert permission_name(named.lower()) in report
    assert posted(scene.channel) == []


async def test_a_thread_without_the_right_to_send_and_a_locked_one(scene: Scene) -> None:
    """Both take no video."""
    owner = owner_of(scene.stage, scene.guild)
    thread = scene.channel.add_thread("A thread")
    scene.channel.overwrite(scene.chat.bot_user, deny=Permission.SEND_MESSAGES_IN_THREADS)
    assert permission_name("send_messages_in_threads") in await drill(owner, thread)
    scene.channel.overwrite(scene.chat.bot_user)
    locked = scene.channel.add_thread("Locked")
    scene.guild.join(owner, permissions=USUAL | Permission.MANAGE_GUILD | Permission.MANAGE_THREADS)
    locked.lock()
    assert says(await drill(owner, locked), Reason.PLACE_LOCKED)
    assert posted(thread) == posted(locked) == []


async def test_discord_that_refuses_the_file(scene: Scene) -> None:
    """As it would refuse a paid video's."""
    owner = owner_of(scene.stage, scene.guild)
    refusals = {400001: DrillProblem.UPLOADS, 40005: DrillProblem.TOO_LARGE, 200000: DrillProblem.AUTOMOD}
    for code, problem in refusals.items():
        scene.chat.faults.add("message_create", Fault.error(400, code), only_if=lambda request: bool(request.files))
        report = await drill(owner, scene.channel)
        assert says(report, problem)
    assert posted(scene.channel) == []


async def test_others_than_the_owner_may_not(scene: Scene) -> None:
    """A server's manager sees the command, and is refused."""
    boss = scene.join("Boss", permissions=USUAL | Permission.MANAGE_GUILD)
    refused = await inspection.refusal(await boss.slash(scene.channel, "owner drill"))
    assert says(refused, Reason.OWNER_ONLY)
    assert posted(scene.channel) == []


async def test_after_a_kill_the_message_is_removed_and_its_buttons_work(tmp_path: Path) -> None:
    """Within the minute: another process knows what to remove, and what a press means."""
    async with a_stage(tmp_path) as stage:
        guild = stage.chat.add_guild("Night Shift")
        channel, owner = guild.add_channel("videos"), owner_of(stage, guild)
        assert says(await drill(owner, channel), Key.DRILL_REMOVED)
        await stage.bot.kill()
        await stage.start_bot()
        (message,) = posted(channel)
        answer = await (await press(owner, message, Action.DETAILS)).wait_state("message")
        assert says(answer.content, Key.DRILL_PRESSED)
        stage.jump(MINUTE)
        await stage.chat.wait_for(lambda: not posted(channel), what="the message to go")
