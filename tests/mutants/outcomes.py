"""What became of the mutants of a run: a status for each, and for each survivor what was changed."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """What the tests did with a mutant. A process that dies has noticed it, too."""

    KILLED = "killed"
    TIMEOUT = "timeout"
    SURVIVED = "survived"
    UNTESTED = "no tests"


@dataclass(frozen=True)
class Change:
    """What a mutant changes, apart from where: its function, and the changed lines before and after."""

    module: str
    function: str
    was: str
    now: str


@dataclass(frozen=True)
class Tried:
    """One mutant that was tried (no status: mutmut was stopped before); its change is known if it survived."""

    status: Status | None
    change: Change | None = None


@dataclass(frozen=True)
class ModuleOutcome:
    """One module: how many mutants it has, how many of the tried ones have which status, and those that survived."""

    module: str
    mutants: int
    statuses: Counter[Status]
    survivors: tuple[Change, ...] = ()

    @property
    def tried(self) -> int:
        return self.statuses.total()


# pytest's own exit codes, and those of mutmut; SIGXCPU ends a mutant that takes too long.
_STATUSES = {0: Status.SURVIVED, 5: Status.UNTESTED, 33: Status.UNTESTED} | dict.fromkeys(
    (36, -24, 24, 152, 255), Status.TIMEOUT
)
_NOT_TRIED = (None, 2)


def status_of(exit_code: int | None) -> Status | None:
    """From mutmut's exit code of a mutant; None if it was not tried."""
    return None if exit_code in _NOT_TRIED else _STATUSES.get(exit_code, Status.KILLED)


def change_in(diff: str, module: str, mutant: str) -> Change:
    """The change that a unified diff shows; `mutant` is mutmut's name of it."""
    lines = diff.splitlines()
    return Change(
        module,
        function_of(mutant),
        _joined(line[1:] for line in lines if line.startswith("-") and not line.startswith("---")),
        _joined(line[1:] for line in lines if line.startswith("+") and not line.startswith("+++")),
    )


def function_of(mutant: str) -> str:
    """`bot.jobs.limits.x__thirds__mutmut_3` is of `_thirds`, `…xǁDueQueueǁput__mutmut_1` of `DueQueue.put`."""
    mangled = mutant.rpartition("__mutmut_")[0].rpartition(".")[2]
    return mangled.removeprefix("xǁ").replace("ǁ", ".") if "ǁ" in mangled else mangled.removeprefix("x_")


def unexplained(outcomes: Sequence[ModuleOutcome], explained: Sequence[Change]) -> list[Change]:
    """The survivors for which no line says why that is right."""
    return [change for outcome in outcomes for change in outcome.survivors if change not in explained]


def _joined(lines: Iterable[str]) -> str:
    return " ".join(line.strip() for line in lines)
