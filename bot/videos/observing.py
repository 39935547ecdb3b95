"""Reports each request of a client with its outcome and time, from the one place that all of them pass."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from bot.ops.clock import Clock
from bot.ops.observer import outcome_name
from bot.videos.provider_faults import VideosFault
from bot.videos.values import CancelResult

P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S", bound="_Observed")
# The provider's response was read and used; and: the process ended before there was one.
ANSWERED = "answered"
ABANDONED = "abandoned"
# Called with the kind of the request, its outcome and its seconds.
Report = Callable[[str, str, float], None]


class RequestKind(StrEnum):
    """What a request to a provider is for."""

    SUBMIT = "submit"
    POLL = "poll"
    LIST = "list"
    CANCEL = "cancel"
    PROBE = "probe"
    CHAT = "chat"


class _Observed(Protocol):
    """A client that reports."""

    @property
    def clock(self) -> Clock: ...

    @property
    def report(self) -> Report: ...


def ignore(_kind: str, _outcome: str, _seconds: float) -> None:
    """A `Report` that nothing listens to."""


def _outcome_of(result: object) -> str:
    return result.outcome.value if isinstance(result, CancelResult) else ANSWERED


def observed(
    kind: RequestKind,
) -> Callable[[Callable[Concatenate[S, P], Awaitable[T]]], Callable[Concatenate[S, P], Awaitable[T]]]:
    """Let a method of a client report how it ends."""

    def with_report(method: Callable[Concatenate[S, P], Awaitable[T]]) -> Callable[Concatenate[S, P], Awaitable[T]]:
        @wraps(method)
        async def reported(client: S, *args: P.args, **kwargs: P.kwargs) -> T:
            outcome, began_at = ABANDONED, client.clock.monotonic()
            try:
                result = await method(client, *args, **kwargs)
                outcome = _outcome_of(result)
            except VideosFault as fault:
                outcome = outcome_name(type(fault))
                raise
            finally:
                client.report(kind, outcome, client.clock.monotonic() - began_at)
            return result

        return reported

    return with_report
