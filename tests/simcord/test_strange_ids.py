"""Presses and forms whose ids are unknown, forged or of an earlier life of the bot."""

from typing import Any

import discord
import pytest
from simcord.results import to_discord_message

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.model import PostKind
from bot.jobs.reasons import Reason
from bot.jobs.states import State
from bot.jobs.store import drafts
from tests.simcord import job_setups
from tests.simcord.world import SimWorld, actions, press, private
from tests.wording import says


def message_with(world: SimWorld, custom_id: str) -> discord.Message:
    """A message of the bot with one button of that id."""
    row: dict[str, Any] = {"type": 1, "components": [{"type": 2, "style": 2, "label": "Press", "custom_id": custom_id}]}
    made = world.env.backend.create_message(
        world.channel.id, world.env.backend.bot_user.id, "a message of last year", components=[row]
    )
    return to_discord_message(world.env, made)


@pytest.mark.parametrize(
    "custom_id", ["poll:yes", "vb:card:delete:K3M9Q2XA:1", "vb:card:cancel:short:1", "vb:card:cancel:K3M9Q2XA"]
)
async def test_buttons_that_this_version_does_not_know_say_so(world: SimWorld, custom_id: str) -> None:
    """B11: a button of a newer version, or a made-up one, is answered privately and breaks nothing."""
    result = await world.ada.click(message_with(world, custom_id), label="Press")
    assert says(private(result), Reason.CLIENT_STALE)
    assert world.env.errors == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "action"),
    [
        ("card", "cancel"),
        ("card", "withhold"),
        ("card", "send_again"),
        ("video", "remix"),
        ("video", "again"),
        ("video", "delete"),
        ("fail", "retry"),
        ("fail", "send_again"),
        ("unsure", "try_again"),
        ("unsure", "leave"),
    ],
)
async def test_buttons_of_an_unknown_job_say_so(world: SimWorld, kind: str, action: str) -> None:
    """A button of ours about a job that isn't known is answered privately."""
    result = await world.ada.click(message_with(world, f"vb:{kind}:{action}:K3M9Q2XA:1"), label="Press")
    assert says(private(result), Reason.VIDEO_UNKNOWN)
    assert await world.jobs() == []


@pytest.mark.parametrize("action", ["open_form", "make_it"])
async def test_buttons_of_an_unknown_offer_say_so(world: SimWorld, action: str) -> None:
    """A button of an offer that isn't known any more is answered privately."""
    result = await world.ada.click(message_with(world, f"vb:offer:{action}:1234567890123456789:1"), label="Press")
    assert says(private(result), Reason.DRAFT_GONE)


async def test_forged_buttons_obey_the_state(world: SimWorld) -> None:
    """A button that doesn't fit the job's state changes nothing, forged or not."""
    job = await job_setups.queued(world)
    for kind, action in (
        ("fail", "retry"),
        ("fail", "send_again"),
        ("unsure", "try_again"),
        ("video", "remix"),
        ("video", "again"),
    ):
        result = await world.ada.click(message_with(world, f"vb:{kind}:{action}:{job.id}:1"), label="Press")
        assert result.modal is None
        assert private(result)
        assert await world.job(job) == job
    assert len(await world.jobs()) == 1


async def test_form_whose_options_are_forgotten_says_so(world: SimWorld) -> None:
    """A form that waited for too long is answered privately, and nothing is made."""
    shown = await world.ada.slash(world.channel, "video", size="1080x1920")
    await world.write(drafts.drop_old_drafts, world.clock.now() + 1.0)
    assert says(private(await world.ada.submit_modal(shown, {"prompt": "a red fox"})), Reason.DRAFT_GONE)
    assert await world.jobs() == []


@pytest.mark.slow
async def test_everything_works_after_a_restart(world: SimWorld) -> None:
    """Buttons, forms and replies of the bot's earlier life do what they did; the commands need no second sync."""
    video = await world.delivered()
    queued = await job_setups.queued(world)
    failed = await job_setups.failed(world)
    uncertain = await job_setups.uncertain(world)
    by_command = await world.ben.slash(world.channel, "video", size="1080x1920")
    by_button = await press(world.ben, await world.shown(video, PostKind.VIDEO), Action.REMIX)
    await world.mia.send(world.channel, "nice", reply_to=await world.shown(video, PostKind.VIDEO))
    await world.settle()
    question = world.last()
    syncs = [request for request in world.env.http_requests if request.method == "PUT"]
    await world.sim_bot.restart()
    assert [request for request in world.env.http_requests if request.method == "PUT"] == syncs
    assert says(
        private(await press(world.ada, await world.shown(queued, PostKind.CARD), Action.CANCEL)), Key.ANSWER_CANCELLED
    )
    assert says(
        private(await press(world.ada, await world.shown(failed, PostKind.FAILURE), Action.RETRY)), Key.ANSWER_MADE
    )
    assert says(
        private(await press(world.ada, await world.shown(uncertain, PostKind.UNSURE), Action.DISMISS)),
        Key.ANSWER_DISMISSED,
    )
    assert (await world.ben.submit_modal(by_command, {"prompt": "a red fox"})).response is None
    assert (await world.ben.submit_modal(by_button, {"prompt": "at night"})).response is None
    assert (await press(world.mia, question, Action.MAKE_IT)).response is None
    await world.ada.send(world.channel, "let it snow now", reply_to=await world.shown(video, PostKind.VIDEO))
    await world.settle()
    assert {job.request.prompt for job in await world.jobs(world.ben)} == {"a red fox", "at night"}
    assert [job.request.prompt for job in await world.jobs(world.mia)] == ["nice"]
    assert actions(await world.shown(queued, PostKind.CARD)) == []
    assert (await world.job(queued)).state is State.CANCELLED
    asked = await press(world.ada, await world.shown(video, PostKind.VIDEO), Action.DELETE)
    assert asked.response is not None
    await world.sim_bot.restart()
    assert says(private(await press(world.ada, asked.response, Action.DELETE)), Key.ANSWER_DELETED)
    assert (await world.job(video)).removed_at is not None
