"""A whole story in a language that doesn't exist: what then reads like English is not translatable."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from bot.chat.custom_ids import Action
from sandbox.chat import Call, Choice, Form, Message
from sandbox.chat.records import Json, parts_of
from sandbox.made_up_language import LOCALE, OPENING, QPS, VARIABLE
from sandbox.stage import Stage
from sandbox.studio import Outcome
from tests.e2e.messages import kind_of, press, wait_kind
from tests.e2e.scene import Scene, a_stage, has_video
from tests.marks import unmarked

SHOWN = ("content", "title", "description", "label", "placeholder", "text")


def shown_in(component: Json) -> Iterator[str]:
    """What a component shows, with the choices and the field inside it."""
    yield from (str(component[key]) for key in SHOWN if component.get(key))
    inner = [*parts_of(component, "components"), *parts_of(component, "options")]
    inner += [component["component"]] if component.get("component") else []
    for one in inner:
        yield from shown_in(one)


def of_messages(messages: Iterable[Message]) -> Iterator[str]:
    """Every text that a message has ever shown."""
    for version in (one for message in messages for one in message.history):
        yield version.content
        for embed in version.embeds:
            yield from (str(embed[key]) for key in ("title", "description") if embed.get(key))
            yield embed.get("footer", {}).get("text", "")
        for component in version.components:
            yield from shown_in(component)


def of_command(command: Json) -> Iterator[str]:
    """What a person of that locale is offered while they type."""
    if not command.get("description"):  # in the menu of a message
        yield command["name_localizations"][LOCALE]
        return
    yield command["description_localizations"][LOCALE]
    assert command["name_localizations"][LOCALE].endswith("-qps")
    for choice in parts_of(command, "choices"):
        yield (choice.get("name_localizations") or {}).get(LOCALE) or choice["name"]
    for option in parts_of(command, "options"):
        yield from of_command(option)


async def answer_to(call: Call) -> Message:
    """The private answer, shown."""
    answer = await call.wait_state("message")
    assert answer.message is not None
    return answer.message


def a_scene(stage: Stage) -> Scene:
    """A server and a person of that language."""
    guild = stage.chat.add_guild("Studio", locale=LOCALE)
    ada = stage.chat.add_person("Ada", locale=LOCALE)
    guild.join(ada)
    return Scene(stage, guild, guild.add_channel("videos"), ada)


async def test_a_story_in_the_made_up_language_has_no_word_of_english(tmp_path: Path) -> None:
    """A video, a remix by reply, a refusal, its edit, a retry, lists, a cancelled and a kept one: all is marked."""
    settings = {VARIABLE: QPS, "REPLY_REMIX": "auto", "REPLY_GRACE_SECONDS": "60"}
    async with a_stage(tmp_path, settings=settings) as stage:
        scene = a_scene(stage)
        chat, ada, channel = scene.chat, scene.ada, scene.channel
        forms: list[Form] = []
        choices: list[Choice] = []
        ben = chat.add_person("Ben", locale=LOCALE)
        scene.guild.join(ben)

        video = await scene.make("A red fox", size="1280x720", seconds="8")
        await ben.reply(video, "the same fox, but in deep snow")
        question = await wait_kind(chat, channel, "offer")
        await press(ben, question, Action.MAKE_IT)
        await scene.video(after=video)
        forms.append(await (await press(ada, video, Action.REMIX)).wait_form())
        await answer_to(await press(ada, video, Action.DELETE))

        await ada.slash(channel, "video", prompt="A forbidden fox", size="1280x720")
        refused = await wait_kind(chat, channel, "fail")
        await answer_to(await press(ada, refused, Action.WHY))
        form = await (await press(ada, refused, Action.EDIT_RETRY)).wait_form()
        forms.append(form)
        await ada.submit(form, {"prompt": "An allowed fox"})
        await chat.wait_message(channel, lambda m: has_video(m) and m.id > refused.id)

        stage.studio.dials.next_render += [Outcome.fail(code="processing_error", message="no") for _ in range(2)]
        await ada.slash(channel, "video", prompt="A tired fox")
        failed = await wait_kind(chat, channel, "fail", after=refused)
        await press(ada, failed, Action.RETRY)
        await wait_kind(chat, channel, "fail", after=failed)

        reply = await ada.reply(video, "now the fox runs through high grass")
        card = await wait_kind(chat, channel, "card", after=reply)
        await answer_to(await ada.slash(channel, "status"))
        choices += await ada.autocomplete(channel, "status", "video")
        choices += await ada.autocomplete(channel, "remix", "video")
        await answer_to(await ada.slash(channel, "status", video=choices[0].value))
        await answer_to(await press(ada, card, Action.CANCEL))
        await answer_to(await ada.slash(channel, "remix", prompt="x", video="ZZZZZZZZ"))
        await answer_to(await ada.slash(stage.chat.dm(ada), "owner pause"))
        assert stage.chat.commands

        texts = [*of_messages(chat.posts), *(choice.name for choice in choices)]
        for form in forms:
            texts += [form.title, *(text for row in form.interaction.modal["components"] for text in shown_in(row))]
        texts += [text for command in chat.commands for text in of_command(command)]
        assert len(texts) > 100
        assert {text: unmarked(text) for text in texts if unmarked(text)} == {}
        assert {kind_of(post) for post in chat.posts} >= {"card", "video", "fail", "offer"}


async def test_private_answers_are_in_the_language_of_the_person(tmp_path: Path) -> None:
    """In an English server the card is English; what only its requester sees is in theirs. In a DM all is."""
    async with a_stage(tmp_path, settings={VARIABLE: QPS}) as stage:
        guild = stage.chat.add_guild("Studio")
        ada = stage.chat.add_person("Ada", locale=LOCALE)
        guild.join(ada)
        scene = Scene(stage, guild, guild.add_channel("videos"), ada)
        video = await scene.make("A red fox")
        private = await answer_to(await ada.slash(scene.channel, "status"))
        assert OPENING not in "".join(of_messages([video]))
        assert unmarked(private.text) == ""
        dm = stage.chat.dm(ada)
        await ada.slash(dm, "video", prompt="A blue fox")
        own = await stage.chat.wait_message(dm, has_video)
        assert unmarked("".join(of_messages([own]))) == ""
        said = await ada.say(dm, "what now")
        hint = await stage.chat.wait_message(dm, lambda m: m.author.bot and m.id > said.id)
        assert unmarked(hint.text) == ""


BROKEN = """
[sentences]
queued = "Laukia {eilėje}"
grace = "{"
rendering = 3
asked_by = "Paprašė {usr!m} {when!t}"
remix_of_linked = "{link!x}"
video_ready = "{user!m} Jūsų vaizdo įrašas paruoštas. {nera}"
took = "truko {secods!d}"
reply_hint = ""
[labels]
remix = ""
make_another = 7
delete = "{nera}"
"""


async def test_a_broken_language_still_delivers_the_video(tmp_path: Path) -> None:
    """Each sentence that can't be filled is said in English, and logged once; the paid video is posted."""
    language = tmp_path / f"{LOCALE}.toml"
    language.write_text(BROKEN, encoding="utf-8")
    async with a_stage(tmp_path, settings={VARIABLE: str(language)}) as stage:
        scene = a_scene(stage)
        first = await scene.make("A red fox")
        second = await scene.make("A blue fox")
        assert "Your video is ready." in first.text
        assert [one.label for one in second.buttons] == ["Remix", "Make another", "Details", "Open thread", "Delete"]
        assert stage.studio.paid("A red fox") == stage.studio.paid("A blue fox") == 1
        faults = [line for line in stage.bot.log().splitlines() if "sentence can't be filled" in line]
        assert len(faults) == len(set(re.findall(r'"sentence": ?"([\w.]+)"', "\n".join(faults)))) > 5
        assert all('"error"' in line for line in faults)
