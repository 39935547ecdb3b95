"""Polls: sent, voted in, read back and ended."""

from datetime import timedelta

import discord
import pytest

from sandbox.chat import NotPossibleError
from tests.unit.sandbox.chat.conftest import running


def poll(question="Which one?", *answers, hours=2, multiple=False):
    made = discord.Poll(question, timedelta(hours=hours), multiple=multiple)
    for text in answers or ("The fox", "The owl"):
        made.add_answer(text=text, emoji="🦊" if "fox" in text else None)
    return made


async def fetched(harness, message):
    return (await harness.place().fetch_message(message.id)).poll


async def test_a_poll_is_voted_in_and_ended_by_the_bot(harness):
    """A poll is given back as it was sent; votes are counted; ending it tells who won, also in the channel."""
    sent = await harness.place().send(poll=poll())
    message = harness.chat.posts[0]
    assert (sent.poll.question, sent.poll.multiple, sent.poll.duration) == ("Which one?", False, timedelta(hours=2))
    assert [(one.id, one.text, str(one.emoji or "")) for one in sent.poll.answers] == [
        (1, "The fox", "🦊"),
        (2, "The owl", ""),
    ]
    await harness.ada.vote(message, [1])
    await harness.ben.vote(message, [2])
    await harness.ben.vote(message, [1])
    known = await fetched(harness, message)
    assert [(one.text, one.vote_count, one.self_voted) for one in known.answers] == [
        ("The fox", 2, False),
        ("The owl", 0, False),
    ]
    assert {one.id async for one in known.answers[0].voters()} == {harness.ada.id, harness.ben.id}
    ended = await sent.poll.end()
    assert ended.is_finalised()
    assert ended.total_votes == 2
    result = harness.chat.messages(harness.channel)[-1]
    assert (result.type, result.reference, result.author) == (46, message.id, harness.chat.bot_user)
    read = await harness.place().fetch_message(result.id)
    assert read.type is discord.MessageType.poll_result
    fields = {one.name: one.value for one in read.embeds[0].fields}
    assert (fields["victor_answer_text"], fields["victor_answer_emoji_name"], fields["total_votes"]) == (
        "The fox", "🦊", "2",
    )  # fmt: skip
    assert harness.chat.posts == [message]
    with pytest.raises(NotPossibleError, match="ended"):
        await harness.ada.vote(message, [2])
    with pytest.raises(discord.HTTPException) as caught:
        await sent.end_poll()
    assert caught.value.code == 520001


async def test_a_poll_ends_when_its_time_is_over(harness):
    """A poll with several answers allowed takes several, takes them back, and ends by itself; a tie has no victor."""
    await harness.place().send(poll=poll(multiple=True))
    message = harness.chat.posts[0]
    await harness.ada.vote(message, [1, 2])
    await harness.ben.vote(message, [1, 2])
    await harness.ben.vote(message, [])
    assert message.poll.votes == {1: [harness.ada.id], 2: [harness.ada.id]}
    harness.clock.jump(2 * 3600 + 1)
    await harness.chat.wait_for(lambda: message.poll.ended)
    known = await fetched(harness, message)
    assert (known.is_finalised(), known.victor_answer, known.total_votes) == (True, None, 2)


async def test_votes_are_sent_where_asked(chat):
    """A client with the intent for polls hears of votes that come and go."""
    guild = chat.add_guild("One")
    channel, ada = guild.add_channel("videos"), chat.add_person("Ada")
    guild.join(ada)
    heard = []
    async with running(chat, wanted=discord.Intents(guilds=True, guild_polls=True)) as bot:

        async def on_raw_poll_vote_add(event):
            heard.append(("add", event.user_id, event.answer_id))

        async def on_raw_poll_vote_remove(event):
            heard.append(("remove", event.user_id, event.answer_id))

        bot.add_listener(on_raw_poll_vote_add)
        bot.add_listener(on_raw_poll_vote_remove)
        await bot.get_partial_messageable(channel.id).send(poll=poll())
        await ada.vote(chat.posts[0], [1])
        await ada.vote(chat.posts[0], [2])
        await chat.wait_for(lambda: len(heard) == 3)
    assert heard == [("add", ada.id, 1), ("remove", ada.id, 1), ("add", ada.id, 2)]


async def test_polls_that_are_refused(harness):
    """Too many or too long answers and too long a time are 50035; a poll can't be edited; votes are checked."""
    for wrong in (
        poll("x" * 301),
        poll("x", "y" * 56),
        poll("x", *map(str, range(11))),
        poll(hours=769),
        discord.Poll("x", timedelta(hours=1)),
        discord.Poll("x", timedelta(hours=1)).add_answer(text="x", emoji="smile"),
    ):
        with pytest.raises(discord.HTTPException) as caught:
            await harness.place().send(poll=wrong)
        assert caught.value.code == 50035
    sent = await harness.place().send("with words", poll=poll())
    with pytest.raises(discord.HTTPException) as caught:
        await harness.place().get_partial_message(sent.id).edit(content="other words")
    assert caught.value.code == 520003
    for answers in ([1, 2], [3]):
        with pytest.raises(NotPossibleError):
            await harness.ada.vote(harness.chat.posts[0], answers)
    said = await harness.ada.say(harness.channel, "no poll")
    with pytest.raises(NotPossibleError, match="nothing to vote"):
        await harness.ada.vote(said, [1])
    harness.channel.overwrite(harness.chat.bot_user, deny=discord.Permissions(send_polls=True))
    with pytest.raises(discord.Forbidden):
        await harness.place().send(poll=poll())


async def test_polls_as_answers(harness):
    """An answer, a follow-up and a deferred answer can all be polls."""

    async def clicked(interaction, custom_id):
        if custom_id == "defer":
            await interaction.response.defer(thinking=True)
            await interaction.edit_original_response(content="here")
            await interaction.followup.send(poll=poll("Later?"))
        else:
            await interaction.response.send_message(poll=poll("Now?"))

    harness.bot.clicked = clicked
    shown = discord.ui.View(timeout=None)
    for name in ("answer", "defer"):
        shown.add_item(discord.ui.Button(label=name, custom_id=name))
    await harness.place().send("pick", view=shown)
    answer = await (await harness.ada.click(harness.chat.posts[0], "answer")).wait_answer()
    assert answer.message.poll.question == "Now?"
    call = await harness.ada.click(harness.chat.posts[0], "defer")
    await harness.chat.wait_for(lambda: call.answer.followups)
    assert call.answer.followups[0].poll.question == "Later?"
