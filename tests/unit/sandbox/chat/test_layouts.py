"""Messages laid out with components V2: sent, given back, changed, pressed and refused."""

import io

import discord
import pytest
from discord import ui
from PIL import Image

from tests.unit.sandbox.chat.test_messages import view


def files():
    still = io.BytesIO()
    Image.new("RGB", (320, 180)).save(still, "PNG")
    still.seek(0)
    return [discord.File(still, "still.png"), discord.File(io.BytesIO(b"notes"), "notes.txt", spoiler=True)]


def layout(*items):
    shown = ui.LayoutView(timeout=None)
    for one in items:
        shown.add_item(one)
    return shown


def everything():
    still = discord.MediaGalleryItem("attachment://still.png", description="A fox", spoiler=True)
    return layout(
        ui.TextDisplay("# Hello", id=7),
        ui.Container(
            ui.Section("one", "two", accessory=ui.Thumbnail("attachment://still.png", description="small")),
            ui.Section("three", accessory=ui.Button(label="Beside", custom_id="beside")),
            ui.MediaGallery(still, discord.MediaGalleryItem("https://example.com/far.png")),
            ui.Separator(visible=False, spacing=discord.SeparatorSpacing.large),
            ui.File("attachment://SPOILER_notes.txt", spoiler=True),
            ui.ActionRow(ui.UserSelect(custom_id="who", placeholder="Who?")),
            accent_colour=0x123456,
            spoiler=True,
        ),
        ui.ActionRow(
            ui.Button(label="Go", custom_id="go"), ui.Button(style=discord.ButtonStyle.premium, sku_id=1234567890)
        ),
    )


async def test_everything_is_given_back(harness):
    """Every kind of component comes back with its id, and pictures and files with what they are and where they lie."""
    sent = await harness.place().send(view=everything(), files=files())
    message = harness.chat.posts[0]
    known = await harness.place().fetch_message(sent.id)
    assert known.flags.components_v2
    text, container, row = known.components
    assert (text.content, text.id, container.id, row.id) == ("# Hello", 7, 1, 15)
    assert (container.accent_color.value, container.spoiler) == (0x123456, True)
    section, pressed, gallery, separator, file, who = container.children
    assert ([one.content for one in section.children], section.accessory.description) == (["one", "two"], "small")
    assert pressed.accessory.label == "Beside"
    media = section.accessory.media
    assert (media.width, media.height, media.content_type) == (320, 180, "image/png")
    assert media.attachment_id == message.attachments[0].id
    assert (gallery.items[0].description, gallery.items[0].spoiler) == ("A fox", True)
    assert gallery.items[1].media.url == "https://example.com/far.png"
    assert (separator.visible, separator.spacing) == (False, discord.SeparatorSpacing.large)
    assert (file.name, file.size, file.spoiler) == ("SPOILER_notes.txt", 5, True)
    async with harness.bot.http._HTTPClient__session.get(file.media.url) as answer:
        assert await answer.read() == b"notes"
    assert who.children[0].placeholder == "Who?"
    assert row.children[1].sku_id == 1234567890
    assert message.text.splitlines() == ["# Hello", "one", "two", "three"]


async def test_parts_of_a_layout_can_be_used(harness):
    """Buttons and menus deep in a layout are pressed and picked; mentions in its texts ping whom they may."""
    ping = layout(ui.TextDisplay(harness.ada.mention))
    await harness.place().send(view=ping, allowed_mentions=discord.AllowedMentions(users=True))
    assert harness.chat.posts[0].pinged == {harness.ada.id}
    await harness.place().send(view=everything(), files=files())
    message = harness.chat.posts[1]
    await harness.ada.click(message, "Beside")
    await harness.ada.click(message, "Go")
    await harness.ada.select(message, "Who?", [harness.ben])
    await harness.chat.wait_for(lambda: len(harness.bot.clicks) == 3)
    assert harness.bot.clicks == ["beside", "go", "who"]


async def test_layouts_are_answers_and_are_changed(harness):
    """An answer can be a layout, a deferred one becomes one, and a layout that was read can be sent in once more."""

    async def clicked(interaction, custom_id):
        if custom_id == "say":
            await interaction.response.send_message(view=everything(), files=files(), ephemeral=True)
        else:
            await interaction.response.defer(thinking=True)
            await interaction.edit_original_response(view=everything(), attachments=files())
            message = await interaction.original_response()
            again = ui.LayoutView.from_message(message)
            again.children[0].content = "# Changed"
            await interaction.edit_original_response(view=again)

    harness.bot.clicked = clicked
    await harness.place().send("pick", view=view(("Say", "say"), ("Defer", "defer")))
    message = harness.chat.posts[0]
    answer = await (await harness.ada.click(message, "Say")).wait_answer()
    assert (answer.ephemeral, answer.text.splitlines()[0]) == (True, "# Hello")
    call = await harness.ada.click(message, "Defer")
    await harness.chat.wait_for(lambda: call.answer.text.startswith("# Changed"))
    known = await harness.place().fetch_message(call.answer.message.id)
    assert known.components[1].children[4].name == "SPOILER_notes.txt"
    assert known.components[1].children[0].accessory.media.width == 320


async def test_edit_into_a_layout(harness):
    """A message of words becomes a layout only when its words go; from then on it stays one."""
    sent = await harness.place().send("words")
    partial = harness.place().get_partial_message(sent.id)
    with pytest.raises(discord.HTTPException) as caught:
        await partial.edit(view=layout(ui.TextDisplay("layout")))
    assert caught.value.code == 50035
    await partial.edit(content=None, view=layout(ui.TextDisplay("layout")))
    with pytest.raises(discord.HTTPException):
        await partial.edit(content="words again")
    assert harness.chat.posts[0].text == "layout"


async def test_layouts_that_are_refused(harness):
    """Too much, too little, in the wrong place, or about a file that is not there: 50035, and nothing is posted."""
    text = ui.TextDisplay("x")
    still = discord.MediaGalleryItem("attachment://still.png")
    wrong = [
        layout(ui.TextDisplay("x" * 2001), ui.TextDisplay("x" * 2000)),
        layout(ui.TextDisplay("")),
        layout(ui.Container()),
        layout(ui.MediaGallery()),
        layout(ui.MediaGallery(still)),
        layout(ui.MediaGallery(discord.MediaGalleryItem("ftp://example.com/a.png"))),
        layout(ui.File("attachment://none.txt")),
        layout(ui.Section(accessory=ui.Button(label="x", custom_id="x"))),
        layout(text, ui.Container(ui.TextDisplay("a", id=3), id=3)),
    ]
    for one in wrong:
        with pytest.raises(discord.HTTPException) as caught:
            await harness.place().send(view=one)
        assert caught.value.code == 50035, one.to_components()
    raw = {"flags": 1 << 15, "components": [{"type": 11, "media": {"url": "https://example.com/a.png"}}]}
    for body in (
        raw,
        {
            **raw,
            "components": [{"type": 17, "components": [{"type": 17, "components": [{"type": 10, "content": "x"}]}]}],
        },
        {**raw, "components": [{"type": 10, "content": "x"}] * 41},
        {"components": [{"type": 10, "content": "x"}]},
        {**raw, "components": [{"type": 10, "content": "x"}], "content": "words"},
    ):
        with pytest.raises(discord.HTTPException) as caught:
            await harness.bot.http.request(
                discord.http.Route("POST", "/channels/{channel_id}/messages", channel_id=harness.channel.id), json=body
            )
        assert caught.value.code == 50035, body
    assert harness.chat.posts == []


async def test_pictures_of_cards(harness):
    """An embed that names an attached file is given back with a link to it."""
    card = (
        discord.Embed(title="Card")
        .set_image(url="attachment://still.png")
        .set_footer(text="x", icon_url="attachment://still.png")
    )
    sent = await harness.place().send(embed=card, file=files()[0])
    known = (await harness.place().fetch_message(sent.id)).embeds[0]
    assert known.image.url.startswith(harness.chat.world.files.origin)
    assert known.footer.icon_url == known.image.url
