"""What a cog needs of the client that loads it: the engine's services, and discord.py's own ways to register things."""

from typing import Any, Protocol

import discord
from discord import app_commands
from discord.ext import commands

from bot.chat.words import Reader
from bot.engine.services import Services


class Host(Protocol):
    """The client, as far as cogs may know it."""

    @property
    def services(self) -> Services:
        """What may be asked of the engine."""
        ...

    def reader_of(self, interaction: "discord.Interaction[Any]", /) -> Reader:
        """The person who acts, as the reader of a private answer."""
        ...

    @property
    def tree(self) -> "app_commands.CommandTree[discord.Client]":
        """Where slash commands are registered."""
        ...

    @property
    def user(self) -> discord.ClientUser | None:
        """The bot itself, once it is logged in."""
        ...

    async def add_cog(self, cog: commands.Cog, /) -> None:
        """Let a cog hear events."""
        ...
