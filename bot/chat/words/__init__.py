"""Every sentence that people read, by what it says and in their language; it must not know where a sentence is shown.

Foreign text goes into sentences through gaps only, which make it harmless (`_filling`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from bot.chat.words import _english, _english_endings
from bot.chat.words._filling import duration_text, fill, size_text
from bot.chat.words._keys import Ending, Key
from bot.chat.words._standing import charged_key, ending_of, remark_key, status_key
from bot.jobs.charging import uses_daily_limit
from bot.jobs.model import Job
from bot.jobs.reasons import Reason, Refusal

__all__ = ["Explained", "Key", "cause", "charge", "duration_text", "refusal", "remark", "say", "size_text", "status"]


@dataclass(frozen=True, slots=True)
class _Language:
    sentences: Mapping[Key, str]
    refusals: Mapping[Reason, str]
    endings: Mapping[Ending, tuple[str, str]]


class Explained(NamedTuple):
    """Why a job ended: the cause in one sentence, and the one next step."""

    cause: str
    next_step: str


def say(key: Key, locale: str, **named: object) -> str:
    """The sentence in the language of that locale (as Discord names it, `en-US`), or in English if there is none.

    `named` fills its gaps. Raises KeyError for a missing name, TypeError for a value that its gap cannot take.
    """
    return fill(_language(locale).sentences[key], named)


def refusal(refusal: Refusal, locale: str) -> str:
    """What is wrong, and what to do: one short text for a private answer."""
    return fill(_language(locale).refusals[refusal.reason], refusal.named)


def status(job: Job, now: float, locale: str) -> str:
    """Where the job stands, in a few words, as for a title."""
    return say(status_key(job, now), locale)


def remark(job: Job, now: float, locale: str) -> str | None:
    """What else a person should know while the job stands there; None if there is nothing."""
    key = remark_key(job, now)
    return None if key is None else say(key, locale, when=job.not_before)


def charge(job: Job, locale: str) -> str:
    """Whether the ended job was charged, and whether it uses up its requester's daily limit."""
    counted = say(Key.COUNTED if uses_daily_limit(job) else Key.NOT_COUNTED, locale)
    return f"{say(charged_key(job), locale)} {counted}"


def cause(job: Job, locale: str) -> Explained:
    """Why the ended job's video was not posted. Names the provider's reason in our words, never in its own."""
    return Explained(*_language(locale).endings[ending_of(job)])


_ENGLISH = _Language(_english.SENTENCES, _english.REFUSALS, _english_endings.ENDINGS)
_LANGUAGES = {"en": _ENGLISH}


def _language(locale: str) -> _Language:
    return _LANGUAGES.get(locale.partition("-")[0].lower(), _ENGLISH)
