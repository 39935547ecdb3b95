"""The invariants of a chaos run, checked on counts alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

ENDED = frozenset({"delivered", "refused", "failed", "cancelled", "lost", "undeliverable", "stopped"})
# Two clean refusals are tried again; the third ends the job, with nothing charged.
CLEAN_REFUSALS_MAX = 3


@dataclass(frozen=True, slots=True)
class JobFacts:
    """The outcome of one accepted job: its row, and the counts of the two servers."""

    id: str
    prompt: str
    state: str
    paid: int
    paid_by_key: int
    videos: int
    failures: int
    unsure: int
    late: int
    cards: int
    cards_standing: int
    expected: str
    """The state in which it ends when nobody is left in doubt."""
    in_doubt: bool
    """Whether a kill or a fault left it open if the provider took it."""
    clean_refusals: int
    strayed: int = 0
    """In how many places it has a message that are not its own: a private job's is its requester's DM."""
    begun_elsewhere: bool = False
    """Whether another provider got a paid request for it while an earlier one was in doubt."""
    rolled_back: bool = False
    """Whether an older copy of the database was put back in which it had not ended yet."""
    clock_set: bool = False
    """Whether the machine's clock was set during the run, so that its time may have been up early."""


@dataclass(frozen=True, slots=True)
class ForgottenJob:
    """A job that was accepted after a copy was made, and is unknown since that copy was restored."""

    id: str
    prompt: str
    paid: int
    videos: int


@dataclass(frozen=True, slots=True)
class WorldFacts:
    """The counts of the whole run."""

    paid_without_job: tuple[str, ...]
    integrity: str
    partial_files: tuple[str, ...]
    tracebacks: int
    strange_exits: tuple[int, ...]
    unknown_calls: tuple[str, ...]
    leaks: tuple[str, ...] = ()
    """Paths of requests with a key that doesn't belong there."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken promise, with its name and the evidence."""

    promise: str
    what: str


def find_violations(jobs: list[JobFacts], world: WorldFacts, forgotten: Sequence[ForgottenJob] = ()) -> list[Violation]:
    """Every broken promise. Forgotten jobs are checked only for duplicates: no process can end them any more."""
    found = [violation for job in jobs for violation in _violations_of(job)]
    found += [Violation("charged twice", f"{job.paid} times: {job}") for job in forgotten if job.paid > 1]
    found += [Violation("posted twice", f"{job.videos} times: {job}") for job in forgotten if job.videos > 1]
    found += [Violation("charged without a job", prompt) for prompt in world.paid_without_job]
    if world.integrity != "ok":
        found.append(Violation("database damaged", world.integrity))
    found += [Violation("partial file left over", name) for name in world.partial_files]
    if world.tracebacks:
        found.append(Violation("unexpected error", f"{world.tracebacks} tracebacks in the log"))
    found += [Violation("ended by itself", f"exit code {code}") for code in world.strange_exits]
    found += [Violation("unknown call", call) for call in world.unknown_calls]
    found += [Violation("key at another server", path) for path in world.leaks]
    return found


def _violations_of(job: JobFacts) -> Iterator[Violation]:
    if job.paid > 1 or job.paid_by_key > 1:
        yield Violation("charged twice", f"{job.paid} times: {job}")
    if job.begun_elsewhere:
        yield Violation("begun elsewhere while in doubt", f"{job}")
    if job.videos > 1:
        yield Violation("posted twice", f"{job.videos} times: {job}")
    # A card that was posted and deleted after the copy was made can't be found any more.
    cards = 0 if job.rolled_back else job.cards
    if max(job.failures, job.unsure, job.late, cards) > 1:
        yield Violation("told twice", f"{job}")
    if job.strayed:
        yield Violation("posted elsewhere", f"{job}")
    if job.state not in ENDED:
        yield Violation("not ended", f"{job}")
        return
    if job.cards_standing:
        yield Violation("card left standing", f"{job}")
    yield from _judge_freely(job) if job.rolled_back or job.clock_set else _judge_end(job)


def _judge_freely(job: JobFacts) -> Iterator[Violation]:
    """A job that may end in another state still needs a message, and may be delivered only if it was paid for."""
    if job.videos + job.failures == 0:
        yield Violation("lost in silence", f"{job}")
    if job.state == "delivered" and (job.paid, job.videos) != (1, 1):
        yield Violation("delivered unpaid", f"{job}")
    if job.state == "refused" and job.expected != "refused":
        yield Violation("ended wrongly", f"{job.expected} was due: {job}")


def _judge_end(job: JobFacts) -> Iterator[Violation]:
    told = (job.videos, job.failures, job.unsure)
    wanted = {"delivered": (1, 0, 0), "failed": (0, 1, 0), "refused": (0, 1, 0), "lost": (0, 1, 1)}.get(job.state)
    if wanted is None or min(one - least for one, least in zip(told, wanted, strict=True)) < 0:
        yield Violation("lost in silence", f"{job}")
    elif told != wanted and job.state != "lost" and job.unsure:
        yield Violation("asked without need", f"{job}")
    elif told != wanted:
        yield Violation("told wrongly", f"{job}")
    if job.state == "lost" and not job.in_doubt:
        yield Violation("in doubt without a cause", f"{job}")
    given_up = job.state == "failed" and job.clean_refusals >= CLEAN_REFUSALS_MAX and job.paid == 0
    if job.state not in {"lost", job.expected} and not given_up:
        yield Violation("ended wrongly", f"{job.expected} was due: {job}")
    if job.state == "delivered" and job.paid == 0:
        yield Violation("delivered unpaid", f"{job}")
