"""`/owner`: those who run the bot stop and resume spending, and give a lost job its video by hand; all privately."""

import discord
from discord import app_commands

from bot.chat.words import Key, say
from bot.chat.words import refusal as refusal_text
from bot.engine.desk import Desk
from bot.jobs.model import UserId
from bot.jobs.reasons import Refusal
from cogs.answers import answering, settle, tell
from cogs.host import Host

JobText = app_commands.Range[str, 1, 100]
RemoteId = app_commands.Range[str, 1, 1024]


def build(desk: Desk) -> app_commands.Group:
    """The commands. Servers show them to those who manage them; who may use them is asked each time."""
    group = app_commands.Group(
        name="owner",
        description="For those who run this bot",
        default_permissions=discord.Permissions(manage_guild=True),
    )

    @group.command(
        name="adopt", description="Give a video that got lost the provider's id by hand; nothing is sent again"
    )
    @app_commands.describe(job="The short id that stands in its notice", provider_id="What the provider calls it")
    async def adopt(interaction: discord.Interaction, job: JobText, provider_id: RemoteId) -> None:
        async with answering(interaction):
            adopted = await desk.owning.adopt(UserId(interaction.user.id), job, provider_id)
            await settle(interaction, adopted, Key.OWNER_ADOPTED)

    @group.command(name="pause", description="Pay for no video until you resume; nothing that waits is lost")
    async def pause(interaction: discord.Interaction) -> None:
        async with answering(interaction):
            kept = await desk.owning.pause(UserId(interaction.user.id))
            if isinstance(kept, Refusal):
                await tell(interaction, refusal_text(kept, interaction.locale.value))
            else:
                key = Key.OWNER_PAUSED if kept else Key.OWNER_PAUSED_FOR_NOW
                await tell(interaction, say(key, interaction.locale.value))

    @group.command(name="resume", description="Pay for videos again, for those that waited first")
    async def resume(interaction: discord.Interaction) -> None:
        async with answering(interaction):
            refusal = await desk.owning.resume(UserId(interaction.user.id))
            if refusal is not None:
                await tell(interaction, refusal_text(refusal, interaction.locale.value))
            else:
                await tell(interaction, say(Key.OWNER_RESUMED, interaction.locale.value))

    return group


async def setup(bot: Host) -> None:
    """Register the commands."""
    bot.tree.add_command(build(bot.desk))
