"""What the courier takes and brings: a message for a channel, and a person's message as it is now."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bot.chat.cards import Message
from bot.chat.naming import Said
from bot.jobs.model import ChannelId, MessageId


class ParcelKind(StrEnum):
    """The kinds of messages that are posted, for the metrics: those of jobs (`PostKind`), and others."""

    CARD = "card"
    BATCH = "batch"
    VIDEO = "video"
    FAILURE = "fail"
    LATE = "late"
    SLOW = "slow"
    UNSURE = "unsure"
    OFFER = "offer"
    ANSWER = "answer"
    ALERT = "alert"
    GREETING = "greeting"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message and its channel; within some minutes a repeated `nonce` returns the message that was posted first."""

    channel_id: ChannelId
    message: Message
    nonce: str
    reply_to: MessageId | None = None
    file: Path | None = None
    file_name: str = "video.mp4"
    kind: ParcelKind = ParcelKind.OTHER


@dataclass(frozen=True, slots=True)
class Seen:
    """A person's message as it is now."""

    said: Said
    edited: bool
