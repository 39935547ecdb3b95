"""Misbehaviour on demand: scripted faults, and gates that freeze a request; knows neither jobs nor videos."""

import asyncio
import json as jsonlib
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, Self

from sandbox.studio.world import Operation, Request

Moment = Literal["before_take", "after_take"]


class FaultKind(StrEnum):
    """What goes wrong."""

    ANSWER = "answer"
    DROP = "drop"
    HANG = "hang"
    DELAY = "delay"
    SHORT = "short"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong with one request. With `take` the request is carried out (and charged) all the same."""

    kind: FaultKind
    take: bool = False
    status_code: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body_bytes: bytes = b""
    content_type: str | None = None
    seconds: float = 0.0
    sent_bytes: int = 0

    @classmethod
    def status(
        cls,
        code: int,
        *,
        json: Any = None,
        text: str | None = None,
        headers: Mapping[str, str] | None = None,
        take: bool = False,
    ) -> Self:
        """Answer with this status: a JSON body, a text (`text/html` if it starts with `<`), or OpenAI's envelope."""
        if text is not None:
            kind = "text/html" if text.lstrip().startswith("<") else "text/plain"
            return cls(FaultKind.ANSWER, take, code, headers or {}, text.encode(), f"{kind}; charset=utf-8")
        if json is None:
            json = _envelope_for(code)
        return cls(FaultKind.ANSWER, take, code, headers or {}, jsonlib.dumps(json).encode(), "application/json")

    @classmethod
    def body(
        cls, data: bytes, *, take: bool = True, content_type: str | None = "application/json", code: int = 200
    ) -> Self:
        """Answer with exactly these bytes: by default a 2xx that can't be read, after the job was taken."""
        return cls(FaultKind.ANSWER, take, code, {}, data, content_type)

    @classmethod
    def drop(cls, *, take: bool) -> Self:
        """Cut the connection without an answer, after taking the job or before."""
        return cls(FaultKind.DROP, take)

    @classmethod
    def hang(cls, *, take: bool) -> Self:
        """Never answer (until the studio stops; then the connection is cut)."""
        return cls(FaultKind.HANG, take)

    @classmethod
    def delay(cls, seconds: float) -> Self:
        """Carry the request out and answer rightly, but only after that many seconds of the studio's clock."""
        return cls(FaultKind.DELAY, take=True, seconds=seconds)

    @classmethod
    def short(cls, sent_bytes: int) -> Self:
        """Announce the whole length of the body, send only that many bytes of it, and cut the connection."""
        return cls(FaultKind.SHORT, take=True, sent_bytes=sent_bytes)


def _envelope_for(code: int) -> dict[str, Any]:
    words = {
        401: ("Incorrect API key provided.", "invalid_request_error", "invalid_api_key"),
        402: ("You have run out of credit.", "billing_error", "insufficient_balance"),
        404: ("Video not found.", "invalid_request_error", "video_not_found"),
        429: ("rate_limit_exceeded: please slow down.", "rate_limit_error", "rate_limit_exceeded"),
    }
    message, kind, error_code = words.get(code, ("The server had an error.", "server_error", "server_error"))
    return {"error": {"message": message, "type": kind, "param": None, "code": error_code}}


class Faults:
    """The script: per operation, faults in the order in which they will happen."""

    def __init__(self) -> None:
        self._script: dict[Operation, deque[Fault]] = {}

    def add(self, operation: Operation, fault: Fault, *, times: int = 1) -> None:
        """Let the next `times` requests of that operation go wrong so, after those already scripted."""
        self._script.setdefault(operation, deque()).extend([fault] * times)

    def next(self, operation: Operation) -> Fault | None:
        """The fault for a request that has just come in; it is used up."""
        script = self._script.get(operation)
        return script.popleft() if script else None

    def pending(self, operation: Operation) -> int:
        """How many faults of that operation have not happened yet."""
        return len(self._script.get(operation, ()))

    def clear(self, operation: Operation | None = None) -> None:
        """Forget the script, of one operation or of all."""
        if operation is None:
            self._script.clear()
        else:
            self._script.pop(operation, None)


class Gate:
    """Holds one request at one moment: wait for `reached`, do something nasty, then `open()` or `cut()`."""

    def __init__(self, operation: Operation, moment: Moment) -> None:
        self.operation: Operation = operation
        self.moment: Moment = moment
        self.reached = asyncio.Event()
        self.request: Request | None = None
        self._answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def open(self) -> None:
        """Let the request go on, even if whoever sent it is dead by now."""
        if not self._answer.done():
            self._answer.set_result(True)

    def cut(self) -> None:
        """Cut the request's connection here; before the take, nothing is taken."""
        if not self._answer.done():
            self._answer.set_result(False)

    async def hold(self, request: Request) -> bool:
        """Keep a request until the gate is opened (True) or cut (False)."""
        self.request = request
        self.reached.set()
        return await self._answer


class Gates:
    """The gates that are set up and not yet passed."""

    def __init__(self) -> None:
        self._waiting: list[Gate] = []
        self._holding: set[Gate] = set()

    def add(self, operation: Operation, moment: Moment) -> Gate:
        """Hold the next request of that operation at that moment (only that one)."""
        gate = Gate(operation, moment)
        self._waiting.append(gate)
        return gate

    async def passed(self, request: Request, moment: Moment) -> bool:
        """Whether the request may go on from here; waits while a gate holds it."""
        wanted = (request.operation, moment)
        gate = next((gate for gate in self._waiting if (gate.operation, gate.moment) == wanted), None)
        if gate is None:
            return True
        self._waiting.remove(gate)
        self._holding.add(gate)
        try:
            return await gate.hold(request)
        finally:
            self._holding.discard(gate)

    def cut_all(self) -> None:
        """Let nobody wait any longer: the world ends."""
        self._waiting.clear()
        for gate in tuple(self._holding):
            gate.cut()
