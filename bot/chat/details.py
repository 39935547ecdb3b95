"""The private response of **Details** and of `/status` for one video: all that the reader may know of it. Pure."""

from dataclasses import replace

from bot.chat.attempts import attempt_lines
from bot.chat.cards import (
    GREY,
    Block,
    Button,
    Layout,
    Message,
    Picture,
    job_button,
    length_text,
    lines,
    origin_line,
    place_line,
    progress_line,
    prompt_file,
    prompt_line,
    retry_actions,
    settings_line,
    stopping_action,
)
from bot.chat.custom_ids import Action, MessageKind
from bot.chat.escape import plain, quote
from bot.chat.money import amount, price_text
from bot.chat.views import DetailsView, Family, JobView, Relative
from bot.chat.words import Key, Reader, cause, charge, remark, say, status
from bot.jobs.model import Job
from bot.jobs.rights import may_post, may_retry
from bot.jobs.settings_made import VideoSettings, made_as, split_measured
from bot.jobs.states import ENDS, State

_REMOTE_ID_CHARACTERS = 300
_REPORTED_CHARACTERS = 80
# Of each option at least so much, and of a few as much as of many together.
_OPTION_CHARACTERS, _OPTIONS_CHARACTERS = 60, 1_000
_SNIPPET_CHARACTERS = 60
_ALT_CHARACTERS = 200
# Of two prompts no more is shown than of one.
_EACH_OF_TWO_CHARACTERS = 700


def details(shown: DetailsView, reader: Reader) -> Message:
    """All facts about one job that the reader may see."""
    view = shown.view
    if view.veiled:
        return Message(layout=Layout((Block(veiled_text(view, reader)),), colour=GREY))
    job = view.job
    blocks = [
        Block(_state(shown, reader), first_frame(view), actions_of(view, reader)),
        Block(_making(shown, reader)),
        Block(_family(shown.family, reader)),
        Block(_ids(job, reader)),
    ]
    return Message(
        layout=Layout(tuple(one for one in blocks if one.text), colour=GREY if job.state in ENDS else None),
        text_file=_text_file(shown),
    )


def veiled_text(view: JobView, reader: Reader) -> str:
    """A job of a channel that the reader can't see: who, when, with which model, the cost and the end, no more."""
    job = view.job
    name = job.request.model
    model = say(Key.DEFAULT_MODEL, reader) if name is None else quote(reader.model_label(name))
    unrelated = replace(job, request=replace(job.request, parent_id=None))
    return lines(
        say(Key.LIST_LINE, reader, status=status(job, view.now, reader), video=job.id, when=job.accepted_at),
        model,
        origin_line(unrelated, None, reader),
        None if job.ended_at is None else say(Key.ENDED_WHEN, reader, when=job.ended_at),
        _price(job, reader),
        charge(job, reader) if job.state in ENDS else None,
    )


def first_frame(view: JobView) -> Picture | None:
    """The first frame of the video, with its prompt as the description."""
    if view.first_frame is None:
        return None
    alt = plain(view.job.request.prompt, _ALT_CHARACTERS)
    return Picture(f"frame-{view.job.id}.jpg", view.first_frame, alt)


def actions_of(view: JobView, reader: Reader) -> tuple[Button, ...]:
    """The buttons for what the reader may do about the job now."""
    job = view.job
    actions: tuple[Action, ...] = ()
    if view.owned and may_retry(job):
        # The reason is shown beside them.
        actions = tuple(one for one in retry_actions(job) if one is not Action.WHY)
    elif view.controlled and view.kept and may_post(job):
        actions = (Action.POST_IT,)
    elif view.controlled and (stop := stopping_action(job, can_stop=view.can_stop)):
        actions = (stop,)
    elif view.can_repeat:
        actions = (Action.EDIT_AGAIN,)
    return tuple(job_button(job, MessageKind.LIST, action, 1, reader) for action in actions)


def why_line(job: Job, reader: Reader) -> str | None:
    """Why the job's video was not posted, the charge and the next step; None if there is nothing to explain."""
    if not may_retry(job) and job.state is not State.UNDELIVERABLE:
        return None
    explained = cause(job, reader)
    return " ".join((explained.cause, charge(job, reader), explained.next_step))


def _state(shown: DetailsView, reader: Reader) -> str:
    view = shown.view
    job, sent = view.job, _as_sent(shown)
    waits = job.state is State.ACCEPTED and job.waiting_for is None
    return lines(
        f"**{status(job, view.now, reader)}**",
        prompt_line(job) if sent is None else prompt_line(job, _EACH_OF_TWO_CHARACTERS),
        None if sent is None else say(Key.PROMPT_SENT, reader, prompt=prompt_line(sent, _EACH_OF_TWO_CHARACTERS)),
        progress_line(job, reader),
        place_line(view.queue_position, reader) if waits else None,
        remark(job, view.now, reader, kept=view.kept),
        why_line(job, reader),
        say(Key.LIST_LINK, reader, link=view.link) if view.link else None,
    )


def _as_sent(shown: DetailsView) -> Job | None:
    """The job with the prompt that was sent in place of its own; None if its own was sent, or none is shown."""
    job, sent = shown.view.job, shown.sent_prompt
    return None if sent in (None, job.request.prompt) else replace(job, request=replace(job.request, prompt=sent))


def _text_file(shown: DetailsView) -> str | None:
    """The prompt that is too long to be shown; what was sent contains the job's own."""
    sent = _as_sent(shown)
    if sent is None:
        return prompt_file(shown.view.job.request.prompt)
    return prompt_file(sent.request.prompt, _EACH_OF_TWO_CHARACTERS)


def _making(shown: DetailsView, reader: Reader) -> str:
    """What was sent, what came back, from whom, when, for how much."""
    job = shown.view.job
    alone = replace(job, request=replace(job.request, parent_id=None))
    from_provider, in_file = split_measured(job.reported)
    reported = " · ".join(quote(f"{name}: {value}", _REPORTED_CHARACTERS) for name, value in from_provider)
    moments = ((Key.SENT_WHEN, job.submitted_at), (Key.ENDED_WHEN, job.ended_at))
    provider = say(Key.PROVIDER_PRIVATE, reader)
    if shown.provider is not None:
        provider = say(Key.PROVIDER, reader, provider=shown.provider)
    return lines(
        say(Key.SETTINGS_SENT, reader, settings=_requested(job, reader)),
        say(Key.SETTINGS_REPORTED, reader, settings=reported) if reported else None,
        say(Key.SETTINGS_MEASURED, reader, settings=_measured(in_file, reader)) if in_file else None,
        provider if job.submitted_at is not None else None,
        *attempt_lines(shown.attempts, reader),
        origin_line(alone, None, reader),
        " · ".join(say(key, reader, when=at) for key, at in moments if at is not None),
        _durations(job, reader),
        _price(job, reader),
    )


def _requested(job: Job, reader: Reader) -> str:
    each = max(_OPTION_CHARACTERS, _OPTIONS_CHARACTERS // max(1, len(job.request.options)))
    return settings_line(replace(job, reported=()), reader, each)


def _measured(settings: VideoSettings, reader: Reader) -> str:
    made = made_as(settings)
    size = None if made.size is None else quote(made.size)
    length = None if made.seconds is None else length_text(made.seconds, reader)
    return " · ".join(one for one in (size, length) if one)


def _durations(job: Job, reader: Reader) -> str:
    moments = (job.accepted_at, job.submitted_at, job.completed_at, job.ended_at if _was_posted(job) else None)
    keys = (Key.WAITED, Key.RENDERED, Key.POSTED_AFTER)
    spans = zip(keys, moments, moments[1:], strict=False)
    return " · ".join(
        say(key, reader, seconds=max(0.0, end - begin))
        for key, begin, end in spans
        if begin is not None and end is not None
    )


def _was_posted(job: Job) -> bool:
    # A video that was wanted after all is posted much later.
    return job.state is State.DELIVERED and job.revived_at is None


def _price(job: Job, reader: Reader) -> str | None:
    if job.cost_micros is not None and job.currency is None:
        return say(Key.PRICE, reader, cost=amount(job.cost_micros))
    text = price_text(job, reader)
    return None if text is None else say(Key.PRICE_IN_CURRENCY, reader, cost=text)


def _family(family: Family, reader: Reader) -> str:
    parents = [_relative(Key.FAMILY_PARENT, one, reader) for one in family.parents]
    remixes = [_relative(Key.FAMILY_REMIX, one, reader) for one in family.remixes]
    hidden = [say(Key.FAMILY_HIDDEN, reader)] if family.hidden_parent else []
    more = [say(Key.FAMILY_MORE, reader)] if family.more_remixes else []
    return lines(*parents, *hidden, *remixes, *more)


def _relative(key: Key, relative: Relative, reader: Reader) -> str:
    job = relative.job
    prompt = quote(job.request.prompt, _SNIPPET_CHARACTERS)
    said = say(key, reader, prompt=prompt, user=job.origin.user_id, when=job.accepted_at)
    return f"{said} · {say(Key.LIST_LINK, reader, link=relative.link)}" if relative.link else said


def _ids(job: Job, reader: Reader) -> str:
    """On lines of their own, to be copied."""
    remote = None if job.remote_id is None else quote(job.remote_id, _REMOTE_ID_CHARACTERS)
    return lines(say(Key.VIDEO_ID, reader, video=job.id), say(Key.REMOTE_ID, reader, remote=remote) if remote else None)
