"""The custom ids of buttons, pages and forms, by which a press is routed after any restart. They prove nothing.

Anyone can forge one, so the handler of a press checks the rights and reads the job again.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from bot.jobs.model import JobId, MessageId, PostKind, UserId


class MessageKind(StrEnum):
    """The message that a button belongs to: one of a job's (as in `PostKind`), an offer, or a private response.

    `LIST` is a response to /status, /history or **Details**, `SURE` the question before a deletion. `DRILL` is
    the message of a drill, whose buttons do nothing.
    """

    CARD = "card"
    BATCH = "batch"
    VIDEO = "video"
    FAILURE = "fail"
    LATE = "late"
    SLOW = "slow"
    UNSURE = "unsure"
    OFFER = "offer"
    DRAFT = "draft"
    LIST = "list"
    SURE = "sure"
    DRILL = "drill"


class Action(StrEnum):
    """The action of a button; the values outlive the process, so some are older than the names."""

    CANCEL = "cancel"
    CANCEL_ALL = "cancel_all"
    WITHHOLD = "withhold"
    STOP = "stop"
    REMIX = "remix"
    AGAIN = "again"
    DELETE = "delete"
    RETRY = "retry"
    EDIT_RETRY = "edit_retry"
    WHY = "why"
    EDIT = "edit"
    REQUEST_AGAIN = "try_again"
    DISMISS = "leave"
    POST_IT = "send_again"
    OPEN_FORM = "open_form"
    MAKE_IT = "make_it"
    NO_THANKS = "no_thanks"
    KEEP = "keep"
    MAKE_PUBLIC = "make_public"
    SHOW_ALL = "show_all"
    USE_IMPROVED = "use_improved"
    USE_MINE = "use_mine"
    EDIT_IMPROVED = "edit_improved"
    DETAILS = "details"
    THREAD = "thread"
    EDIT_AGAIN = "edit_again"


_ALLOWED = {
    MessageKind.CARD: (Action.CANCEL, Action.WITHHOLD, Action.STOP, Action.POST_IT),
    MessageKind.BATCH: (Action.CANCEL, Action.WITHHOLD, Action.STOP, Action.POST_IT, Action.CANCEL_ALL),
    MessageKind.VIDEO: (Action.REMIX, Action.AGAIN, Action.DELETE, Action.DETAILS, Action.THREAD),
    MessageKind.DRILL: (Action.REMIX, Action.AGAIN, Action.DETAILS, Action.DELETE),
    MessageKind.FAILURE: (Action.RETRY, Action.POST_IT, Action.EDIT_RETRY, Action.WHY),
    MessageKind.LATE: (Action.WITHHOLD, Action.STOP),
    MessageKind.SLOW: (Action.WITHHOLD,),
    MessageKind.UNSURE: (Action.REQUEST_AGAIN, Action.DISMISS),
    MessageKind.OFFER: (Action.OPEN_FORM, Action.MAKE_IT, Action.NO_THANKS),
    MessageKind.SURE: (Action.DELETE, Action.KEEP),
    MessageKind.DRAFT: (
        Action.EDIT,
        Action.MAKE_PUBLIC,
        Action.SHOW_ALL,
        Action.USE_IMPROVED,
        Action.USE_MINE,
        Action.EDIT_IMPROVED,
    ),
    MessageKind.LIST: (
        Action.CANCEL,
        Action.WITHHOLD,
        Action.STOP,
        Action.POST_IT,
        Action.RETRY,
        Action.EDIT_RETRY,
        Action.EDIT_AGAIN,
        Action.DETAILS,
    ),
}
_PAIRS = "|".join(f"{kind}:(?:{'|'.join(actions)})" for kind, actions in _ALLOWED.items())
_JOB_ID = "[0-9A-HJKMNP-TV-Z]{8}"
_DRAFT_ID = "[0-9A-Za-z]{1,32}"
# The id of a message: Discord's ids are whole numbers below 2**63.
_OFFER_ID = "[1-9][0-9]{0,17}|[1-8][0-9]{18}"

_WITHOUT_JOB = frozenset({MessageKind.OFFER, MessageKind.DRAFT, MessageKind.DRILL})
# Buttons that only show something, to the presser alone.
SHOWING = frozenset({Action.DETAILS, Action.WHY})
# What a page's id has room for; more is not searched for.
SEARCH_MAX_CHARACTERS = 60

# For a full match.
BUTTON_TEMPLATE = re.compile(
    f"vb:(?=(?:{_PAIRS}):)(?P<kind>(?P<offer>offer)|(?P<draft>draft)|(?P<sure>sure)|[a-z]+):(?P<action>[a-z_]+)"
    f":(?P<target>(?(offer)(?:{_OFFER_ID})|(?(draft)(?:{_DRAFT_ID})|{_JOB_ID})))"
    f":(?P<number>(?(sure)(?:{_OFFER_ID})|[1-9][0-9]{{0,3}}))",
)
PAGE_TEMPLATE = re.compile(
    rf"vp:(?P<kind>status|history):(?P<number>[1-9][0-9]{{0,3}}):(?P<member>0|{_OFFER_ID})"
    rf":(?P<search>[^\x00-\x1f\x7f]{{0,{SEARCH_MAX_CHARACTERS}}})"
)
FORM_TEMPLATE = re.compile(
    f"vf:(?P<purpose>video|remix|batch):(?P<source>draft|(?P<job>job)):(?P<target>(?(job){_JOB_ID}|{_DRAFT_ID}))",
)


@dataclass(frozen=True, slots=True)
class ButtonId:
    """The content of a button's id. `target` is a job's id, an offer's or a draft's, or the code of a drill.

    `number` counts messages of one kind; in the question before a deletion it is the id of the message to delete.
    """

    kind: MessageKind
    action: Action
    target: str
    number: int = 1

    @property
    def job_id(self) -> JobId | None:
        """The job it is about; None on an offer, a draft or a drill."""
        return None if self.kind in _WITHOUT_JOB else JobId(self.target)

    @property
    def offer_id(self) -> MessageId | None:
        """The offer it is about: the id of its reply; None on other messages."""
        return MessageId(int(self.target)) if self.kind is MessageKind.OFFER else None

    @property
    def draft_id(self) -> str | None:
        """The draft it is about; None on other messages."""
        return self.target if self.kind is MessageKind.DRAFT else None

    def __str__(self) -> str:
        """The custom id; at most 100 characters (docs/facts/discord.md)."""
        return f"vb:{self.kind}:{self.action}:{self.target}:{self.number}"


class PageKind(StrEnum):
    """A list that is shown in pages."""

    STATUS = "status"
    HISTORY = "history"


@dataclass(frozen=True, slots=True)
class PageId:
    """A page of a private list, counted from 1: of the presser's own videos, or of a member's of that server.

    `search` is one line without blanks around it.
    """

    kind: PageKind
    number: int = 1
    member: UserId | None = None
    search: str = ""

    def __str__(self) -> str:
        """The custom id; at most 100 characters (docs/facts/discord.md)."""
        return f"vp:{self.kind}:{self.number}:{self.member or 0}:{self.search}"


def searchable(typed: str) -> str:
    """What is searched for: the typed words in one line, without control characters, as much as an id has room for.

    Characters beyond the first 65,536 count twice, as in Discord's programs.
    """
    line = " ".join("".join(one if one.isprintable() else " " for one in typed).split())
    while len(line.encode("utf-16-le", "surrogatepass")) > 2 * SEARCH_MAX_CHARACTERS:
        line = line[:-1]
    return line.strip()


class FormPurpose(StrEnum):
    """What a form makes."""

    VIDEO = "video"
    REMIX = "remix"
    BATCH = "batch"


class FormSource(StrEnum):
    """Where the rest of the request is: in a stored draft, or in the finished video that is remixed."""

    DRAFT = "draft"
    JOB = "job"


@dataclass(frozen=True, slots=True)
class FormId:
    """The content of a form's id; `target` is the id of the draft or of the job."""

    purpose: FormPurpose
    source: FormSource
    target: str

    def __str__(self) -> str:
        """The custom id; at most 100 characters (docs/facts/discord.md)."""
        return f"vf:{self.purpose}:{self.source}:{self.target}"


def parse_button(custom_id: str) -> ButtonId | None:
    """The button's id, parsed; None for one that is not ours."""
    found = BUTTON_TEMPLATE.fullmatch(custom_id)
    if found is None:
        return None
    return ButtonId(MessageKind(found["kind"]), Action(found["action"]), found["target"], int(found["number"]))


def parse_page(custom_id: str) -> PageId | None:
    """The page's id, parsed; None for one that is not ours."""
    found = PAGE_TEMPLATE.fullmatch(custom_id)
    if found is None:
        return None
    member = int(found["member"])
    return PageId(PageKind(found["kind"]), int(found["number"]), UserId(member) if member else None, found["search"])


def parse_form(custom_id: str) -> FormId | None:
    """The form's id, parsed; None for one that is not ours."""
    found = FORM_TEMPLATE.fullmatch(custom_id)
    return (
        None if found is None else FormId(FormPurpose(found["purpose"]), FormSource(found["source"]), found["target"])
    )


def is_known(custom_id: str) -> bool:
    """Whether this version handles a button, page or form of that id.

    Discord sends only presses on the bot's own messages, so any other id was made by a newer version, or forged.
    """
    if not custom_id.startswith(("vb:", "vf:", "vp:")):
        return re.match("v[a-z]:", custom_id) is not None
    return any(parse(custom_id) is not None for parse in (parse_button, parse_page, parse_form))


def belongs_to(custom_id: str, job_id: JobId, kind: PostKind, number: int | None) -> bool:
    """Whether a message with this custom id is that message of the job; `number` None means any of that kind."""
    button = parse_button(custom_id)
    if button is None or (button.job_id, button.kind.value) != (job_id, kind.value):
        return False
    return number is None or button.number == number
