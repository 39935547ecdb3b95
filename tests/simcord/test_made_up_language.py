"""Every message of a job, and every private answer about it, in a language that doesn't exist."""

from collections.abc import Mapping

import discord
import pytest

from bot.chat.words import ENGLISH, Language, read_languages
from sandbox.made_up_language import OPENING, made_up
from tests.marks import unmarked
from tests.simcord import job_setups
from tests.simcord.job_setups import JobSetup
from tests.simcord.world import SimWorld, private, text_of

SETUPS = (
    job_setups.queued,
    job_setups.rendering,
    job_setups.late,
    job_setups.slow,
    job_setups.delivered,
    job_setups.failed,
    job_setups.refused,
    job_setups.undeliverable,
    job_setups.uncertain,
    job_setups.withheld,
)


@pytest.fixture
def languages() -> Mapping[str, Language]:
    """SimCord's people all have the locale `en-US`: they get the made-up language, before English."""
    spoken = read_languages()
    return {**spoken, "en-US": made_up(spoken[ENGLISH])}


def labels(message: discord.Message) -> list[str]:
    """What is written on the buttons."""
    rows = [row for row in message.components if isinstance(row, discord.ActionRow)]
    return [child.label or "" for row in rows for child in row.children if isinstance(child, discord.Button)]


@pytest.mark.slow
@pytest.mark.parametrize("setup", SETUPS, ids=lambda setup: setup.__name__)
async def test_what_is_said_of_a_job_can_be_translated(world: SimWorld, setup: JobSetup) -> None:
    """Card, notice, video, the list, the job alone and their buttons: no word of English."""
    job = await setup(world)
    posted = [message for message in world.channel.history() if message.author.bot]
    texts = [text for one in posted for text in (text_of(one), *labels(one))]
    texts.append(private(await world.ada.slash(world.channel, "status")))
    texts.append(private(await world.ada.slash(world.channel, "status", video=job.id)))
    assert OPENING in "".join(texts[:1])
    assert {text: unmarked(text) for text in texts if unmarked(text)} == {}
