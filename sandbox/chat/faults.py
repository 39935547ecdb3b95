"""Faults and gates that a test sets on kinds of requests, by their names."""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from sandbox.chat.records import Attachment, Json

When = Literal["before", "after"]
ANYTHING = "anything"
"""In place of a kind of request: all of them."""


class FaultKind(StrEnum):
    """What happens to a request instead of, or after, carrying it out."""

    STATUS = "status"
    DROP_BEFORE = "drop before"
    DROP_AFTER = "drop after"
    RATE_LIMITED = "rate limited"
    HANG = "hang"
    LATE = "late"
    CUT = "cut"
    SLOW = "slow"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong with a request."""

    kind: FaultKind
    http_status: int = 0
    code: int = 0
    retry_after_seconds: float = 0.0
    is_global: bool = False
    seconds: float = 0.0
    sent_bytes: int = 0

    @classmethod
    def status(cls, http_status: int) -> "Fault":
        """Answer with this HTTP status and an HTML page, as a broken proxy would; nothing is carried out."""
        return cls(FaultKind.STATUS, http_status)

    @classmethod
    def error(cls, http_status: int, code: int) -> "Fault":
        """Answer with Discord's JSON error; nothing is carried out."""
        return cls(FaultKind.STATUS, http_status, code)

    @classmethod
    def drop(cls, *, after: bool) -> "Fault":
        """Cut the connection without a response, after carrying the request out or instead of it."""
        return cls(FaultKind.DROP_AFTER if after else FaultKind.DROP_BEFORE)

    @classmethod
    def rate_limited(cls, retry_after_seconds: float, *, global_: bool = False) -> "Fault":
        """Answer 429 as Discord does, with `Via` and `retry_after`; nothing is carried out."""
        return cls(FaultKind.RATE_LIMITED, 429, retry_after_seconds=retry_after_seconds, is_global=global_)

    @classmethod
    def hang(cls) -> "Fault":
        """Never answer, until the chat stops or the client disconnects; nothing is carried out."""
        return cls(FaultKind.HANG)

    @classmethod
    def late(cls, seconds: float) -> "Fault":
        """Carry the request out at once, and answer that many seconds of the clock later."""
        return cls(FaultKind.LATE, seconds=seconds)

    @classmethod
    def cut(cls, sent_bytes: int) -> "Fault":
        """Send so many bytes of a file and cut the connection; a request without a file gets no response."""
        return cls(FaultKind.CUT, sent_bytes=sent_bytes)

    @classmethod
    def slow(cls, bytes_per_second: int) -> "Fault":
        """Send a file at that rate of the clock; a request without a file gets no response."""
        return cls(FaultKind.SLOW, sent_bytes=bytes_per_second)

    @property
    def words(self) -> str:
        """What it does to a request, in a few words."""
        match self.kind:
            case FaultKind.STATUS:
                return f"answered {self.http_status}"
            case FaultKind.RATE_LIMITED:
                return f"answered 429, to wait {self.retry_after_seconds:g} s"
            case FaultKind.DROP_BEFORE:
                return "cut off before it was carried out"
            case FaultKind.DROP_AFTER:
                return "carried out, but the response was lost"
            case FaultKind.HANG:
                return "never answered"
            case FaultKind.LATE:
                return f"answered {self.seconds:g} s late"
            case FaultKind.CUT:
                return f"broken off after {self.sent_bytes} bytes"
            case FaultKind.SLOW:
                return f"sent at {self.sent_bytes} bytes a second"


@dataclass(eq=False, slots=True)
class Gate:
    """Holds one request at one point, after letting `skip` of its kind by. `reached` is set when it is there."""

    when: When
    skip: int = 0
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    request: "Request | None" = None
    _opened: asyncio.Event = field(default_factory=asyncio.Event)
    _dropped: bool = False

    def open(self) -> None:
        """Let the request go on."""
        self._opened.set()

    def drop(self) -> None:
        """Cut its connection instead: before = it never arrived, after = its response is lost."""
        self._dropped = True
        self._opened.set()

    async def wait_reached(self, timeout_seconds: float = 20) -> None:
        """Return when a request waits at the gate; raises `TimeoutError`."""
        await asyncio.wait_for(self.reached.wait(), timeout_seconds)

    async def pass_through(self, request: "Request") -> bool:
        """Wait at the gate until it opens; True when the request may continue. For the server only."""
        self.request = request
        self.reached.set()
        await self._opened.wait()
        return not self._dropped


@dataclass(eq=False, slots=True)
class Request:
    """One REST call of the bot; `status` is 0 without a response.

    `crashed` stays true when this Discord itself broke over it: a fault of the sandbox, or a malformed body.
    """

    kind: str
    method: str
    route: str
    path: str
    at: float
    body: Json = field(default_factory=Json)
    files: list[str] = field(default_factory=list[str])
    uploads: dict[int, Attachment] = field(default_factory=dict[int, Attachment])
    status: int = 0
    authorized: bool = False
    crashed: bool = False
    answer: str = ""
    """What was answered, as an excerpt."""
    fault: str = ""
    """What a planned fault did to it, in a few words."""


@dataclass(eq=False, slots=True)
class Planned:
    """A fault that will happen `left` more times, to requests of these kinds."""

    number: int
    kinds: tuple[str, ...]
    fault: Fault
    left: int
    only_if: Callable[[Request], bool] | None

    def strikes(self, request: Request) -> bool:
        """Whether that request gets it."""
        meant = ANYTHING in self.kinds or request.kind in self.kinds
        return meant and (self.only_if is None or self.only_if(request))


class Faults:
    """The faults that are still to come."""

    def __init__(self) -> None:
        self._planned: list[Planned] = []
        self._numbers = itertools.count(1)
        self._gates: list[tuple[str, Gate]] = []
        self._standing: list[Gate] = []
        self.struck: list[tuple[Request, Fault]] = []

    @property
    def planned(self) -> tuple[Planned, ...]:
        """What has not happened yet, in order."""
        return tuple(self._planned)

    def add(
        self,
        kind: str | tuple[str, ...],
        fault: Fault,
        *,
        times: int = 1,
        only_if: Callable[[Request], bool] | None = None,
    ) -> None:
        """Let the next `times` requests of that kind ("message_create", …), or of these kinds, meet this fault."""
        kinds = (kind,) if isinstance(kind, str) else kind
        self._planned.append(Planned(next(self._numbers), kinds, fault, times, only_if))

    def clear(self) -> None:
        """Forget every fault that has not struck yet."""
        self._planned.clear()

    def cancel(self, number: int) -> None:
        """Remove the planned fault with that number, if it has not struck yet."""
        self._planned = [one for one in self._planned if one.number != number]

    def add_gate(self, kind: str, when: When, *, skip: int = 0) -> Gate:
        """Freeze the next request of that kind before it is carried out, or before its response.

        With `skip` it is that many requests later. ANYTHING matches every request.
        """
        gate = Gate(when, skip)
        self._gates.append((kind, gate))
        return gate

    def remove_gate(self, gate: Gate) -> None:
        """Remove a gate that no request has reached."""
        self._gates = [entry for entry in self._gates if entry[1] is not gate]

    def open_gates(self) -> None:
        """Release all requests at gates, and remove gates that no request has reached."""
        for gate in self._standing:
            gate.open()
        self._gates.clear()

    def take(self, request: Request) -> Fault | None:
        """The fault of this request."""
        for planned in self._planned:
            if planned.strikes(request):
                planned.left -= 1
                if planned.left <= 0:
                    self._planned.remove(planned)
                request.fault = planned.fault.words
                self.struck.append((request, planned.fault))
                return planned.fault
        return None

    def take_gate(self, request: Request, when: When) -> Gate | None:
        """The gate at which this request stops."""
        for entry in tuple(self._gates):
            kind, gate = entry
            if kind not in (request.kind, ANYTHING) or gate.when != when:
                continue
            if gate.skip:
                gate.skip -= 1
                continue
            self._gates.remove(entry)
            self._standing.append(gate)
            return gate
        return None
