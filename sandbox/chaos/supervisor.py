"""Starts the processes of a run again after they ended, as systemd would, and notes how they ended."""

import asyncio
import time
from collections import Counter

from sandbox.bot_process import BotProcess
from sandbox.cluster_stage import ClusterStage

_LOOK_SECONDS = 0.05
_AGAIN_SECONDS = 0.5
# A process that ends because it could not use the database does so within that time after it.
_EXCUSED_SECONDS = 40.0
_FAILURE = 1
_TAKEN_OVER = "Other processes have taken over"
_NO_DATABASE = ("can't be reached", "could not", "sends no notices", "Connect call failed")


class Supervisor:
    """`run` until cancelled. A process that was killed stays down until its time has come."""

    def __init__(self, stage: ClusterStage) -> None:
        self._stage = stage
        self._start_at = [0.0] * len(stage.bots)
        self._counted = [0] * len(stage.bots)
        self._log_bytes = [0] * len(stage.bots)
        self.trouble_until = float("-inf")
        """When the database was started last, or a process woke that may have held locks; infinite until then."""
        self.taken_over = 0
        self.without_database = 0
        self.strange: list[str] = []
        """Ends that nothing explains: the process, its code and its last words."""
        self.exits: Counter[int] = Counter()

    async def run(self) -> None:
        """Look after the processes until cancelled."""
        while True:
            for number, bot in enumerate(self._stage.bots):
                if bot.running or time.monotonic() < self._start_at[number]:
                    continue
                self.note_end(number)
                if time.monotonic() >= self._start_at[number]:
                    self._log_bytes[number] = _size_bytes(bot)
                    await self._stage.start_process(number, ready=False)
            await asyncio.sleep(_LOOK_SECONDS)

    async def kill(self, number: int, down_seconds: float) -> None:
        """Kill that process; it is started again after so many seconds."""
        self.note_end(number)
        # First of all, or it would be started again at once.
        self._start_at[number] = time.monotonic() + down_seconds
        await self._stage.bots[number].kill()

    def note_end(self, number: int) -> None:
        """If the latest process of that number has ended by itself, note why, once."""
        bot = self._stage.bots[number]
        code = bot.exit_code
        if code is None or self._counted[number] == bot.lives:
            return
        self._counted[number] = bot.lives
        self._start_at[number] = max(self._start_at[number], time.monotonic() + _AGAIN_SECONDS)
        if code < 0:
            self._start_at[number] -= _AGAIN_SECONDS
            return
        self.exits[code] += 1
        lines = bot.log_path.read_bytes()[self._log_bytes[number] :].decode(errors="replace").splitlines()
        last = lines[-1] if lines else ""
        excused = time.monotonic() < self.trouble_until + _EXCUSED_SECONDS
        if code == _FAILURE and last.startswith(_TAKEN_OVER):
            self.taken_over += 1
        elif code == _FAILURE and excused and any(words in last for words in _NO_DATABASE):
            self.without_database += 1
        else:
            self.strange.append(f"process {number} with {code}: {last[:300]}")


def _size_bytes(bot: BotProcess) -> int:
    return bot.log_path.stat().st_size if bot.log_path.exists() else 0
