"""The messages of a job in its channel, each from the job as it is. Pure."""

from dataclasses import replace
from urllib.parse import quote as percent_encoded

from bot.chat.cards._delivery import linked_line, ready_line, watch_line
from bot.chat.cards._lines import (
    PROMPT_WHOLE_CHARACTERS,
    job_button,
    lines,
    origin_line,
    parent_line,
    place_line,
    progress_line,
    prompt_file,
    prompt_line,
    retry_actions,
    settings_line,
    stopping_action,
)
from bot.chat.cards._message import AMBER, BLURPLE, GREEN, GREY, RED, Embed, Message
from bot.chat.custom_ids import Action, MessageKind
from bot.chat.escape import PROMPT_SHOWN_CHARACTERS, plain
from bot.chat.money import price_text
from bot.chat.views import DeliveryNote, JobView
from bot.chat.words import Key, Reader, cause, charge, remark, say, status
from bot.jobs.model import Job
from bot.jobs.rights import may_post, may_retry
from bot.jobs.states import State

# Every character that an address may contain (RFC 3986), so that none of them ends the link or starts markup.
_ADDRESS_CHARACTERS = ":/?#[]@!$&'()*+,;=%-._~"
# At the end of a bare address Discord reads these as punctuation of the sentence.
_NOT_AT_THE_END = ".,:;')]"
_CONTENT_LINK_MAX = 1500
_DESCRIBED_MAX = 1024
_RETRIES = frozenset({Action.RETRY, Action.EDIT_RETRY})
AS_IT_IS = DeliveryNote()


def card(view: JobView, reader: Reader, number: int = 1) -> Message:
    """The job's state, with the button that stops it, or undoes that. Pings no one.

    A job that has not ended always has a button: by it the card is recognised in its channel.
    """
    job = view.job
    paused = view.paused and job.state is State.ACCEPTED
    queued = job.state is State.ACCEPTED and job.waiting_for is None and not paused
    stop = stopping_action(job, can_stop=view.can_stop)
    action = Action.POST_IT if job.withheld and view.kept and may_post(job) else stop
    settings = " · ".join(part for part in (settings_line(job, reader), price_text(job, reader)) if part)
    description = lines(
        prompt_line(job),
        settings,
        origin_line(job, view.parent_link, reader),
        progress_line(job, reader),
        place_line(view.queue_position, reader) if queued else None,
        say(Key.PAUSED_REMARK, reader) if paused else remark(job, view.now, reader, kept=view.kept),
    )
    return Message(
        embed=Embed(
            title=say(Key.WAITING_PAUSED, reader) if paused else status(job, view.now, reader),
            description=description,
            footer=say(Key.SHORT_ID, reader, video=job.id),
            colour=GREY if stop is None else BLURPLE,
        ),
        buttons=(job_button(job, MessageKind.CARD, action, number, reader),) if action else (),
        text_file=prompt_file(job.request.prompt),
    )


def video(view: JobView, reader: Reader, number: int = 1, note: DeliveryNote = AS_IT_IS) -> Message:
    """The finished video, which is attached to this message and described by its prompt."""
    message = _finished(view, reader, number, ready_line(view.job, note, reader))
    return replace(message, described=plain(view.job.request.prompt, _DESCRIBED_MAX))


def video_link(view: JobView, reader: Reader, number: int, link: str, note: DeliveryNote) -> Message:
    """The finished video that can't be attached: why, and where to watch it.

    `link` is a public web address of up to about 3,500 characters.
    """
    why, address = linked_line(view.job, note, reader), _address(link)
    if len(address) <= _CONTENT_LINK_MAX:
        return _finished(view, reader, number, lines(why, address))
    return _finished(view, reader, number, why, address)


def failure(
    job: Job,
    reader: Reader,
    number: int = 1,
    *,
    link: str | None = None,
    expires_at: float | None = None,
    used: bool = False,
) -> Message:
    """The failure notice: why the job ended without a posted video, the charge, the next step, its buttons.

    After a refusal for content or input neither prompt, pictures nor reason are shown: **Why?** shows them privately.
    `link` leads to the video until `expires_at`, if it is finished and may be shown. `used`: a retry was made, so its
    buttons are grey.
    """
    user, charged = job.origin.user_id, charge(job, reader)
    actions = (Action.POST_IT,) if may_post(job) else retry_actions(job) if may_retry(job) else ()
    buttons = tuple(
        replace(job_button(job, MessageKind.FAILURE, action, number, reader), disabled=used and action in _RETRIES)
        for action in actions
    )
    if Action.WHY in actions:
        return Message(say(Key.FAILURE_PRIVATE, reader, user=user, charge=charged), buttons=buttons, ping=user)
    why = cause(job, reader)
    content = say(Key.FAILURE, reader, user=user, cause=why.cause, charge=charged, next_step=why.next_step)
    address = None if link is None else _address(link)
    if address is not None and len(address) <= _CONTENT_LINK_MAX:
        content = lines(content, f"{watch_line(expires_at, reader)} {address}")
    return Message(
        content=content,
        embed=_about(job, reader, RED, title=status(job, job.ended_at or 0.0, reader)),
        buttons=buttons,
        ping=user,
        text_file=prompt_file(job.request.prompt),
    )


def late(job: Job, reader: Reader, number: int = 1, *, can_stop: bool = False) -> Message:
    """The notice that the render takes longer than usual and goes on; `can_stop` as in `JobView`."""
    stops = stopping_action(job, can_stop=can_stop) is Action.STOP
    return _notice(job, MessageKind.LATE, Key.LATE, number, reader, Action.STOP if stops else Action.WITHHOLD)


def slow(job: Job, reader: Reader, number: int = 1) -> Message:
    """The notice that the finished video can't be downloaded yet, and that the bot keeps trying."""
    return _notice(job, MessageKind.SLOW, Key.SLOW, number, reader)


def unsure(job: Job, reader: Reader, number: int = 1) -> Message:
    """The notice that the outcome of the paid request is unknown, with two buttons; later, how that ended."""
    open_still = job.state is State.UNCERTAIN and job.answered_at is None
    key = Key.UNSURE if open_still else Key.UNSURE_ANSWERED
    if job.remote_id is not None:
        key = Key.UNSURE_SETTLED
    actions = (Action.REQUEST_AGAIN, Action.DISMISS) if open_still else ()
    return Message(
        content=say(key, reader, user=job.origin.user_id),
        embed=_about(job, reader, AMBER if open_still else GREY),
        buttons=tuple(job_button(job, MessageKind.UNSURE, action, number, reader) for action in actions),
        ping=job.origin.user_id,
        text_file=prompt_file(job.request.prompt),
    )


def _address(link: str) -> str:
    """The address in a form that Discord links as a whole, and nothing else with it."""
    encoded = percent_encoded(link, safe=_ADDRESS_CHARACTERS)
    last = encoded[-1:]
    return f"{encoded[:-1]}%{ord(last):02X}" if last and last in _NOT_AT_THE_END else encoded


def _finished(view: JobView, reader: Reader, number: int, content: str, link: str | None = None) -> Message:
    job, took = view.job, None
    if job.completed_at is not None:
        began_at = job.accepted_at if job.submitted_at is None else job.submitted_at
        took = say(Key.TOOK, reader, seconds=job.completed_at - began_at)
    # With a long link only the beginning of the prompt fits.
    shown = PROMPT_WHOLE_CHARACTERS if link is None else PROMPT_SHOWN_CHARACTERS
    settings = " · ".join(part for part in (settings_line(job, reader), took) if part)
    return Message(
        content=content,
        embed=Embed(
            description=lines(link, prompt_line(job, shown), settings, parent_line(job, view.parent_link, reader)),
            footer=say(Key.REPLY_HINT, reader, video=job.id) if view.can_remix else job.id,
            colour=GREEN,
        ),
        buttons=tuple(
            job_button(job, MessageKind.VIDEO, action, number, reader)
            for action, offered in (
                (Action.REMIX, view.can_remix),
                (Action.AGAIN, True),
                (Action.DETAILS, True),
                (Action.THREAD, view.takes_thread),
                (Action.DELETE, True),
            )
            if offered
        ),
        ping=job.origin.user_id,
        text_file=prompt_file(job.request.prompt, shown),
    )


def _notice(
    job: Job, kind: MessageKind, key: Key, number: int, reader: Reader, action: Action = Action.WITHHOLD
) -> Message:
    return Message(
        content=say(key, reader, user=job.origin.user_id),
        embed=_about(job, reader, AMBER),
        buttons=(job_button(job, kind, action, number, reader),),
        ping=job.origin.user_id,
        text_file=prompt_file(job.request.prompt),
    )


def _about(job: Job, reader: Reader, colour: int, title: str | None = None) -> Embed:
    return Embed(
        title=title,
        description=lines(prompt_line(job), settings_line(job, reader)),
        footer=say(Key.SHORT_ID, reader, video=job.id),
        colour=colour,
    )
