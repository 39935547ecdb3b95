"""Messages of the bot: sending, editing, files, nonces, pings, history, limits and rights."""

import io

import aiohttp
import discord
import pytest
from discord import ui

from sandbox.chat import File


def view(*buttons):
    shown = ui.View(timeout=None)
    for label, custom_id in buttons:
        shown.add_item(ui.Button(label=label, custom_id=custom_id))
    shown.stop()
    return shown


async def test_send_edit_delete_with_file(harness, tmp_path):
    """A message with a file, an embed and buttons can be posted, read back, edited and deleted."""
    path = tmp_path / "video.mp4"
    path.write_bytes(b"film" * 1000)
    sent = await harness.place().send(
        "done", embed=discord.Embed(title="Card"), file=discord.File(path), view=view(("Remix", "remix:1"))
    )
    message = await harness.chat.wait_message(harness.channel, lambda one: one.attachments)
    assert (message.id, message.content, message.buttons[0].label) == (sent.id, "done", "Remix")
    assert message.attachments[0].path.read_bytes() == path.read_bytes()
    assert message.attachments[0].content_type == "video/mp4"
    assert await sent.attachments[0].read() == path.read_bytes()
    await harness.place().get_partial_message(sent.id).edit(content="changed", attachments=[], view=None)
    assert (message.content, message.attachments, message.buttons, message.edits) == ("changed", [], [], 1)
    assert message.embeds[0]["title"] == "Card"
    await harness.place().get_partial_message(sent.id).delete()
    assert message.deleted
    assert harness.chat.messages(harness.channel) == []
    assert harness.chat.posts == [message]


async def test_links_expire_and_die_with_the_message(harness):
    """A link to a file is refused when it is forged, a day old, or when its message is gone."""
    sent = await harness.place().send(file=discord.File(io.BytesIO(b"x"), "a.txt"))
    url = sent.attachments[0].url
    async with aiohttp.ClientSession() as http:
        statuses = []
        for link in (url, url.replace("hm=", "hm=0")):
            async with http.get(link) as answer:
                statuses.append(answer.status)
        harness.clock.jump(86_401)
        async with http.get(url) as answer:
            statuses.append(answer.status)
        fresh = (await harness.place().fetch_message(sent.id)).attachments[0].url
        async with http.get(fresh) as answer:
            statuses.append(answer.status)
        await sent.delete()
        async with http.get(fresh) as answer:
            statuses.append(answer.status)
    assert statuses == [200, 404, 404, 200, 404]


async def test_a_repeated_nonce_posts_once(harness):
    """A repeated nonce returns the first message, after the window a second one; a deleted one is 404."""
    first = await harness.place().send("one", nonce="job-1")
    again = await harness.place().send("one", nonce="job-1")
    assert first.id == again.id
    assert len(harness.chat.posts) == 1
    harness.clock.jump(181)
    assert (await harness.place().send("one", nonce="job-1")).id != first.id
    await harness.place().send("two", nonce="job-2")
    await harness.place().get_partial_message(harness.chat.posts[-1].id).delete()
    with pytest.raises(discord.NotFound) as caught:
        await harness.place().send("two", nonce="job-2")
    assert caught.value.code == 10008
    harness.chat.nonce_window_seconds = 0
    await harness.place().send("three", nonce="job-3")
    await harness.place().send("three", nonce="job-3")
    assert [one.content for one in harness.chat.posts] == ["one", "one", "two", "three", "three"]


async def test_who_is_pinged(harness):
    """Only allowed mentions ping; code pings no one; people who can't see the channel are not reached."""
    both = f"{harness.ada.mention} {harness.ben.mention} @everyone"
    await harness.place().send(both)
    await harness.place().send(both, allowed_mentions=discord.AllowedMentions(users=[discord.Object(harness.ada.id)]))
    await harness.place().send(both, allowed_mentions=discord.AllowedMentions(everyone=True))
    await harness.place().send(f"`{harness.ada.mention}`", allowed_mentions=discord.AllowedMentions.all())
    harness.channel.overwrite(harness.ben, deny=discord.Permissions(view_channel=True))
    await harness.place().send(both, allowed_mentions=discord.AllowedMentions.all())
    ada, ben = harness.ada.id, harness.ben.id
    assert [one.pinged for one in harness.chat.posts] == [set(), {ada}, {ada, ben}, set(), {ada}]


async def test_reply_pings_only_when_asked(harness):
    """The bot's reply refers to the message and pings its author only when it asks for that."""
    asked = await harness.ada.say(harness.channel, "hello")
    partial = harness.place().get_partial_message(asked.id)
    await partial.reply("quiet", mention_author=False)
    await partial.reply("loud", mention_author=True)
    quiet, loud = harness.chat.posts
    assert (quiet.reply_to, quiet.pinged, loud.pinged) == (asked, set(), {harness.ada.id})
    await harness.ada.delete(asked)
    with pytest.raises(discord.HTTPException) as caught:
        await partial.reply("gone")
    assert caught.value.code == 50035
    reference = discord.MessageReference(message_id=asked.id, channel_id=harness.channel.id, fail_if_not_exists=False)
    await harness.place().send("still", reference=reference)
    assert (harness.chat.posts[-1].content, harness.chat.posts[-1].reply_to) == ("still", None)


async def test_history_is_paged(harness):
    """History comes newest first, by pages, before, after and around; without the right it is empty and no error."""
    ids = [(await harness.ada.say(harness.channel, str(number))).id for number in range(230)]
    place = harness.place()
    assert [one.id async for one in place.history(limit=None)] == ids[::-1]
    after = [one.id async for one in place.history(limit=None, after=discord.Object(ids[9]), oldest_first=True)]
    assert after == ids[10:]
    assert [one.id async for one in place.history(limit=3, before=discord.Object(ids[5]))] == [ids[4], ids[3], ids[2]]
    assert len([one async for one in place.history(limit=5, around=discord.Object(ids[50]))]) == 5
    harness.channel.overwrite(harness.chat.bot_user, deny=discord.Permissions(read_message_history=True))
    assert [one async for one in place.history(limit=None)] == []


@pytest.mark.parametrize(
    ("denied", "code"),
    [("view_channel", 50001), ("send_messages", 50013), ("attach_files", 50013), ("embed_links", 50013)],
)
async def test_missing_permissions(harness, denied, code):
    """What the bot may not do in a channel is answered with Discord's own code."""
    harness.channel.overwrite(harness.chat.bot_user, deny=discord.Permissions(**{denied: True}))
    with pytest.raises(discord.Forbidden) as caught:
        await harness.place().send(embed=discord.Embed(title="x"), file=discord.File(io.BytesIO(b"x"), "a.txt"))
    assert caught.value.code == code
    assert harness.chat.posts == []


async def test_server_wide_permissions(harness):
    """The bot may do exactly what its role says; an administrator may do everything."""
    harness.guild.set_bot_permissions(discord.Permissions(view_channel=True))
    with pytest.raises(discord.Forbidden):
        await harness.place().send("x")
    harness.guild.set_bot_permissions(discord.Permissions(administrator=True))
    await harness.place().send("x")


async def test_unknown_places_and_messages(harness):
    """Unknown channels and messages, others' messages, and a server that threw the bot out have their own codes."""
    other = harness.guild.add_channel("other")
    said = await harness.ada.say(harness.channel, "mine")
    codes = []
    other.delete()
    for attempt in (
        lambda: harness.place(other).send("x"),
        lambda: harness.place().fetch_message(other.id),
        lambda: harness.place().get_partial_message(said.id).edit(content="yours"),
        lambda: harness.place().get_partial_message(said.id).delete(),
    ):
        with pytest.raises(discord.HTTPException) as caught:
            await attempt()
        codes.append(caught.value.code)
    harness.guild.remove_bot()
    with pytest.raises(discord.Forbidden) as caught:
        await harness.place().send("x")
    assert [*codes, caught.value.code] == [10003, 10008, 50005, 50013, 50001]


async def test_limits(harness):
    """Texts, embeds and custom ids over Discord's limits are 50035, nothing at all is 50006, a big file 413."""
    harness.guild.upload_limit_override_bytes = 10
    codes = []
    for parts in (
        {"content": "x" * 2001},
        {"embed": discord.Embed(description="x" * 4097)},
        {"embeds": [discord.Embed(description="x" * 4000)] * 2},
        {"content": "x", "view": view(("Label", "x" * 101))},
        {"content": ""},
        {"file": discord.File(io.BytesIO(b"x" * 11), "a.txt")},
    ):
        with pytest.raises(discord.HTTPException) as caught:
            await harness.place().send(**parts)
        codes.append((caught.value.status, caught.value.code))
    assert codes == [(400, 50035)] * 4 + [(400, 50006), (413, 40005)]
    assert harness.chat.posts == []


async def test_dm(harness):
    """A person and the bot can talk in a DM, the text always arrives, and closed DMs are 50007."""
    dm = harness.chat.dm(harness.ada)
    await harness.ada.say(dm, "psst", files=[File("a.png", b"1")])
    await harness.chat.wait_for(lambda: harness.bot.heard or None)
    assert harness.bot.heard[0].content == "psst"
    assert harness.bot.heard[0].guild is None
    call = await harness.ada.slash(dm, "video", prompt="in a DM")
    assert (await call.wait_answer()).content.startswith("in a DM")
    user = await harness.bot.fetch_user(harness.ada.id)
    await user.send("hello")
    assert [one.content for one in harness.chat.messages(dm)] == ["psst", "hello"]
    harness.ada.user.dms_open = False
    with pytest.raises(discord.Forbidden) as caught:
        await user.send("hello?")
    assert caught.value.code == 50007


async def test_threads(harness):
    """Threads take posts and commands, obey their own rights, wake up when archived, and refuse when locked."""
    thread = harness.channel.add_thread("storyboard", members=[harness.ada])
    call = await harness.ada.slash(thread, "video", prompt="threaded")
    assert (await call.wait_answer()).content.startswith("threaded")
    thread.archive()
    await harness.place(thread).send("wakes up")
    assert not thread.archived
    thread.lock()
    with pytest.raises(discord.HTTPException) as caught:
        await harness.place(thread).send("locked")
    assert caught.value.code == 160005
    with pytest.raises(discord.Forbidden):
        await harness.bot.http.edit_channel(thread.id, archived=False)
    hidden = harness.channel.add_thread("secret", private=True, members=[harness.ada], with_bot=False)
    with pytest.raises(discord.Forbidden):
        await harness.place(hidden).send("x")
    assert not harness.ben.sees(hidden)
    made = await harness.bot.get_channel(harness.channel.id).create_thread(
        name="mine", type=discord.ChannelType.public_thread
    )
    await made.send("in my thread")
    assert harness.chat.posts[-1].channel.id == made.id


@pytest.mark.parametrize(("tier", "accepted"), [(0, False), (1, False), (2, True)])
async def test_big_files_by_premium_tier(harness, tmp_path, tier, accepted):
    """A file over 10 MiB is 413 with 40005 in an unboosted server, and is taken, whole, from the second tier on."""
    harness.guild.premium_tier = tier
    path = tmp_path / "big.mp4"
    path.write_bytes(b"x" * ((10 << 20) + 1))
    if accepted:
        await harness.place().send(file=discord.File(path))
        assert harness.chat.posts[0].attachments[0].path.stat().st_size == path.stat().st_size
        return
    with pytest.raises(discord.HTTPException) as caught:
        await harness.place().send(file=discord.File(path))
    assert (caught.value.status, caught.value.code, harness.chat.posts) == (413, 40005, [])


async def test_edits_of_people_are_sent(harness):
    """The bot hears of an edit, with the text only where it may read it."""
    heard = []

    async def on_raw_message_edit(event):
        heard.append(event.message.content)

    harness.bot.add_listener(on_raw_message_edit)
    said = await harness.ada.say(harness.channel, "one")
    await harness.ada.edit(said, "two")
    await harness.ada.edit(said, f"{harness.chat.bot_user.id} <@{harness.chat.bot_user.id}> three")
    await harness.chat.wait_for(lambda: len(heard) == 2)
    assert heard[0] == ""
    assert heard[1].endswith("three")
