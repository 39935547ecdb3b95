"""Who may press which button: rights are checked on each press."""

import discord
import pytest
from simcord.backend.models.channel import Overwrite
from simcord.enums import OverwriteType
from simcord.results import to_discord_message

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.model import PostKind
from bot.jobs.reasons import Reason
from bot.jobs.states import State
from tests.simcord import job_setups
from tests.simcord.world import SimWorld, actions, press, private
from tests.wording import says, sentence

CONTROLLED = [
    (job_setups.queued, PostKind.CARD, Action.CANCEL),
    (job_setups.rendering, PostKind.CARD, Action.WITHHOLD),
    (job_setups.late, PostKind.LATE, Action.WITHHOLD),
    (job_setups.slow, PostKind.SLOW, Action.WITHHOLD),
    (job_setups.delivered, PostKind.VIDEO, Action.DELETE),
    (job_setups.undeliverable, PostKind.FAILURE, Action.POST_IT),
    (job_setups.uncertain, PostKind.UNSURE, Action.REQUEST_AGAIN),
    (job_setups.uncertain, PostKind.UNSURE, Action.DISMISS),
]


@pytest.mark.slow
@pytest.mark.parametrize(("scene", "kind", "action"), CONTROLLED)
async def test_others_may_not(world: SimWorld, scene: job_setups.JobSetup, kind: PostKind, action: Action) -> None:
    """Anyone but the requester is refused privately, and neither job nor message changes."""
    job = await scene(world)
    message = await world.shown(job, kind)
    result = await press(world.ben, message, action)
    assert says(private(result), Reason.NOT_ALLOWED)
    await world.settle()
    assert await world.job(job) == job
    again = await world.shown(job, kind)
    assert (again.content, again.embeds) == (message.content, message.embeds)
    assert await world.jobs(world.ben) == []
    assert len(await world.jobs()) == 1


@pytest.mark.slow
@pytest.mark.parametrize(("scene", "kind", "action"), CONTROLLED)
async def test_those_who_manage_messages_may(
    world: SimWorld, scene: job_setups.JobSetup, kind: PostKind, action: Action
) -> None:
    """Managers of messages may press what the requester may."""
    job = await scene(world)
    result = await press(world.mia, await world.shown(job, kind), action)
    assert not says(private(result), Reason.NOT_ALLOWED)
    if action is Action.DELETE:
        assert result.response is not None
        await press(world.mia, result.response, Action.DELETE)
    assert await world.job(job) != job or await world.jobs(world.mia)


async def test_managing_the_server_is_not_managing_messages(world: SimWorld) -> None:
    """Managers of the server may see a job in `/status`, but have no buttons there; a forged press is refused."""
    managing = world.guild.create_role("Owners", permissions=discord.Permissions(manage_guild=True))
    max_ = world.guild.add_member(world.env.create_user("max"), roles=[managing])
    job = await job_setups.queued(world)
    looked = await max_.slash(world.channel, "status", video=job.id)
    assert looked.response is not None
    assert actions(looked.response.message) == []
    result = await press(max_, await world.shown(job, PostKind.CARD), Action.CANCEL)
    assert says(private(result), Reason.NOT_ALLOWED)
    assert (await world.job(job)).state is State.ACCEPTED


async def test_who_manages_the_server_reads_no_prompt_of_a_channel_they_cannot_see(world: SimWorld) -> None:
    """Only who, when, which model, the charge and the end."""
    managing = world.guild.create_role("Owners", permissions=discord.Permissions(manage_guild=True))
    max_ = world.guild.add_member(world.env.create_user("max"), roles=[managing])
    video = await job_setups.delivered(world)
    hidden = Overwrite(max_.id, OverwriteType.MEMBER, deny=discord.Permissions(view_channel=True).value)
    world.env.backend.set_overwrite(world.channel.id, hidden)
    office = world.guild.create_text_channel("office")
    said = private(await max_.slash(office, "status", video=video.id))
    assert "fox" not in said
    assert "discord.com" not in said
    for told in (f"<@{world.ada.id}>", "gpt-4o-video", sentence(Key.DELIVERED), video.id):
        assert told in said


@pytest.mark.slow
@pytest.mark.parametrize("presser", ["ben", "mia"])
async def test_retry_is_for_the_requester_alone(world: SimWorld, presser: str) -> None:
    """It counts on the presser's limits, so not even managers of messages may."""
    job = await job_setups.failed(world)
    result = await press(getattr(world, presser), await world.shown(job, PostKind.FAILURE), Action.RETRY)
    assert says(private(result), Reason.NOT_YOURS, Reason.NOT_ALLOWED)
    assert len(await world.jobs()) == 1
    assert await world.jobs(world.mia) == await world.jobs(world.ben) == []


@pytest.mark.slow
async def test_what_costs_money_needs_the_right_to_use_commands(world: SimWorld) -> None:
    """Buttons, forms, questions and replies: Discord checks it for commands alone."""
    video, failed = await job_setups.delivered(world), await job_setups.failed(world)
    message, notice = await world.shown(video, PostKind.VIDEO), await world.shown(failed, PostKind.FAILURE)
    opened = await press(world.ben, message, Action.REMIX)
    await world.ben.send(world.channel, "so nice", reply_to=message)
    await world.settle()
    question = world.last()
    commands = discord.Permissions(use_application_commands=True)
    for person in (world.ada, world.ben):
        denied = Overwrite(person.id, OverwriteType.MEMBER, deny=commands.value)
        world.env.backend.set_overwrite(world.channel.id, denied)
    before = len(await world.jobs())
    for act in (
        lambda: world.ben.submit_modal(opened, {"prompt": "at night"}),
        lambda: press(world.ben, question, Action.MAKE_IT),
        lambda: press(world.ben, message, Action.REMIX),
        lambda: press(world.ben, message, Action.AGAIN),
        lambda: press(world.ada, notice, Action.RETRY),
    ):
        assert says(private(await act()), Reason.COMMANDS_DENIED)
    said = world.count()
    for _ in range(2):
        await world.ada.send(world.channel, "make it night now", reply_to=message)
    assert any(says(one.content, Reason.COMMANDS_DENIED) for one in world.channel.history())
    assert world.count() == said + 3
    assert (len(await world.jobs()), await world.jobs(world.ben)) == (before, [])
    assert Action.NO_THANKS in actions(question)
    assert (await press(world.ben, question, Action.NO_THANKS)).response is None


async def test_a_long_text_in_a_file_needs_the_right_too(world: SimWorld) -> None:
    """It is answered like any other prompt, once, and not fetched."""
    message = await world.shown(await job_setups.delivered(world), PostKind.VIDEO)
    denied = discord.Permissions(use_application_commands=True)
    world.env.backend.set_overwrite(world.channel.id, Overwrite(world.ben.id, OverwriteType.MEMBER, deny=denied.value))
    before = world.count()
    for _ in range(2):
        await world.ben.send(world.channel, "", reply_to=message, attachments=[("message.txt", b"a fox " * 400)])
    assert says("".join(one.content for one in world.channel.history()), Reason.COMMANDS_DENIED)
    assert world.count() == before + 2 + 1
    assert await world.jobs(world.ben) == []


@pytest.mark.slow
async def test_a_forged_answer_to_the_question_before_a_deletion_changes_no_message(world: SimWorld) -> None:
    """Pressed on a public message it is answered privately."""
    video = await job_setups.delivered(world)
    row = {
        "type": 1,
        "components": [{"type": 2, "style": 2, "label": "Keep", "custom_id": f"vb:sure:keep:{video.id}:1"}],
    }
    bot = world.env.backend.bot_user
    made = world.env.backend.create_message(world.channel.id, bot.id, "public", components=[row])
    shown = to_discord_message(world.env, made)
    private(await press(world.ben, shown, Action.KEEP))
    assert world.env.backend.get_message(world.channel.id, shown.id).content == "public"
