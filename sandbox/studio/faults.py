"""Misbehaviour on demand: scripted faults, and gates that freeze a request."""

import asyncio
import itertools
import json as jsonlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, Self

from sandbox.studio.state import PAID, Operation, Request

Moment = Literal["before_take", "after_take"]
Target = Operation | Literal["paid"]
Held = Operation | Literal["anything"]


class FaultKind(StrEnum):
    """What goes wrong."""

    ANSWER = "answer"
    DROP = "drop"
    HANG = "hang"
    DELAY = "delay"
    SHORT = "short"
    SLOW = "slow"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of one request. With `take` the request is carried out (and charged) all the same."""

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
        """Answer with exactly these bytes: by default an unreadable 2xx, after the job was taken."""
        return cls(FaultKind.ANSWER, take, code, {}, data, content_type)

    @classmethod
    def drop(cls, *, take: bool) -> Self:
        """Cut the connection without a response, after taking the job or before."""
        return cls(FaultKind.DROP, take)

    @classmethod
    def hang(cls, *, take: bool) -> Self:
        """Never answer (until the studio stops; then the connection is cut)."""
        return cls(FaultKind.HANG, take)

    @classmethod
    def delay(cls, seconds: float) -> Self:
        """Carry the request out and answer correctly, but only after that many seconds of the studio's clock."""
        return cls(FaultKind.DELAY, take=True, seconds=seconds)

    @classmethod
    def short(cls, sent_bytes: int) -> Self:
        """Announce the whole length of the body, send only that many bytes of it, and cut the connection."""
        return cls(FaultKind.SHORT, take=True, sent_bytes=sent_bytes)

    @classmethod
    def slow(cls, bytes_per_second: int) -> Self:
        """Carry the request out and send the body at that rate of the studio's clock; 1 is a trickle."""
        return cls(FaultKind.SLOW, take=True, sent_bytes=bytes_per_second)

    @property
    def words(self) -> str:
        """What it does to a request, in a few words."""
        though = ", though it was carried out" if self.take else ""
        match self.kind:
            case FaultKind.ANSWER:
                return f"answered {self.status_code}{though}"
            case FaultKind.DROP:
                return "carried out, but the response was lost" if self.take else "cut off before it was carried out"
            case FaultKind.HANG:
                return f"never answered{though}"
            case FaultKind.DELAY:
                return f"answered {self.seconds:g} s late"
            case FaultKind.SHORT:
                return f"broken off after {self.sent_bytes} bytes"
            case FaultKind.SLOW:
                return f"sent at {self.sent_bytes} bytes a second"


def _envelope_for(code: int) -> dict[str, Any]:
    words = {
        401: ("Incorrect API key provided.", "invalid_request_error", "invalid_api_key"),
        402: ("You have run out of credit.", "billing_error", "insufficient_balance"),
        404: ("Video not found.", "invalid_request_error", "video_not_found"),
        429: ("rate_limit_exceeded: please slow down.", "rate_limit_error", "rate_limit_exceeded"),
    }
    message, kind, error_code = words.get(code, ("The server had an error.", "server_error", "server_error"))
    return {"error": {"message": message, "type": kind, "param": None, "code": error_code}}


@dataclass(eq=False, slots=True)
class Planned:
    """A fault that will happen `left` more times."""

    number: int
    target: Target
    fault: Fault
    left: int
    word: str = ""

    def strikes(self, operation: Operation, prompt: str) -> bool:
        """Whether a request of that operation, for a video of that prompt, gets it."""
        meant = self.target == operation or (self.target == "paid" and operation in PAID)
        return meant and self.word in prompt.lower()


class Faults:
    """The script: faults in the order in which they will happen. Those for "paid" apply to any paid request."""

    def __init__(self) -> None:
        self._script: list[Planned] = []
        self._numbers = itertools.count(1)

    @property
    def planned(self) -> tuple[Planned, ...]:
        """What has not happened yet, in order."""
        return tuple(self._script)

    def add(self, target: Target, fault: Fault, *, times: int = 1, word: str = "") -> None:
        """Plan this fault for the next `times` requests of that operation, after those already scripted.

        With a `word`, only for a video whose prompt contains it, in any case: the faults of one person's prompts.
        """
        self._script.append(Planned(next(self._numbers), target, fault, times, word.lower()))

    def next(self, operation: Operation, prompt: str = "") -> Fault | None:
        """The fault for a request that has just arrived; it is used up."""
        planned = next((one for one in self._script if one.strikes(operation, prompt)), None)
        if planned is None:
            return None
        planned.left -= 1
        if planned.left <= 0:
            self._script.remove(planned)
        return planned.fault

    def pending(self, target: Target) -> int:
        """How many faults of that operation have not happened yet."""
        return sum(one.left for one in self._script if one.target == target)

    def clear(self, target: Target | None = None) -> None:
        """Remove the script, of one operation or of all."""
        self._script = [one for one in self._script if target is not None and one.target != target]

    def cancel(self, number: int) -> None:
        """Remove the planned fault with that number, if it has not happened yet."""
        self._script = [one for one in self._script if one.number != number]


class Gate:
    """Holds one request at one moment: wait for `reached`, do something nasty, then `open()` or `cut()`."""

    def __init__(self, operation: Held, moment: Moment, skip: int = 0) -> None:
        self.operation: Held = operation
        self.moment: Moment = moment
        self.skip = skip
        self.reached = asyncio.Event()
        self.request: Request | None = None
        self._answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def open(self) -> None:
        """Let the request continue, even if its sender is dead by now."""
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
    """The gates that are set up and not passed yet."""

    def __init__(self) -> None:
        self._waiting: list[Gate] = []
        self._holding: set[Gate] = set()

    def add(self, operation: Held, moment: Moment, *, skip: int = 0) -> Gate:
        """Hold the next request of that operation at that moment (only that one), after letting `skip` of them by."""
        gate = Gate(operation, moment, skip)
        self._waiting.append(gate)
        return gate

    def remove(self, gate: Gate) -> None:
        """Remove a gate that no request has reached."""
        self._waiting = [one for one in self._waiting if one is not gate]

    def _first(self, operation: Operation, moment: Moment) -> Gate | None:
        for gate in self._waiting:
            if gate.operation not in (operation, "anything") or gate.moment != moment:
                continue
            if not gate.skip:
                return gate
            gate.skip -= 1
        return None

    async def passed(self, request: Request, moment: Moment) -> bool:
        """Whether the request may continue from here; waits while a gate holds it."""
        gate = self._first(request.operation, moment)
        if gate is None:
            return True
        self._waiting.remove(gate)
        self._holding.add(gate)
        try:
            return await gate.hold(request)
        finally:
            self._holding.discard(gate)

    def cut_all(self) -> None:
        """Cut all requests at gates: the studio stops."""
        self._waiting.clear()
        for gate in tuple(self._holding):
            gate.cut()
