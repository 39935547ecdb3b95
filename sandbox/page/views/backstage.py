"""The content of Backstage: the bot's process, the time, the dials, the planned faults, and the counts."""

import json
import signal
import time
from typing import Any

from sandbox.chat import Guild, Permission
from sandbox.chat.records import Json
from sandbox.page.dials import OUTCOMES, OVER_LIMIT_MEGABYTES, PERMISSIONS, SLOW_SECONDS
from sandbox.page.planned_faults import DISCORD_TARGETS
from sandbox.page.views.counters import paid_rows, post_rows, totals
from sandbox.page.views.traffic import log_entries
from sandbox.stage import Stage
from sandbox.studio import Dials, Ending

__all__ = ["backstage_view", "log_entries"]

_LOG_LINES_MAX = 200
_LOG_BYTES_MAX = 256 * 1024
_ENDINGS = {Ending.REFUSED: "refused", Ending.FAILED: "failed", Ending.NEVER: "hangs"}
_OF_EVERY_LINE = ("level", "event", "logger", "timestamp")


def backstage_view(stage: Stage) -> Json:
    """All of it. Nothing in it changes with time alone, so it is sent only when there is news."""
    paid, posts = paid_rows(stage), post_rows(stage.chat)
    return {
        "bot": _bot_view(stage),
        "clock": _clock_view(stage),
        "providers": [
            {"name": name, "dialect": studio.dialect, "dials": _dials_view(studio.dials)}
            for name, studio in stage.studios.items()
        ],
        "faults": _fault_views(stage),
        "servers": [_server_view(one) for one in stage.chat.world.guilds.values()],
        "paid": paid,
        "posts": posts,
        "totals": totals(stage, paid, posts),
        "bot_log": _log_tail(stage),
    }


def _bot_view(stage: Stage) -> Json:
    bot = stage.bot
    return {
        "state": _bot_state(stage),
        "lives": bot.lives,
        "exit_code": bot.exit_code,
        "since": None if bot.turned_at is None else int(bot.turned_at * 1000),
    }


def _bot_state(stage: Stage) -> str:
    bot = stage.bot
    if bot.running:
        return "online" if stage.chat.bot_online else "starting"
    if not bot.exit_code:
        return "stopped"
    return "killed" if bot.exit_code == -signal.SIGKILL else "crashed"


def _clock_view(stage: Stage) -> Json:
    """`ahead` is how many ms the sandbox's clock is ahead of the machine's; `jumped` counts seconds."""
    clock = stage.clock
    ahead = clock.now() - time.time()
    # The page runs on the same machine and continues the count itself.
    return {"ahead": round(ahead) * 1000, "jumped": round(clock.jumped_seconds), "speed": clock.speed}


def _dials_view(dials: Dials) -> Json:
    sizes = {None: "normal", OVER_LIMIT_MEGABYTES: "over_limit"}
    return {
        "render": {"seconds": dials.render_seconds, "progress": dials.progress},
        "next_render": {"outcome": _next_outcome(dials), "outcomes": list(OUTCOMES)},
        "cancel": {"form": dials.cancel},
        "remix": {"form": dials.remix},
        "video_size": {"size": sizes.get(dials.megabytes, "other"), "megabytes": dials.megabytes},
    }


def _next_outcome(dials: Dials) -> str:
    if not dials.next_render:
        return "ok"
    outcome = dials.next_render[0]
    if outcome == OUTCOMES["blocked"]:
        return "blocked"
    return _ENDINGS.get(outcome.ending) or ("slow" if outcome.render_seconds == SLOW_SECONDS else "other")


def _fault_views(stage: Stage) -> list[Json]:
    names = {kinds: name for name, kinds in DISCORD_TARGETS.items()}
    provider = [
        {
            "id": f"provider-{name}-{one.number}",
            "to": "provider",
            "provider": name,
            "on": one.target,
            "what": one.fault.words,
            "left": one.left,
        }
        for name, studio in stage.studios.items()
        for one in studio.faults.planned
    ]
    discord = [
        {
            "id": f"discord-{one.number}",
            "to": "discord",
            "on": names.get(one.kinds, ", ".join(one.kinds)),
            "what": one.fault.words,
            "left": one.left,
        }
        for one in stage.chat.faults.planned
    ]
    return [*provider, *discord]


def _server_view(guild: Guild) -> Json:
    held = guild.bot_role.permissions
    return {
        "id": str(guild.id),
        "name": guild.name,
        "has_bot": guild.has_bot,
        "premium_tier": guild.premium_tier,
        "upload_limit_bytes": guild.upload_limit_bytes,
        "members_commands": bool(guild.people_role.permissions & Permission.USE_APPLICATION_COMMANDS),
        "permissions": [
            {"name": name, "label": label, "on": bool(held & bit)} for name, (label, bit) in PERMISSIONS.items()
        ],
    }


def _log_tail(stage: Stage) -> list[Json]:
    """The newest lines of the bot's own log; an id is the line's position in the file."""
    path = stage.bot.log_path
    if not path.exists():
        return []
    with path.open("rb") as file:
        size_bytes = file.seek(0, 2)
        begin = max(0, size_bytes - _LOG_BYTES_MAX)
        file.seek(begin)
        data = file.read(_LOG_BYTES_MAX)
    lines: list[tuple[int, bytes]] = []
    place = begin
    for line in data.splitlines(keepends=True):
        if line.endswith(b"\n"):
            lines.append((place, line))
        place += len(line)
    if begin:
        # The first line is cut.
        del lines[:1]
    secrets = (stage.chat.bot_token, *stage.api_keys)
    return [_log_line(place, line, secrets) for place, line in lines[-_LOG_LINES_MAX:]]


def _log_line(place: int, line: bytes, secrets: tuple[str, ...]) -> Json:
    text = line.decode(errors="replace").rstrip()
    for secret in secrets:
        text = text.replace(secret, "…")
    whole = _parsed(text)
    return {
        "id": place,
        "at": whole.get("timestamp"),
        "level": str(whole.get("level", "")),
        "event": str(whole.get("event", "")),
        "logger": str(whole.get("logger", "")),
        "rest": {name: value for name, value in whole.items() if name not in _OF_EVERY_LINE},
    }


def _parsed(text: str) -> Json:
    """A line of the bot's log, or another line of its output."""
    try:
        whole: Any = json.loads(text)
    except ValueError:
        return {"event": text}
    return whole if isinstance(whole, dict) else {"event": text}  # pyright: ignore[reportUnknownVariableType]  # JSON has no types
