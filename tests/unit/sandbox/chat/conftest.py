"""A chat, and a small real discord.py bot that is driven against it; a fresh client per test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import discord
import pytest
import yarl
from discord import app_commands, ui
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from sandbox.chat import Channel, Chat, Guild, Person
from sandbox.clock import ScaledClock


class VideoForm(ui.Modal, title="A new video"):
    prompt = ui.Label(text="Prompt", description="What to see", component=ui.TextInput(max_length=4000))
    pictures = ui.Label(
        text="Pictures", component=ui.FileUpload(custom_id="pictures", required=False, min_values=0, max_values=4)
    )

    async def on_submit(self, interaction):
        files = self.pictures.component.values
        sizes = [len(await one.read()) for one in files]
        await interaction.response.send_message(f"{self.prompt.component.value} with {sizes}", ephemeral=True)


class SmallBot(commands.Bot):
    """Just enough of a bot to use every corner of the chat."""

    def __init__(self, wanted=None):
        super().__init__(
            command_prefix=commands.when_mentioned,
            intents=wanted or discord.Intents(guilds=True, guild_messages=True, dm_messages=True),
            allowed_mentions=discord.AllowedMentions.none(),
        )
        self.heard: list[discord.Message] = []
        self.removed: list[int] = []
        self.clicks: list[str] = []
        self.errors: list[BaseException] = []
        self.sync_to: list[int] = []
        add_commands(self)

    async def setup_hook(self):
        await self.tree.sync()
        for guild_id in self.sync_to:
            await self.tree.sync(guild=discord.Object(guild_id))

    async def before_identify_hook(self, shard_id, *, initial=False):
        return

    async def on_message(self, message):
        if not message.author.bot:
            self.heard.append(message)

    async def on_raw_message_delete(self, event):
        self.removed.append(event.message_id)

    async def on_interaction(self, interaction):
        if interaction.type is discord.InteractionType.component:
            self.clicks.append(interaction.data["custom_id"])
            await self.clicked(interaction, interaction.data["custom_id"])

    async def clicked(self, interaction, custom_id):
        if custom_id == "update":
            await interaction.response.edit_message(content="updated")
        elif custom_id == "form":
            await interaction.response.send_modal(VideoForm())
        elif custom_id == "private":
            await interaction.response.defer(ephemeral=True, thinking=True)
            await interaction.followup.send("just for you")
        elif custom_id == "quiet":
            await interaction.response.defer()


def add_commands(bot):
    @bot.tree.command(description="Make a video")
    @app_commands.choices(size=[app_commands.Choice(name="Wide", value="1280x720")])
    async def video(
        interaction: discord.Interaction,
        prompt: app_commands.Range[str, 1, 20] | None = None,
        size: str | None = None,
        seconds: int | None = None,
        reference: discord.Attachment | None = None,
    ):
        if prompt is None:
            await interaction.response.send_modal(VideoForm())
            return
        await interaction.response.defer(ephemeral=True)
        length = len(await reference.read()) if reference else 0
        await interaction.edit_original_response(content=f"{prompt} {size} {seconds} {length}")

    @bot.tree.command(description="Remix one")
    async def remix(interaction: discord.Interaction, video: str, prompt: str | None = None):
        await interaction.response.send_message(f"remixing {video}")

    @remix.autocomplete("video")
    async def suggest(interaction, current):
        known = [f"{interaction.namespace.prompt}-cat", "dog"]
        return [app_commands.Choice(name=one, value=one) for one in known if current in one]

    @bot.tree.command(description="Never answers")
    async def silent(interaction: discord.Interaction):
        pass

    @bot.tree.context_menu(name="Remix this")
    async def remix_this(interaction: discord.Interaction, message: discord.Message):
        await interaction.response.send_message(f"remix of {message.content}", ephemeral=True)

    @bot.tree.error
    async def on_error(interaction, error):
        bot.errors.append(error)


@dataclass
class ChatHarness:
    """A server with two people, a channel and the bot at work."""

    chat: Chat
    clock: ScaledClock
    guild: Guild
    channel: Channel
    ada: Person
    ben: Person
    bot: SmallBot

    def place(self, channel=None):
        return self.bot.get_partial_messageable((channel or self.channel).id)


@pytest.fixture
async def chat(tmp_path, monkeypatch) -> AsyncIterator[Chat]:
    chat = Chat(tmp_path, ScaledClock())
    async with chat:
        monkeypatch.setattr(Route, "BASE", chat.api_base)
        monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(chat.gateway_url))
        monkeypatch.setattr(discord.VoiceClient, "warn_nacl", False)
        monkeypatch.setattr(discord.VoiceClient, "warn_dave", False, raising=False)
        yield chat


@asynccontextmanager
async def running(chat, *, wanted=None, **settings):
    """The bot, started with the wanted intents, and stopped in the order that discord.py wants."""
    bot = SmallBot() if wanted is None else SmallBot(wanted)
    for name, value in settings.items():
        setattr(bot, name, value)
    async with bot:
        work = asyncio.create_task(bot.start(chat.bot_token))
        ready = asyncio.create_task(chat.bot_ready())
        await asyncio.wait({work, ready}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            ready.cancel()
            await work
        await chat.wait_for(lambda: bot.guilds and not any(one.unavailable for one in bot.guilds))
        yield bot
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


@pytest.fixture
async def harness(chat) -> AsyncIterator[ChatHarness]:
    guild = chat.add_guild("Night Shift")
    channel = guild.add_channel("videos")
    ada, ben = chat.add_person("Ada"), chat.add_person("Ben")
    guild.join(ada)
    guild.join(ben)
    async with running(chat) as bot:
        yield ChatHarness(chat, chat.world.clock, guild, channel, ada, ben, bot)
    assert chat.unknown_routes == []
