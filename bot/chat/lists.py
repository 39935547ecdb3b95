"""The private lists of `/status` and `/history`, the answer to **Why?**, and the names for autocomplete. Pure.

Five entries a page, with at most three buttons each: with frame, limits and the buttons of the pages 40 components.
"""

from bot.chat.cards import (
    GREY,
    Block,
    Button,
    Embed,
    Layout,
    Message,
    PageButton,
    job_button,
    lines,
    progress_line,
    prompt_file,
    prompt_line,
    settings_line,
)
from bot.chat.custom_ids import Action, MessageKind, PageId, PageKind
from bot.chat.details import actions_of, first_frame, veiled_text
from bot.chat.escape import clip, plain, quote
from bot.chat.views import HistoryPage, JobView, StatusPage
from bot.chat.words import Key, Label, Reader, cause, charge, label, remark, say, status
from bot.jobs.allowances import Allowance, LimitKind
from bot.jobs.model import Job
from bot.jobs.states import ENDS
from bot.jobs.store.finding import Suggestion

_SNIPPET_CHARACTERS = 80
_CHOICE_MAX = 100
_CHOICE_PROMPT_CHARACTERS = 45
# The last page that a custom id has room for.
_LAST_PAGE = 9_999
_LEFT = {
    LimitKind.ACTIVE: Key.LEFT_ACTIVE,
    LimitKind.DAILY: Key.LEFT_DAILY,
    LimitKind.SERVER: Key.LEFT_SERVER,
    LimitKind.BOT: Key.LEFT_BOT,
}
_NONE_LEFT = {
    LimitKind.DAILY: Key.NONE_LEFT_DAILY,
    LimitKind.SERVER: Key.NONE_LEFT_SERVER,
    LimitKind.BOT: Key.NONE_LEFT_BOT,
}


def running_and_latest(shown: StatusPage, reader: Reader) -> Message:
    """A page of a person's jobs in the order given, with their actions, and what is left of each limit."""
    title = say(Key.LIST_TITLE if shown.views else _empty(shown.number), reader)
    entries = [Block(_entry(view, reader), None, _buttons(view, reader, most=2)) for view in shown.views]
    left = [_left(one, reader) for one in shown.allowances]
    if shown.rests_until is not None:
        left = [say(Key.LEFT_REST, reader, free_at=shown.rests_until), *left]
    limits = [Block(lines(say(Key.LEFT, reader), *left))] if left else []
    page = PageId(PageKind.STATUS, shown.number)
    refresh = PageButton(page, label(Label.REFRESH, reader))
    turns = _turns(page, reader, more=shown.more)
    return Message(layout=Layout((Block(title), *entries, *limits), (refresh, *turns)))


def history(shown: HistoryPage, reader: Reader) -> Message:
    """A page of videos with their first frames; those of a channel that the reader can't see are veiled."""
    page = shown.page
    title = say(Key.LIST_TITLE, reader)
    if page.member is not None:
        title = say(Key.HISTORY_OF_MEMBER, reader, user=page.member)
    found = None
    if page.search:
        found = say(Key.HISTORY_FOUND if shown.views else Key.HISTORY_NOT_FOUND, reader, search=page.search)
    elif not shown.views:
        found = say(Key.HISTORY_NO_MEMBER if page.member is not None else _empty(page.number), reader)
    entries = [_history_entry(view, reader) for view in shown.views]
    head = lines(title if shown.views or page.member is not None else None, found)
    return Message(layout=Layout((Block(head), *entries), _turns(page, reader, more=shown.more)))


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


def _empty(number: int) -> Key:
    return Key.LIST_EMPTY if number == 1 else Key.LIST_END


def _turns(page: PageId, reader: Reader, *, more: bool) -> tuple[PageButton, ...]:
    """The buttons to the pages before and after this one."""
    numbers = [(Label.NEWER, page.number - 1)] if page.number > 1 else []
    if more and page.number < _LAST_PAGE:
        numbers.append((Label.OLDER, page.number + 1))
    return tuple(
        PageButton(PageId(page.kind, number, page.member, page.search), label(name, reader)) for name, number in numbers
    )


def _entry(view: JobView, reader: Reader) -> str:
    job = view.job
    return lines(
        say(Key.LIST_LINE, reader, status=status(job, view.now, reader), video=job.id, when=job.accepted_at),
        quote(job.request.prompt, _SNIPPET_CHARACTERS),
        progress_line(job, reader),
        remark(job, view.now, reader, kept=view.kept),
        say(Key.LIST_LINK, reader, link=view.link) if view.link else None,
    )


def _history_entry(view: JobView, reader: Reader) -> Block:
    if view.veiled:
        return Block(veiled_text(view, reader))
    job = view.job
    text = lines(
        say(Key.LIST_LINE, reader, status=status(job, view.now, reader), video=job.id, when=job.accepted_at),
        quote(job.request.prompt, _SNIPPET_CHARACTERS),
        settings_line(job, reader),
        say(Key.LIST_LINK, reader, link=view.link) if view.link else None,
    )
    return Block(text, first_frame(view), _buttons(view, reader, most=1))


def _buttons(view: JobView, reader: Reader, *, most: int) -> tuple[Button, ...]:
    """At most so many of what the reader may do about it, and **Details**."""
    details = job_button(view.job, MessageKind.LIST, Action.DETAILS, 1, reader)
    return (*actions_of(view, reader)[:most], details)


def _left(allowance: Allowance, reader: Reader) -> str:
    if allowance.free_at is not None:
        return say(_NONE_LEFT[allowance.kind], reader, limit=allowance.limit, free_at=allowance.free_at)
    return say(_LEFT[allowance.kind], reader, left=allowance.left, limit=allowance.limit)
