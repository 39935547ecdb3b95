"""The steps of a drill, the problems that it can name, and what came of each. Pure values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.jobs.denials import Denial
from bot.jobs.reasons import Refusal


class DrillStep(StrEnum):
    """What a video needs on its way, in the order in which it is tried."""

    DISK = "disk"
    DATABASE = "database"
    FFMPEG = "ffmpeg"
    PLACE = "place"
    PLAN = "plan"
    UPLOAD = "upload"
    EDIT = "edit"
    HISTORY = "history"
    DIRECT = "direct"


class DrillProblem(StrEnum):
    """Why a step does not work, beside a `Refusal`. The comment names the fields of `named`."""

    DISK_FULL = "disk_full"
    DISK_NEARLY_FULL = "disk_nearly_full"
    DISK_BROKEN = "disk_broken"  # fault
    DATABASE = "database"
    FFMPEG_MISSING = "ffmpeg_missing"
    FFMPEG_BROKEN = "ffmpeg_broken"
    SMALL_LIMIT = "small_limit"  # limit_bytes
    TOO_LARGE = "too_large"
    UPLOADS = "uploads"
    AUTOMOD = "automod"
    EXPLICIT = "explicit"
    ACCESS = "access"
    CLOSED = "closed"
    GONE = "gone"
    HISTORY = "history"
    DIRECT_CLOSED = "direct_closed"
    AWAY = "away"
    UNCLEAR = "unclear"
    REFUSED = "refused"  # code


# What a refusal of Discord's means for the step that met it.
PROBLEM_OF = {
    Denial.GONE: DrillProblem.GONE,
    Denial.ACCESS: DrillProblem.ACCESS,
    Denial.CLOSED: DrillProblem.CLOSED,
    Denial.DM: DrillProblem.DIRECT_CLOSED,
    Denial.AUTOMOD: DrillProblem.AUTOMOD,
    Denial.EXPLICIT: DrillProblem.EXPLICIT,
    Denial.UPLOADS: DrillProblem.UPLOADS,
    Denial.TYPE: DrillProblem.REFUSED,
    Denial.OTHER: DrillProblem.REFUSED,
}


@dataclass(frozen=True, slots=True)
class DrillFinding:
    """One step: it worked, has a problem or was refused, or was not tried. `named` fills the gaps of its sentence."""

    step: DrillStep
    problem: DrillProblem | None = None
    refusal: Refusal | None = None
    named: Mapping[str, object] = field(default_factory=dict[str, object])
    is_skipped: bool = False

    @property
    def is_good(self) -> bool:
        """Whether it worked."""
        return self.problem is None and self.refusal is None and not self.is_skipped


@dataclass(frozen=True, slots=True)
class DrillReport:
    """All steps in order. `removed_at`: when the message goes; None if none was posted."""

    findings: tuple[DrillFinding, ...]
    removed_at: float | None = None
