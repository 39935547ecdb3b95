"""Who may do what with a job, decided from facts that the caller read from the interaction. Pure."""

from dataclasses import dataclass

from bot.jobs.model import Cause, Job, Place, UserId
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.states import ENDS, State

FINISHED = frozenset({State.DELIVERED})
_RETRYABLE = frozenset({State.FAILED, State.REFUSED, State.LOST})
_UNCLEAR = frozenset({State.UNCERTAIN, State.LOST})


@dataclass(frozen=True, slots=True)
class Asker:
    """A person who requests something, and where."""

    user_id: UserId
    place: Place
    manages_messages: bool = False
    manages_server: bool = False


def may_control(job: Job, asker: Asker) -> Refusal | None:
    """Cancel, *Don't post*, Retry and Delete: for the requester and for people with Manage Messages there.

    A button of the job is in its channel, or in the `/status` of a person who may see it. To all others it is unknown.
    """
    if asker.user_id == job.origin.user_id:
        return None
    here = job.origin.place_of(asker.place.channel_id)
    if asker.place.guild_id is not None and asker.place == here and not job.request.private:
        return None if asker.manages_messages else Refusal(Reason.NOT_ALLOWED)
    return may_view(job, asker) or Refusal(Reason.NOT_ALLOWED)


def may_view(job: Job, asker: Asker) -> Refusal | None:
    """Looking at one job by id: for the requester and managers of its server; it is unknown to others."""
    if asker.user_id == job.origin.user_id:
        return None
    in_its_server = job.origin.place.guild_id is not None and job.origin.place.guild_id == asker.place.guild_id
    if in_its_server and asker.manages_server:
        return None
    return Refusal(Reason.VIDEO_UNKNOWN)


def may_inspect(job: Job, asker: Asker, shown_in: Place, *, sees_channel: bool) -> Refusal | None:
    """Looking at a video's details: for its requester, managers of its server, and everyone who can see it."""
    return may_view(job, asker) and may_see(job, asker, shown_in, sees_channel=sees_channel)


def may_see(job: Job, asker: Asker, shown_in: Place, *, sees_channel: bool) -> Refusal | None:
    """Seeing a finished video, remixing it and making another: for everyone who can see where it was posted.

    That is in its own server or DM. A private video is seen by its requester alone: to others it is unknown.
    """
    same_world = shown_in.guild_id == asker.place.guild_id and (
        shown_in.guild_id is not None or shown_in.channel_id == asker.place.channel_id
    )
    # It is private, or its requester got it by DM, since nothing could be posted in its server.
    in_their_dm = shown_in.guild_id is None and asker.user_id == job.origin.user_id
    of_this_server = asker.place.guild_id is not None and asker.place.guild_id == job.origin.place.guild_id
    of_another = job.request.private and asker.user_id != job.origin.user_id
    if of_another or (not (in_their_dm and of_this_server) and not (same_world and sees_channel)):
        return Refusal(Reason.VIDEO_UNKNOWN)
    if job.removed_at is not None:
        return Refusal(Reason.VIDEO_REMOVED, {"video": job.id})
    return None if job.state in FINISHED else Refusal(Reason.VIDEO_UNFINISHED, {"video": job.id})


def may_retry(job: Job) -> bool:
    """Whether *Retry* makes sense: the job ended without a video."""
    return job.state in _RETRYABLE


def leaves_usable(job: Job) -> bool:
    """Whether the button that made the job can be pressed again: it was cancelled for free, or its DM took no card."""
    if job.state is State.CANCELLED:
        return not job.withheld
    return job.request.private and job.state is State.FAILED and job.cause is Cause.PLACE


def may_request_again(job: Job) -> bool:
    """Whether *Request again* and *Dismiss* make sense: the outcome of the paid request is unknown."""
    return job.state in _UNCLEAR


def may_post(job: Job) -> bool:
    """Whether *Post it* makes sense: the video is or will be kept, and was withheld or could not be posted."""
    if job.removed_at is not None:
        return False
    if job.state is State.UNDELIVERABLE:
        return True
    return job.withheld and (job.state is State.CANCELLED or job.state not in ENDS)
