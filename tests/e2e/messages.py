"""What the end-to-end tests look for in a conversation: cards, notices, offers, and the jobs they name."""

import asyncio
import re
from collections.abc import Callable
from typing import TypeVar

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from sandbox.chat import Answer, Call, Channel, Chat, Message, Person
from sandbox.stage import Stage
from sandbox.studio import Gate
from tests.buttons import button_ids, custom_id_for
from tests.wording import says

T = TypeVar("T")
Shown = Message | Answer | Call
_CODE = re.compile(r"`[^`]*`")


def kind_of(message: Message) -> str:
    """What sort of message the buttons say it is: card, video, fail, late, slow, unsure, offer; empty for others."""
    for button in message.buttons:
        if button.custom_id and button.custom_id.startswith("vb:"):
            return button.custom_id.split(":")[1]
    return ""


def job_id_of(message: Message) -> str:
    """The short id that the message's buttons name."""
    return next(one.custom_id.split(":")[3] for one in message.buttons if one.custom_id)


def actions(shown: Shown) -> list[Action]:
    """What the buttons ask for, in the order in which they are shown."""
    return [button.action for button in button_ids(one.custom_id for one in _shown(shown).buttons)]


def targets(shown: Shown) -> list[tuple[Action, str]]:
    """The same, each with the job that it asks it for."""
    return [(one.action, one.target) for one in button_ids(button.custom_id for button in _shown(shown).buttons)]


async def press(person: Person, shown: Shown, action: Action, target: str = "") -> Call:
    """Press the button that asks for that (of that job, in a list)."""
    return await person.click(shown, custom_id_for(action, [one.custom_id for one in _shown(shown).buttons], target))


def _shown(shown: Shown) -> Message | Answer:
    return shown.answer if isinstance(shown, Call) else shown


async def delete_video(chat: Chat, person: Person, video: Message) -> None:
    """Press Delete, say yes to the question, and wait until the video is gone."""
    question = await press(person, video, Action.DELETE)
    await question.wait_state("message")
    assert not video.deleted
    await press(person, question, Action.DELETE)
    await chat.wait_gone(video)


def is_card(message: Message) -> bool:
    """A job's card, with or without its button: the only message that says who asked."""
    return message.author.bot and message.interaction is None and says(message.text, Key.ASKED_BY)


def of_kind(channel: Channel, kind: str) -> list[Message]:
    """The bot's visible messages of that kind, in order."""
    return [one for one in channel.messages if one.author.bot and kind_of(one) == kind]


def ever_posted(chat: Chat, channel: Channel, kind: str) -> list[Message]:
    """All messages of that kind that the bot ever posted there, also those that are gone."""
    plain = (one for one in chat.posts if one.channel is channel and one.interaction is None)
    return [one for one in plain if f"vb:{kind}:" in str(one.history[0].components)]


async def wait_card(chat: Chat, channel: Channel, wanted: str | Callable[[Message], object] = "") -> Message:
    """The visible card of that prompt, or the one that is as wanted."""
    says = (lambda m: wanted in m.text) if isinstance(wanted, str) else wanted
    return await chat.wait_message(channel, lambda m: is_card(m) and says(m))


async def wait_kind(chat: Chat, channel: Channel, kind: str, *, after: Message | None = None) -> Message:
    """The visible message of that kind, later than `after`."""
    least = after.id if after else 0
    return await chat.wait_message(channel, lambda m: m.author.bot and kind_of(m) == kind and m.id > least)


async def cards_settled(chat: Chat, channel: Channel) -> None:
    """Return when no card but those of kept videos has a button, so that the next test sees nothing of this one."""
    settled = ([], [Action.POST_IT])
    await chat.wait_for(
        lambda: all(actions(one) in settled for one in channel.messages if is_card(one)),
        what=f"no card in #{channel.name}",
    )


async def reached(gate: Gate) -> None:
    """Return when a request waits at that gate of the Videos API."""
    await asyncio.wait_for(gate.reached.wait(), 20)


async def time_passes_until(stage: Stage, predicate: Callable[[], T | None], *, step_seconds: float = 1.0) -> T:
    """Let time pass, a step at a time, until that is so; fails after 20 real seconds."""
    async with asyncio.timeout(20):
        while not (found := predicate()):
            stage.jump(step_seconds)
            await asyncio.sleep(0.05)
    return found


def outside_code(message: Message) -> str:
    """What Discord would render as markup: everything but the code spans. Fails when a span is left open."""
    text = message.text
    assert text.count("`") % 2 == 0, text
    return _CODE.sub("", text)
