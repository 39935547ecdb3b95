"""The private responses of /status: a person's videos, or one of them, and the names for autocomplete. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.chat.cards import (
    GREY,
    Button,
    Embed,
    Message,
    job_button,
    lines,
    origin_line,
    progress_line,
    prompt_file,
    prompt_line,
    retry_actions,
    settings_line,
    stopping_action,
)
from bot.chat.custom_ids import Action, MessageKind
from bot.chat.escape import clip, discord_length, plain, quote
from bot.chat.words import Key, Reader, cause, charge, remark, say, status
from bot.jobs.model import Job, JobId
from bot.jobs.rights import may_post, may_retry
from bot.jobs.states import ENDS, State
from bot.jobs.store.finding import Suggestion

JOBS_SHOWN = 10

_SNIPPET_CHARACTERS = 80
_CHOICE_MAX = 100
_CHOICE_PROMPT_CHARACTERS = 45
_DESCRIPTION_MAX = 4096


@dataclass(frozen=True, slots=True)
class JobFacts:
    """The facts about one job besides itself: place in the queue from 1, links to its message and to its parent's."""

    now: float
    queue_position: int | None = None
    link: str | None = None
    parent_link: str | None = None


def running_and_latest(jobs: Sequence[Job], now: float, reader: Reader, links: Mapping[JobId, str]) -> Message:
    """A person's jobs in the order given, at most `JOBS_SHOWN`, with their actions.

    `links` leads to the video, or else the card or notice, of those jobs that have one.
    """
    if not jobs:
        return Message(content=say(Key.LIST_EMPTY, reader))
    shown = jobs[:JOBS_SHOWN]
    blocks = [_entry(job, now, reader, links.get(job.id)) for job in shown]
    description = "\n\n".join(blocks)
    while discord_length(description) > _DESCRIPTION_MAX:
        blocks.pop()
        description = "\n\n".join(blocks)
    buttons = tuple(button for job in shown[: len(blocks)] if (button := _labelled_button(job, reader)))
    return Message(embed=Embed(title=say(Key.LIST_TITLE, reader), description=description), buttons=buttons)


def one(job: Job, facts: JobFacts, reader: Reader) -> Message:
    """All facts about one job."""
    waits = job.state is State.ACCEPTED and job.waiting_for is None and facts.queue_position is not None
    explained = cause(job, reader) if may_retry(job) or job.state is State.UNDELIVERABLE else None
    why = " ".join((explained.cause, charge(job, reader), explained.next_step)) if explained else None
    times: list[str] = []
    if job.submitted_at is not None:
        times.append(say(Key.SENT_WHEN, reader, when=job.submitted_at))
    if job.ended_at is not None:
        times.append(say(Key.ENDED_WHEN, reader, when=job.ended_at))
    description = lines(
        prompt_line(job),
        settings_line(job, reader),
        origin_line(job, facts.parent_link, reader),
        " · ".join(times),
        progress_line(job, reader),
        say(Key.PLACE_IN_QUEUE, reader, position=facts.queue_position) if waits else None,
        remark(job, facts.now, reader),
        why,
        say(Key.LIST_LINK, reader, link=facts.link) if facts.link else None,
    )
    embed = Embed(
        title=status(job, facts.now, reader),
        description=description,
        footer=say(Key.SHORT_ID, reader, video=job.id),
    )
    action = _action(job)
    actions = retry_actions(job) if may_retry(job) else (action,) if action else ()
    return Message(
        embed=replace(embed, colour=GREY) if job.state in ENDS else embed,
        # The reason is shown right here.
        buttons=tuple(job_button(job, MessageKind.LIST, one, 1, reader) for one in actions if one is not Action.WHY),
        text_file=prompt_file(job.request.prompt),
    )


def veiled(job: Job, now: float, reader: Reader) -> Message:
    """A job of a channel that the reader can't see: who, when, with which model, the charge and the end, no more."""
    model = say(Key.DEFAULT_MODEL, reader) if job.request.model is None else quote(job.request.model)
    ended = say(Key.ENDED_WHEN, reader, when=job.ended_at) if job.ended_at is not None else None
    description = lines(
        model, origin_line(replace(job, request=replace(job.request, parent_id=None)), None, reader), ended,
        charge(job, reader) if job.state in ENDS else None,
    )  # fmt: skip
    footer = say(Key.SHORT_ID, reader, video=job.id)
    return Message(embed=Embed(title=status(job, now, reader), description=description, footer=footer, colour=GREY))


def why(job: Job, reader: Reader) -> Message:
    """Why the job's video wasn't made: the part that its notice doesn't show in public."""
    embed = Embed(
        title=status(job, job.ended_at or 0.0, reader),
        description=lines(prompt_line(job), settings_line(job, reader)),
        footer=say(Key.SHORT_ID, reader, video=job.id),
        colour=GREY,
    )
    if job.state not in ENDS:
        return Message(content=status(job, job.accepted_at, reader), embed=embed)
    explained = cause(job, reader)
    content = " ".join((explained.cause, charge(job, reader), explained.next_step))
    return Message(content=content, embed=embed, text_file=prompt_file(job.request.prompt))


def choice_name(job: Suggestion, now: float, reader: Reader) -> str:
    """The job's name among the choices of an option: at most 100 characters, without markup."""
    prompt = plain(job.prompt, _CHOICE_PROMPT_CHARACTERS)
    age_seconds = max(0.0, now - job.accepted_at)
    name = say(Key.CHOICE, reader, prompt=prompt, age=age_seconds)
    last = f" · {job.id}"
    return clip(name, _CHOICE_MAX - len(last)) + last


def _entry(job: Job, now: float, reader: Reader, link: str | None) -> str:
    return lines(
        say(Key.LIST_LINE, reader, status=status(job, now, reader), video=job.id, when=job.accepted_at),
        quote(job.request.prompt, _SNIPPET_CHARACTERS),
        progress_line(job, reader),
        remark(job, now, reader),
        say(Key.LIST_LINK, reader, link=link) if link else None,
    )


def _action(job: Job) -> Action | None:
    return Action.SEND_AGAIN if may_post(job) else stopping_action(job)


def _labelled_button(job: Job, reader: Reader) -> Button | None:
    action = _action(job)
    if action is None:
        return None
    button = job_button(job, MessageKind.LIST, action, 1, reader)
    return replace(button, label=say(Key.LABEL_WITH_ID, reader, label=button.label, video=job.id))
