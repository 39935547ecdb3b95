"""The decisions of a seed: which faults strike when, what is requested, when the bot is killed. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Literal

from sandbox.chat import Fault as ChatFault
from sandbox.stage import Stage
from sandbox.studio import Fault as StudioFault
from sandbox.studio.faults import Target

How = Literal["video", "picture", "reply", "remix", "private", "private reply"]
DOOMED, FORBIDDEN, SECRET = "doomed", "forbidden", "secret"
_MOST_FAULTS = 3
_MOST_TIMES = 3
_LATE_SECONDS = 2.0
_SLOW_PAYMENTS = 2
_DEFINITE_PART = 0.8
_PAYING_SECONDS = 0.25
# No time passes; the nonce is still valid, may be valid, or has expired.
_PAUSES_SECONDS = (0.0, 0.0, 0.0, 20.0, 125.0, 200.0)
_SECONDS = re.compile(r"[\d.e-]+ s\b")
_HTML = "<html><h1>Bad gateway</h1></html>"
# The bot's requests to Discord once it is up. Log-in and command sync are no part of a job.
_CHAT_KINDS = (
    "message_create",
    "message_edit",
    "message_delete",
    "history",
    "callback",
    "original_delete",
    "dm_open",
    "attachment",
)
_STUDIO_TARGETS: tuple[Target, ...] = ("paid", "poll", "file")
_GATEWAY_DROPS = ("abort", "reconnect", "invalid")


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """One request of one person: how it is made, and a prompt that decides its outcome."""

    by: int
    how: How
    words: str

    @property
    def end(self) -> str:
        """The state in which its job ends if the outcome is clear."""
        return end_of(self.words)


def end_of(prompt: str) -> str:
    """The state in which a job with that prompt ends if the outcome is clear."""
    if DOOMED in prompt:
        return "failed"
    return "refused" if FORBIDDEN in prompt else "delivered"


def is_private(prompt: str) -> bool:
    """Whether everything of a job with that prompt belongs in its requester's DM."""
    return SECRET in prompt


def a_planned_request(rng: Random, number: int, people: int) -> PlannedRequest:
    """The `number`-th request."""
    how: How = rng.choices(("video", "picture", "reply", "remix", "private", "private reply"), (6, 2, 4, 2, 2, 1))[0]
    mood = rng.choices(("bright", DOOMED, FORBIDDEN), (16, 2, 1))[0]
    kind = f"{SECRET}, {mood}" if how.startswith("private") else mood
    return PlannedRequest(rng.randrange(people), how, f"Balloon number {number}, a {kind} one")


@dataclass(frozen=True, slots=True)
class PlannedKill:
    """The end of one process: during its start or not, how long after, and how much time passes before the next."""

    at_start: bool
    after_seconds: float
    pause_seconds: float


def a_planned_kill(rng: Random) -> PlannedKill:
    """How the next process ends."""
    at_start = rng.random() < 0.3
    return PlannedKill(at_start, rng.uniform(0.0, 2.0), rng.choice(_PAUSES_SECONDS))


def plan_faults(rng: Random, stage: Stage) -> list[str]:
    """Plan up to three faults for the next process, on either side; returns their descriptions.

    With a second provider mostly a definite no of the first one, too.
    """
    planned: list[str] = []
    for _ in range(rng.randint(0, _MOST_FAULTS)):
        times = rng.randint(1, _MOST_TIMES)
        if rng.random() < 0.5:
            target = rng.choice(_STUDIO_TARGETS)
            fault = rng.choice(_STUDIO_FAULTS)(rng)
            stage.studio.faults.add(target, fault, times=times)
            planned.append(f"provider, {target}: {fault.words}")
        else:
            kind = rng.choice(_CHAT_KINDS)
            mishap = rng.choice(_CHAT_FAULTS)(rng)
            stage.chat.faults.add(kind, mishap, times=times)
            planned.append(f"Discord, {kind}: {mishap.words}")
    if len(stage.studios) > 1 and rng.random() < _DEFINITE_PART:
        # Of creates alone: no other provider can remix the first one's video.
        fault = rng.choice(_DEFINITE_FAULTS)(rng)
        stage.studio.faults.add("create", fault, times=rng.randint(1, _MOST_TIMES))
        planned.append(f"provider, create: {fault.words}")
    # A paid request takes as long as over a real network, so that a kill can hit the middle of it.
    for _ in range(_SLOW_PAYMENTS):
        stage.studio.faults.add("paid", StudioFault.delay(rng.uniform(0.0, _PAYING_SECONDS)))
    return planned


def kind_of(fault: str) -> str:
    """The description of a planned fault without its figures."""
    return _SECONDS.sub("some seconds", fault)


def a_gateway_drop(rng: Random) -> tuple[str, bool] | None:
    """How the gateway connection breaks in the next process, and whether the session is resumable; mostly not."""
    return (rng.choice(_GATEWAY_DROPS), rng.random() < 0.5) if rng.random() < 0.15 else None


_STUDIO_FAULTS: tuple[Callable[[Random], StudioFault], ...] = (
    lambda rng: StudioFault.status(429, headers={"Retry-After": str(rng.randint(0, 20))}),
    lambda _: StudioFault.status(429),
    lambda _: StudioFault.status(500),
    lambda rng: StudioFault.status(502, text=_HTML, take=rng.random() < 0.5),
    lambda rng: StudioFault.status(503, text=_HTML, take=rng.random() < 0.5),
    lambda rng: StudioFault.drop(take=rng.random() < 0.5),
    lambda rng: StudioFault.delay(rng.uniform(0.0, _LATE_SECONDS)),
    lambda rng: StudioFault.delay(rng.uniform(0.0, _LATE_SECONDS)),
)
# Nothing was taken, for sure: another provider may be asked.
_DEFINITE_FAULTS: tuple[Callable[[Random], StudioFault], ...] = (
    lambda _: StudioFault.status(401),
    lambda _: StudioFault.status(402),
    lambda _: StudioFault.status(404, json={"error": {"message": "no such model", "code": "model_not_found"}}),
    lambda _: StudioFault.status(503, json={"error": {"message": "overloaded"}}, headers={"Retry-After": "90"}),
)
_CHAT_FAULTS: tuple[Callable[[Random], ChatFault], ...] = (
    lambda rng: ChatFault.rate_limited(rng.uniform(0.1, 2.0)),
    lambda _: ChatFault.status(500),
    lambda _: ChatFault.status(503),
    lambda _: ChatFault.drop(after=False),
    lambda _: ChatFault.drop(after=True),
    lambda rng: ChatFault.late(rng.uniform(0.0, _LATE_SECONDS)),
    lambda rng: ChatFault.late(rng.uniform(0.0, _LATE_SECONDS)),
)
