"""Updates the *Retry* of a failure notice: grey once used, blue again if that job was cancelled for free."""

import asyncio
from collections import OrderedDict

import structlog

from bot.chat import cards
from bot.chat.courier import CourierFault, Refused
from bot.engine.context import EngineContext, reader_of
from bot.jobs.model import Job, JobId, Post, PostKind, PostState
from bot.jobs.rights import leaves_usable, may_retry
from bot.jobs.store import finding, posts

_REMEMBERED = 1_000
_RETRY_SECONDS = 15.0
_AGAIN_AT_START_SECONDS = 86_400.0
_AGAIN_AT_START = 100
_FOLLOWED = 50
_AT_ONCE = 4
_log = structlog.stdlib.get_logger(__name__)


def retry_origin_id(job: Job) -> str:
    """The origin of a retry of that job: a second press finds the first one's job by it."""
    return f"retry:{job.id}"


async def find_retry(context: EngineContext, job: Job) -> tuple[Job, Job | None]:
    """The job to retry next, and its retry if there is one. Each job is retried once.

    A retry that leaves the button usable is retried in its place.
    """
    for _ in range(_FOLLOWED):
        made = await context.database.read(finding.find_by_origin, retry_origin_id(job))
        if made is None or not leaves_usable(made):
            return job, made
        job = made
    return job, job


class RetryButtons:
    """The notices of retried jobs; the card updater runs it. An edit is retried until Discord has done it."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._slots = asyncio.Semaphore(_AT_ONCE)
        # The notices to check, and from when on (monotonic).
        self._due: dict[JobId, float] = {}
        self._shown: OrderedDict[JobId, bool] = OrderedDict()
        self.busy: dict[JobId, asyncio.Task[None]] = {}

    async def learn(self) -> None:
        """At a start: a press may have been the last event before it."""
        since = self._context.clock.now() - _AGAIN_AT_START_SECONDS
        for job_id in await self._context.database.read(finding.find_retried_since, since, _AGAIN_AT_START):
            self._due.setdefault(job_id, 0.0)

    def touch(self, retry: Job) -> None:
        """A job changed; if it is a retry, the notice of the one before may look different."""
        failed = retry.origin.retry_of
        if failed is not None and not (self._shown.get(failed) and not leaves_usable(retry)):
            self._due.setdefault(failed, 0.0)

    def start_due(self) -> float:
        """Edit the due notices; return in how many seconds the next one is due."""
        now, pause_seconds = self._context.clock.monotonic(), 60.0
        for job_id, due_at in tuple(self._due.items()):
            if due_at > now:
                pause_seconds = min(pause_seconds, due_at - now)
            elif job_id not in self.busy:
                del self._due[job_id]
                self.busy[job_id] = asyncio.create_task(self._guard(job_id))
        return pause_seconds

    async def _guard(self, job_id: JobId) -> None:
        try:
            async with self._slots:
                await self._show(job_id)
        except Refused as fault:
            _log.info("notice can't be edited", job=job_id, code=fault.code)
        except CourierFault as fault:
            _log.info("notice not edited yet", job=job_id, fault=str(fault))
            self._due[job_id] = self._context.clock.monotonic() + _RETRY_SECONDS
        except Exception:  # noqa: BLE001  # the loop's one guard
            _log.exception("notice not edited", job=job_id)
        finally:
            del self.busy[job_id]
            self._context.signals.cards.set()

    async def _show(self, job_id: JobId) -> None:
        job = await self._context.database.read(finding.get, job_id)
        if job is None:
            return
        # A retry that is retried in its place is itself the retry of another: the notice is the first one's.
        if job.origin.retry_of is not None and leaves_usable(job):
            self._due.setdefault(job.origin.retry_of, 0.0)
            return
        if not may_retry(job):
            return
        used = (await find_retry(self._context, job))[1] is not None
        if self._shown.get(job_id) is used:
            return
        notice = _last_notice(await self._context.database.read(posts.find_posts_of_jobs, [job_id]))
        if notice is not None and notice.message_id is not None:
            message = cards.failure(job, reader_of(self._context, job.origin), notice.number, used=used)
            await self._context.courier.edit(notice.channel_id, notice.message_id, message)
        self._shown[job_id] = used
        if len(self._shown) > _REMEMBERED:
            self._shown.popitem(last=False)


def _last_notice(said: list[Post]) -> Post | None:
    sent = [post for post in said if post.kind is PostKind.FAILURE and post.state is PostState.SENT]
    return sent[-1] if sent else None
