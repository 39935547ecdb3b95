"""The part of the client that cogs use: the engine's services, and registering commands and cogs."""

from typing import Any, Protocol

import discord
from discord import app_commands
from discord.ext import commands

from bot.chat.words import Reader
from bot.engine.services import Services


class Host(Protocol):
    """The client, as cogs see it."""

    @property
    def services(self) -> Services:
        """The engine's services."""
        ...

    def reader_of(self, interaction: "discord.Interaction[Any]", /) -> Reader:
        """The acting person, as the reader of a private response."""
        ...

    @property
    def tree(self) -> "app_commands.CommandTree[discord.Client]":
        """The tree of slash commands."""
        ...

    @property
    def user(self) -> discord.ClientUser | None:
        """The bot itself, once it is logged in."""
        ...

    async def add_cog(self, cog: commands.Cog, /) -> None:
        """Add a cog."""
        ...
