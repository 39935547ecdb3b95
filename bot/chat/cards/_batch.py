"""The one card of a batch: a line and a button for each job. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from bot.chat.cards._button import Button
from bot.chat.cards._lines import job_button, lines, origin_line, settings_line, stopping_action
from bot.chat.cards._message import BLURPLE, GREY, Embed, Message
from bot.chat.custom_ids import Action, MessageKind
from bot.chat.escape import quote
from bot.chat.views import JobView
from bot.chat.words import Key, Reader, say, status
from bot.jobs.model import PRIVATE_CAUSES
from bot.jobs.rights import may_post
from bot.jobs.states import ENDS, State

# Ten such lines with their links fit into an embed.
_PROMPT_CHARACTERS = 80


def batch(views: Sequence[JobView], reader: Reader, number: int = 1) -> Message:
    """What became of each job, with a link to its newest message, and the buttons that stop one or all.

    While a job may be stopped there is a button with the id of the first: by it the card is recognised in its channel.
    """
    first = views[0].job
    done = sum(view.job.state is State.DELIVERED for view in views)
    stoppable = any(stopping_action(view.job, can_stop=view.can_stop) for view in views)
    buttons = [_button(line, view, reader, number) for line, view in enumerate(views, start=1)]
    stop_all = job_button(first, MessageKind.BATCH, Action.CANCEL_ALL, number, reader)
    paused = any(view.paused and view.job.state is State.ACCEPTED for view in views)
    return Message(
        embed=Embed(
            title=say(Key.BATCH_TITLE, reader, done=done, count=len(views)),
            description=lines(
                *(_line(line, view, reader) for line, view in enumerate(views, start=1)),
                settings_line(first, reader),
                origin_line(first, None, reader),
                say(Key.PAUSED_REMARK, reader) if paused else None,
            ),
            colour=BLURPLE if stoppable else GREY,
        ),
        buttons=(*(button for button in buttons if button), *((stop_all,) if stoppable else ())),
    )


def _line(line: int, view: JobView, reader: Reader) -> str:
    job, prompt = view.job, quote(view.job.request.prompt, _PROMPT_CHARACTERS)
    if job.state in ENDS and job.cause in PRIVATE_CAUSES:
        # Neither the prompt nor the reason: **Why?** shows them privately.
        named, linked = Key.BATCH_LINE_PRIVATE, Key.BATCH_LINE_PRIVATE_LINKED
        return say(linked if view.link else named, reader, line=line, state=say(Key.FAILED, reader), link=view.link)
    waits = view.paused and job.state is State.ACCEPTED
    state = say(Key.WAITING_PAUSED, reader) if waits else status(job, view.now, reader)
    if job.state is State.RENDERING and job.progress:
        state = say(Key.BATCH_PROGRESS, reader, state=state, percent=min(100, job.progress))
    if view.link is None:
        return say(Key.BATCH_LINE, reader, line=line, prompt=prompt, state=state)
    return say(Key.BATCH_LINE_LINKED, reader, line=line, prompt=prompt, state=state, link=view.link)


def _button(line: int, view: JobView, reader: Reader, number: int) -> Button | None:
    """The button of that line; its label ends with the line's number."""
    job = view.job
    stop = stopping_action(job, can_stop=view.can_stop)
    action = Action.POST_IT if job.withheld and view.kept and may_post(job) else stop
    if action is None:
        return None
    button = job_button(job, MessageKind.BATCH, action, number, reader)
    return replace(button, label=f"{button.label} {line}")
