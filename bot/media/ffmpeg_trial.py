"""Tries whether an ffmpeg can do what the bot asks of it: encode H.264, under the limits that it gets."""

import re
from dataclasses import dataclass
from pathlib import Path

from bot.media.confined import Confined, KilledError, Limits, OverdueError, supervise
from bot.media.disk_space import MIB
from bot.media.ffmpeg_arguments import trying
from bot.ops.clock import Clock

_SECONDS = 20.0
_ADDRESS_BYTES = 3 * 1024 * MIB
_VERSION = re.compile(r"^ffmpeg version (\S{1,40})", re.MULTILINE)
_SAID_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Trial:
    """The version that it names, if it does, and why it could not encode; None if it could."""

    version: str | None
    fault: str | None


async def try_ffmpeg(program: Path, clock: Clock) -> Trial:
    """Encode one small picture into nothing: no file is read or written."""
    limits = Limits(int(_SECONDS), _ADDRESS_BYTES, MIB)

    def work(process: Confined) -> Trial:
        ended = process.run([str(program), *trying()], Path("/"), limits)
        version = _VERSION.search(ended.said)
        last = ended.said.strip().rpartition("\n")[2][-_SAID_CHARACTERS:]
        return Trial(version[1] if version else None, None if ended.code == 0 else last or f"exit code {ended.code}")

    try:
        return await supervise(work, _SECONDS, clock)
    except (OverdueError, KilledError):
        return Trial(None, f"it didn't end within {_SECONDS:.0f} s")
    except OSError as error:
        return Trial(None, f"it can't be started ({error.strerror})")
