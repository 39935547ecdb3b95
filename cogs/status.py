"""`/status`: a person's own jobs, or one of them, privately."""

from typing import Any, cast

import discord
from discord import app_commands

from bot.chat import lists
from bot.chat.words import refusal as refusal_text
from bot.engine.desk import Desk
from bot.jobs.reasons import Refusal
from cogs.answers import answering, tell
from cogs.facts import asker_of, sight_of
from cogs.host import Host


def build(desk: Desk) -> app_commands.Command[Any, ..., None]:
    """The command, with the asker's jobs to complete from."""

    async def suggest(interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        found = await desk.lookup.suggest_own(asker_of(interaction), typed)
        now = interaction.created_at.timestamp()
        locale = interaction.locale.value
        return [app_commands.Choice(name=lists.choice_name(job, now, locale), value=job.id) for job in found]

    @app_commands.command(name="status", description="See how your videos stand")
    @app_commands.describe(video="Which one: pick it, or give its id; empty: your running and latest ones")
    @app_commands.autocomplete(video=suggest)
    async def status(interaction: discord.Interaction, video: str | None = None) -> None:
        locale = interaction.locale.value
        now = interaction.created_at.timestamp()
        async with answering(interaction):
            if video is None:
                found = await desk.lookup.list_own(asker_of(interaction))
                links = {seen.job.id: seen.link for seen in found if seen.link}
                jobs = [seen.job for seen in found]
                await tell(interaction, lists.running_and_latest(jobs, now, locale, links))
                return
            sight = sight_of(interaction.guild, interaction.user)
            seen = await desk.lookup.find_to_look_at(video, asker_of(interaction), sight)
            if isinstance(seen, Refusal):
                await tell(interaction, refusal_text(seen, locale))
                return
            if seen.veiled:
                await tell(interaction, lists.veiled(seen.job, now, locale))
                return
            facts = lists.JobFacts(now, seen.queue_position, seen.link, seen.parent_link)
            await tell(interaction, lists.one(seen.job, facts, locale))

    return cast("app_commands.Command[Any, ..., None]", status)


async def setup(bot: Host) -> None:
    """Register the command."""
    bot.tree.add_command(build(bot.desk))
