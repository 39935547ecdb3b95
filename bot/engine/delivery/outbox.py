"""The outbox dispatcher: attempts the due messages of jobs, each in its turn (`bot.engine.delivery.sending`)."""

import asyncio
from dataclasses import dataclass, field
from enum import Enum

import structlog

from bot.engine.context import EngineContext
from bot.engine.delivery.sending import Sender, Tries
from bot.engine.delivery.turn_queue import TurnQueue
from bot.engine.due_queue import DueQueue
from bot.jobs.model import Cause, Job, JobId, Post, PostKind, UserId
from bot.jobs.store import finding, posts
from bot.ops.tasks import drain

_IDLE_SECONDS = 60.0
_READ_AT_ONCE = 100
_BROKEN_REST_SECONDS = 30.0

_Key = tuple[JobId, PostKind, int]
_log = structlog.stdlib.get_logger(__name__)


class _Pool(Enum):
    """What is done at the same time, and how many of each."""

    MESSAGE = 8
    UPLOAD = 3
    ENCODE = 1


@dataclass(slots=True)
class _Waiting:
    """An unsent message: its row with its job until the first try, and what this process knows of its tries."""

    row: tuple[Post, Job | None] | None
    tries: Tries = field(default_factory=Tries)
    user_id: UserId | None = None
    broken: bool = False

    def pool(self, key: _Key) -> _Pool:
        """Among which it waits for its turn."""
        if key[1] is not PostKind.VIDEO:
            return _Pool.MESSAGE
        return _Pool.ENCODE if self.tries.is_unmade else _Pool.UPLOAD


class OutboxDispatcher:
    """One loop over the unsent messages by their time. Short messages, uploads and encodings have separate pools; for
    encodings, which take minutes, people take turns.

    A signal names the job whose messages to read. At a start the store names all jobs with one, oldest first.
    """

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._sender = Sender(context)
        self._waiting: dict[_Key, _Waiting] = {}
        encodes = TurnQueue[_Key](lambda key: self._waiting[key].user_id)
        self._due: dict[_Pool, DueQueue[_Key]] = {pool: DueQueue() for pool in _Pool} | {_Pool.ENCODE: encodes}
        self._busy: dict[_Key, asyncio.Task[None]] = {}
        self._running: dict[_Pool, set[_Key]] = {pool: set() for pool in _Pool}
        # Tried since rows were read last: those rows are outdated.
        self._outdated: set[_Key] = set()

    @property
    def depth(self) -> int:
        """How many messages are to be posted, as far as they were read; jobs whose messages were not, count as one."""
        return len(self._waiting) + len(self._context.signals.to_post)

    async def run(self) -> None:
        """Post due messages, until cancelled; running attempts are left to `finish`."""
        signals = self._context.signals
        await self.recover()
        while True:
            signals.outbox.clear()
            pause_seconds = await self._start_due()
            await signals.wait(signals.outbox, self._context.clock, pause_seconds)

    async def recover(self) -> None:
        """Find the messages that no signal of this process named."""
        unsent = await self._context.database.read(posts.find_all_unsent_jobs, self._context.process)
        self._context.signals.messages_due(unsent)

    async def finish(self, within_seconds: float) -> None:
        """Let running attempts finish, then cancel the rest: they are retried safely at the next start."""
        await drain(self._busy.values(), within_seconds)

    async def _start_due(self) -> float:
        context = self._context
        await self._read_signalled()
        if rest_seconds := context.courier.rest_seconds():
            await self._give_up_overdue()
            return min(rest_seconds, _IDLE_SECONDS)
        now = context.clock.now()
        pause_seconds = 0.0 if context.signals.to_post else _IDLE_SECONDS
        for pool, due in self._due.items():
            running = self._running[pool]
            while len(running) < pool.value and (key := due.pop(now)) is not None:
                running.add(key)
                self._busy[key] = asyncio.create_task(self._dispatch(key, self._waiting[key], running))
            pause_seconds = min(pause_seconds, due.pause_seconds(now))
        return pause_seconds

    async def _read_signalled(self) -> None:
        signalled = self._context.signals.to_post
        job_ids = [signalled.popitem(last=False)[0] for _ in range(min(len(signalled), _READ_AT_ONCE))]
        if not job_ids:
            return
        self._outdated.clear()
        for post, job in await self._read_unsent(job_ids):
            key = _key_of(post)
            if key not in self._busy and key not in self._outdated:
                message = self._waiting.setdefault(key, _Waiting(None))
                message.row = post, job
                self._due[message.pool(key)].put(key, post.not_before)

    async def _dispatch(self, key: _Key, message: _Waiting, running: set[_Key]) -> None:
        context, due_at = self._context, None
        try:
            due_at = await self._dispatch_one(key, message)
        except Exception:  # noqa: BLE001  # the loop's one guard
            # One message that can't be composed or stored must not stop all others. It rests.
            _log.exception("message failed", job=key[0], kind=key[1])
            message.broken = True
            due_at = context.clock.now() + _BROKEN_REST_SECONDS
        finally:
            del self._busy[key]
            running.discard(key)
            self._outdated.add(key)
            if key[1] in (PostKind.CARD, PostKind.BATCH) and message.row is None:
                # Its job waits until it was tried.
                context.signals.card_tried(key[0])
            if due_at is None:
                del self._waiting[key]
            else:
                self._due[message.pool(key)].put(key, due_at)
            context.signals.outbox.set()

    async def _dispatch_one(self, key: _Key, message: _Waiting) -> float | None:
        """Try to post the message; return when it is due again, None if it is settled."""
        context = self._context
        if context.courier.rest_seconds() > 0:
            # Waiting is no try: it doesn't lengthen the backoff.
            return context.clock.now()
        row, message.row = message.row or await self._read(key), None
        if row is None or row[0].not_before > context.clock.now():
            return None if row is None else row[0].not_before
        post, job = row[0], row[1] or await context.database.read(finding.get, key[0])
        if job is None:
            return await context.database.write(posts.withdraw, post)
        message.user_id = job.origin.user_id
        if message.broken and self._sender.is_overdue(job):
            return await self._sender.give_up(job, post, Cause.LATE)
        return await self._sender.attempt(message.tries, job, post)

    async def _read(self, key: _Key) -> tuple[Post, Job | None] | None:
        """The message as it is now, with its job; None if it has been sent, refused or withdrawn."""
        return next((row for row in await self._read_unsent([key[0]]) if _key_of(row[0]) == key), None)

    async def _read_unsent(self, job_ids: list[JobId]) -> list[tuple[Post, Job | None]]:
        context = self._context
        return await context.database.read(posts.find_unsent_of_jobs, job_ids, context.process)

    async def _give_up_overdue(self) -> None:
        """End overdue jobs while nothing can be sent at all; messages without a try of this process wait."""
        videos = {key for key, message in self._waiting.items() if _is_tried_video(key, message)}
        for post, job in await self._read_unsent([key[0] for key in videos]):
            key = _key_of(post)
            if key in videos and key not in self._busy and job is not None and self._sender.is_overdue(job):
                due_at = await self._sender.give_up(job, post, Cause.LATE)
                if due_at is None:
                    self._due[self._waiting.pop(key).pool(key)].drop(key)


def _key_of(post: Post) -> _Key:
    return post.job_id, post.kind, post.number


def _is_tried_video(key: _Key, message: _Waiting) -> bool:
    return key[1] is PostKind.VIDEO and message.tries.attempted_at is not None
