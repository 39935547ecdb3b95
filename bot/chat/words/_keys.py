"""The names of everything the bot can say, in no language; which sentence belongs to them is a language's business."""

from enum import StrEnum, auto


class Key(StrEnum):
    """One thing to say. The gaps of each are those of its English sentence."""

    # Where a job stands.
    QUEUED = auto()
    GRACE = auto()
    WAITING_ACCOUNT = auto()
    WAITING_CREDIT = auto()
    WAITING_PROVIDER = auto()
    WAITING_PAUSED = auto()
    WAITING_REST = auto()
    SENDING = auto()
    RENDERING = auto()
    RENDERING_LATE = auto()
    FETCHING = auto()
    POSTING = auto()
    UNCERTAIN = auto()
    DELIVERED = auto()
    REMOVED = auto()
    REFUSED = auto()
    FAILED = auto()
    CANCELLED = auto()
    KEPT = auto()
    LOST = auto()
    UNDELIVERABLE = auto()

    # What a job is.
    LENGTH_SECONDS = auto()
    ONE_PICTURE = auto()
    PICTURES = auto()
    ASKED_BY = auto()
    REMIX_OF = auto()
    REMIX_OF_LINKED = auto()
    TOOK = auto()
    PROGRESS = auto()
    SHORT_ID = auto()
    REPLY_HINT = auto()

    # Remarks on a card.
    PLACE_IN_QUEUE = auto()
    GRACE_REMARK = auto()
    ACCOUNT_REMARK = auto()
    CREDIT_REMARK = auto()
    PROVIDER_REMARK = auto()
    PAUSED_REMARK = auto()
    REST_REMARK = auto()
    LATE_REMARK = auto()
    UNCERTAIN_REMARK = auto()
    WITHHELD_REMARK = auto()
    KEPT_REMARK = auto()

    # Messages of a job.
    VIDEO_READY = auto()
    REMIX_READY = auto()
    VIDEO_LINK = auto()
    VIDEO_LINK_REFUSED = auto()
    FAILURE = auto()
    LATE = auto()
    SLOW = auto()
    UNSURE = auto()
    UNSURE_ANSWERED = auto()
    UNSURE_SETTLED = auto()

    # Under a reply.
    OFFER_FORM = auto()
    OFFER_FORM_PICTURES = auto()
    OFFER_QUESTION = auto()

    # Private answers.
    ANSWER_CANCELLED = auto()
    ANSWER_WITHHELD = auto()
    ANSWER_DELETED = auto()
    ANSWER_SENDING_AGAIN = auto()
    ANSWER_LEFT = auto()
    ANSWER_MADE = auto()
    ANSWER_MADE_BEFORE = auto()
    UNEXPECTED = auto()

    # To those who run the bot.
    OWNER_PAUSED = auto()
    OWNER_PAUSED_FOR_NOW = auto()
    OWNER_RESUMED = auto()
    OWNER_ADOPTED = auto()
    ALARM_ACCOUNT = auto()
    ALARM_KEY = auto()
    ALARM_MODEL = auto()
    ALARM_ROOM = auto()
    ALARM_ROOM_PICTURES = auto()
    ALARM_STORE = auto()
    ALARM_STUCK = auto()
    ALARM_TWICE = auto()

    # /status.
    LIST_TITLE = auto()
    LIST_EMPTY = auto()
    LIST_LINE = auto()
    LIST_LINK = auto()
    ASKED_WHEN = auto()
    SENT_WHEN = auto()
    ENDED_WHEN = auto()
    CHOICE = auto()

    # Labels of buttons.
    LABEL_CANCEL = auto()
    LABEL_WITHHOLD = auto()
    LABEL_REMIX = auto()
    LABEL_AGAIN = auto()
    LABEL_DELETE = auto()
    LABEL_RETRY = auto()
    LABEL_TRY_AGAIN = auto()
    LABEL_LEAVE = auto()
    LABEL_SEND_AGAIN = auto()
    LABEL_OPEN_FORM = auto()
    LABEL_MAKE_IT = auto()
    LABEL_WITH_ID = auto()

    # Forms.
    FORM_VIDEO = auto()
    FORM_REMIX = auto()
    FORM_REMIX_OF = auto()
    FORM_PROMPT = auto()
    FORM_PROMPT_HINT = auto()
    FORM_CHANGE = auto()
    FORM_CHANGE_HINT = auto()
    FORM_PICTURES = auto()
    FORM_PICTURES_HINT = auto()


class Ending(StrEnum):
    """Why a job ended without its video being posted, as finely as people are told."""

    CONTENT = auto()
    CONTENT_PROMPT = auto()
    CONTENT_PICTURE = auto()
    INPUT = auto()
    INPUT_PROMPT = auto()
    INPUT_PICTURE = auto()
    INPUT_GONE = auto()
    SIZE = auto()
    SIZE_PICTURE = auto()
    LENGTH = auto()
    MODEL = auto()
    SOURCE_GONE = auto()
    UNSUPPORTED = auto()
    CREDIT = auto()
    KEY = auto()
    RATE = auto()
    PROVIDER = auto()
    NOT_STARTED = auto()
    FAILED = auto()
    EXPIRED = auto()
    LOST_UNFINISHED = auto()
    LOST_UNKNOWN = auto()
    LOST_UNSURE = auto()
    UNPOSTED_PERMISSION = auto()
    UNPOSTED_SIZE = auto()
    UNFETCHED_SIZE = auto()
    UNPOSTED = auto()
    UNFETCHED = auto()
