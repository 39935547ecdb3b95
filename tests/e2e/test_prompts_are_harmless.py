"""Point 5 of what a person sees: an echoed prompt never pings anyone and never renders as markup."""

import re

import pytest

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from sandbox.chat import File, Message
from sandbox.studio import Fault, Outcome
from tests.e2e.messages import job_id_of, kind_of, outside_code, press, wait_card, wait_kind
from tests.e2e.scene import RENDER_SECONDS, Scene
from tests.wording import says

pytestmark = pytest.mark.asyncio(loop_scope="module")


def hostile(scene: Scene, word: str, part: int = 0) -> str:
    """A prompt that tries everything, in three parts that are each short enough to be shown whole.

    `word` makes it one of its own, and is found wherever it is echoed.
    """
    bob = scene.join("Bob")
    role = scene.guild.add_role("Mods", 0)
    scene.guild.members[bob.id].roles.append(role)
    link = f"https://evil.example/{word}"
    pings = (
        f"@everyone @here {bob.mention} <@!{bob.id}> <@&{role.id}> <#{scene.channel.id}> `{word}` @everyone ``{word}`` "
        f"```py\n{word}\n``` <@&{role.id}> \u202e{word}\u200b @here"
    )
    links = (
        f"{link} <{link}> [{word}]({link}) <t:1700000000:R> </video:{role.id}> <id:customize> `<t:1700000000>` {link}"
    )
    markup = (
        f"**{word}** __{word}__ ||{word}|| ~~{word}~~ :{word}: <:{word}:{role.id}> \n# {word}\n> {word}\n- {word}\n"
        f"-# {word}\n1. {word} \\` **{word}** `"
    )
    return (pings, links, markup)[part]


def received(scene: Scene, prompt: str, word: str) -> str:
    """That prompt as the provider gets it: names in place of ids, and every other sign as it was written.

    People are left out: a command's text comes without their names, and the bot keeps no list of members.
    """
    moment = "14 November 2023 22:13 UTC"
    for piece, name in (
        (r" <@!?\d+>", ""),
        (r"<@&\d+>", "Mods"),
        (r"<#\d+>", scene.channel.name),
        (r"<:\w+:\d+>", word),
        (r"</video:\d+>", "/video"),
        (r"<t:1700000000(:R)?>", moment),
        (r" <id:customize>", ""),
    ):
        prompt = re.sub(piece, name, prompt)
    return prompt


def assert_harmless(scene: Scene, message: Message, word: str) -> None:
    """The message echoes the prompt inside code only, and pings only the requester."""
    assert word in message.text
    shown = outside_code(message)
    for sign in (
        word,
        "@everyone",
        "@here",
        "<@&",
        "<@!",
        "<#",
        "evil.example",
        "</",
        "<id:",
        "<t:1700000000",
        "||",
        "~~",
        "# ",
    ):
        assert sign not in shown, (sign, message.text)
    assert "\u202e" not in message.text
    assert "\u200b" not in message.text
    assert "```" not in message.text
    bob_is_named = [one.id for one in message.mentions if one is not scene.ada.user]
    assert bob_is_named == []
    assert not message.mention_everyone
    assert message.mention_roles == []
    assert message.pinged <= {scene.ada.id}


@pytest.mark.parametrize("part", [0, 1, 2])
async def test_on_a_card_and_a_video_a_prompt_does_nothing(scene: Scene, part: int) -> None:
    """The card and the finished video echo the prompt harmlessly, and the provider gets it with names for ids."""
    prompt = hostile(scene, "pwnedcard", part)
    await scene.ada.slash(scene.channel, "video", prompt=prompt)
    card = await wait_card(scene.chat, scene.channel)
    assert_harmless(scene, card, "pwnedcard")
    assert card.pinged == set()
    video = await scene.video()
    assert_harmless(scene, video, "pwnedcard")
    assert video.pinged == {scene.ada.id}
    assert scene.studio.paid(received(scene, prompt, "pwnedcard")) == 1


async def test_on_a_failure_notice_a_prompt_does_nothing(scene: Scene) -> None:
    """The notice of a failed video echoes its prompt harmlessly."""
    scene.studio.dials.next_render.append(Outcome.fail(code="server_error", message="Out of luck."))
    await scene.ada.slash(scene.channel, "video", prompt=hostile(scene, "pwnedfail"))
    notice = await wait_kind(scene.chat, scene.channel, "fail")
    assert_harmless(scene, notice, "pwnedfail")
    assert notice.pinged == {scene.ada.id}


async def test_on_the_notice_of_a_refused_prompt_it_is_not_repeated(scene: Scene) -> None:
    """Neither the notice nor the reason that Why? tells in private has anything of the prompt that could do something.

    The notice shows none of it.
    """
    await scene.ada.slash(scene.channel, "video", prompt=f"forbidden {hostile(scene, 'pwnedrefused')}")
    notice = await wait_kind(scene.chat, scene.channel, "fail")
    assert "pwnedrefused" not in notice.text
    assert "evil.example" not in notice.text
    assert notice.pinged == {scene.ada.id}
    answer = await (await press(scene.ada, notice, Action.WHY)).wait_state("message")
    assert answer.message is not None
    assert answer.message.pinged == set()
    if "pwnedrefused" in answer.text:
        assert_harmless(scene, answer.message, "pwnedrefused")


async def test_on_an_uncertain_notice_a_prompt_does_nothing(scene: Scene) -> None:
    """The notice of an uncertain job echoes the prompt harmlessly."""
    scene.studio.faults.add("create", Fault.drop(take=False))
    await scene.ada.slash(scene.channel, "video", prompt=hostile(scene, "pwnedunsure"))
    notice = await wait_kind(scene.chat, scene.channel, "unsure")
    assert_harmless(scene, notice, "pwnedunsure")
    assert notice.pinged == {scene.ada.id}


async def test_on_a_late_notice_a_prompt_does_nothing(scene: Scene) -> None:
    """The notice of a late job echoes the prompt harmlessly."""
    scene.studio.dials.render_seconds = 4000.0
    await scene.ada.slash(scene.channel, "video", prompt=hostile(scene, "pwnedlate"))
    await wait_card(scene.chat, scene.channel, lambda m: says(m.text, Key.RENDERING))
    scene.studio.dials.render_seconds = RENDER_SECONDS
    scene.stage.jump(3600)
    notice = await wait_kind(scene.chat, scene.channel, "late")
    assert_harmless(scene, notice, "pwnedlate")
    scene.stage.jump(900)
    await scene.video()


async def test_in_a_remix_by_reply_and_its_question_a_prompt_does_nothing(scene: Scene) -> None:
    """A reply's prompt is harmless on its remix, and a reply's two words are harmless in the question about them."""
    video = await scene.make("Something innocent")
    await scene.ada.reply(video, f"Make the sky brighter {hostile(scene, 'pwnedreply', 2)}")
    remix = await scene.video(after=video)
    assert_harmless(scene, remix, "pwnedreply")
    await scene.ada.reply(remix, "@everyone **pwnedtwo**`<t:1700000000:R>`")
    question = await wait_kind(scene.chat, scene.channel, "offer")
    assert_harmless(scene, question, "pwnedtwo")
    assert question.pinged == set()


async def test_in_status_and_in_suggestions_a_prompt_does_nothing(scene: Scene) -> None:
    """`/status` echoes prompts harmlessly in its list and alone; suggestions are one short plain line."""
    video = await scene.make(hostile(scene, "pwnedlist", 1))
    for options in ({}, {"video": job_id_of(video)}):
        answer = await (await scene.ada.slash(scene.channel, "status", **options)).wait_state("message")
        assert answer.message is not None
        shown = outside_code(answer.message)
        assert "evil.example/pwnedlist" in answer.text
        for sign in ("pwnedlist", "@everyone", "@here", "<@&", "<#", "evil.example", "</", "||"):
            assert sign not in shown, (sign, answer.text)
    (choice,) = await scene.ada.autocomplete(scene.channel, "remix", "video")
    assert len(choice.name) <= 100
    assert "\n" not in choice.name


async def test_in_a_refusal_a_file_name_does_nothing(scene: Scene) -> None:
    """The name of a file that is no picture is echoed harmlessly, privately as well as in the reply to a reply."""
    bob = scene.join("Bob")
    bad = File(f"@everyone {bob.mention} **pwnedfile** `x`.png", b"no picture", content_type="image/png")
    call = await scene.ada.slash(scene.channel, "video", prompt="With an evil name", reference=bad)
    answer = await call.wait_state("message")
    assert answer.message is not None
    video = await scene.make("Something innocent again")
    reply = await scene.ada.reply(video, "Now with an evil name", files=[bad])
    no = await scene.chat.wait_message(scene.channel, lambda m: m.author.bot and m.reply_to is reply)
    assert kind_of(no) == ""
    for said in (answer.message, no):
        assert_harmless(scene, said, "pwnedfile")
        assert said.pinged == set()


async def test_every_way_to_write_a_prompt_reaches_the_provider_unchanged(scene: Scene) -> None:
    """Only the echo is made harmless: the provider gets the prompt of a form with every sign but ids."""
    prompt = f" {hostile(scene, 'pwnedform', 2)}  twice  spaced \n"
    form = await (await scene.ada.slash(scene.channel, "video")).wait_form()
    await scene.ada.submit(form, {"prompt": prompt})
    video = await scene.video()
    assert_harmless(scene, video, "pwnedform")
    assert scene.studio.paid(received(scene, prompt, "pwnedform")) == 1
