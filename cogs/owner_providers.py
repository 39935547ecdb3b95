"""`/owner link` and `/owner providers`: what concerns the providers."""

import discord
from discord import app_commands

from bot.chat.command_texts import choices, description, options
from bot.chat.provider_states import provider_list
from bot.chat.words import Key, say
from bot.chat.words import refusal as refusal_text
from bot.engine.services import Services
from bot.jobs.model import UserId
from bot.jobs.reasons import Refusal
from cogs.facts import reader_of
from cogs.responses import deferring, respond, respond_to_action

JobText = app_commands.Range[str, 1, 100]
RemoteId = app_commands.Range[str, 1, 1024]


def add_providers(group: app_commands.Group, services: Services) -> None:
    """The commands; only where there are several providers does `link` have an option for one."""
    names = choices(services.owner_actions.provider_names, lambda name, _: name, services.readers)
    texts = options("owner link", services.readers)

    async def link_to(
        interaction: discord.Interaction, job: str, provider_id: str, provider: app_commands.Choice[str] | None
    ) -> None:
        async with deferring(interaction):
            name = None if provider is None else provider.value
            linked = await services.owner_actions.link(UserId(interaction.user.id), job, provider_id, name)
            await respond_to_action(interaction, linked, Key.OWNER_LINKED)

    if len(names) > 1:

        @group.command(name="link", description=description("owner link", services.readers))
        @app_commands.describe(**texts)
        @app_commands.choices(provider=names)
        async def link_at(
            interaction: discord.Interaction,
            job: JobText,
            provider_id: RemoteId,
            provider: app_commands.Choice[str] | None = None,
        ) -> None:
            await link_to(interaction, job, provider_id, provider)

    else:

        @group.command(name="link", description=description("owner link", services.readers))
        @app_commands.describe(**{name: text for name, text in texts.items() if name != "provider"})
        async def link(interaction: discord.Interaction, job: JobText, provider_id: RemoteId) -> None:
            await link_to(interaction, job, provider_id, None)

    @group.command(name="providers", description=description("owner providers", services.readers))
    @app_commands.describe(**options("owner providers", services.readers))
    @app_commands.choices(pause=names, resume=names)
    async def providers(
        interaction: discord.Interaction,
        pause: app_commands.Choice[str] | None = None,
        resume: app_commands.Choice[str] | None = None,
    ) -> None:
        owner, reader = UserId(interaction.user.id), reader_of(interaction)
        async with deferring(interaction):
            said: list[str] = []
            for chosen, paused in ((pause, True), (resume, False)):
                if chosen is None:
                    continue
                refusal = await services.owner_actions.pause_provider(owner, chosen.value, paused=paused)
                key = Key.OWNER_PROVIDER_PAUSED if paused else Key.OWNER_PROVIDER_RESUMED
                said.append(
                    say(key, reader, provider=chosen.name) if refusal is None else refusal_text(refusal, reader)
                )
            states = services.owner_actions.providers(owner)
            if isinstance(states, Refusal):
                said = [refusal_text(states, reader)]
            else:
                said.append(provider_list(states, reader))
            await respond(interaction, "\n".join(said))
