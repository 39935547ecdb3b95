"""The log of a job: one line per event, written once it is stored. Prompts appear only as length and hash.

The hash is keyed per process: equal prompts can be recognised while it lives, and nothing on disk helps to guess one.
"""

import hashlib
import hmac
import secrets
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Protocol

import structlog

from bot.jobs.model import Job
from bot.jobs.states import Event

_KEY = secrets.token_bytes(32)
_HASH_DIGITS = 16
_MICROS = 1_000_000
_ENDS_BADLY = frozenset(
    {
        Event.REFUSE,
        Event.REJECT,
        Event.RENDER_FAILED,
        Event.VANISH,
        Event.EXPIRE,
        Event.GIVE_UP,
        Event.UNPOSTABLE,
    }
)
_log = structlog.stdlib.get_logger(__name__)


class LifeListener(Protocol):
    """Hears of jobs what is logged of them, once it is stored. It must not raise, and must not take time."""

    def job_accepted(self, job: Job) -> None:
        """A request was stored as that job."""
        ...

    def job_moved(self, event: Event, before: Job, job: Job) -> None:
        """The job was moved by that event."""
        ...


# For the whole process, as the log is.
_listeners: list[LifeListener] = []


@contextmanager
def heard_by(listener: LifeListener) -> Generator[None]:
    """Until the end the listener hears of all jobs of this process."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def log_event(event: str, job: Job, **facts: object) -> None:
    """One line about that job, with its requester, place and the facts of the event (None is left out)."""
    place = job.origin.place
    of_job = {"job": job.id, "user": job.origin.user_id, "guild": place.guild_id, "channel": place.channel_id}
    _log.info(f"job {event}", **{name: fact for name, fact in {**of_job, **facts}.items() if fact is not None})


def log_accepted(job: Job) -> None:
    """Log that a request was stored as a job."""
    request = job.request
    log_event(
        "accepted", job, via=job.origin.via, model=request.model, size=request.size, seconds=request.seconds,
        references=len(request.references), remix_of=request.parent_id, retry_of=job.origin.retry_of,
        private=request.private or None, options=[name for name, _value in request.options] or None,
        prompt_length=len(request.prompt), prompt_hash=hash_prompt(request.prompt),
    )  # fmt: skip
    for listener in _listeners:
        listener.job_accepted(job)


def log_move(event: Event, before: Job, job: Job) -> None:
    """Log a move of a job from how it was before to how it is now; moves between two steps are not logged."""
    for listener in _listeners:
        listener.job_moved(event, before, job)
    if event in _ENDS_BADLY:
        log_event("failed", job, end=job.state, **_why(job), charged=job.charged)
        return
    match event:
        case Event.TAKEN:
            log_event("submitted", job, **_at_provider(job))
        case Event.LINK:
            log_event("linked", job, **_at_provider(job))
        case Event.DOUBT:
            log_event("uncertain", job, **_why(job), charged=job.charged)
        case Event.POSTED:
            log_event("done", job, **_made(job))
        case Event.KEEP:
            log_event("kept", job, **_made(job))
        case Event.CANCEL:
            log_event("cancelled", job, charged=job.charged)
        case Event.STOP:
            log_event("stopped", job, charged=job.charged)
        case Event.POST_IT:
            log_event("to be posted", job)
        case _:
            return


def hash_prompt(prompt: str) -> str:
    """A hash that is equal for equal prompts while this process lives."""
    return hmac.new(_KEY, prompt.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:_HASH_DIGITS]


def _at_provider(job: Job) -> Mapping[str, object]:
    queued = None if job.submitted_at is None else round(job.submitted_at - job.accepted_at, 1)
    return {"provider": job.provider, "remote_id": job.remote_id, "queued_for": queued}


def _why(job: Job) -> Mapping[str, object]:
    return {"cause": job.cause, "field": job.field, "code": job.provider_code}


def _made(job: Job) -> Mapping[str, object]:
    timed = job.completed_at is not None and job.submitted_at is not None
    took = round((job.completed_at or 0.0) - (job.submitted_at or 0.0), 1) if timed else None
    price = None if job.cost_micros is None else job.cost_micros / _MICROS
    return {"render_time": took, "bytes": job.video_bytes, "price": price, "charged": job.charged}
