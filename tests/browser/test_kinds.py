"""The page draws every kind of message that a bot of discord.py 2.7.1 can send: another bot sends them all."""

import asyncio
import io
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import discord
import pytest
import pytest_asyncio
import yarl
from discord import app_commands, ui
from discord.gateway import DiscordWebSocket
from discord.http import Route
from PIL import Image
from playwright.async_api import Browser, Locator, expect

from tests.browser.visit import Visit, a_visit

pytestmark = pytest.mark.asyncio(loop_scope="module")
SELECTS = {"string": ui.Select, "person": ui.UserSelect, "role": ui.RoleSelect, "anyone": ui.MentionableSelect,
           "channel": ui.ChannelSelect}  # fmt: skip


def picture(colour: str = "teal", name: str = "still.png", **more: object) -> discord.File:
    data = io.BytesIO()
    Image.new("RGB", (320, 180), colour).save(data, "PNG")
    data.seek(0)
    return discord.File(data, name, **more)


def select(kind: str, **more: object) -> ui.Item:
    made = SELECTS[kind](custom_id=kind, placeholder=f"Which {kind}?", **more)
    if kind == "string":
        made.options = [discord.SelectOption(label=one, description=f"the {one} one") for one in ("Red", "Blue")]
    return made


class EveryField(ui.Modal, title="Every field"):
    words = ui.TextDisplay("Read **this** first.")
    line = ui.Label(text="A line", component=ui.TextInput(max_length=40))
    choice = ui.Label(text="A choice", component=ui.Select(options=[discord.SelectOption(label="Tea")], required=False))
    radio = ui.Label(
        text="One of",
        component=ui.RadioGroup(options=[discord.RadioGroupOption(label=one, value=one) for one in ("Left", "Right")]),
    )
    boxes = ui.Label(
        text="Some of",
        component=ui.CheckboxGroup(
            options=[discord.CheckboxGroupOption(label=one, value=one) for one in ("Salt", "Oil")], required=False
        ),
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        said = [self.line.component.value, self.radio.component.value, *self.boxes.component.values]
        await interaction.response.send_message(" / ".join(said), ephemeral=True)


class OtherFields(ui.Modal, title="Other fields"):
    person = ui.Label(text="A person", component=ui.UserSelect(required=True))
    yes = ui.Label(text="Agreed", component=ui.Checkbox())
    files = ui.Label(text="Files", description="any", component=ui.FileUpload(required=False, min_values=0))

    async def on_submit(self, interaction: discord.Interaction) -> None:
        said = f"{self.person.component.values[0].display_name} {self.yes.component.value}"
        await interaction.response.send_message(said, ephemeral=True)


class OtherBot(discord.Client):
    """A bot that can do everything that ours can't."""

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents(guilds=True, guild_messages=True))
        self.tree = app_commands.CommandTree(self)
        self.pressed: list[tuple[str, list[str]]] = []
        _add_commands(self.tree)

    async def setup_hook(self) -> None:
        await self.tree.sync()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        return

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        if interaction.type is discord.InteractionType.component:
            self.pressed.append((interaction.data["custom_id"], interaction.data.get("values", [])))
            await interaction.response.defer()


def _add_commands(tree: app_commands.CommandTree) -> None:
    @tree.command(description="Every kind of option")
    @app_commands.choices(tone=[app_commands.Choice(name="Warm", value=1), app_commands.Choice(name="Cold", value=2)])
    async def everything(
        interaction: discord.Interaction,
        text: app_commands.Range[str, 2, 9],
        whole: app_commands.Range[int, 1, 5],
        part: float | None = None,
        loud: bool | None = None,
        who: discord.Member | None = None,
        where: discord.TextChannel | None = None,
        role: discord.Role | None = None,
        anyone: discord.Member | discord.Role | None = None,
        file: discord.Attachment | None = None,
        tone: int | None = None,
    ) -> None:
        given = [text, whole, part, loud, who, where, role, anyone, file and file.filename, tone]
        await interaction.response.send_message(" ".join(str(one) for one in given), ephemeral=True)

    @tree.command(description="Fields")
    async def fields(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(EveryField())

    @tree.command(name="more-fields", description="More fields")
    async def more_fields(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(OtherFields())

    @tree.command(description="Never answers")
    async def silent(interaction: discord.Interaction) -> None:
        return

    group = app_commands.Group(name="shelf", description="A group")

    @group.command(name="dust", description="Dust it")
    async def dust(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("dusted", ephemeral=True)

    tree.add_command(group)

    @tree.context_menu(name="Weigh this")
    async def weigh(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"{len(message.content)} letters", ephemeral=True)

    @tree.context_menu(name="Greet")
    async def greet(interaction: discord.Interaction, user: discord.User) -> None:
        await interaction.response.send_message(f"Good evening, {user.display_name}", ephemeral=True)


@pytest_asyncio.fixture(loop_scope="module")
async def other(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Visit, OtherBot]]:
    """The page, with that other bot behind it."""
    async with a_visit(tmp_path, browser, with_bot=False) as visit:
        chat = visit.stage.chat
        monkeypatch.setattr(Route, "BASE", chat.api_base)
        monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(chat.gateway_url))
        monkeypatch.setattr(discord.VoiceClient, "warn_nacl", False)
        monkeypatch.setattr(discord.VoiceClient, "warn_dave", False, raising=False)
        bot = OtherBot()
        async with bot:
            work = asyncio.create_task(bot.start(chat.bot_token))
            await chat.bot_ready()
            await chat.wait_for(lambda: bot.guilds and not any(one.unavailable for one in bot.guilds))
            yield visit, bot
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)


def place(other: tuple[Visit, OtherBot]) -> discord.abc.Messageable:
    visit, bot = other
    return bot.get_partial_messageable(visit.demo_world.start_channel.id)


def newest(visit: Visit) -> Locator:
    return visit.page.get_by_role("listitem", name=re.compile(r", \d\d:\d\d$")).last


async def nothing_unknown(visit: Visit) -> None:
    assert await visit.page.locator(".unknown-component").count() == 0


async def test_words_embeds_files_polls_and_stickers(other: tuple[Visit, OtherBot]) -> None:
    """Markdown, an embed with all its parts, pictures and other files, spoilers, a poll and a forward can be seen."""
    visit, bot = other
    page, channel = visit.page, place(other)
    ada = visit.demo_world.personas[0].person
    await channel.send(
        f"# Heading\n**bold** _slanted_ ~~gone~~ ||secret|| `code` <@{ada.id}> <#{visit.demo_world.start_channel.id}>\n"
        "> quoted\n- one\n- two\n```py\nprint(1)\n```\n-# small\n<t:1700000000:R> [site](https://example.com/x)",
    )
    for role, name in (("heading", "Heading"), ("blockquote", "quoted"), ("link", "site")):
        await expect(newest(visit).get_by_role(role).filter(has_text=name).first).to_be_visible()
    embed = discord.Embed(title="A title", description="words", colour=0xAA3366, url="https://example.com/")
    embed.set_author(name="Author").set_footer(text="Foot").add_field(name="Left", value="1").set_image(
        url="attachment://still.png"
    )
    await channel.send(embed=embed, file=picture())
    for words in ("A title", "Author", "Foot", "Left"):
        await expect(newest(visit).get_by_text(words)).to_be_visible()
    await expect(newest(visit).get_by_role("button", name="Show large")).to_have_count(1)
    notes = discord.File(io.BytesIO(b"notes"), "notes.txt")
    await channel.send("files", files=[picture("navy", "a.png", description="A navy field"), notes])
    await expect(newest(visit).get_by_alt_text("A navy field")).to_be_visible()
    await expect(newest(visit).get_by_text("notes.txt")).to_be_visible()
    poll = discord.Poll("Which?", timedelta(hours=1), multiple=False)
    poll.add_answer(text="This").add_answer(text="That")
    await channel.send(poll=poll)
    await newest(visit).get_by_label("That").check()
    await newest(visit).get_by_role("button", name="Vote").click()
    await expect(newest(visit).get_by_text("1 vote").first).to_be_visible()
    first = await channel.send("to be forwarded")
    await first.forward(visit_channel(bot, visit))
    await expect(newest(visit).get_by_text("Forwarded", exact=True)).to_be_visible()
    await first.add_reaction("👍")
    reacted = page.get_by_role("button", name="👍, 1 person")
    await reacted.first.click()
    await expect(page.get_by_role("button", name="👍, 2 people, you too").first).to_be_visible()
    await nothing_unknown(visit)


def visit_channel(bot: OtherBot, visit: Visit) -> discord.TextChannel:
    channel = bot.get_channel(visit.demo_world.start_channel.id)
    assert isinstance(channel, discord.TextChannel)
    return channel


async def test_buttons_and_menus_of_every_kind(other: tuple[Visit, OtherBot]) -> None:
    """Every style of button and every kind of menu is there, and the bot hears what was pressed and chosen."""
    visit, bot = other
    view = ui.View(timeout=None)
    for style in ("primary", "secondary", "success", "danger"):
        view.add_item(ui.Button(label=style, style=discord.ButtonStyle[style], custom_id=style))
    view.add_item(ui.Button(label="Elsewhere", url="https://example.com/"))
    view.stop()
    await place(other).send("buttons", view=view)
    for style in ("primary", "secondary", "success", "danger"):
        await newest(visit).get_by_role("button", name=style).click()
    await expect(newest(visit).get_by_role("link", name="Elsewhere")).to_be_visible()
    menus = ui.View(timeout=None)
    for kind in SELECTS:
        menus.add_item(select(kind))
    menus.stop()
    await place(other).send("menus", view=menus)
    start_channel, guild = visit.demo_world.start_channel, visit.demo_world.start_channel.guild
    assert guild is not None
    picks = {"string": ("Blue", "Blue"), "person": ("Ben", None), "role": ("People", str(guild.people_role.id)),
             "anyone": ("Mira", None), "channel": ("talk", None)}  # fmt: skip
    for kind, (label, _) in picks.items():
        await newest(visit).get_by_label(f"Which {kind}?").click()
        await visit.page.get_by_role("option", name=label).first.click()
    await visit.stage.chat.wait_for(lambda: len(bot.pressed) == 9)
    chosen = dict(bot.pressed)
    assert {"primary", "secondary", "success", "danger"} <= set(chosen)
    assert (chosen["string"], chosen["role"]) == (["Blue"], [str(guild.people_role.id)])
    assert chosen["person"] == [str(visit.demo_world.personas[1].person.id)]
    assert chosen["channel"] == [str(one.id) for one in guild.channels.values() if one.name == "talk"]
    assert start_channel.guild is guild
    await nothing_unknown(visit)


async def test_laid_out_messages(other: tuple[Visit, OtherBot]) -> None:
    """Components V2: containers, sections, pictures, galleries, files and separators are drawn, and can be pressed."""
    visit, bot = other
    layout = ui.LayoutView(timeout=None)
    gallery = ui.MediaGallery(discord.MediaGalleryItem("attachment://still.png", description="A still"))
    layout.add_item(ui.TextDisplay("## Laid out"))
    layout.add_item(
        ui.Container(
            ui.Section("beside a picture", accessory=ui.Thumbnail("attachment://still.png", description="small")),
            ui.Section("beside a button", accessory=ui.Button(label="Beside", custom_id="beside")),
            ui.Separator(),
            gallery,
            ui.File("attachment://notes.txt"),
            ui.ActionRow(select("string")),
            accent_colour=0x33AA66,
        )
    )
    layout.stop()
    files = [picture(), discord.File(io.BytesIO(b"notes"), "notes.txt")]
    await place(other).send(view=layout, files=files)
    message = newest(visit)
    await expect(message.get_by_role("heading", name="Laid out")).to_be_visible()
    await expect(message.get_by_alt_text("A still")).to_be_visible()
    await expect(message.get_by_text("notes.txt")).to_be_visible()
    await message.get_by_role("button", name="Beside").click()
    await message.get_by_role("combobox", name="Which string?").click()
    await visit.page.get_by_role("option", name="Red").click()
    await visit.stage.chat.wait_for(lambda: len(bot.pressed) == 2)
    assert bot.pressed == [("beside", []), ("string", ["Red"])]
    await nothing_unknown(visit)


async def test_options_of_every_kind(other: tuple[Visit, OtherBot]) -> None:
    """Required options stand first; each kind has its own field and its own refusals; the bot gets what was meant."""
    visit, _ = other
    page, visitor = visit.page, visit.visitor
    await visitor.begin("everything")
    bar = page.get_by_role("form", name="/everything")
    assert await bar.get_by_role("combobox").count() == 2  # the required ones
    await bar.get_by_label("text").fill("a")
    await bar.get_by_label("whole").fill("7")
    await page.keyboard.press("Enter")
    await expect(bar.get_by_text("Must be at least 2 characters.")).to_be_visible()
    await expect(bar.get_by_text("Must be at most 5.")).to_be_visible()
    await bar.get_by_label("text").fill("abc")
    await bar.get_by_label("whole").fill("3")
    for option, typed, picked in (
        ("part", "0.5", None), ("loud", "Tr", "True"), ("who", "Be", "Ben"), ("where", "tal", "#talk"),
        ("role", "Peo", "People"), ("anyone", "Mir", "Mira"), ("tone", "Co", "Cold"),
    ):  # fmt: skip
        await bar.get_by_role("button", name=f"+ {option}", exact=True).click()
        await page.keyboard.type(typed)
        if picked:
            await page.get_by_role("option", name=picked).first.click()
    await bar.get_by_role("button", name="+ file").click()
    async with page.expect_file_chooser() as chooser:
        await bar.get_by_role("button", name="file Choose, drop or paste a file").click()
    await (await chooser.value).set_files({"name": "n.txt", "mimeType": "text/plain", "buffer": b"n"})
    await expect(bar.get_by_text("n.txt")).to_be_visible()
    await bar.get_by_role("button", name="Send command").click()
    await expect(page.get_by_text("abc 3 0.5 True Ben talk People Mira n.txt 2")).to_be_visible()


async def test_forms_groups_menus_and_silence(other: tuple[Visit, OtherBot]) -> None:
    """Every field of a form, a subcommand, both kinds of menu commands, and a bot that doesn't answer."""
    visit, _ = other
    page, visitor = visit.page, visit.visitor
    await visitor.begin("fields")
    await page.keyboard.press("Enter")
    form = page.get_by_role("dialog", name="Every field")
    await expect(form.get_by_text("Read this first.")).to_be_visible()
    await form.get_by_label("A line").fill("words")
    await form.get_by_role("radio", name="Right").check()
    await form.get_by_role("checkbox", name="Oil").check()
    await form.get_by_role("button", name="Submit").click()
    await expect(form).to_be_hidden()
    await expect(page.get_by_text("words / Right / Oil")).to_be_visible()
    await visitor.begin("more-fields")
    await page.keyboard.press("Enter")
    form = page.get_by_role("dialog", name="Other fields")
    await form.get_by_label("A person").click()
    await page.get_by_role("option", name="Mira").click()
    await form.get_by_role("checkbox", name="Agreed").check()
    await form.get_by_role("button", name="Submit").click()
    await expect(form).to_be_hidden()
    await expect(page.get_by_text("Mira True")).to_be_visible()
    await nothing_unknown(visit)
    await visitor.begin("shelf dust")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("dusted")).to_be_visible()
    await expect(page.get_by_text("Ada used /shelf dust")).to_be_visible()
    await place(other).send("12345")
    await page.get_by_text("12345").click(button="right")
    await page.get_by_role("menuitem", name="Weigh this").click()
    await expect(page.get_by_text("5 letters")).to_be_visible()
    await page.get_by_role("button", name="About Video Bot").last.click()
    await page.get_by_role("menuitem", name="Greet").click()
    await expect(page.get_by_text("Good evening, video_bot")).to_be_visible()
    await visitor.begin("silent")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Sending command…")).to_be_visible()
    visit.stage.jump(4)
    await expect(page.get_by_text("The application did not respond.")).to_be_visible()
    await page.get_by_role("button", name="Dismiss", exact=True).click()
    await expect(page.get_by_text("The application did not respond.")).to_be_hidden()


async def test_the_way_back_to_the_newest(other: tuple[Visit, OtherBot]) -> None:
    """New messages don't scroll a reader of older ones away; one press returns to the newest."""
    visit, _ = other
    page, newest_words = visit.page, visit.page.get_by_text("the newest words")
    await place(other).send("\n".join(f"line {number}" for number in range(80)))
    await page.get_by_text("line 79").hover()
    await page.mouse.wheel(0, -2000)
    back = page.get_by_role("button", name="Newest messages")
    await expect(back).to_be_visible()
    await place(other).send("the newest words")
    await expect(newest_words).to_be_attached()
    await expect(newest_words).not_to_be_in_viewport()
    await back.click()
    await expect(newest_words).to_be_in_viewport()
    await expect(back).to_be_hidden()
