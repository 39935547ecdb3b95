"""The life of a job as one pure table: (state, event) -> (state, message that becomes due).

`docs/states.md` is drawn from `TABLE` by a test. Every event of a job is a row here; any other pair is a mistake in the
caller and raises.
"""

from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    """The state of a job."""

    ACCEPTED = "accepted"
    SUBMITTING = "submitting"
    RENDERING = "rendering"
    FETCHING = "fetching"
    POSTING = "posting"
    UNCERTAIN = "uncertain"
    DELIVERED = "delivered"
    REFUSED = "refused"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"
    UNDELIVERABLE = "undeliverable"
    STOPPED = "stopped"


class Event(StrEnum):
    """An event of a job."""

    SUBMIT = "submit"
    POSTPONE = "postpone"
    TAKEN = "taken"
    REFUSE = "refuse"
    REJECT = "reject"
    DOUBT = "doubt"
    LINK = "link"
    COMPLETE = "complete"
    RENDER_FAILED = "render failed"
    VANISH = "vanish"
    FETCHED = "fetched"
    REFETCH = "refetch"
    KEEP = "keep"
    GIVE_UP = "give up"
    POSTED = "posted"
    UNPOSTABLE = "unpostable"
    CANCEL = "cancel"
    EXPIRE = "expire"
    POST_IT = "post it"
    STOP = "stop"


class Announcement(StrEnum):
    """The message that becomes due in the same transaction as the move."""

    NOTHING = "nothing"
    VIDEO = "video"
    FAILURE = "failure"
    UNSURE = "unsure"


class Move(NamedTuple):
    """The next state, and the message that becomes due."""

    state: State
    announcement: Announcement = Announcement.NOTHING


class IllegalMoveError(Exception):
    """An event that is impossible in that state: a mistake in the calling code, never a person's."""


ENDS = frozenset(
    {
        State.DELIVERED,
        State.REFUSED,
        State.FAILED,
        State.CANCELLED,
        State.LOST,
        State.UNDELIVERABLE,
        State.STOPPED,
    },
)
AT_PROVIDER = frozenset({State.SUBMITTING, State.RENDERING})
# In these *Stop* makes sense: the render is not known to be over.
STOPPABLE = frozenset({State.SUBMITTING, State.RENDERING, State.UNCERTAIN})

TABLE: dict[tuple[State, Event], Move] = {
    (State.ACCEPTED, Event.SUBMIT): Move(State.SUBMITTING),
    (State.ACCEPTED, Event.CANCEL): Move(State.CANCELLED),
    # Not submitted by JOB_DEADLINE_SECONDS, or its parent or pictures are gone: nothing was charged.
    (State.ACCEPTED, Event.EXPIRE): Move(State.FAILED, Announcement.FAILURE),
    # Nothing was sent, or a clean refusal that the retry rule allows to repeat.
    (State.SUBMITTING, Event.POSTPONE): Move(State.ACCEPTED),
    (State.SUBMITTING, Event.TAKEN): Move(State.RENDERING),
    # The provider refused the request itself.
    (State.SUBMITTING, Event.REFUSE): Move(State.REFUSED, Announcement.FAILURE),
    # The provider failed cleanly, as often as allowed: nothing was taken.
    (State.SUBMITTING, Event.REJECT): Move(State.FAILED, Announcement.FAILURE),
    (State.SUBMITTING, Event.DOUBT): Move(State.UNCERTAIN, Announcement.UNSURE),
    (State.UNCERTAIN, Event.LINK): Move(State.RENDERING),
    (State.UNCERTAIN, Event.EXPIRE): Move(State.LOST, Announcement.FAILURE),
    (State.RENDERING, Event.COMPLETE): Move(State.FETCHING),
    (State.RENDERING, Event.RENDER_FAILED): Move(State.FAILED, Announcement.FAILURE),
    (State.RENDERING, Event.VANISH): Move(State.LOST, Announcement.FAILURE),
    # *Stop* was pressed, and the provider has stopped the render.
    (State.RENDERING, Event.STOP): Move(State.STOPPED),
    (State.FETCHING, Event.FETCHED): Move(State.POSTING, Announcement.VIDEO),
    # *Don't post* was pressed: the video is kept and counts, nothing is posted.
    (State.FETCHING, Event.KEEP): Move(State.CANCELLED),
    (State.FETCHING, Event.GIVE_UP): Move(State.UNDELIVERABLE, Announcement.FAILURE),
    # Completed, but not downloadable: the content rules withhold it, or it has expired at the provider.
    (State.FETCHING, Event.RENDER_FAILED): Move(State.FAILED, Announcement.FAILURE),
    (State.POSTING, Event.POSTED): Move(State.DELIVERED),
    (State.POSTING, Event.UNPOSTABLE): Move(State.UNDELIVERABLE, Announcement.FAILURE),
    # The file on disk differs from the fetched one.
    (State.POSTING, Event.REFETCH): Move(State.FETCHING),
    (State.POSTING, Event.KEEP): Move(State.CANCELLED),
    # The ways out of an end: *Post it* (also for a withheld video), and a lost or stopped job that turned up.
    (State.UNDELIVERABLE, Event.POST_IT): Move(State.FETCHING),
    (State.CANCELLED, Event.POST_IT): Move(State.FETCHING),
    (State.LOST, Event.LINK): Move(State.RENDERING),
    (State.STOPPED, Event.LINK): Move(State.RENDERING),
}


def move(state: State, event: Event) -> Move:
    """The next state and the message that becomes due; raises `IllegalMoveError` for other pairs."""
    try:
        return TABLE[state, event]
    except KeyError:
        raise IllegalMoveError(f"'{event}' cannot happen to a job that is {state}.") from None
