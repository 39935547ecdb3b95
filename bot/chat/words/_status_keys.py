"""A job's state as people read it: from the facts of the job to the key of a sentence. Pure."""

from bot.chat.words._endings import Ending
from bot.chat.words._keys import Key
from bot.jobs.deadlines import is_slow
from bot.jobs.denials import Denial, stored_denial
from bot.jobs.model import Cause, Charged, Job
from bot.jobs.states import STOPPABLE, State

_STATUS = {
    State.ACCEPTED: Key.QUEUED,
    State.SUBMITTING: Key.SENDING,
    State.RENDERING: Key.RENDERING,
    State.FETCHING: Key.FETCHING,
    State.POSTING: Key.POSTING,
    State.UNCERTAIN: Key.UNCERTAIN,
    State.DELIVERED: Key.DELIVERED,
    State.REFUSED: Key.REFUSED,
    State.FAILED: Key.FAILED,
    State.CANCELLED: Key.CANCELLED,
    State.LOST: Key.LOST,
    State.UNDELIVERABLE: Key.UNDELIVERABLE,
    State.STOPPED: Key.STOPPED,
}
_REMARKS = {
    Key.GRACE: Key.GRACE_REMARK,
    Key.WAITING_ACCOUNT: Key.ACCOUNT_REMARK,
    Key.WAITING_CREDIT: Key.CREDIT_REMARK,
    Key.WAITING_PROVIDER: Key.PROVIDER_REMARK,
    Key.WAITING_REST: Key.REST_REMARK,
    Key.RENDERING_LATE: Key.LATE_REMARK,
    Key.UNCERTAIN: Key.UNCERTAIN_REMARK,
    Key.KEPT: Key.KEPT_REMARK,
}
_CHARGED = {
    Charged.NO: Key.CHARGED_NO,
    Charged.YES: Key.CHARGED_YES,
    Charged.UNKNOWN: Key.CHARGED_UNKNOWN,
}
_REFUSED: dict[tuple[Cause, str | None], Ending] = {
    (Cause.CONTENT, None): Ending.CONTENT,
    (Cause.CONTENT, "prompt"): Ending.CONTENT_PROMPT,
    (Cause.CONTENT, "picture"): Ending.CONTENT_PICTURE,
    (Cause.INPUT, None): Ending.INPUT,
    (Cause.INPUT, "prompt"): Ending.INPUT_PROMPT,
    (Cause.INPUT, "picture"): Ending.INPUT_PICTURE,
    (Cause.SIZE, "picture"): Ending.SIZE_PICTURE,
}
_BY_CAUSE = {
    Cause.SIZE: Ending.SIZE,
    Cause.LENGTH: Ending.LENGTH,
    Cause.MODEL: Ending.MODEL,
    Cause.SOURCE_GONE: Ending.SOURCE_GONE,
    Cause.UNSUPPORTED: Ending.UNSUPPORTED,
    Cause.KEY: Ending.KEY,
    Cause.EXPIRED: Ending.EXPIRED,
    Cause.LOST: Ending.LOST_UNKNOWN,
    Cause.CREDIT: Ending.CREDIT,
    Cause.RATE: Ending.RATE,
    Cause.PROVIDER: Ending.PROVIDER,
    Cause.LATE: Ending.NOT_STARTED,
    Cause.RESTORED: Ending.RESTORED,
}
_NO_PLACE: dict[Denial | None, Ending] = {
    Denial.GONE: Ending.PLACE_GONE,
    Denial.AUTOMOD: Ending.PLACE_AUTOMOD,
    Denial.DM: Ending.PLACE_DM,
}
_DENIED: dict[Denial | None, Ending] = {
    Denial.GONE: Ending.UNPOSTED_GONE,
    Denial.TYPE: Ending.UNPOSTED_GONE,
    Denial.CLOSED: Ending.UNPOSTED_CLOSED,
    Denial.AUTOMOD: Ending.UNPOSTED_AUTOMOD,
    Denial.DM: Ending.UNPOSTED_DM,
    Denial.EXPLICIT: Ending.UNPOSTED_EXPLICIT,
    Denial.UPLOADS: Ending.UNPOSTED_UPLOADS,
    Denial.OTHER: Ending.UNPOSTED,
}


def status_key(job: Job, now: float) -> Key:
    """The key of the job's state."""
    if job.state is State.ACCEPTED:
        return _waiting_key(job, now)
    if is_slow(job, now):
        return Key.RENDERING_LATE
    if job.state is State.CANCELLED and job.withheld:
        return Key.KEPT
    if job.state is State.REFUSED and job.cause is Cause.CONTENT:
        return Key.REFUSED_CONTENT
    if job.state is State.DELIVERED and job.removed_at is not None:
        return Key.REMOVED if job.removed_by is None else Key.REMOVED_BY_MODERATOR
    return _STATUS[job.state]


def remark_key(job: Job, now: float) -> Key | None:
    """The key of a further fact about the job in its state."""
    if job.withheld and job.ended_at is None:
        return _withheld_remark(job)
    return _REMARKS.get(status_key(job, now))


def _withheld_remark(job: Job) -> Key:
    if job.state in STOPPABLE and job.stop_asked_at is not None:
        return Key.STOPPING_REMARK
    return Key.WITHHELD_REMARK if job.stop_sent_at is None else Key.UNSTOPPED_REMARK


def charged_key(job: Job) -> Key:
    """The key of the charge; while a job is being sent, its stored charge is still *no*."""
    return _CHARGED[Charged.UNKNOWN if job.state is State.SUBMITTING else job.charged]


def ending_of(job: Job) -> Ending:
    """Why an ended job's video was not posted."""
    if job.state is State.LOST:
        return _lost(job)
    if job.state is State.UNDELIVERABLE:
        return _undeliverable(job)
    if job.state is State.FAILED and job.submitted_at is None:
        return _not_started(job)
    if job.cause is None:
        return Ending.FAILED
    if job.cause is Cause.KEY and job.state is State.REFUSED:
        # Only this job was refused, repeatedly, and no other.
        return Ending.BLOCKED
    return _REFUSED.get((job.cause, job.about)) or _BY_CAUSE.get(job.cause, Ending.FAILED)


def _waiting_key(job: Job, now: float) -> Key:
    match job.waiting_for:
        case None:
            # Every other wait has its own status.
            return Key.GRACE if now < job.not_before else Key.QUEUED
        case Cause.CREDIT:
            return Key.WAITING_CREDIT
        case Cause.KEY:
            return Key.WAITING_ACCOUNT
        case Cause.CONTENT:
            return Key.WAITING_REST
        case _:
            return Key.WAITING_PROVIDER


def _not_started(job: Job) -> Ending:
    """Nothing was sent, or every attempt came back untaken."""
    if job.cause is Cause.INPUT:
        return Ending.INPUT_GONE
    if job.cause is Cause.PLACE:
        return _NO_PLACE.get(stored_denial(job.field), Ending.PLACE)
    return _BY_CAUSE.get(job.cause or Cause.LATE, Ending.NOT_STARTED)


def _lost(job: Job) -> Ending:
    if job.remote_id is None:
        return Ending.LOST_UNSURE
    if job.cause is Cause.EXPIRED:
        return Ending.EXPIRED
    if job.cause is Cause.STOPPED:
        return Ending.LOST_STOPPED
    return Ending.LOST_UNFINISHED if job.cause is Cause.LATE else Ending.LOST_UNKNOWN


def _undeliverable(job: Job) -> Ending:
    kept = job.video_sha256 is not None
    if job.cause is Cause.SIZE:
        return Ending.UNPOSTED_SIZE if kept else Ending.UNFETCHED_SIZE
    if job.cause is Cause.PERMISSION:
        return _DENIED.get(stored_denial(job.field), Ending.UNPOSTED_PERMISSION)
    return Ending.UNPOSTED if kept else Ending.UNFETCHED
