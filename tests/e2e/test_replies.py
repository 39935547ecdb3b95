"""Point 4 of what a person sees: a reply to a finished video is a remix, in every place, in chains of any length."""

import pytest

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.reasons import Reason
from sandbox.chat import Channel, File, Message
from tests.e2e.messages import actions, is_card, kind_of, press, reached, time_passes_until, wait_card, wait_kind
from tests.e2e.scene import Scene, picture
from tests.wording import says

pytestmark = pytest.mark.asyncio(loop_scope="module")


def the_render(scene: Scene, prompt: str):
    """The one paid render of that prompt."""
    (render,) = [one for one in scene.studio.renders if one.prompt == prompt]
    return render


def said_after(channel: Channel, message: Message) -> list[Message]:
    """What the bot says in that channel after that message, cards aside."""
    return [one for one in channel.messages if one.author.bot and one.id > message.id and not is_card(one)]


async def test_the_reply_is_the_prompt_and_its_attachments_are_the_references(scene: Scene) -> None:
    """Text and pictures of a reply become one remix of that video, posted as a reply to the reply."""
    video = await scene.make("Before the reply")
    cat, dog = picture("coral"), picture("indigo", name="dog.png")
    reply = await scene.ada.reply(video, "Put these two into it", files=[cat, dog])
    remix = await scene.video(after=video)
    assert remix.reply_to is reply
    assert remix.interaction is None
    assert remix.pinged == {scene.ada.id}
    render = the_render(scene, "Put these two into it")
    assert render.parent_id == the_render(scene, "Before the reply").id
    assert [one.data for one in render.references] == [cat.data, dog.data]


async def test_a_chain_of_replies_is_three_deep(scene: Scene) -> None:
    """Each remix can be replied to in turn, and remixes the one that was replied to."""
    newest = await scene.make("Chain, link zero")
    for number in ("one", "two", "three"):
        reply = await scene.ada.reply(newest, f"Chain, now link {number}")
        newest = await scene.video(after=newest)
        assert newest.reply_to is reply
    zero, one, two, three = [render for render in scene.studio.renders if render.prompt.startswith("Chain,")]
    assert [one.parent_id, two.parent_id, three.parent_id] == [zero.id, one.id, two.id]


async def test_one_video_can_be_replied_to_by_many(scene: Scene) -> None:
    """Replies of two people to one video are two remixes of it, each pinging its own requester."""
    bob = scene.join("Bob")
    video = await scene.make("Many branches")
    first = await scene.ada.reply(video, "Branch of Ada herself")
    second = await bob.reply(video, "Branch of Bob himself")
    for person, reply in ((scene.ada, first), (bob, second)):
        remix = await scene.chat.wait_message(
            scene.channel, lambda m, reply=reply: kind_of(m) == "video" and m.reply_to is reply
        )
        assert remix.pinged == {person.id}
    parent_id = the_render(scene, "Many branches").id
    assert the_render(scene, "Branch of Ada herself").parent_id == parent_id
    assert the_render(scene, "Branch of Bob himself").parent_id == parent_id


async def test_a_reply_in_a_thread_is_a_remix_there(scene: Scene) -> None:
    """In a thread a reply is a remix, posted in the thread."""
    thread = scene.channel.add_thread("storyboard", members=[scene.ada])
    await scene.ada.slash(thread, "video", prompt="Thread, the first")
    video = await scene.video(thread)
    reply = await scene.ada.reply(video, "Thread, and the second")
    remix = await scene.video(thread, after=video)
    assert remix.reply_to is reply
    assert scene.channel.messages == []


@pytest.mark.parametrize("ping", [True, False])
async def test_in_a_dm_text_always_arrives(scene: Scene, *, ping: bool) -> None:
    """In a DM a reply is a remix with the ping on as well as off."""
    dm = scene.chat.dm(scene.ada)
    await scene.ada.slash(dm, "video", prompt=f"DM, the first {ping}")
    video = await scene.video(dm)
    reply = await scene.ada.reply(video, f"DM, and the second {ping}", ping=ping)
    remix = await scene.video(dm, after=video)
    assert remix.reply_to is reply
    assert scene.studio.paid(f"DM, and the second {ping}") == 1


async def test_the_bots_name_in_a_reply_is_no_part_of_the_prompt(scene: Scene) -> None:
    """A reply that names the bot instead of pinging by the reply is read as well, without the name."""
    video = await scene.make("Call me by my name")
    await scene.ada.reply(video, f"<@{scene.chat.bot_user.id}> make it a rainy day", ping=False)
    await scene.video(after=video)
    assert scene.studio.paid("make it a rainy day") == 1


async def test_with_the_ping_off_a_button_opens_the_form_instead(scene: Scene) -> None:
    """An unreadable reply gets a button, without a ping; its form makes the remix as a reply, and the button goes."""
    video = await scene.make("Silence, please")
    reply = await scene.ada.reply(video, "nobody hears me say this", ping=False)
    offer = await wait_kind(scene.chat, scene.channel, "offer")
    assert offer.reply_to is reply
    assert offer.pinged == set()
    form = await (await press(scene.ada, offer, Action.OPEN_FORM)).wait_form()
    cat = picture("khaki")
    await scene.ada.submit(form, {"prompt": "Heard by the form", "references": [cat]})
    remix = await scene.video(after=video)
    assert remix.reply_to is reply
    await scene.chat.wait_gone(offer)
    render = the_render(scene, "Heard by the form")
    assert render.parent_id == the_render(scene, "Silence, please").id
    assert [one.data for one in render.references] == [cat.data]
    assert scene.studio.paid("nobody hears me say this") == 0


async def test_the_offer_comes_once_per_person_and_video(scene: Scene) -> None:
    """The second unreadable reply of a person to a video gets nothing; other people and other videos get theirs."""
    bob = scene.join("Bob")
    video, other = await scene.make("Offered once"), await scene.make("Offered elsewhere")
    first = await scene.ada.reply(video, "one", ping=False)
    await scene.chat.wait_message(scene.channel, lambda m: m.reply_to is first)
    second = await scene.ada.reply(video, "two", ping=False)
    for reply in (await bob.reply(video, "three", ping=False), await scene.ada.reply(other, "four", ping=False)):
        offer = await scene.chat.wait_message(scene.channel, lambda m, reply=reply: m.reply_to is reply)
        assert kind_of(offer) == "offer"
    assert [one for one in scene.chat.posts if one.reply_to is second] == []


async def test_the_offer_is_gone_after_a_minute(scene: Scene) -> None:
    """The offer removes itself after a minute, and costs nothing."""
    video = await scene.make("For a minute")
    reply = await scene.ada.reply(video, "unheard", ping=False)
    offer = await wait_kind(scene.chat, scene.channel, "offer")
    paid = len(scene.studio.renders)
    scene.stage.jump(58)
    status = await (await scene.ada.slash(scene.channel, "status")).wait_state("message")
    assert status.ephemeral
    assert not offer.deleted
    await time_passes_until(scene.stage, lambda: offer.deleted, step_seconds=2)
    assert len(scene.studio.renders) == paid
    assert not reply.deleted


async def test_the_offer_goes_with_its_reply(scene: Scene) -> None:
    """When the reply is deleted the offer under it goes at once."""
    video = await scene.make("Taken back")
    reply = await scene.ada.reply(video, "unheard", ping=False)
    offer = await wait_kind(scene.chat, scene.channel, "offer")
    await scene.ada.delete(reply)
    await scene.chat.wait_gone(offer)


async def test_only_whom_it_was_made_to_may_use_an_offer(scene: Scene) -> None:
    """Somebody else's press on an offer is answered privately and opens nothing."""
    bob = scene.join("Bob")
    video = await scene.make("Mine to answer")
    await scene.ada.reply(video, "unheard", ping=False)
    offer = await wait_kind(scene.chat, scene.channel, "offer")
    answer = await (await press(bob, offer, Action.OPEN_FORM)).wait_state("message")
    assert answer.ephemeral
    assert not offer.deleted


async def test_talk_costs_nothing(scene: Scene) -> None:
    """Replies without a word, to others' notices and to people, and plain talk start nothing; a card answers once."""
    bob = scene.join("Bob")
    video = await scene.make("Talked about")
    await scene.ada.slash(scene.channel, "video", prompt="A forbidden subject")
    notice = await wait_kind(scene.chat, scene.channel, "fail")
    gate = scene.studio.gate("create", "before_take")
    await scene.ada.slash(scene.channel, "video", prompt="Under way meanwhile")
    await reached(gate)
    card = await wait_card(scene.chat, scene.channel, "Under way meanwhile")
    paid = len(scene.studio.renders)
    word = await scene.ada.say(scene.channel, "what a lovely video that is")
    talk = [
        await scene.ada.reply(video, "!?… 🎉"),
        await scene.ada.reply(video, "👍"),
        await bob.reply(notice, "but this is a perfectly good prompt"),
        await scene.ada.reply(video, "<:kekw:1087000000000000001> https://tenor.com/view/a"),
        await scene.ada.reply(word, "indeed it is, make another one"),
        await scene.ada.say(scene.channel, f"<@{scene.chat.bot_user.id}> make another one"),
    ]
    for _ in range(2):
        await scene.ada.reply(card, "please make it much quicker")
    said = await scene.chat.wait_message(scene.channel, lambda m: says(m.text, Key.REPLY_TO_RUNNING))
    assert said.pinged == set()
    last = await scene.ada.reply(video, "This one is meant to be a prompt")
    await scene.chat.wait_message(scene.channel, lambda m: kind_of(m) == "video" and m.reply_to is last)
    assert [one for one in scene.chat.posts if one.reply_to in talk] == []
    assert len(scene.studio.renders) == paid + 1
    gate.open()
    await scene.chat.wait_gone(card)


async def test_pictures_without_a_word_get_the_button_with_the_form(scene: Scene) -> None:
    """A reply that brings only pictures gets the button; the form's remix has these pictures."""
    video = await scene.make("Wordless")
    cat = picture("peru")
    reply = await scene.ada.reply(video, "…", files=[cat])
    offer = await wait_kind(scene.chat, scene.channel, "offer")
    assert offer.reply_to is reply
    form = await (await press(scene.ada, offer, Action.OPEN_FORM)).wait_form()
    assert says(form.fields["references"].description, Key.FORM_PICTURES_KEPT, count=1)
    await scene.ada.submit(form, {"prompt": "Wordless no more"})
    remix = await scene.video(after=video)
    assert remix.reply_to is reply
    assert [one.data for one in the_render(scene, "Wordless no more").references] == [cat.data]


@pytest.mark.parametrize("words", ["lovely", "so cool!"])
async def test_one_or_two_words_are_asked_about(scene: Scene, words: str) -> None:
    """One or two words are made into a video only after a press on the question, and then once."""
    video = await scene.make(f"Is it a prompt: {words}")
    reply = await scene.ada.reply(video, words)
    question = await wait_kind(scene.chat, scene.channel, "offer")
    assert question.reply_to is reply
    assert question.pinged == set()
    assert words in question.content
    assert scene.studio.paid(words) == 0
    first, second = await press(scene.ada, question, Action.MAKE_IT), await press(scene.ada, question, Action.MAKE_IT)
    remix = await scene.video(after=video)
    assert remix.reply_to is reply
    await scene.chat.wait_gone(question)
    await first.wait_answer()
    await second.wait_answer()
    assert scene.studio.paid(words) == 1


async def test_a_question_without_an_answer_goes_after_a_minute(scene: Scene) -> None:
    """An unanswered question deletes itself after a minute and costs nothing."""
    video = await scene.make("Unanswered")
    await scene.ada.reply(video, "well done")
    question = await wait_kind(scene.chat, scene.channel, "offer")
    await time_passes_until(scene.stage, lambda: question.deleted, step_seconds=30)
    assert scene.studio.paid("well done") == 0


async def test_two_words_with_a_picture_are_a_prompt(scene: Scene) -> None:
    """Few words that bring a picture are meant, and not asked about."""
    video = await scene.make("Few words")
    await scene.ada.reply(video, "add him", files=[picture("sienna")])
    await scene.video(after=video)
    assert scene.studio.paid("add him") == 1


async def test_bad_input_in_a_reply_is_answered_by_one_reply_without_ping(scene: Scene) -> None:
    """Errors of a reply are posted once in a reply without a ping; nothing is stored or charged."""
    video = await scene.make("Wrongly replied to")
    text = File("notes.png", b"only text", content_type="image/png")
    reply = await scene.ada.reply(video, "Use these notes of mine", files=[text])
    no = await scene.chat.wait_message(scene.channel, lambda m: m.author.bot and m.reply_to is reply)
    assert says(no.content, Reason.REFERENCE_TYPE)
    assert no.pinged == set()
    assert no.buttons == []
    many = await scene.ada.reply(video, "All of these five", files=[picture(name=f"{n}.png") for n in range(5)])
    no = await scene.chat.wait_message(scene.channel, lambda m: m.author.bot and m.reply_to is many)
    assert says(no.content, Reason.REFERENCES_TOO_MANY)
    await scene.ada.reply(no, "and what if I ask again")
    last = await scene.ada.reply(video, "This one is all right again")
    await scene.chat.wait_message(scene.channel, lambda m: kind_of(m) == "video" and m.reply_to is last)
    assert len([one for one in scene.chat.posts if one.reply_to is reply]) == 1
    assert scene.studio.paid("Use these notes of mine") == scene.studio.paid("All of these five") == 0


async def test_a_reply_to_a_linked_video_is_a_remix(scene: Scene) -> None:
    """A video that could only be linked can be replied to like any other."""
    scene.guild.upload_limit_override_bytes = 1000
    scene.studio.dials.public_files_url = "https://files.example.com"
    await scene.ada.slash(scene.channel, "video", prompt="Only a link")
    linked = await wait_kind(scene.chat, scene.channel, "video")
    scene.studio.dials.public_files_url = None
    scene.guild.upload_limit_override_bytes = None
    # A refusal below the limit that Discord names is remembered for a day.
    scene.stage.jump(90_000)
    await scene.ada.reply(linked, "And now for real")
    remix = await scene.video(after=linked)
    assert actions(remix) == [Action.REMIX, Action.AGAIN, Action.DETAILS, Action.THREAD, Action.DELETE]
    assert said_after(scene.channel, linked) == [remix]


async def test_plain_text_in_a_dm_is_answered_once_an_hour(scene: Scene) -> None:
    """One sentence, without a ping; emoji alone get none."""
    dm = scene.chat.dm(scene.ada)
    for text in ("👍", "a red fox in snow", "hello?"):
        await scene.ada.say(dm, text)
    said = await scene.chat.wait_message(dm, lambda m: m.author.bot)
    assert "/video" in said.content
    scene.stage.jump(3700)
    again = await scene.ada.say(dm, "hello again")
    await scene.chat.wait_message(dm, lambda m: m.author.bot and m.id > again.id)
    assert len([one for one in dm.messages if one.author.bot]) == 2
