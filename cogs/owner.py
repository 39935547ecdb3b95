"""`/owner`: pause and resume spending, link lost jobs, see usage, block people; all private."""

import io
from collections import Counter
from collections.abc import Sequence

import discord
from discord import app_commands

from bot.chat import usage as usage_page
from bot.chat.command_texts import description, options
from bot.chat.guilds import names_of
from bot.chat.words import Key, say
from bot.chat.words import refusal as refusal_text
from bot.engine.services import Services
from bot.jobs.model import GuildId, UserId
from bot.jobs.reasons import Refusal
from bot.jobs.store.usage import UsageLine
from cogs.facts import reader_of
from cogs.host import Host
from cogs.owner_drill import DrillButtons, add_drill
from cogs.owner_providers import add_providers
from cogs.responses import deferring, respond

Days = app_commands.Range[int, 1, 366]


def build(services: Services) -> app_commands.Group:
    """The commands. Servers show them to their managers; each use checks for the owner."""
    group = app_commands.Group(
        name="owner",
        description=description("owner", services.readers),
        default_permissions=discord.Permissions(manage_guild=True),
    )

    add_providers(group, services)

    @group.command(name="pause", description=description("owner pause", services.readers))
    async def pause(interaction: discord.Interaction) -> None:
        async with deferring(interaction):
            kept = await services.owner_actions.pause(UserId(interaction.user.id))
            if isinstance(kept, Refusal):
                await respond(interaction, refusal_text(kept, reader_of(interaction)))
            else:
                key = Key.OWNER_PAUSED if kept else Key.OWNER_PAUSED_FOR_NOW
                await respond(interaction, say(key, reader_of(interaction)))

    @group.command(name="resume", description=description("owner resume", services.readers))
    async def resume(interaction: discord.Interaction) -> None:
        async with deferring(interaction):
            refusal = await services.owner_actions.resume(UserId(interaction.user.id))
            if refusal is not None:
                await respond(interaction, refusal_text(refusal, reader_of(interaction)))
            else:
                await respond(interaction, say(Key.OWNER_RESUMED, reader_of(interaction)))

    _add_people(group, services)
    add_drill(group, services)
    return group


def _add_people(group: app_commands.Group, services: Services) -> None:
    """The commands about people: usage and blocks."""

    @group.command(name="usage", description=description("owner usage", services.readers))
    @app_commands.describe(**options("owner usage", services.readers))
    async def usage(interaction: discord.Interaction, days: Days = 7) -> None:
        async with deferring(interaction):
            lines = await services.owner_actions.usage(UserId(interaction.user.id), days)
            if isinstance(lines, Refusal):
                await respond(interaction, refusal_text(lines, reader_of(interaction)))
                return
            names = await _names(interaction.client, lines)
            await respond(interaction, usage_page.summary(lines, names, days, reader_of(interaction)))
            file = discord.File(io.BytesIO(usage_page.table(lines, names)), "usage.csv")
            await interaction.followup.send(file=file, ephemeral=True)

    @group.command(name="block", description=description("owner block", services.readers))
    @app_commands.describe(**options("owner block", services.readers))
    async def block(interaction: discord.Interaction, person: discord.User) -> None:
        async with deferring(interaction):
            cancelled = await services.owner_actions.block(UserId(interaction.user.id), UserId(person.id))
            if isinstance(cancelled, Refusal):
                await respond(interaction, refusal_text(cancelled, reader_of(interaction)))
            else:
                reader = reader_of(interaction)
                await respond(interaction, say(Key.OWNER_BLOCKED, reader, user=person.id, count=cancelled))

    @group.command(name="unblock", description=description("owner unblock", services.readers))
    @app_commands.describe(**options("owner unblock", services.readers))
    async def unblock(interaction: discord.Interaction, person: discord.User) -> None:
        async with deferring(interaction):
            unblocked = await services.owner_actions.unblock(UserId(interaction.user.id), UserId(person.id))
            if isinstance(unblocked, Refusal):
                await respond(interaction, refusal_text(unblocked, reader_of(interaction)))
            else:
                key = Key.OWNER_UNBLOCKED if unblocked else Key.OWNER_NOT_BLOCKED
                await respond(interaction, say(key, reader_of(interaction), user=person.id))


async def _names(client: discord.Client, lines: Sequence[UsageLine]) -> usage_page.Names:
    jobs = Counter[GuildId]()
    for line in lines:
        if line.guild_id is not None:
            jobs[line.guild_id] += line.jobs
    servers = await names_of(client, [guild_id for guild_id, _ in jobs.most_common()])
    people = {user.id: user.name for line in lines if (user := client.get_user(line.user_id))}
    return usage_page.Names(servers, {UserId(user_id): name for user_id, name in people.items()})


async def setup(bot: Host) -> None:
    """Add the commands, and what answers a drill's buttons."""
    bot.tree.add_command(build(bot.services))
    await bot.add_cog(DrillButtons())
