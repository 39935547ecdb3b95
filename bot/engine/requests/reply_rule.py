"""The reply rule: which replies are a remix, which are asked about first, and which are only talk. Pure.

INTERFACE: "A reply to a finished video is a remix", and `REPLY_REMIX`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from bot.chat.custom_ids import ButtonId
from bot.chat.talk import count_words, may_be_talk
from bot.jobs.model import MessageId, Place, Upload, UserId
from bot.jobs.reasons import Refusal

Mode = Literal["auto", "on", "ask", "off"]


class Reaction(StrEnum):
    """The result of the rule for a reply."""

    IGNORE = "ignore"
    OFFER_FORM = "offer form"
    ASK = "ask"
    REMIX = "remix"


class Right(StrEnum):
    """Whether the person may use commands where they replied; `UNKNOWN` without Discord's data."""

    GIVEN = "given"
    DENIED = "denied"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Reply:
    """A person's reply. `readable` is False in a server when the ping is off: then no text and no files arrive.

    `text` is the text from Discord, in which words are counted; `prompt` is the same as a person reads it. `uploads`
    are the pictures among its files, `others` the rest, and `long_text` is the file that Discord's client makes of a
    long message. `shown` is a button of the answered message, if Discord sent it: it shows the message's kind.
    `names_bot`: the text itself mentions the bot; then it may answer no message (`to` is None).
    """

    id: MessageId
    to: MessageId | None
    user_id: UserId
    place: Place
    locale: str
    text: str
    prompt: str
    readable: bool = True
    uploads: tuple[Upload, ...] = ()
    others: tuple[Upload, ...] = ()
    long_text: Upload | None = None
    shown: ButtonId | None = None
    names_bot: bool = False
    right: Right = Right.GIVEN
    no_place: Refusal | None = None

    @property
    def files(self) -> tuple[Upload, ...]:
        """The files of a request: the pictures; other files only without any picture."""
        return self.uploads or self.others


def may_lead_on(reply: Reply, mode: Mode) -> bool:
    """Whether the reply can lead to anything, decided from the reply alone."""
    if mode == "off":
        return False
    if not reply.readable or reply.uploads or reply.long_text is not None:
        return True
    return count_words(reply.text) > 0


def decide(reply: Reply, mode: Mode, *, own: bool) -> Reaction:
    """What to do about a reply to a video or notice (`own`: the person's own), so that talk does not cost money."""
    if not may_lead_on(reply, mode):
        return Reaction.IGNORE
    words = count_words(reply.text) if reply.readable else 0
    if not words and reply.readable and not reply.uploads:
        return Reaction.IGNORE
    if not words or reply.right is Right.UNKNOWN:
        # If the right is unknown, the press of the form's button proves it.
        return Reaction.OFFER_FORM
    if mode == "ask" or (mode == "auto" and not own) or may_be_talk(reply.text, pictures=bool(reply.uploads)):
        return Reaction.ASK
    return Reaction.REMIX
