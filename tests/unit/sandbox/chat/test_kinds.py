"""Kinds of messages: pinned, forwarded, with stickers, read aloud, silent, spoken, with hidden or described files."""

import base64
import datetime
import io

import discord
import pytest
from discord.http import MultipartParameters

from sandbox.chat import File
from tests.unit.sandbox.chat.conftest import running


def text_file(name="a.txt", **settings):
    return discord.File(io.BytesIO(b"12345"), name, **settings)


async def refused(attempt):
    with pytest.raises(discord.HTTPException) as caught:
        await attempt
    return caught.value.code


async def test_pins(harness):
    """Pinned messages are listed newest first and say so in the channel; without the right nothing is pinned."""
    sent = [await harness.place().send(str(number)) for number in range(3)]
    assert await refused(sent[0].pin()) == 50013
    harness.guild.set_bot_permissions(discord.Permissions(harness.guild.bot_role.permissions | 1 << 51))
    for one in sent:
        await one.pin()
    await sent[0].pin()
    await sent[1].unpin()
    assert [one.content async for one in harness.place().pins()] == ["2", "0"]
    assert (await harness.place().fetch_message(sent[0].id)).pinned
    assert not (await harness.place().fetch_message(sent[1].id)).pinned
    told = [one for one in harness.chat.messages(harness.channel) if one.type == 6]
    assert [(one.reference, one.author) for one in told] == [(one.id, harness.chat.bot_user) for one in sent]
    read = await harness.place().fetch_message(told[0].id)
    assert (read.type, read.reference.message_id) == (discord.MessageType.pins_add, sent[0].id)
    assert await refused(read.pin()) == 50021
    old = await harness.bot.http.request(
        discord.http.Route("GET", "/channels/{channel_id}/pins", channel_id=harness.channel.id)
    )
    assert [one["content"] for one in old] == ["2", "0"]
    assert len(harness.chat.posts) == 3


async def test_the_bot_hears_of_pins(chat):
    """A client hears that the pins of a channel have changed, and when the newest one was made."""
    guild = chat.add_guild("One")
    channel = guild.add_channel("videos")
    guild.set_bot_permissions(discord.Permissions(administrator=True))
    heard = []
    async with running(chat) as bot:

        async def on_guild_channel_pins_update(place, last):
            heard.append((place.id, last is None))

        bot.add_listener(on_guild_channel_pins_update)
        sent = await bot.get_partial_messageable(channel.id).send("x")
        await sent.pin()
        await sent.unpin()
        await chat.wait_for(lambda: len(heard) == 2)
    assert heard == [(channel.id, False), (channel.id, True)]


async def test_forwards(harness):
    """A forward holds the message's content of that time, files included, also after a deletion; without its author."""
    other = harness.guild.add_channel("other")
    source = await harness.place().send("look", embed=discord.Embed(title="Card"), file=text_file())
    sent = await source.forward(harness.place(other))
    await source.edit(content="changed")
    await source.delete()
    known = await harness.place(other).fetch_message(sent.id)
    assert (known.content, known.flags.forwarded, known.reference.type.name) == ("", True, "forward")
    assert (known.reference.message_id, known.reference.channel_id) == (source.id, harness.channel.id)
    (snapshot,) = known.message_snapshots
    assert (snapshot.content, snapshot.embeds[0].title) == ("look", "Card")
    assert await snapshot.attachments[0].read() == b"12345"
    assert harness.chat.posts[-1].reply_to is None


async def test_forwards_that_are_refused(harness):
    """What the bot can't read, can't see or can't find, polls and forwards themselves can't be forwarded."""
    said = await harness.ada.say(harness.channel, "between us")
    partial = harness.place().get_partial_message(said.id)
    assert await refused(partial.forward(harness.place())) == 160014
    pinged = await harness.ada.say(harness.channel, f"{harness.bot.user.mention} for all")
    forwarded = await harness.place().get_partial_message(pinged.id).forward(harness.place())
    assert forwarded.message_snapshots[0].content.endswith("for all")
    assert await refused(forwarded.forward(harness.place())) == 50068
    await harness.ada.delete(said)
    assert await refused(partial.forward(harness.place())) == 10008
    harness.channel.overwrite(harness.chat.bot_user, deny=discord.Permissions(view_channel=True))
    assert await refused(forwarded.forward(harness.place(harness.guild.add_channel("other")))) == 50001


async def test_stickers(harness):
    """The server's stickers can be sent and looked up; unknown ones are refused, others' need a right."""
    server = harness.bot.get_guild(harness.guild.id)
    stickers = await server.fetch_stickers()
    assert [(one.name, one.emoji) for one in stickers] == [("Wave", "👋"), ("Applause", "👏")]
    sent = await harness.place().send(stickers=stickers)
    known = await harness.place().fetch_message(sent.id)
    assert [(one.id, one.name, one.format.name) for one in known.stickers] == [
        (one.id, one.name, "png") for one in stickers
    ]
    assert (await known.stickers[0].fetch()).emoji == "👋"
    assert (await server.fetch_sticker(stickers[1].id)).name == "Applause"
    assert await refused(harness.place().send(stickers=[discord.Object(1)])) == 50081
    elsewhere = next(iter(harness.chat.add_guild("Elsewhere").stickers))
    await harness.place().send(stickers=[discord.Object(elsewhere)])
    harness.channel.overwrite(harness.chat.bot_user, deny=discord.Permissions(use_external_stickers=True))
    assert await refused(harness.place().send(stickers=[discord.Object(elsewhere)])) == 50081


async def test_aloud_silent_and_without_embeds(harness):
    """Messages can be read aloud, come silently, and hide embeds, at once or later, also those of others."""
    sent = await harness.place().send("hear", tts=True, silent=True, suppress_embeds=True)
    known = await harness.place().fetch_message(sent.id)
    assert (known.tts, known.flags.suppress_notifications, known.flags.suppress_embeds) == (True, True, True)
    await known.edit(suppress=False)
    assert not (await harness.place().fetch_message(sent.id)).flags.suppress_embeds
    said = await harness.ada.say(harness.channel, "https://example.com")
    theirs = await harness.bot.get_channel(harness.channel.id).fetch_message(said.id)
    assert await refused(theirs.edit(suppress=True)) == 50013
    harness.guild.set_bot_permissions(discord.Permissions(administrator=True))
    await theirs.edit(suppress=True)
    assert (said.flags & 4, said.content) == (4, "https://example.com")


async def test_hidden_and_described_files(harness):
    """Files keep their spoiler mark and description through edits that keep them, and go when they are not kept."""
    sent = await harness.place().send(files=[text_file(spoiler=True, description="secret"), text_file("b.txt")])
    assert [(one.filename, one.is_spoiler(), one.description) for one in sent.attachments] == [
        ("SPOILER_a.txt", True, "secret"),
        ("b.txt", False, None),
    ]
    edited = await sent.edit(attachments=[sent.attachments[0], text_file("c.txt")])
    assert [(one.filename, one.description) for one in edited.attachments] == [
        ("SPOILER_a.txt", "secret"),
        ("c.txt", None),
    ]
    assert await refused(harness.place().send(file=text_file(description="x" * 1025))) == 50035


async def test_voice_messages(harness):
    """A voice message has one file with its length and its shape, and nothing else."""
    wave = base64.b64encode(bytes(range(64))).decode()
    spoken = {"id": 0, "filename": "voice.ogg", "duration_secs": 1.5, "waveform": wave}

    async def say(**body):
        file = text_file("voice.ogg")
        payload = {"flags": 8192, **body}
        form = [
            {"name": "payload_json", "value": discord.utils._to_json(payload)},
            {"name": "files[0]", "value": file.fp, "filename": "voice.ogg", "content_type": "audio/ogg"},
        ]
        with MultipartParameters(payload=None, multipart=form, files=[file]) as params:
            return await harness.bot.http.send_message(harness.channel.id, params=params)

    sent = await say(attachments=[spoken])
    known = await harness.place().fetch_message(int(sent["id"]))
    assert (known.flags.voice, known.attachments[0].is_voice_message()) == (True, True)
    assert (known.attachments[0].duration, known.attachments[0].waveform) == (1.5, bytes(range(64)))
    assert await refused(say(attachments=[spoken], content="words")) == 50159
    assert await refused(say(attachments=[{"id": 0, "filename": "voice.ogg"}])) == 50161


async def test_announcements_are_published(harness):
    """In an announcement channel a message can be published, once; elsewhere it can't."""
    news = harness.guild.add_channel("news", type=5)
    sent = await harness.place(news).send("news")
    await sent.publish()
    assert (await harness.place(news).fetch_message(sent.id)).flags.crossposted
    assert await refused(sent.publish()) == 40033
    assert await refused((await harness.place().send("no news")).publish()) == 50024


async def test_answers_of_every_kind(harness):
    """Answers to interactions can be silent, read aloud, without embeds and with described files as well."""

    async def clicked(interaction, custom_id):
        await interaction.response.send_message(
            "here", file=text_file(description="notes"), silent=True, suppress_embeds=True, tts=True
        )

    harness.bot.clicked = clicked
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label="Go", custom_id="go"))
    await harness.place().send("pick", view=view)
    answer = await (await harness.ada.click(harness.chat.posts[0], "Go")).wait_answer()
    assert (answer.message.flags & (4096 | 4), answer.message.tts) == (4096 | 4, True)
    assert answer.attachments[0].description == "notes"
    await harness.ada.reply(answer.message, "thanks", files=[File("SPOILER_b.png", b"1")])
    assert harness.chat.messages(harness.channel)[-1].attachments[0].file_name == "SPOILER_b.png"


async def test_the_transcript_names_every_kind(harness):
    """Polls, stickers, forwards, pins and reactions can be read in the transcript."""
    harness.guild.set_bot_permissions(discord.Permissions(administrator=True))
    poll = discord.Poll("Which?", datetime.timedelta(hours=1)).add_answer(text="Fox").add_answer(text="Owl")
    await harness.place().send(poll=poll)
    sent = await harness.place().send("look", stickers=[discord.Object(next(iter(harness.guild.stickers)))])
    await harness.ada.react(harness.chat.posts[-1], "👍")
    await sent.forward(harness.place())
    await sent.pin()
    assert harness.chat.transcript(harness.channel).splitlines()[1:] == [
        "Video Bot:",
        "    📊 Which?: Fox, Owl",
        "Video Bot:",
        "    look",
        "    (Wave 👋)",
        "    👍 1",
        "Video Bot:",
        "    ↱ look",
        "Video Bot → Video Bot:",
        "    ↪ look",
        "    pinned a message",
    ]
