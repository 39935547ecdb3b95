"""People talking, replying and pressing buttons."""

import discord
import pytest

from sandbox.chat import File, NotPossibleError
from tests.unit.sandbox.chat.test_messages import view


async def heard(scene, number=1):
    await scene.chat.wait_for(lambda: len(scene.bot.heard) >= number)
    return scene.bot.heard[number - 1]


async def test_reply_with_ping_brings_the_text(scene):
    """A reply with ping to the bot's own message arrives with text, files and the message that it answers."""
    sent = await scene.place().send("a video")
    said = await scene.ada.reply(scene.chat.posts[0], "make it blue", files=[File("c.png", b"123")])
    message = await heard(scene)
    assert (message.content, message.reference.message_id, message.type) == (
        "make it blue",
        sent.id,
        discord.MessageType.reply,
    )
    assert scene.bot.user in message.mentions
    assert await message.attachments[0].read() == b"123"
    assert said.pinged == {scene.chat.bot_user.id}


async def test_reply_without_ping_is_empty(scene):
    """With the ping off the reply is seen, but neither its text nor its files; talk among people is empty too."""
    sent = await scene.place().send("a video")
    await scene.ada.reply(scene.chat.posts[0], "make it blue", files=[File("c.png", b"123")], ping=False)
    message = await heard(scene)
    assert (message.content, message.attachments, message.reference.message_id) == ("", [], sent.id)
    assert scene.bot.user not in message.mentions
    await scene.ben.say(scene.channel, "nice weather")
    assert (await heard(scene, 2)).content == ""
    await scene.ben.say(scene.channel, f"{scene.bot.user.mention} hello")
    assert "hello" in (await heard(scene, 3)).content


async def test_reply_to_a_command_answer_is_empty(scene):
    """A reply to an answer to a slash command stays empty even with ping, as Discord's guide says."""
    await (await scene.ada.slash(scene.channel, "remix", video="x")).wait_answer()
    await scene.ada.reply(scene.chat.messages(scene.channel)[0], "make it blue")
    assert (await heard(scene)).content == ""


async def test_deleting_a_reply_is_told(scene):
    """The bot is told when a message is deleted."""
    said = await scene.ada.say(scene.channel, "oops")
    await scene.ada.delete(said)
    await scene.chat.wait_for(lambda: said.deleted)
    await scene.ada.say(scene.channel, "later")
    await heard(scene, 2)
    assert scene.bot.removed == [said.id]


async def test_buttons(scene):
    """Buttons can update their message, open a form, answer privately, or say nothing at all."""
    await scene.place().send(
        "pick", view=view(("Update", "update"), ("Form", "form"), ("Tell", "private"), ("Q", "quiet"))
    )
    message = scene.chat.posts[0]
    call = await scene.ben.click(message, "Update")
    assert (await call.wait_answer()).content == "updated"
    assert (message.content, message.edits) == ("updated", 1)
    form = await (await scene.ada.click(message, "form")).wait_form()
    assert (await (await scene.ada.submit(form, {"Prompt": "by button"})).wait_answer()).content == "by button with []"
    answer = await (await scene.ada.click(message, "Tell")).wait_answer()
    assert (answer.content, answer.ephemeral) == ("just for you", True)
    assert (await (await scene.ada.click(message, "Q")).wait_answer()).state == "quiet"
    assert scene.bot.clicks == ["update", "form", "private", "quiet"]
    assert len(scene.chat.messages(scene.channel)) == 1


async def test_buttons_that_cannot_be_pressed(scene):
    """A button that is missing, greyed out, or on a deleted or unseen message can't be pressed."""
    await scene.place().send("pick", view=view(("Update", "update")))
    message = scene.chat.posts[0]
    with pytest.raises(NotPossibleError, match="no button 'Nope'"):
        await scene.ada.click(message, "Nope")
    private = await (await scene.ada.click(message, "Update")).wait_answer()
    assert private.message is message
    greyed = ui_disabled()
    await scene.place().get_partial_message(message.id).edit(view=greyed)
    with pytest.raises(NotPossibleError, match="greyed out"):
        await scene.ada.click(message, "Update")
    scene.channel.overwrite(scene.ben, deny=discord.Permissions(view_channel=True))
    with pytest.raises(NotPossibleError, match="does not see"):
        await scene.ben.click(message, "Update")
    await scene.place().get_partial_message(message.id).delete()
    with pytest.raises(NotPossibleError, match="any more"):
        await scene.ada.click(message, "Update")


def ui_disabled():
    shown = view(("Update", "update"))
    shown.children[0].disabled = True
    return shown


async def test_transcript_reads_like_the_chat(scene):
    """The transcript shows who said what, cards, buttons, files, replies, commands and private answers."""
    await (await scene.ada.slash(scene.channel, "video", prompt="a cat", reference=File("c.png", b"1"))).wait_answer()
    card = discord.Embed(title="Card", description="a cat").add_field(name="Size", value="wide")
    await scene.place().send(f"for {scene.ada.mention}", embed=card, view=view(("Remix", "r")))
    await scene.ada.reply(scene.chat.posts[-1], "bluer", files=[File("d.png", b"12")])
    assert scene.chat.transcript(scene.channel).splitlines() == [
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
