"""What providers answer to paid requests, in stored words, and which providers that closes to a job."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Answer(StrEnum):
    """What a provider answered to a paid request; stored, so never renamed."""

    TAKEN = "taken"
    # Nothing was sent, for a reason of ours: the hard stop, the end of the process.
    UNSENT = "unsent"
    # Nothing was sent: no connection.
    UNREACHED = "unreached"
    BUSY = "busy"
    # A clean 500: nothing was taken.
    ERROR = "error"
    KEY = "key"
    CREDIT = "credit"
    # Refused without the provider's own words, perhaps by a firewall for the words of the request.
    BLOCKED = "blocked"
    MODEL = "model"
    # The request itself was refused: its content or one of its fields.
    REFUSED = "refused"
    DOUBT = "doubt"


@dataclass(frozen=True, slots=True)
class ClosedRoute:
    """A provider that gave a job a definite no: it doesn't get the job until then (None: ever again).

    `since` is when it gave the first of such answers in a row.
    """

    provider: str
    answer: Answer
    since: float
    until: float | None


def closed_routes_column(closed: Iterable[ClosedRoute]) -> list[object]:
    """The column of a job's closed routes."""
    return [[route.provider, route.answer, route.since, route.until] for route in closed]


def closed_routes_of(column: Any) -> tuple[ClosedRoute, ...]:
    """The closed routes in that column. Raises ValueError and TypeError for anything else."""
    return tuple(
        ClosedRoute(str(provider), Answer(answer), float(since), None if until is None else float(until))
        for provider, answer, since, until in column or ()
    )
