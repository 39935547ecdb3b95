"""The state of the local Videos API: requests, accepted and charged renders, and how they ended."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from bot.ops.clock import Clock
from sandbox.studio.dials import Dials, Ending, Outcome

Operation = Literal["create", "remix", "poll", "content", "file", "list", "ping", "models", "cancel", "chat", "unknown"]
PAID: tuple[Operation, ...] = ("create", "remix")


class RenderState(StrEnum):
    """The state of a render, in the provider page's own words; that page has none for a cancelled one."""

    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """One file part of a request, exactly as it came in."""

    field: str
    file_name: str
    content_type: str | None
    data: bytes


@dataclass(frozen=True, slots=True)
class Submission:
    """A paid request, checked and with defaults filled in."""

    prompt: str
    model: str
    size: str
    seconds: str
    references: tuple[ReceivedFile, ...] = ()
    parent_id: str | None = None
    idempotency_key: str | None = None
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    """Fields beyond the usual ones, by their names on the wire."""

    @property
    def width_height(self) -> tuple[int, int]:
        """Its size in pixels."""
        width, _, height = self.size.partition("x")
        return int(width), int(height)


@dataclass(slots=True)
class Render:
    """One accepted, paid submission and its outcome. Times are epoch seconds of the studio's clock."""

    id: str
    asked: Submission
    taken_at: float
    render_seconds: float
    outcome: Outcome
    state: RenderState = RenderState.PROCESSING
    ended_at: float | None = None
    handed_over: bool = False

    @property
    def prompt(self) -> str:
        """The prompt as it was received."""
        return self.asked.prompt

    @property
    def model(self) -> str:
        """The requested model, or the default."""
        return self.asked.model

    @property
    def size(self) -> str:
        """The requested `WxH`, or the default."""
        return self.asked.size

    @property
    def seconds(self) -> str:
        """The requested length, or the default."""
        return self.asked.seconds

    @property
    def references(self) -> tuple[ReceivedFile, ...]:
        """The reference files, in the order they came."""
        return self.asked.references

    @property
    def parent_id(self) -> str | None:
        """The id of the video that this one remixes."""
        return self.asked.parent_id

    @property
    def idempotency_key(self) -> str | None:
        """The header that came with it."""
        return self.asked.idempotency_key

    @property
    def error(self) -> dict[str, Any] | str | None:
        """Its error; None unless it failed."""
        return self.outcome.error if self.state is RenderState.FAILED else None


@dataclass(slots=True)
class Request:
    """One request. `status` is None until it is answered, and stays None when the connection was cut."""

    method: str
    path: str
    operation: Operation
    headers: dict[str, str]
    """Names in lower case."""
    at: float
    query: dict[str, str] = field(default_factory=dict[str, str])
    at_file_host: bool = False
    """Whether it came to the file host, and not to the API."""
    body_kind: Literal["none", "json", "multipart", "urlencoded", "other"] = "none"
    fields: dict[str, Any] = field(default_factory=dict[str, Any])
    """JSON members or text parts as received; a text part that is repeated becomes a list."""
    files: tuple[ReceivedFile, ...] = ()
    status: int | None = None
    answer: str = ""
    """What was answered, as an excerpt."""
    fault: str = ""
    """What a scripted fault did to it, in a few words."""


class StudioState:
    """All requests and renders of one studio; survives the bot's restarts and wakes waiters at each change."""

    def __init__(self, clock: Clock, dials: Dials, id_prefix: str = "video_") -> None:
        self.clock = clock
        self.dials = dials
        self._id_prefix = id_prefix
        self.renders: list[Render] = []
        self.requests: list[Request] = []
        self._by_id: dict[str, Render] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiters: set[asyncio.Event] = set()

    def find(self, render_id: str) -> Render | None:
        """The render with that id, if there is one."""
        return self._by_id.get(render_id)

    def taken_with(self, idempotency_key: str) -> Render | None:
        """The first render that came with that key."""
        return next((render for render in self.renders if render.idempotency_key == idempotency_key), None)

    def paid(self, what: str) -> int:
        """How many accepted paid submissions had exactly this prompt or this idempotency key."""
        return sum(what in (render.prompt, render.idempotency_key) for render in self.renders)

    def forget(self, render: Render) -> None:
        """Know the render no longer under its id; it renders on, and stays among the charged ones."""
        self._by_id.pop(render.id, None)
        self.changed()

    def cancel(self, render: Render) -> None:
        """Stop a render that has not ended."""
        if render.state is RenderState.PROCESSING:
            render.state, render.ended_at = RenderState.CANCELLED, self.clock.now()
            self.changed()

    def cancel_later(self, render: Render, seconds: float) -> None:
        """Stop it after that time, if it has not ended by then."""

        async def stop() -> None:
            await self.clock.sleep(seconds)
            self.cancel(render)

        self._start(stop(), f"cancel {render.id}")

    def refuses_next(self) -> bool:
        """Whether this submission is the one to refuse; the next one is not."""
        refuses = bool(self.dials.next_render) and self.dials.next_render[0].ending is Ending.REFUSED
        if refuses:
            self.dials.next_render.pop(0)
        return refuses

    def take(self, asked: Submission) -> Render:
        """Accept a submission, which is the moment that costs money, and start its render."""
        outcome = self.dials.next_render.pop(0) if self.dials.next_render else Outcome.ok()
        if self.dials.failing_word in asked.prompt.lower():
            outcome = Outcome.fail(render_seconds=outcome.render_seconds)
        seconds = self.dials.render_seconds if outcome.render_seconds is None else outcome.render_seconds
        render = Render(f"{self._id_prefix}{secrets.token_hex(12)}", asked, self.clock.now(), seconds, outcome)
        self.renders.append(render)
        self._by_id[render.id] = render
        self._go_on(render)
        self.changed()
        return render

    def resume(self) -> None:
        """Continue the renders that `close` interrupted; time has passed for them meanwhile."""
        for render in self.renders:
            if render.state is RenderState.PROCESSING:
                self._go_on(render)

    def _go_on(self, render: Render) -> None:
        if render.outcome.ending is not Ending.NEVER:
            self._start(self._ripen(render), f"render {render.id}")

    def _start(self, doing: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(doing, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ripen(self, render: Render) -> None:
        await self.clock.sleep(render.taken_at + render.render_seconds - self.clock.now())
        if render.state is not RenderState.PROCESSING:
            return
        failed = render.outcome.ending is Ending.FAILED
        render.state = RenderState.FAILED if failed else RenderState.COMPLETED
        render.ended_at = self.clock.now()
        self.changed()

    def changed(self) -> None:
        """Wake every waiter."""
        for waiter in self._waiters:
            waiter.set()

    async def wait_for(self, predicate: Callable[[], object], timeout_seconds: float) -> None:
        """Return once `predicate()` is true, evaluated at every change; raises TimeoutError after real seconds."""
        waiter = asyncio.Event()
        self._waiters.add(waiter)
        try:
            async with asyncio.timeout(timeout_seconds):
                while not predicate():
                    await waiter.wait()
                    waiter.clear()
        except TimeoutError as late:
            raise TimeoutError(f"not true within {timeout_seconds} s; so far: {self._summary()}") from late
        finally:
            self._waiters.discard(waiter)

    def _summary(self) -> str:
        renders = ", ".join(f"{render.prompt[:24]!r} {render.state}" for render in self.renders[-8:]) or "no renders"
        requests = ", ".join(f"{request.operation} {request.status}" for request in self.requests[-12:])
        return f"{renders}; last requests: {requests or 'none'}"

    async def close(self) -> None:
        """Stop the renders that are still running."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
