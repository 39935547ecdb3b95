"""What `check` finds: one line for each thing that it looks at, with its state and a remedy. Pure values."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class State(StrEnum):
    """How a thing is. A warning leaves the bot able to work; a problem doesn't."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    PROBLEM = "problem"


class Line(StrEnum):
    """The kinds of lines: part and name. They are in the JSON, so other programs may know them."""

    SETTINGS = "settings.values"
    PROXY = "settings.proxy"

    FOLDER = "data_folder.folder"
    FILES = "data_folder.files"
    SPACE = "data_folder.space"
    COMMIT = "data_folder.commit"
    PAUSE = "data_folder.pause"
    BACKUPS = "data_folder.backups"

    SERVER = "database.server"
    INTEGRITY = "database.integrity"
    MIGRATION = "database.migration"
    ORIGIN = "database.origin"
    LEFT_BEHIND = "database.left_behind"
    RIGHTS = "database.rights"
    DURABILITY = "database.durability"
    SHARED_PAUSE = "database.pause"

    ADDRESS = "provider.address"
    KEY = "provider.key"
    MODELS = "provider.models"
    LIST = "provider.list"
    RETRIES = "provider.retries"

    TOKEN = "discord.token"  # noqa: S105 - the name of a line
    INTERACTIONS = "discord.interactions"
    INTENTS = "discord.intents"
    INVITATION = "discord.invitation"
    SESSIONS = "discord.sessions"
    COMMANDS = "discord.commands"
    SERVERS = "discord.servers"
    PERMISSIONS = "discord.permissions"
    OWNERS = "discord.owners"
    ALERTS = "discord.alerts"

    CLOCK = "machine.clock"
    FFMPEG = "machine.ffmpeg"
    MEMORY = "machine.memory"
    OPEN_FILES = "machine.open_files"
    HTTP = "machine.http"

    FINISHED = "check.finished"

    @property
    def part(self) -> str:
        """The part of the installation that it is about."""
        return self.value.partition(".")[0]

    @property
    def kind(self) -> str:
        """Its name within that part."""
        return self.value.partition(".")[2]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line. `about` is the provider or server that it is about, where there may be several."""

    line: Line
    state: State
    what: str
    remedy: str = ""
    about: str = ""

    def __post_init__(self) -> None:
        if self.is_bad and not self.remedy:
            raise ValueError(f"{self.line} says what is wrong, and not what to do.")

    @property
    def is_bad(self) -> bool:
        """Whether somebody should do something."""
        return self.state in (State.WARNING, State.PROBLEM)


def ok(line: Line, what: str, about: str = "") -> Finding:
    """It is as it should be."""
    return Finding(line, State.OK, what, about=about)


def note(line: Line, what: str, remedy: str = "", about: str = "") -> Finding:
    """Worth knowing, and nothing has to be done."""
    return Finding(line, State.NOTE, what, remedy, about)


def warning(line: Line, what: str, remedy: str, about: str = "") -> Finding:
    """The bot works, though not as well as it could."""
    return Finding(line, State.WARNING, what, remedy, about)


def problem(line: Line, what: str, remedy: str, about: str = "") -> Finding:
    """The bot can't start, or can't do its work."""
    return Finding(line, State.PROBLEM, what, remedy, about)


class Outcome(IntEnum):
    """How a check ends: the exit codes of the process."""

    FINE = 0
    BROKE = 1
    TO_FIX = 78


@dataclass(frozen=True, slots=True)
class Report:
    """All findings in the order of `Line`. `broke`: the check of a part ended with an unexpected error."""

    findings: tuple[Finding, ...]
    invitation: str | None = None
    broke: bool = False

    def count(self, state: State) -> int:
        """How many findings have that state."""
        return sum(finding.state is state for finding in self.findings)

    @property
    def outcome(self) -> Outcome:
        """What the process ends with."""
        if self.broke:
            return Outcome.BROKE
        return Outcome.TO_FIX if self.count(State.PROBLEM) else Outcome.FINE

    @property
    def verdict(self) -> str:
        """All of it in a sentence."""
        problems, warnings = self.count(State.PROBLEM), self.count(State.WARNING)
        more = f", and {_counted(warnings, 'warning')}" if warnings else ""
        if self.broke:
            return "The check itself broke: what it found is above, the error is on standard error."
        if problems:
            return f"The bot can't do its work yet: {_counted(problems, 'problem')}{more}."
        return (
            f"The bot can do its work, with {_counted(warnings, 'warning')}."
            if warnings
            else "The bot can do its work."
        )


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings as they are shown: by their lines, then by what they are about, bad ones first."""
    lines = list(Line)
    badness = list(State)[::-1]
    return tuple(sorted(findings, key=lambda each: (_rank(lines, each), badness.index(each.state))))


def _rank(lines: list[Line], finding: Finding) -> tuple[int, str, int]:
    # All that is about one provider belongs together.
    first = next(at for at, line in enumerate(lines) if line.part == finding.line.part)
    about = finding.about if finding.line.part == "provider" else ""
    return first, about, lines.index(finding.line)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
