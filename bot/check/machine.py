"""Checks the machine: ffmpeg, memory, open files and the clock."""

import resource
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.check.findings import Finding, Line, note, ok, problem, warning
from bot.media.ffmpeg_trial import Trial
from bot.ops.clock import NEVER_RIGHT_SECONDS

_MIB = 1024 * 1024
# docs/performance.md: an idle bot takes about 95 MiB, and ffmpeg up to 433 MiB for a video of 1920x1080.
_BOT_BYTES, _BOT_COMFORT_BYTES = 128 * _MIB, 256 * _MIB
_FFMPEG_BYTES = 512 * _MIB
# A connection for each poll and download that is under way, for Discord's and the database's, and files.
_FILES_WANTED = 1024
_MEMINFO = Path("/proc/meminfo")
# The limits of a container: the folder, and its files with the limit and what is used, of both versions of control
# groups. What of it is only cached from files is in the third one.
_CGROUP = Path("/sys/fs/cgroup")
_CGROUP_FILES = (
    ("memory.max", "memory.current", "memory.stat"),
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat"),
)
_CACHED = ("inactive_file", "total_inactive_file")
_CLOCK_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class TimeRead:
    """The time that a server said, and how far from it this machine's clock was; `fuzzy_seconds`: known no better."""

    server: str
    behind_seconds: float
    fuzzy_seconds: float


def read_available_bytes(meminfo: Path = _MEMINFO, cgroup: Path = _CGROUP) -> int | None:
    """The memory that programs may still take, by the machine and by its container; None where neither is known."""
    kibibytes = _number(_values(meminfo).get("MemAvailable:"))
    found = [] if kibibytes is None else [kibibytes * 1024]
    for limit_file, used_file, stat_file in _CGROUP_FILES:
        limit, used = _number(_text(cgroup / limit_file)), _number(_text(cgroup / used_file))
        if limit is not None and used is not None:
            about = _values(cgroup / stat_file)
            cached = max((_number(about.get(name)) or 0 for name in _CACHED), default=0)
            found.append(max(0, limit - used + cached))
    return min(found, default=None)


def read_open_files_limit() -> int:
    """How many files this user may have open at a time."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft


def judge_ffmpeg(program: Path | None, trial: Trial | None) -> Finding:
    """Whether there is an ffmpeg, and whether it can encode; `trial` is of that program."""
    if program is None or trial is None:
        return warning(
            Line.FFMPEG,
            "There is no ffmpeg: large videos are linked instead of compressed, and lists show no pictures.",
            "Install ffmpeg, or the extra of that name (docs/operating.md, ffmpeg).",
        )
    if trial.fault is not None:
        return warning(
            Line.FFMPEG,
            f"{program} can't encode H.264: {trial.fault}.",
            "Install an ffmpeg that was built with libx264, such as that of your distribution.",
        )
    return ok(Line.FFMPEG, f"{program}, version {trial.version or 'unknown'}, encodes H.264.")


def judge_memory(available_bytes: int | None, *, has_ffmpeg: bool) -> Finding:
    """Whether bot and ffmpeg fit into the memory that is left."""
    if available_bytes is None:
        return note(Line.MEMORY, "How much memory is available can't be seen on this machine.")
    said = f"{available_bytes // _MIB:,} MiB of memory are available"
    if available_bytes < _BOT_BYTES:
        return problem(
            Line.MEMORY, f"{said}: the bot itself needs about that.", "Give the machine or container 512 MiB or more."
        )
    if available_bytes < _BOT_COMFORT_BYTES:
        return warning(
            Line.MEMORY, f"{said}. That is little for a busy bot.", "Give the machine or container 512 MiB or more."
        )
    if has_ffmpeg and available_bytes < _BOT_COMFORT_BYTES + _FFMPEG_BYTES:
        return warning(
            Line.MEMORY,
            f"{said}: ffmpeg may need more beside the bot, and is then ended by the system.",
            "Give the machine or container 1 GiB, or 2.5 GiB for videos of 3840x2160.",
        )
    return ok(Line.MEMORY, f"{said}.")


def judge_open_files(limit: int) -> Finding:
    """Whether enough connections may be open at a time."""
    if limit < _FILES_WANTED:
        return warning(
            Line.OPEN_FILES,
            f"At most {limit} files and connections may be open: a busy bot needs {_FILES_WANTED}.",
            f"Raise the limit: ulimit -n {_FILES_WANTED}, or LimitNOFILE={_FILES_WANTED} in the systemd unit.",
        )
    known = "without a limit" if limit == sys.maxsize else f"up to {limit}"
    return ok(Line.OPEN_FILES, f"Enough files and connections may be open ({known}).")


def judge_clock(times: Iterable[TimeRead]) -> Finding:
    """This machine's clock against the servers': the nearest one counts, since each may be wrong itself."""
    known = sorted(times, key=lambda each: abs(each.behind_seconds))
    if not known:
        return note(Line.CLOCK, "No server said what time it is, so the clock isn't compared.")
    nearest = known[0]
    off_seconds = abs(nearest.behind_seconds)
    said = f"This machine's clock is {_shown(off_seconds)} {'behind' if nearest.behind_seconds > 0 else 'ahead of'}"
    if off_seconds > NEVER_RIGHT_SECONDS:
        return problem(Line.CLOCK, f"{said} that of {nearest.server}.", _SET_CLOCK)
    if off_seconds > _CLOCK_SECONDS + nearest.fuzzy_seconds:
        return warning(Line.CLOCK, f"{said} that of {nearest.server}: times that people read are wrong.", _SET_CLOCK)
    return ok(Line.CLOCK, f"This machine's clock agrees with that of {nearest.server}.")


_SET_CLOCK = "Set the clock, and keep it right with NTP (timedatectl set-ntp true)."


def check_machine(program: Path | None, trial: Trial | None) -> Iterator[Finding]:
    """All but the clock."""
    yield judge_ffmpeg(program, trial)
    yield judge_memory(read_available_bytes(), has_ffmpeg=program is not None)
    yield judge_open_files(read_open_files_limit())


def _shown(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"


def _values(file: Path) -> dict[str, str]:
    """The second word of each line by its first."""
    words = (line.split() for line in _text(file).splitlines())
    return {line[0]: line[1] for line in words if len(line) > 1}


def _number(text: str | None) -> int | None:
    text = (text or "").strip()
    return int(text) if text.isdecimal() else None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
