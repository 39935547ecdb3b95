"""Every sentence that people read, by key and reader.

Foreign text enters sentences through gaps only, which make it harmless (`_filling`).
"""

from collections.abc import Mapping
from typing import NamedTuple

from bot.chat.words._keys import Key, Label
from bot.chat.words._language import ENGLISH, LANGUAGES, Language, Sentence, read_language, read_languages
from bot.chat.words._readers import Reader, Readers
from bot.chat.words._status_keys import charged_key, ending_of, remark_key, status_key
from bot.jobs.alerts import GONE, AlertKind
from bot.jobs.charging import uses_daily_limit
from bot.jobs.drill import DrillProblem, DrillStep
from bot.jobs.model import Job
from bot.jobs.reasons import Refusal
from bot.jobs.states import State

__all__ = [
    "ENGLISH",
    "LANGUAGES",
    "Explained",
    "Key",
    "Label",
    "Language",
    "Reader",
    "Readers",
    "Sentence",
    "alert",
    "alert_sentence",
    "all_clear",
    "cause",
    "charge",
    "drill_name",
    "drill_problem",
    "drill_works",
    "label",
    "read_language",
    "read_languages",
    "refusal",
    "remark",
    "say",
    "status",
]

_NOTHING: Mapping[str, object] = {}


class Explained(NamedTuple):
    """Why a job ended: the cause in one sentence, and the one next step."""

    cause: str
    next_step: str


def say(key: Key, reader: Reader, **named: object) -> str:
    """The sentence in the reader's language; `named` fills its gaps."""
    return reader.read(f"sentences.{key}", named)


def label(button: Label, reader: Reader) -> str:
    """The text of the button."""
    return reader.read(f"labels.{button}", _NOTHING)


def refusal(refusal: Refusal, reader: Reader) -> str:
    """The refusal and its next step, and the models that take what was refused: a short text for a private response."""
    said = reader.read(f"refusals.{refusal.reason.name.lower()}", refusal.named)
    return f"{said} {say(Key.OTHER_MODELS, reader, **refusal.named)}" if "models" in refusal.named else said


def status(job: Job, now: float, reader: Reader) -> str:
    """The state of the job in a few words, as for a title."""
    return say(status_key(job, now), reader)


def remark(job: Job, now: float, reader: Reader, *, kept: bool = True) -> str | None:
    """A further fact about the job in that state; None if there is none. `kept`: an ended job's files are kept."""
    if job.state is State.STOPPED:
        return charge(job, reader)
    key = remark_key(job, now) if kept else None
    return None if key is None else say(key, reader, when=job.not_before)


def charge(job: Job, reader: Reader) -> str:
    """Whether the job was charged, and whether it uses up its requester's daily limit, if there is one."""
    charged = say(charged_key(job), reader)
    if not reader.has_daily_limit:
        return charged
    return f"{charged} {say(Key.COUNTED if uses_daily_limit(job) else Key.NOT_COUNTED, reader)}"


def cause(job: Job, reader: Reader) -> Explained:
    """Why the ended job's video was not posted. It names the provider's reason in our words, never in its own."""
    ending = f"endings.{ending_of(job)}"
    return Explained(reader.read(f"{ending}.cause", _NOTHING), reader.read(f"{ending}.next_step", _NOTHING))


def alert(kind: AlertKind, reader: Reader, named: Mapping[str, object]) -> str:
    """An alert to the owners: what happened, where, and what to do."""
    todo = say(Key.ALERT_TODO, reader, todo=reader.read(f"alerts.{kind}.todo", named))
    return "\n".join((alert_sentence(kind, reader, named), *_where(reader, named), todo))


def alert_sentence(kind: AlertKind, reader: Reader, named: Mapping[str, object]) -> str:
    """What happened, in a sentence or two."""
    return reader.read(f"alerts.{kind}.what", named)


def all_clear(kind: AlertKind, reader: Reader, lasted_seconds: float, named: Mapping[str, object]) -> str:
    """That the cause of an alert is gone, or what it was about; where, and how long it lasted."""
    is_gone = GONE in named
    why = say(Key.ALERT_GONE, reader) if is_gone else reader.read(f"alerts.{kind}.over", named)
    over = say(Key.ALERT_OVER, reader, over=why, lasted=lasted_seconds)
    return "\n".join((over, *_where(reader, named)))


def _where(reader: Reader, named: Mapping[str, object]) -> list[str]:
    """The provider, model and machine that an alert is about, as far as it is about one."""
    lines = {"provider": Key.PROVIDER, "model": Key.ALERT_MODEL, "machine": Key.ALERT_MACHINE}
    return [say(key, reader, **{name: named[name]}) for name, key in lines.items() if name in named]


def drill_name(step: DrillStep, reader: Reader) -> str:
    """The step of a drill in a word or two."""
    return reader.read(f"drill.{step}.name", _NOTHING)


def drill_works(step: DrillStep, reader: Reader, named: Mapping[str, object]) -> str:
    """That the step of a drill has worked."""
    return reader.read(f"drill.{step}.works", named)


def drill_problem(problem: DrillProblem, reader: Reader, named: Mapping[str, object]) -> str:
    """Why the step of a drill has not worked, and what to do."""
    return reader.read(f"drill_problems.{problem}", named)
