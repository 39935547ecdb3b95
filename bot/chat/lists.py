"""The private response of /status, a person's videos, and the names for autocomplete. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from bot.chat.cards import (
    GREY,
    Button,
    Embed,
    Message,
    job_button,
    lines,
    progress_line,
    prompt_file,
    prompt_line,
    settings_line,
    stopping_action,
)
from bot.chat.custom_ids import Action, MessageKind
from bot.chat.escape import clip, discord_length, plain, quote
from bot.chat.views import JobView
from bot.chat.words import Key, Reader, cause, charge, remark, say, status
from bot.jobs.model import Job
from bot.jobs.rights import may_post
from bot.jobs.states import ENDS
from bot.jobs.store.finding import Suggestion

JOBS_SHOWN = 10

_SNIPPET_CHARACTERS = 80
_CHOICE_MAX = 100
_CHOICE_PROMPT_CHARACTERS = 45
_DESCRIPTION_MAX = 4096


def running_and_latest(views: Sequence[JobView], reader: Reader) -> Message:
    """A person's jobs in the order given, at most `JOBS_SHOWN`, with their actions."""
    if not views:
        return Message(content=say(Key.LIST_EMPTY, reader))
    shown = views[:JOBS_SHOWN]
    blocks = [_entry(view, reader) for view in shown]
    description = "\n\n".join(blocks)
    while discord_length(description) > _DESCRIPTION_MAX:
        blocks.pop()
        description = "\n\n".join(blocks)
    buttons = tuple(button for view in shown[: len(blocks)] if (button := _labelled_button(view.job, reader)))
    return Message(embed=Embed(title=say(Key.LIST_TITLE, reader), description=description), buttons=buttons)


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


def _entry(view: JobView, reader: Reader) -> str:
    job = view.job
    return lines(
        say(Key.LIST_LINE, reader, status=status(job, view.now, reader), video=job.id, when=job.accepted_at),
        quote(job.request.prompt, _SNIPPET_CHARACTERS),
        progress_line(job, reader),
        remark(job, view.now, reader),
        say(Key.LIST_LINK, reader, link=view.link) if view.link else None,
    )


def _action(job: Job) -> Action | None:
    return Action.POST_IT if may_post(job) else stopping_action(job)


def _labelled_button(job: Job, reader: Reader) -> Button | None:
    action = _action(job)
    if action is None:
        return None
    button = job_button(job, MessageKind.LIST, action, 1, reader)
    return replace(button, label=say(Key.LABEL_WITH_ID, reader, label=button.label, video=job.id))
