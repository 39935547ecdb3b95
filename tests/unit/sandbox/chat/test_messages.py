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


async def test_send_edit_delete_with_file(scene, tmp_path):
    """A message with a file, an embed and buttons can be posted, read back, edited and deleted."""
    path = tmp_path / "video.mp4"
    path.write_bytes(b"film" * 1000)
    sent = await scene.place().send(
        "done", embed=discord.Embed(title="Card"), file=discord.File(path), view=view(("Remix", "remix:1"))
    )
    message = await scene.chat.wait_message(scene.channel, lambda one: one.attachments)
    assert (message.id, message.content, message.buttons[0].label) == (sent.id, "done", "Remix")
    assert message.attachments[0].path.read_bytes() == path.read_bytes()
    assert message.attachments[0].content_type == "video/mp4"
    assert await sent.attachments[0].read() == path.read_bytes()
    await scene.place().get_partial_message(sent.id).edit(content="changed", attachments=[], view=None)
    assert (message.content, message.attachments, message.buttons, message.edits) == ("changed", [], [], 1)
    assert message.embeds[0]["title"] == "Card"
    await scene.place().get_partial_message(sent.id).delete()
    assert message.deleted
    assert scene.chat.messages(scene.channel) == []
    assert scene.chat.posts == [message]


async def test_links_expire_and_die_with_the_message(scene):
    """A link to a file is refused when it is forged, a day old, or when its message is gone."""
    sent = await scene.place().send(file=discord.File(io.BytesIO(b"x"), "a.txt"))
    url = sent.attachments[0].url
    async with aiohttp.ClientSession() as http:
        statuses = []
        for link in (url, url.replace("hm=", "hm=0")):
            async with http.get(link) as answer:
                statuses.append(answer.status)
        scene.clock.jump(86_401)
        async with http.get(url) as answer:
            statuses.append(answer.status)
        fresh = (await scene.place().fetch_message(sent.id)).attachments[0].url
        async with http.get(fresh) as answer:
            statuses.append(answer.status)
        await sent.delete()
        async with http.get(fresh) as answer:
            statuses.append(answer.status)
    assert statuses == [200, 404, 404, 200, 404]


async def test_a_repeated_nonce_posts_once(scene):
    """A repeated nonce returns the first message, after the window a second one; a deleted one is 404."""
    first = await scene.place().send("one", nonce="job-1")
    again = await scene.place().send("one", nonce="job-1")
    assert first.id == again.id
    assert len(scene.chat.posts) == 1
    scene.clock.jump(181)
    assert (await scene.place().send("one", nonce="job-1")).id != first.id
    await scene.place().send("two", nonce="job-2")
    await scene.place().get_partial_message(scene.chat.posts[-1].id).delete()
    with pytest.raises(discord.NotFound) as caught:
        await scene.place().send("two", nonce="job-2")
    assert caught.value.code == 10008
    scene.chat.nonce_window_seconds = 0
    await scene.place().send("three", nonce="job-3")
    await scene.place().send("three", nonce="job-3")
    assert [one.content for one in scene.chat.posts] == ["one", "one", "two", "three", "three"]


async def test_who_is_pinged(scene):
    """Only whom the allowed mentions let through is pinged; code pings nobody; people who can't see are not reached."""
    both = f"{scene.ada.mention} {scene.ben.mention} @everyone"
    await scene.place().send(both)
    await scene.place().send(both, allowed_mentions=discord.AllowedMentions(users=[discord.Object(scene.ada.id)]))
    await scene.place().send(both, allowed_mentions=discord.AllowedMentions(everyone=True))
    await scene.place().send(f"`{scene.ada.mention}`", allowed_mentions=discord.AllowedMentions.all())
    scene.channel.overwrite(scene.ben, deny=discord.Permissions(view_channel=True))
    await scene.place().send(both, allowed_mentions=discord.AllowedMentions.all())
    ada, ben = scene.ada.id, scene.ben.id
    assert [one.pinged for one in scene.chat.posts] == [set(), {ada}, {ada, ben}, set(), {ada}]


async def test_reply_pings_only_when_asked(scene):
    """The bot's reply refers to the message and pings its author only when it asks for that."""
    asked = await scene.ada.say(scene.channel, "hello")
    partial = scene.place().get_partial_message(asked.id)
    await partial.reply("quiet", mention_author=False)
    await partial.reply("loud", mention_author=True)
    quiet, loud = scene.chat.posts
    assert (quiet.reply_to, quiet.pinged, loud.pinged) == (asked, set(), {scene.ada.id})
    await scene.ada.delete(asked)
    with pytest.raises(discord.HTTPException) as caught:
        await partial.reply("gone")
    assert caught.value.code == 50035
    reference = discord.MessageReference(message_id=asked.id, channel_id=scene.channel.id, fail_if_not_exists=False)
    await scene.place().send("still", reference=reference)
    assert (scene.chat.posts[-1].content, scene.chat.posts[-1].reply_to) == ("still", None)


async def test_history_is_paged(scene):
    """History comes newest first, by pages, before, after and around; without the right it is empty and no error."""
    ids = [(await scene.ada.say(scene.channel, str(number))).id for number in range(230)]
    place = scene.place()
    assert [one.id async for one in place.history(limit=None)] == ids[::-1]
    after = [one.id async for one in place.history(limit=None, after=discord.Object(ids[9]), oldest_first=True)]
    assert after == ids[10:]
    assert [one.id async for one in place.history(limit=3, before=discord.Object(ids[5]))] == [ids[4], ids[3], ids[2]]
    assert len([one async for one in place.history(limit=5, around=discord.Object(ids[50]))]) == 5
    scene.channel.overwrite(scene.chat.bot_user, deny=discord.Permissions(read_message_history=True))
    assert [one async for one in place.history(limit=None)] == []


@pytest.mark.parametrize(
    ("denied", "code"),
    [("view_channel", 50001), ("send_messages", 50013), ("attach_files", 50013), ("embed_links", 50013)],
)
async def test_missing_permissions(scene, denied, code):
    """What the bot may not do in a channel is answered with Discord's own code."""
    scene.channel.overwrite(scene.chat.bot_user, deny=discord.Permissions(**{denied: True}))
    with pytest.raises(discord.Forbidden) as caught:
        await scene.place().send(embed=discord.Embed(title="x"), file=discord.File(io.BytesIO(b"x"), "a.txt"))
    assert caught.value.code == code
    assert scene.chat.posts == []


async def test_server_wide_permissions(scene):
    """The bot may do exactly what its role says; an administrator may do everything."""
    scene.guild.set_bot_permissions(discord.Permissions(view_channel=True))
    with pytest.raises(discord.Forbidden):
        await scene.place().send("x")
    scene.guild.set_bot_permissions(discord.Permissions(administrator=True))
    await scene.place().send("x")


async def test_unknown_places_and_messages(scene):
    """Unknown channels and messages, others' messages, and a server that threw the bot out have their own codes."""
    other = scene.guild.add_channel("other")
    said = await scene.ada.say(scene.channel, "mine")
    codes = []
    other.delete()
    for attempt in (
        lambda: scene.place(other).send("x"),
        lambda: scene.place().fetch_message(other.id),
        lambda: scene.place().get_partial_message(said.id).edit(content="yours"),
        lambda: scene.place().get_partial_message(said.id).delete(),
    ):
        with pytest.raises(discord.HTTPException) as caught:
            await attempt()
        codes.append(caught.value.code)
    scene.guild.remove_bot()
    with pytest.raises(discord.Forbidden) as caught:
        await scene.place().send("x")
    assert [*codes, caught.value.code] == [10003, 10008, 50005, 50013, 50001]


async def test_limits(scene):
    """Texts, embeds and custom ids over Discord's limits are 50035, nothing at all is 50006, a big file 413."""
    scene.guild.upload_limit_override_bytes = 10
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
            await scene.place().send(**parts)
        codes.append((caught.value.status, caught.value.code))
    assert codes == [(400, 50035)] * 4 + [(400, 50006), (413, 40005)]
    assert scene.chat.posts == []


async def test_dm(scene):
    """A person and the bot can talk in a DM, the text always arrives, and closed DMs are 50007."""
    dm = scene.chat.dm(scene.ada)
    await scene.ada.say(dm, "psst", files=[File("a.png", b"1")])
    await scene.chat.wait_for(lambda: scene.bot.heard or None)
    assert scene.bot.heard[0].content == "psst"
    assert scene.bot.heard[0].guild is None
    call = await scene.ada.slash(dm, "video", prompt="in a DM")
    assert (await call.wait_answer()).content.startswith("in a DM")
    user = await scene.bot.fetch_user(scene.ada.id)
    await user.send("hello")
    assert [one.content for one in scene.chat.messages(dm)] == ["psst", "hello"]
    scene.ada.user.dms_open = False
    with pytest.raises(discord.Forbidden) as caught:
        await user.send("hello?")
    assert caught.value.code == 50007


async def test_threads(scene):
    """Threads take posts and commands, obey their own rights, wake up when archived, and refuse when locked."""
    thread = scene.channel.add_thread("storyboard", members=[scene.ada])
    call = await scene.ada.slash(thread, "video", prompt="threaded")
    assert (await call.wait_answer()).content.startswith("threaded")
    thread.archive()
    await scene.place(thread).send("wakes up")
    assert not thread.archived
    thread.lock()
    with pytest.raises(discord.HTTPException) as caught:
        await scene.place(thread).send("locked")
    assert caught.value.code == 160005
    hidden = scene.channel.add_thread("secret", private=True, members=[scene.ada], with_bot=False)
    with pytest.raises(discord.Forbidden):
        await scene.place(hidden).send("x")
    assert not scene.ben.sees(hidden)
    made = await scene.bot.get_channel(scene.channel.id).create_thread(
        name="mine", type=discord.ChannelType.public_thread
    )
    await made.send("in my thread")
    assert scene.chat.posts[-1].channel.id == made.id


@pytest.mark.parametrize(("tier", "accepted"), [(0, False), (1, False), (2, True)])
async def test_big_files_by_premium_tier(scene, tmp_path, tier, accepted):
    """A file over 10 MiB is 413 with 40005 in an unboosted server, and is taken, whole, from the second tier on."""
    scene.guild.premium_tier = tier
    path = tmp_path / "big.mp4"
    path.write_bytes(b"x" * ((10 << 20) + 1))
    if accepted:
        await scene.place().send(file=discord.File(path))
        assert scene.chat.posts[0].attachments[0].path.stat().st_size == path.stat().st_size
        return
    with pytest.raises(discord.HTTPException) as caught:
        await scene.place().send(file=discord.File(path))
    assert (caught.value.status, caught.value.code, scene.chat.posts) == (413, 40005, [])


async def test_edits_of_people_are_told(scene):
    """The bot hears of an edit, with the text only where it may read it."""
    heard = []

    async def on_raw_message_edit(event):
        heard.append(event.message.content)

    scene.bot.add_listener(on_raw_message_edit)
    said = await scene.ada.say(scene.channel, "one")
    await scene.ada.edit(said, "two")
    await scene.ada.edit(said, f"{scene.chat.bot_user.id} <@{scene.chat.bot_user.id}> three")
    await scene.chat.wait_for(lambda: len(heard) == 2)
    assert heard[0] == ""
    assert heard[1].endswith("three")
