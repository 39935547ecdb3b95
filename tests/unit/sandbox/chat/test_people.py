"""People talking, replying and pressing buttons."""

import discord
import pytest

from sandbox.chat import File, NotPossibleError
from tests.unit.sandbox.chat.test_messages import view


async def heard(harness, number=1):
    await harness.chat.wait_for(lambda: len(harness.bot.heard) >= number)
    return harness.bot.heard[number - 1]


async def test_reply_with_ping_brings_the_text(harness):
    """A reply with ping to the bot's own message arrives with text, files and the message that it answers."""
    sent = await harness.place().send("a video")
    said = await harness.ada.reply(harness.chat.posts[0], "make it blue", files=[File("c.png", b"123")])
    message = await heard(harness)
    assert (message.content, message.reference.message_id, message.type) == (
        "make it blue",
        sent.id,
        discord.MessageType.reply,
    )
    assert harness.bot.user in message.mentions
    assert await message.attachments[0].read() == b"123"
    assert said.pinged == {harness.chat.bot_user.id}


async def test_reply_without_ping_is_empty(harness):
    """With the ping off the reply is seen, but neither its text nor its files; talk among people is empty too."""
    sent = await harness.place().send("a video")
    await harness.ada.reply(harness.chat.posts[0], "make it blue", files=[File("c.png", b"123")], ping=False)
    message = await heard(harness)
    assert (message.content, message.attachments, message.reference.message_id) == ("", [], sent.id)
    assert harness.bot.user not in message.mentions
    await harness.ben.say(harness.channel, "nice weather")
    assert (await heard(harness, 2)).content == ""
    await harness.ben.say(harness.channel, f"{harness.bot.user.mention} hello")
    assert "hello" in (await heard(harness, 3)).content


async def test_reply_to_a_command_answer_is_empty(harness):
    """A reply to an answer to a slash command stays empty even with ping, as Discord's guide says."""
    await (await harness.ada.slash(harness.channel, "remix", video="x")).wait_answer()
    await harness.ada.reply(harness.chat.messages(harness.channel)[0], "make it blue")
    assert (await heard(harness)).content == ""


async def test_deleting_a_reply_is_sent(harness):
    """The bot gets an event when a message is deleted."""
    said = await harness.ada.say(harness.channel, "oops")
    await harness.ada.delete(said)
    await harness.chat.wait_for(lambda: said.deleted)
    await harness.ada.say(harness.channel, "later")
    await heard(harness, 2)
    assert harness.bot.removed == [said.id]


async def test_buttons(harness):
    """Buttons can update their message, open a form, answer privately, or say nothing at all."""
    await harness.place().send(
        "pick", view=view(("Update", "update"), ("Form", "form"), ("Tell", "private"), ("Q", "quiet"))
    )
    message = harness.chat.posts[0]
    call = await harness.ben.click(message, "Update")
    assert (await call.wait_answer()).content == "updated"
    assert (message.content, message.edits) == ("updated", 1)
    form = await (await harness.ada.click(message, "form")).wait_form()
    assert (
        await (await harness.ada.submit(form, {"Prompt": "by button"})).wait_answer()
    ).content == "by button with []"
    answer = await (await harness.ada.click(message, "Tell")).wait_answer()
    assert (answer.content, answer.ephemeral) == ("just for you", True)
    assert (await (await harness.ada.click(message, "Q")).wait_answer()).state == "quiet"
    assert harness.bot.clicks == ["update", "form", "private", "quiet"]
    assert len(harness.chat.messages(harness.channel)) == 1


async def test_buttons_that_cannot_be_pressed(harness):
    """A button that is missing, greyed out, or on a deleted or unseen message can't be pressed."""
    await harness.place().send("pick", view=view(("Update", "update")))
    message = harness.chat.posts[0]
    with pytest.raises(NotPossibleError, match="no button 'Nope'"):
        await harness.ada.click(message, "Nope")
    private = await (await harness.ada.click(message, "Update")).wait_answer()
    assert private.message is message
    greyed = ui_disabled()
    await harness.place().get_partial_message(message.id).edit(view=greyed)
    with pytest.raises(NotPossibleError, match="greyed out"):
        await harness.ada.click(message, "Update")
    harness.channel.overwrite(harness.ben, deny=discord.Permissions(view_channel=True))
    with pytest.raises(NotPossibleError, match="does not see"):
        await harness.ben.click(message, "Update")
    await harness.place().get_partial_message(message.id).delete()
    with pytest.raises(NotPossibleError, match="any more"):
        await harness.ada.click(message, "Update")


def ui_disabled():
    shown = view(("Update", "update"))
    shown.children[0].disabled = True
    return shown


async def test_transcript_reads_like_the_chat(harness):
    """The transcript shows who said what, cards, buttons, files, replies, commands and private answers."""
    await (
        await harness.ada.slash(harness.channel, "video", prompt="a cat", reference=File("c.png", b"1"))
    ).wait_answer()
    card = discord.Embed(title="Card", description="a cat").add_field(name="Size", value="wide")
    await harness.place().send(f"for {harness.ada.mention}", embed=card, view=view(("Remix", "r")))
    await harness.ada.reply(harness.chat.posts[-1], "bluer", files=[File("d.png", b"12")])
    assert harness.chat.transcript(harness.channel).splitlines() == [
        "── #videos in Night Shift ──",
        "Ada uses /video prompt:a cat reference:📎c.png",
        "Video Bot (only Ada sees this):",
        "    a cat None None 1",
        "Video Bot:",
        "    for @Ada",
        "    │ Card",
        "    │ a cat",
        "    │ Size: wide",
        "    [Remix]",
        "Ada → Video Bot:",
        "    ↪ for @Ada Card a cat Size: wide",
        "    bluer",
        "    📎 d.png (2 B)",
    ]
