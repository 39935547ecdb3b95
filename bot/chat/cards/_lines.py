"""The lines about a job that several messages share: its prompt, its settings, where it comes from, how far it is."""

from bot.chat.cards._message import Button, Style
from bot.chat.custom_ids import Action, ButtonId, Kind
from bot.chat.escape import PROMPT_SHOWN_CHARACTERS, discord_length, quote
from bot.chat.words import Key, say
from bot.jobs.model import PRIVATE_CAUSES, Cause, Job
from bot.jobs.states import ENDS, State

PROMPT_WHOLE_CHARACTERS = 1500

_BAR_CELLS = 12
_SETTING_CHARACTERS = 60
_BY_EDITING = frozenset({Cause.SIZE, Cause.LENGTH, Cause.SOURCE_GONE, Cause.UNSUPPORTED})
_LABELS: dict[Action, tuple[Key, Style]] = {
    Action.CANCEL: (Key.LABEL_CANCEL, "secondary"),
    Action.WITHHOLD: (Key.LABEL_WITHHOLD, "secondary"),
    Action.REMIX: (Key.LABEL_REMIX, "primary"),
    Action.AGAIN: (Key.LABEL_AGAIN, "secondary"),
    Action.DELETE: (Key.LABEL_DELETE, "secondary"),
    Action.KEEP: (Key.LABEL_KEEP, "secondary"),
    Action.RETRY: (Key.LABEL_RETRY, "primary"),
    Action.EDIT_RETRY: (Key.LABEL_EDIT_RETRY, "primary"),
    Action.WHY: (Key.LABEL_WHY, "secondary"),
    Action.EDIT: (Key.LABEL_EDIT, "primary"),
    Action.TRY_AGAIN: (Key.LABEL_TRY_AGAIN, "primary"),
    Action.LEAVE: (Key.LABEL_LEAVE, "secondary"),
    Action.SEND_AGAIN: (Key.LABEL_SEND_AGAIN, "primary"),
    Action.OPEN_FORM: (Key.LABEL_OPEN_FORM, "primary"),
    Action.MAKE_IT: (Key.LABEL_MAKE_IT, "primary"),
    Action.NO_THANKS: (Key.LABEL_NO_THANKS, "secondary"),
}


def prompt_line(job: Job, whole: int = PROMPT_WHOLE_CHARACTERS) -> str:
    """The prompt, or its beginning if more than `whole` characters of it would be shown."""
    fits = prompt_file(job.request.prompt, whole) is None
    return quote(job.request.prompt, whole if fits else PROMPT_SHOWN_CHARACTERS)


def prompt_file(prompt: str, whole: int = PROMPT_WHOLE_CHARACTERS) -> str | None:
    """The prompt as the text of a file, if it is too long to be shown whole."""
    # Some more than fits, so that what is cut is seen; without the two back-ticks.
    return prompt if discord_length(quote(prompt, whole + 4)) - 2 > whole else None


def settings_line(job: Job, locale: str) -> str:
    """Model, size, length and number of pictures; what the provider chooses is called default."""
    request = job.request
    parts = [
        say(Key.DEFAULT_MODEL, locale) if request.model is None else quote(request.model, _SETTING_CHARACTERS),
        say(Key.DEFAULT_SIZE, locale) if request.size is None else quote(request.size, _SETTING_CHARACTERS),
        say(Key.DEFAULT_LENGTH, locale) if request.seconds is None else _length(request.seconds, locale),
    ]
    count = len(request.references)
    if count:
        parts.append(say(Key.ONE_PICTURE if count == 1 else Key.PICTURES, locale, count=count))
    return " · ".join(parts)


def _length(seconds: str, locale: str) -> str:
    digits_only = seconds.isascii() and seconds.isdecimal()
    return say(Key.LENGTH_SECONDS, locale, seconds=int(seconds) if digits_only else seconds)


def origin_line(job: Job, parent_link: str | None, locale: str) -> str:
    """Who requested it and how long ago, and which video it is a remix of. In an embed, so the name pings nobody."""
    asked = say(Key.ASKED_BY, locale, user=job.origin.user_id, when=job.accepted_at)
    parent = parent_line(job, parent_link, locale)
    return f"{asked} · {parent}" if parent else asked


def parent_line(job: Job, parent_link: str | None, locale: str) -> str | None:
    """Which video it is a remix of, with a way there if there is one; None if it is no remix."""
    parent = job.request.parent_id
    if parent is None:
        return None
    if parent_link is None:
        return say(Key.REMIX_OF, locale, video=parent)
    return say(Key.REMIX_OF_LINKED, locale, video=parent, link=parent_link)


def progress_line(job: Job, locale: str) -> str | None:
    """A bar, while the job renders and the provider has said how far it is; otherwise None, never a made-up one."""
    if job.state is not State.RENDERING or job.progress is None:
        return None
    percent = min(100, max(0, job.progress))
    full = percent * _BAR_CELLS // 100
    return say(Key.PROGRESS, locale, bar="▰" * full + "▱" * (_BAR_CELLS - full), percent=percent)


def lines(*parts: str | None) -> str:
    """Those of the lines that say something, one below the other."""
    return "\n".join(part for part in parts if part)


def stopping_action(job: Job) -> Action | None:
    """What the button that stops the job does now: Cancel before it is sent, then *Don't post*, once."""
    if job.state is State.ACCEPTED:
        return Action.CANCEL
    return None if job.state in ENDS or job.withheld else Action.WITHHOLD


def retry_actions(job: Job) -> tuple[Action, ...]:
    """The buttons under the notice of a failed job, the most helpful first."""
    if job.cause in PRIVATE_CAUSES:
        return (Action.EDIT_RETRY, Action.WHY)
    if job.cause is Cause.MODEL or (job.cause is Cause.KEY and job.state is State.REFUSED):
        # The same again would be refused again.
        return (Action.EDIT_RETRY,)
    if job.cause in _BY_EDITING or (job.cause is Cause.KEY and job.state is State.REFUSED):
        return (Action.EDIT_RETRY, Action.RETRY)
    return (Action.RETRY, Action.EDIT_RETRY) if job.cause is Cause.PROVIDER else (Action.RETRY,)


def job_button(job: Job, kind: Kind, action: Action, number: int, locale: str) -> Button:
    """That button of a message about the job."""
    key, style = _LABELS[action]
    return Button(ButtonId(kind, action, job.id, number), say(key, locale), style)


def offer_button(offer_id: str, action: Action, locale: str) -> Button:
    """That button of an offer."""
    key, style = _LABELS[action]
    return Button(ButtonId(Kind.OFFER, action, offer_id), say(key, locale), style)


def edit_button(draft_id: str, locale: str) -> Button:
    """The button that opens the form of a draft."""
    key, style = _LABELS[Action.EDIT]
    return Button(ButtonId(Kind.DRAFT, Action.EDIT, draft_id), say(key, locale), style)
