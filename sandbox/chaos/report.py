"""The report of a run, for people and for programs."""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field, fields

from sandbox.chaos.invariants import ForgottenJob, Violation


@dataclass(slots=True)
class Report:
    """One run's figures. Durations are real seconds; `hours_passed` is time on the clock of the stage."""

    seed: int
    kills_wanted: int
    jobs_wanted: int
    kills: int = 0
    kills_while_submitting: int = 0
    jobs: int = 0
    asked: int = 0
    people: int = 0
    private: int = 0
    """How many of the jobs were private."""
    faults: Counter[str] = field(default_factory=Counter[str])
    gateway_drops: int = 0
    paid: int = 0
    paid_elsewhere: int = 0
    """How many of them by another provider than the first."""
    videos_posted: int = 0
    ends: Counter[str] = field(default_factory=Counter[str])
    uncertain: int = 0
    uncertain_told: int = 0
    restores: int = 0
    clock_steps: int = 0
    rolled_back: int = 0
    forgotten: list[ForgottenJob] = field(default_factory=list[ForgottenJob])
    processes: int = 1
    database_kills: int = 0
    pauses: int = 0
    """How often a process was stopped until others had taken over its work."""
    taken_over: int = 0
    """How many processes ended because others had taken over their work."""
    without_database: int = 0
    """How many processes ended in an outage of the database."""
    limits: dict[str, int] = field(default_factory=dict[str, int])
    reached: dict[str, int] = field(default_factory=dict[str, int])
    """The most of each of the limits."""
    integrity: str = ""
    duration_seconds: float = 0.0
    hours_passed: float = 0.0
    violations: list[Violation] = field(default_factory=list[Violation])

    @property
    def broken(self) -> Counter[str]:
        """How often each promise was broken."""
        return Counter(violation.promise for violation in self.violations)

    def as_json(self) -> str:
        """Everything, sorted, so that two reports can be compared."""
        # `asdict` would count the pairs of a Counter instead of copying it.
        counts = {"faults": dict(self.faults), "ends": dict(self.ends), "broken": dict(self.broken)}
        plain = {one.name: getattr(self, one.name) for one in fields(self)} | counts
        plain["forgotten"] = {
            "jobs": len(self.forgotten),
            "paid": sum(job.paid for job in self.forgotten),
            "posted": sum(job.videos for job in self.forgotten),
        }
        plain["violations"] = [asdict(violation) for violation in self.violations]
        return json.dumps(plain, indent=2, sort_keys=True, ensure_ascii=False)

    def as_text(self) -> str:
        """The report as text."""
        broken = self.broken
        lost = broken["lost in silence"] + broken["not ended"]
        lines = [
            f"seed {self.seed}: {self.kills} kills, {self.jobs} jobs of {self.people} people, {self.private} private",
            f"faults {self.faults.total()}, gateway drops {self.gateway_drops}",
            f"took {self.duration_seconds:.0f} s, {self.hours_passed:.1f} h on the clock",
            f"paid {self.paid} (elsewhere {self.paid_elsewhere}), videos posted {self.videos_posted}",
            f"ends {dict(sorted(self.ends.items()))}",
            f"being sent when a kill came {self.kills_while_submitting}",
            f"in doubt {self.uncertain}, told so once {self.uncertain_told}",
            f"lost {lost}, charged twice {broken['charged twice']}, posted twice {broken['posted twice']}",
            f"older copies put back {self.restores}, clock set {self.clock_steps} times",
            f"jobs taken back {self.rolled_back}, made unknown {len(self.forgotten)}",
            f"integrity {self.integrity}",
        ]
        if self.processes > 1:
            most = ", ".join(f"{name} {self.reached.get(name)} of {limit}" for name, limit in self.limits.items())
            lines += [
                f"processes {self.processes}; kills of the database {self.database_kills}, pauses {self.pauses}",
                f"taken over {self.taken_over}, ended without the database {self.without_database}; {most}",
            ]
        lines += [f"BROKEN: {violation.promise}: {violation.what}" for violation in self.violations]
        lines.append("nothing was broken" if not self.violations else f"{len(self.violations)} promises were broken")
        return "\n".join(lines)
