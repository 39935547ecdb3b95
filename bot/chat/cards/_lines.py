"""The lines that several messages share: a job's prompt, settings, origin and progress."""

from bot.chat.cards._button import Button, Style
from bot.chat.choices import option_texts
from bot.chat.custom_ids import Action, ButtonId, MessageKind
from bot.chat.escape import PROMPT_SHOWN_CHARACTERS, discord_length, quote
from bot.chat.views import PLACES_COUNTED
from bot.chat.words import Key, Label, Reader, label, say
from bot.jobs.model import PRIVATE_CAUSES, Cause, Job
from bot.jobs.settings_made import made_as
from bot.jobs.states import ENDS, STOPPABLE, State

PROMPT_WHOLE_CHARACTERS = 1500

_BAR_CELLS = 12
_SETTING_CHARACTERS = 60
_HARDLY_SECONDS = 0.1
_BY_EDITING = frozenset({Cause.SIZE, Cause.LENGTH, Cause.SOURCE_GONE, Cause.UNSUPPORTED})
_LABELS: dict[Action, tuple[Label, Style]] = {
    Action.CANCEL: (Label.CANCEL, "secondary"),
    Action.CANCEL_ALL: (Label.CANCEL_ALL, "secondary"),
    Action.WITHHOLD: (Label.DONT_POST, "secondary"),
    Action.STOP: (Label.STOP, "secondary"),
    Action.REMIX: (Label.REMIX, "primary"),
    Action.AGAIN: (Label.MAKE_ANOTHER, "secondary"),
    Action.DELETE: (Label.DELETE, "secondary"),
    Action.KEEP: (Label.KEEP_IT, "secondary"),
    Action.RETRY: (Label.RETRY, "primary"),
    Action.EDIT_RETRY: (Label.EDIT_AND_RETRY, "primary"),
    Action.WHY: (Label.WHY, "secondary"),
    Action.EDIT: (Label.EDIT, "primary"),
    Action.MAKE_PUBLIC: (Label.MAKE_PUBLIC, "secondary"),
    Action.SHOW_ALL: (Label.SHOW_ALL, "primary"),
    Action.USE_IMPROVED: (Label.USE_IMPROVED, "primary"),
    Action.USE_MINE: (Label.USE_MINE, "secondary"),
    Action.EDIT_IMPROVED: (Label.EDIT, "secondary"),
    Action.REQUEST_AGAIN: (Label.REQUEST_AGAIN, "primary"),
    Action.DISMISS: (Label.DISMISS, "secondary"),
    Action.POST_IT: (Label.POST_IT, "primary"),
    Action.OPEN_FORM: (Label.DESCRIBE_CHANGE, "primary"),
    Action.MAKE_IT: (Label.REMIX_THIS, "primary"),
    Action.NO_THANKS: (Label.NO_THANKS, "secondary"),
    Action.DETAILS: (Label.DETAILS, "secondary"),
    Action.THREAD: (Label.OPEN_THREAD, "secondary"),
    Action.EDIT_AGAIN: (Label.EDIT_AND_MAKE_ANOTHER, "secondary"),
}


def prompt_line(job: Job, whole: int = PROMPT_WHOLE_CHARACTERS) -> str:
    """The prompt, or its beginning if more than `whole` characters of it would be shown."""
    fits = prompt_file(job.request.prompt, whole) is None
    return quote(job.request.prompt, whole if fits else PROMPT_SHOWN_CHARACTERS)


def prompt_file(prompt: str, whole: int = PROMPT_WHOLE_CHARACTERS) -> str | None:
    """The prompt as the text of a file, if it is too long to be shown whole."""
    # A few more than fit, so that the cut shows; without the two back-ticks.
    return prompt if discord_length(quote(prompt, whole + 4)) - 2 > whole else None


def settings_line(job: Job, reader: Reader, option_characters: int = _SETTING_CHARACTERS) -> str:
    """Model, size, length, number of pictures, further options, and whether it is private.

    What the provider chose is what it reported or the file has, and called default before. Of each option at most so
    many characters are shown.
    """
    request, made = job.request, made_as(job.reported)
    model = request.model or made.model
    size = request.size or made.size or made.size_in_words
    seconds = request.seconds or made.seconds
    parts = [
        say(Key.DEFAULT_MODEL, reader) if model is None else quote(reader.model_label(model), _SETTING_CHARACTERS),
        say(Key.DEFAULT_SIZE, reader) if size is None else quote(size, _SETTING_CHARACTERS),
        say(Key.DEFAULT_LENGTH, reader) if seconds is None else length_text(seconds, reader),
    ]
    count = len(request.references)
    if count and request.frames is not None:
        parts.append(say(Key.FRAMES_PAIR if request.frames == "pair" else Key.FRAMES_LOOP, reader))
    elif count:
        parts.append(say(Key.PICTURES, reader, count=count))
    if drawn := sum(picture.of_video for picture in request.references):
        parts.append(say(Key.FRAMES_OF_VIDEOS, reader, count=drawn))
    parts += [quote(text, option_characters) for text in option_texts(request, reader)]
    if request.private:
        parts.append(say(Key.PRIVATE, reader))
    return " · ".join(parts)


def length_text(seconds: str | float, reader: Reader) -> str:
    """A length as it was requested, or in seconds as it was made."""
    if not isinstance(seconds, str):
        # A file of 4.04 s is one of 4 s.
        whole = round(seconds)
        is_whole = whole > 0 and abs(seconds - whole) < _HARDLY_SECONDS
        return say(Key.LENGTH_SECONDS, reader, seconds=whole if is_whole else max(0.1, round(seconds, 1)))
    digits_only = seconds.isascii() and seconds.isdecimal()
    return say(Key.LENGTH_SECONDS, reader, seconds=int(seconds) if digits_only else seconds)


def origin_line(job: Job, parent_link: str | None, reader: Reader) -> str:
    """Who requested it and how long ago, and which video it is a remix of.

    In an embed, so the name pings no one.
    """
    asked = say(Key.ASKED_BY, reader, user=job.origin.user_id, when=job.accepted_at)
    parent = parent_line(job, parent_link, reader)
    return f"{asked} · {parent}" if parent else asked


def parent_line(job: Job, parent_link: str | None, reader: Reader) -> str | None:
    """Which video it is a remix of, or begins with the last frame of; with a link if there is one. None if neither."""
    parent = job.request.parent_id
    if parent is None:
        return None
    named, linked = Key.REMIX_OF, Key.REMIX_OF_LINKED
    if job.fallback is not None:
        named, linked = Key.FALLBACK_OF, Key.FALLBACK_OF_LINKED
    if parent_link is None:
        return say(named, reader, video=parent)
    return say(linked, reader, video=parent, link=parent_link)


def progress_line(job: Job, reader: Reader) -> str | None:
    """While the job renders: a bar, if the provider has reported progress, else since when and how long is usual.

    Never a made-up bar: 0 % is what many providers report all the time. None where nothing is known.
    """
    if job.state is not State.RENDERING:
        return None
    percent = min(100, job.progress or 0)
    if percent <= 0:
        if job.usual is None or job.submitted_at is None:
            return None
        low, high = job.usual
        return say(Key.USUALLY, reader, when=job.submitted_at, low=low, high=high)
    full = percent * _BAR_CELLS // 100
    return say(Key.PROGRESS, reader, bar="▰" * full + "▱" * (_BAR_CELLS - full), percent=percent)


def place_line(position: int | None, reader: Reader) -> str | None:
    """The job's place in the queue; far back only how many are ahead at least. None if it isn't in it."""
    if position is None:
        return None
    if position > PLACES_COUNTED:
        return say(Key.PLACE_FAR_BACK, reader, count=PLACES_COUNTED)
    return say(Key.PLACE_IN_QUEUE, reader, position=position)


def lines(*parts: str | None) -> str:
    """The lines that aren't empty, one below the other."""
    return "\n".join(part for part in parts if part)


def stopping_action(job: Job, *, can_stop: bool) -> Action | None:
    """The action of the button that stops the job now: Cancel before it is sent, then *Stop* or *Don't post*, once.

    `can_stop`: its provider stops a render that is running. It is asked for that once.
    """
    if job.state is State.ACCEPTED:
        return Action.CANCEL
    if job.state in ENDS or job.withheld:
        return None
    return Action.STOP if can_stop and job.state in STOPPABLE and job.stop_sent_at is None else Action.WITHHOLD


def retry_actions(job: Job) -> tuple[Action, ...]:
    """The buttons under the notice of a failed job, the most helpful first."""
    if job.cause in PRIVATE_CAUSES:
        return (Action.EDIT_RETRY, Action.WHY)
    if job.cause is Cause.MODEL or (job.cause is Cause.KEY and job.state is State.REFUSED):
        # The same request would be refused again.
        return (Action.EDIT_RETRY,)
    if job.cause in _BY_EDITING:
        return (Action.EDIT_RETRY, Action.RETRY)
    return (Action.RETRY, Action.EDIT_RETRY) if job.cause is Cause.PROVIDER else (Action.RETRY,)


def job_button(job: Job, kind: MessageKind, action: Action, number: int, reader: Reader) -> Button:
    """That button of a message about the job."""
    name, style = _LABELS[action]
    return Button(ButtonId(kind, action, job.id, number), label(name, reader), style)


def drill_button(code: str, action: Action, reader: Reader) -> Button:
    """That button of a drill's message, as a video has it."""
    name, style = _LABELS[action]
    return Button(ButtonId(MessageKind.DRILL, action, code), label(name, reader), style)


def offer_button(offer_id: str, action: Action, reader: Reader) -> Button:
    """That button of an offer."""
    name, style = _LABELS[action]
    return Button(ButtonId(MessageKind.OFFER, action, offer_id), label(name, reader), style)


def draft_button(draft_id: str, action: Action, reader: Reader) -> Button:
    """That button of a draft; it opens the draft's form."""
    name, style = _LABELS[action]
    return Button(ButtonId(MessageKind.DRAFT, action, draft_id), label(name, reader), style)
