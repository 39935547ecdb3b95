"""Requests that aren't accepted yet, and the short-lived messages that ask about them. Frozen."""

import uuid
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.jobs.model import JobId, MessageId, Place, Upload, UserId, VideoRequest


def new_draft_id() -> str:
    """A fresh id of a draft; it fits a custom id."""
    return uuid.uuid4().hex[:16]


@dataclass(frozen=True, slots=True)
class Draft:
    """A request that isn't accepted yet: its data before a form or a question is answered.

    Attachments are kept by their addresses and fetched when the draft becomes a job; `request.references` holds
    pictures that are in the data folder already. `retry_of` is the job that an edited retry repeats; `pictures_dropped`
    means that its pictures were refused or are gone. `improve`: a better version of its prompt is wanted first;
    `improved` is that version. `is_batch`: each line of its prompt becomes a job.
    """

    id: str
    user_id: UserId
    place: Place
    request: VideoRequest
    reply_to: MessageId | None
    created_at: float
    uploads: tuple[Upload, ...] = ()
    retry_of: JobId | None = None
    pictures_dropped: bool = False
    improve: bool = False
    improved: str | None = None
    is_batch: bool = False


def with_improved(draft: Draft) -> Draft:
    """The draft with the better version of its prompt as the prompt; without one, as it is."""
    return draft if draft.improved is None else replace(draft, request=replace(draft.request, prompt=draft.improved))


class OfferKind(StrEnum):
    """The message under a reply: a button that opens the form, or a question whether to make a video."""

    FORM = "form"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Offer:
    """A short-lived message under a reply; `id` is the id of the reply, so that each reply gets at most one."""

    id: MessageId
    user_id: UserId
    video_id: JobId
    place: Place
    draft_id: str
    kind: OfferKind
    delete_at: float
    locale: str = "en"
    message_id: MessageId | None = None
    shown_at: float | None = None

    @property
    def nonce(self) -> str:
        """The nonce by which Discord deduplicates a retry (at most 25 characters: a snowflake has up to 19 digits)."""
        return f"offer-{self.id}"
