"""Faults of the machine between two processes: its clock is set, its database copied, an older copy restored."""

from collections.abc import Callable
from pathlib import Path
from random import Random

from sandbox.chaos.rows import read_rows
from sandbox.chat import NotPossibleError
from sandbox.chat.hub import WaitTimeoutError
from sandbox.stage import Stage

_HOUR, _DAY, _YEAR = 3_600.0, 86_400.0, 365 * 86_400.0
# Errors of the machine's clock; the long ones are a board without a battery, and a typing error.
_WRONG_SECONDS = (0.0, 0.0, _HOUR, -_HOUR, 2 * _DAY, -3 * _DAY, -50 * _YEAR, 10 * _YEAR)
_STEP_SHARE = 0.2
_COPY_SHARE = 0.3
_ENDED_FOR_GOOD = ("delivered", "refused", "failed")
_ANSWER_SECONDS = 10.0


class MachineFaults:
    """Remembers the copies, which jobs a restore took back to an earlier state, and which it made unknown."""

    def __init__(self, stage: Stage, folder: Path, rng: Random, restores: int, lives: int) -> None:
        """Spreads so many restores over the run; 0 leaves clock and database alone."""
        self._stage = stage
        self._folder = folder
        self._rng = rng
        self._on = restores > 0
        after = range(max(2, lives // 5), lives + 1)
        self._restores = set(rng.sample(after, min(restores, len(after))))
        self._copies: list[Path] = []
        self._wrong_by = 0.0
        self._known: dict[str, str] = {}
        self.rolled_back: set[str] = set()
        self.restores = 0
        self.clock_steps = 0

    def between(self, number: int, say: Callable[[str], None]) -> None:
        """After the `number`-th kill and before the next process."""
        if not self._on:
            return
        rng = self._rng
        if rng.random() < _STEP_SHARE:
            self._set_clock(rng.choice(_WRONG_SECONDS), say)
        if number in self._restores and self._copies:
            self._put_back(rng.choice(self._copies), say)
        elif rng.random() < _COPY_SHARE or (number < min(self._restores, default=0) and not self._copies):
            self._copy(number)

    def set_right(self, say: Callable[[str], None]) -> None:
        """Set the clock right again."""
        self._set_clock(0.0, say)

    def _set_clock(self, wrong_by: float, say: Callable[[str], None]) -> None:
        if wrong_by == self._wrong_by:
            return
        self._stage.step_wall(wrong_by - self._wrong_by)
        self._wrong_by = wrong_by
        self.clock_steps += 1
        say(f"  the clock is wrong by {wrong_by / _HOUR:g} h now")

    def _copy(self, number: int) -> None:
        self._folder.mkdir(exist_ok=True)
        copy = self._folder / f"copy-{number}.db"
        self._stage.bot.copy_database(copy)
        self._copies.append(copy)

    def _put_back(self, copy: Path, say: Callable[[str], None]) -> None:
        before = read_rows(self._stage.bot.data_dir / "bot.db", "SELECT id, prompt FROM jobs")
        self._known |= {row["id"]: row["prompt"] for row in before}
        for row in read_rows(copy, "SELECT id, state FROM jobs"):
            if row["state"] not in _ENDED_FOR_GOOD:
                self.rolled_back.add(row["id"])
        unsent = "SELECT job_id FROM posts WHERE state IN ('due', 'sending') OR kind = 'card' AND state = 'sent'"
        self.rolled_back |= {row["job_id"] for row in read_rows(copy, unsent)}
        self._stage.bot.put_back(copy)
        self.restores += 1
        say(f"  {copy.name} is put back: {len(before)} jobs were known")

    def forgotten(self) -> dict[str, str]:
        """The jobs (id: prompt) that were accepted after a copy was made and are unknown since it was restored."""
        known = {row["id"] for row in read_rows(self._stage.bot.data_dir / "bot.db", "SELECT id FROM jobs")}
        return {job_id: prompt for job_id, prompt in self._known.items() if job_id not in known}

    async def resume(self) -> None:
        """Resume, as an owner does after the alert."""
        if not (self._stage.bot.data_dir / "PAUSED").exists():
            return
        owner = self._stage.chat.owner
        try:
            call = await owner.slash(self._stage.chat.dm(owner), "owner resume")
            await call.wait_state("message", "deleted", timeout_seconds=_ANSWER_SECONDS)
        except (NotPossibleError, WaitTimeoutError):
            # The commands are not there yet, or the bot has just died: try again later.
            return
