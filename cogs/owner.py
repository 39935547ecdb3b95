"""`/owner`: those who run the bot stop and resume spending, link lost jobs, see usage, block people; all privately."""

import io
from collections.abc import Sequence

import discord
from discord import app_commands

from bot.chat import usage as usage_page
from bot.chat.command_texts import description, options
from bot.chat.words import Key, say
from bot.chat.words import refusal as refusal_text
from bot.engine.desk import Desk
from bot.jobs.model import GuildId, UserId
from bot.jobs.reasons import Refusal
from bot.jobs.store.usage import UsageLine
from cogs.answers import answering, settle, tell
from cogs.facts import reader_of
from cogs.host import Host

JobText = app_commands.Range[str, 1, 100]
Days = app_commands.Range[int, 1, 366]
RemoteId = app_commands.Range[str, 1, 1024]


def build(desk: Desk) -> app_commands.Group:
    """The commands. Servers show them to those who manage them; who may use them is asked each time."""
    group = app_commands.Group(
        name="owner",
        description=description("owner", desk.readers),
        default_permissions=discord.Permissions(manage_guild=True),
    )

    @group.command(name="adopt", description=description("owner adopt", desk.readers))
    @app_commands.describe(**options("owner adopt", desk.readers))
    async def adopt(interaction: discord.Interaction, job: JobText, provider_id: RemoteId) -> None:
        async with answering(interaction):
            adopted = await desk.owning.adopt(UserId(interaction.user.id), job, provider_id)
            await settle(interaction, adopted, Key.OWNER_ADOPTED)

    @group.command(name="pause", description=description("owner pause", desk.readers))
    async def pause(interaction: discord.Interaction) -> None:
        async with answering(interaction):
            kept = await desk.owning.pause(UserId(interaction.user.id))
            if isinstance(kept, Refusal):
                await tell(interaction, refusal_text(kept, reader_of(interaction)))
            else:
                key = Key.OWNER_PAUSED if kept else Key.OWNER_PAUSED_FOR_NOW
                await tell(interaction, say(key, reader_of(interaction)))

    @group.command(name="resume", description=description("owner resume", desk.readers))
    async def resume(interaction: discord.Interaction) -> None:
        async with answering(interaction):
            refusal = await desk.owning.resume(UserId(interaction.user.id))
            if refusal is not None:
                await tell(interaction, refusal_text(refusal, reader_of(interaction)))
            else:
                await tell(interaction, say(Key.OWNER_RESUMED, reader_of(interaction)))

    _add_people(group, desk)
    return group


def _add_people(group: app_commands.Group, desk: Desk) -> None:
    """What is about people: who used how much, and who may not."""

    @group.command(name="usage", description=description("owner usage", desk.readers))
    @app_commands.describe(**options("owner usage", desk.readers))
    async def usage(interaction: discord.Interaction, days: Days = 7) -> None:
        async with answering(interaction):
            lines = await desk.owning.usage(UserId(interaction.user.id), days)
            if isinstance(lines, Refusal):
                await tell(interaction, refusal_text(lines, reader_of(interaction)))
                return
            names = _names(interaction.client, lines)
            await tell(interaction, usage_page.summary(lines, names, days, reader_of(interaction)))
            file = discord.File(io.BytesIO(usage_page.table(lines, names)), "usage.csv")
            await interaction.followup.send(file=file, ephemeral=True)

    @group.command(name="block", description=description("owner block", desk.readers))
    @app_commands.describe(**options("owner block", desk.readers))
    async def block(interaction: discord.Interaction, person: discord.User) -> None:
        async with answering(interaction):
            cancelled = await desk.owning.block(UserId(interaction.user.id), UserId(person.id))
            if isinstance(cancelled, Refusal):
                await tell(interaction, refusal_text(cancelled, reader_of(interaction)))
            else:
                reader = reader_of(interaction)
                await tell(interaction, say(Key.OWNER_BLOCKED, reader, user=person.id, count=cancelled))

    @group.command(name="unblock", description=description("owner unblock", desk.readers))
    @app_commands.describe(**options("owner unblock", desk.readers))
    async def unblock(interaction: discord.Interaction, person: discord.User) -> None:
        async with answering(interaction):
            unblocked = await desk.owning.unblock(UserId(interaction.user.id), UserId(person.id))
            if isinstance(unblocked, Refusal):
                await tell(interaction, refusal_text(unblocked, reader_of(interaction)))
            else:
                key = Key.OWNER_UNBLOCKED if unblocked else Key.OWNER_NOT_BLOCKED
                await tell(interaction, say(key, reader_of(interaction), user=person.id))


def _names(client: discord.Client, lines: Sequence[UsageLine]) -> usage_page.Names:
    servers = {guild.id: guild.name for line in lines if line.guild_id and (guild := client.get_guild(line.guild_id))}
    people = {user.id: user.name for line in lines if (user := client.get_user(line.user_id))}
    return usage_page.Names(
        {GuildId(guild_id): name for guild_id, name in servers.items()},
        {UserId(user_id): name for user_id, name in people.items()},
    )


async def setup(bot: Host) -> None:
    """Register the commands."""
    bot.tree.add_command(build(bot.desk))
