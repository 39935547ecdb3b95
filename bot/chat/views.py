"""A job and its delivery as messages show them."""

from dataclasses import dataclass

from bot.chat.attempts import AttemptView
from bot.chat.custom_ids import PageId
from bot.jobs.allowances import Allowance
from bot.jobs.model import Job
from bot.jobs.rungs import Rung, Why

# Places in the queue are counted up to this one; further back they are not known.
PLACES_COUNTED = 200


@dataclass(frozen=True, slots=True)
class JobView:
    """A job, the time, and the facts that are shown beside it.

    `queue_position` counts from 1; `PLACES_COUNTED` + 1 is any place behind those that are counted.
    `link` leads to the job's newest message, `parent_link` to the video it remixes.
    `paused`: spending is paused, so a job that waits to be sent waits for that. `kept`: an ended job's files are kept.
    `veiled`: the job belongs to a channel that the reader can't see. `controlled`: the reader may stop and post it.
    `can_stop`: the job's provider stops a render that is running; `can_remix`: it makes remixes.
    `takes_thread`: a thread can be opened on the video's message.
    `owned`: it is the reader's own. `can_repeat`: the reader may have another made of it.
    `first_frame`: a small JPEG of the finished video, if one is kept.
    """

    job: Job
    now: float
    queue_position: int | None = None
    link: str | None = None
    parent_link: str | None = None
    paused: bool = False
    kept: bool = True
    can_stop: bool = False
    can_remix: bool = True
    takes_thread: bool = False
    veiled: bool = False
    controlled: bool = True
    owned: bool = True
    can_repeat: bool = False
    first_frame: bytes | None = None


@dataclass(frozen=True, slots=True)
class DeliveryNote:
    """How a finished video is delivered, and why so; by default as it is, where it was requested.

    `moved_for` is why it isn't posted where it was requested. Of a file with fewer pixels: `pixels`. Of a link:
    `expires_at` (epoch seconds), and the `limit_bytes` of the place, None when it is only known to be exceeded.
    """

    rung: Rung = Rung.UPLOAD
    why: Why = Why.FITS
    moved_for: Why | None = None
    in_parent: bool = False
    pixels: tuple[int, int] | None = None
    limit_bytes: int | None = None
    expires_at: float | None = None


@dataclass(frozen=True, slots=True)
class StatusPage:
    """A page of a person's running and latest jobs; `more`: older ones follow.

    `rests_until`: they may make none before.
    """

    views: tuple[JobView, ...]
    number: int
    more: bool
    allowances: tuple[Allowance, ...] = ()
    rests_until: float | None = None


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """A page of videos, the newest first; `more`: older ones follow."""

    page: PageId
    views: tuple[JobView, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class Relative:
    """A parent or a remix of a video, and the link to its message."""

    job: Job
    link: str | None


@dataclass(frozen=True, slots=True)
class Family:
    """What the reader may see of a video's family: its parents, the nearest first, and its newest remixes.

    `hidden_parent`: the last parent that is shown, or else the video itself, remixes one that the reader can't see.
    `more_remixes`: there are more remixes than are shown.
    """

    parents: tuple[Relative, ...] = ()
    hidden_parent: bool = False
    remixes: tuple[Relative, ...] = ()
    more_remixes: bool = False


@dataclass(frozen=True, slots=True)
class DetailsView:
    """All that is known about one job; `provider` is its public host name, None for a private one.

    `attempts` are its paid requests to all providers, the first one first. `sent_prompt`: what was sent in place of the
    job's own prompt, if the reader may see all that it was made of.
    """

    view: JobView
    family: Family = Family()
    provider: str | None = None
    attempts: tuple[AttemptView, ...] = ()
    sent_prompt: str | None = None
