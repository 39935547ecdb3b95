"""Why a request was refused, as a value; the sentences are in the language files."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Reason(StrEnum):
    """Every cause for which nothing is started, stored or charged. The comment names the fields of `named`."""

    PROMPT_EMPTY = "prompt empty"
    PROMPT_TOO_LONG = "prompt too long"  # limit, given: characters
    BATCH_TOO_SHORT = "batch too short"  # least: of prompts, one per line
    BATCH_TOO_LONG = "batch too long"  # limit, given: prompts
    BATCH_SAME_LINES = "batch same lines"  # first, second: numbers of lines with the same prompt
    BATCH_NO_ROOM = "batch no room"  # room, given: so many of the prompts fit into what is left of the limits
    NOT_IMPROVED = "not improved"  # the chat model made no better version of the prompt
    IMPROVED_ALIKE = "improved alike"  # it would leave the prompt as it is
    IMPROVEMENTS_LIMIT = "improvements limit"  # limit, free_at
    MODEL_UNKNOWN = "model unknown"  # given, choices
    SIZE_UNKNOWN = "size unknown"  # given, choices
    SECONDS_UNKNOWN = "seconds unknown"  # given, choices
    REFERENCES_TOO_MANY = "references too many"  # limit
    REFERENCES_NONE = "references none"  # the model takes no pictures
    LAST_UNSUPPORTED = "last unsupported"  # the model takes no picture as the last frame
    LOOP_UNSUPPORTED = "loop unsupported"  # the same, for a loop
    LAST_WITHOUT_FIRST = "last without first"  # a last picture alone
    LOOP_WITHOUT_PICTURE = "loop without picture"
    LOOP_WITH_LAST = "loop with last"  # a loop and a last picture
    FRAMES_TOO_MANY = "frames too many"  # limit: of pictures for a loop, or with a last picture
    OPTION_UNKNOWN = "option unknown"  # option: the model doesn't have it
    OPTION_CHOICE = "option choice"  # option, given, choices
    OPTION_RANGE = "option range"  # option, given, minimum, maximum
    OPTION_TOO_LOW = "option too low"  # option, given, minimum
    OPTION_TOO_HIGH = "option too high"  # option, given, maximum
    OPTION_TOO_LONG = "option too long"  # option, given, limit: characters
    OPTION_CHANGED = "option changed"  # option: it takes values of another type than when it was requested
    REFERENCE_EMPTY = "reference empty"  # file
    REFERENCE_TOO_LARGE = "reference too large"  # file, limit_bytes
    REFERENCE_TYPE = "reference type"  # file
    REFERENCE_DAMAGED = "reference damaged"  # file: a picture that is cut off or broken
    REFERENCE_DIMENSIONS = "reference dimensions"  # file
    REFERENCE_BROKEN = "reference broken"  # number: the picture can't be drawn
    REFERENCE_HEAVY = "reference heavy"  # number: to draw the picture takes too much memory or time
    PICTURE_CROPPED = "picture cropped"  # number, size: the picture would lose more than half of itself
    REFERENCE_VIDEO = "reference video"  # file: a video whose first frame can't be drawn
    REFERENCE_UNREADABLE = "reference unreadable"  # file: it could not be fetched from Discord
    UPLOADS_GONE = "uploads gone"  # the attachments of a draft can't be fetched from Discord any more
    REFERENCES_LIMIT = "references limit"  # limit_bytes: of pictures that one person may attach in 24 hours
    REFERENCES_GONE = "references gone"  # the pictures of an older video are no longer kept
    VIDEO_UNKNOWN = "video unknown"  # also one that the asker may not see
    VIDEO_UNFINISHED = "video unfinished"  # video: short id
    VIDEO_REMOVED = "video removed"  # video
    REMIX_UNSUPPORTED = "remix unsupported"  # video: its provider can't change videos, and there is no ffmpeg here
    REMIX_NO_PICTURES = "remix no pictures"  # video, model: that takes no picture to begin a new video with
    REMIX_PICTURES_FULL = "remix pictures full"  # video, limit: of pictures beside the one that it begins with
    REMIX_GONE = "remix gone"  # video: neither its message nor its provider has it any more
    REMIX_UNDRAWN = "remix undrawn"  # video: its last frame can't be drawn now
    VIDEO_NONE_HERE = "video none here"  # no finished video of the asker in this channel
    PLACE_UNPOSTABLE = "place unpostable"  # permissions: names of what is missing
    PLACE_UNSUITABLE = "place unsuitable"  # a kind of channel that the bot can't post in, or an unknown one
    PLACE_PRIVATE = "place private"  # a private thread that the bot was not added to
    PLACE_LOCKED = "place locked"  # a locked thread that the bot may not open
    DM_CLOSED = "dm closed"  # Discord doesn't let the bot write to the person
    DM_UNREACHABLE = "dm unreachable"  # Discord could not be asked for the person's DM
    SERVER_LEFT = "server left"  # in a DM: the person is no member of the server any more
    SERVER_UNCHECKED = "server unchecked"  # in a DM: Discord could not be asked for the person's rights in the server
    NOT_INSTALLED = "not installed"  # the bot is not a member of this server
    SERVER_CLOSED = "server closed"  # the operator lets the bot work in other servers only
    DIRECT_MESSAGES_OFF = "direct messages off"  # no requests in DMs
    BLOCKED = "blocked"  # the owner has blocked the person
    SERVER_BUDGET = "server budget"  # limit, free_at: epoch seconds when there is room for one more
    BOT_BUDGET = "bot budget"  # limit, free_at
    ACTIVE_LIMIT = "active limit"  # limit
    DAILY_LIMIT = "daily limit"  # limit, free_at: epoch seconds when the next one is free
    ACCOUNT_PAUSED = "account paused"  # the provider refuses our key or has no credit
    PROVIDER_DOWN = "provider down"
    MODEL_CLOSED = "model closed"  # model, models: its providers take nothing now, those of the others do
    PROVIDER_UNKNOWN = "provider unknown"  # choices
    PAUSED = "paused"  # the owner has stopped all spending
    QUEUE_FULL = "queue full"  # limit: the queue of all people is full
    RESTING = "resting"  # free_at: three of the person's videos were refused or failed within ten minutes
    STOPPING = "stopping"  # the bot is restarting
    STORE_UNAVAILABLE = "store unavailable"  # the database could not take the job
    DISK_FULL = "disk full"  # too little free space for pictures
    NOT_YOURS = "not yours"  # only the requester can do that
    NOT_ALLOWED = "not allowed"  # not the requester, may not manage messages
    MANAGERS_ONLY = "managers only"  # may not manage the server, and looks for another person
    NOT_YOUR_REPLY = "not your reply"  # a button under another person's reply
    COMMANDS_DENIED = "commands denied"  # the person lacks Use Application Commands in that channel
    TOO_LATE_TO_CANCEL = "too late to cancel"  # the job has ended
    SETTLED = "settled"  # it is known by now if the provider took the job
    NOTHING_TO_SEND = "nothing to send"  # no kept video, or it is being sent already
    NOT_DELETED = "not deleted"  # Discord could not be asked; the video can't be remixed any more
    CLIENT_STALE = "client stale"  # the person's Discord has another version of our commands
    OWNER_ONLY = "owner only"
    SWITCH_STUCK = "switch stuck"  # the file that pauses the bot could not be removed
    NOT_LINKABLE = "not linkable"  # video: neither uncertain nor lost, or it has another id of the provider
    LINK_ELSEWHERE = "link elsewhere"  # video: sent to another provider than today's
    REMOTE_UNKNOWN = "remote unknown"  # given: an id that the provider doesn't have
    REMOTE_OWNED = "remote owned"  # given, video: the job that has that id
    REMOTE_OLDER = "remote older"  # given: it was made before the job was sent
    REMOTE_UNASKED = "remote unasked"  # the provider could not be asked
    MENU_UNUSABLE = "menu unusable"  # a menu on a private, system or forwarded message
    MENU_NO_VIDEO = "menu no video"  # a menu for the bot's videos on another message
    MENU_NOT_OURS = "menu not ours"  # to remix a video that the bot didn't make
    MENU_NO_PICTURE = "menu no picture"  # to animate a message without a picture
    THREAD_UNSUITABLE = "thread unsuitable"  # a place where no thread can be opened on a message
    THREAD_DENIED = "thread denied"  # permissions: names of what the bot lacks
    THREAD_NOT_ALLOWED = "thread not allowed"  # the person lacks Create Public Threads
    THREAD_FAILED = "thread failed"  # Discord could not be asked, or refused
    DRAFT_GONE = "draft gone"  # a form or question whose options are no longer kept


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal with its reason; `named` fills the sentence's gaps (see the comments of `Reason`).

    If another model takes what was refused, `named` has the `models` that do, beside the `model` that doesn't.
    """

    reason: Reason
    named: Mapping[str, object] = field(default_factory=dict[str, object])


class RefusalError(Exception):
    """A refusal that is raised where no value can be returned; it becomes the private response."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason.value)
        self.refusal = refusal
