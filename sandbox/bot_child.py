"""The bot's process as the sandbox starts it: the unmodified bot, connected to local servers and a scaled clock.

Neither discord.py nor the bot has a setting for Discord's address, so that nothing can send its token elsewhere. Both
addresses are patched from outside here (docs/facts/discord.md, "A stand-in").
"""

import argparse
import os
import signal
import socket
import sys
import threading
from typing import Any

import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.cli import ExitCode, main
from sandbox import leases
from sandbox.clock import ScaledClock
from sandbox.crash_points import CrashPoint
from sandbox.loopback import stay_on_loopback
from sandbox.made_up_language import VARIABLE, sandbox_languages

# A host whose look-up never returns.
HANGING_HOST = "SANDBOX_HANGING_HOST"


def _obey(clock: ScaledClock, crash_point: CrashPoint) -> None:
    """Carry out the sandbox's commands from standard input, a socket, one per line, and answer each.

    `jump 60` lets time pass, `step -3600` sets the wall clock alone, `crash 3 before` kills at the third commit, and
    `stop 1 after UPDATE marks` stops at the next one with such a statement; `lose` loses its outcome.
    """
    for line in sys.stdin:
        order, _, words = line.rstrip("\n").partition(" ")
        match order:
            case "jump":
                clock.jump_from_thread(float(words))
            case "step":
                clock.step(float(words))
            case "crash" | "stop" | "lose":
                number, when, *statement = words.split(" ", 2)
                how = {"crash": signal.SIGKILL, "stop": signal.SIGSTOP}.get(order)
                crash_point.arm(int(number), "before" if when == "before" else "after", how, *statement)
            case _:
                raise ValueError(f"The sandbox said {line!r}.")
        os.write(sys.stdin.fileno(), b".")


def _hang(host: str) -> None:
    """Let each look-up of that name hang, as without a name server; only its own thread is blocked."""
    really: Any = socket.getaddrinfo

    def look_up(wanted: Any, *given: Any, **named: Any) -> Any:
        if wanted == host:
            threading.Event().wait()
        return really(wanted, *given, **named)

    socket.getaddrinfo = look_up


def run_child() -> ExitCode:
    """Read the servers' addresses from the command line, then run the bot as `python -m bot` would."""
    stay_on_loopback()
    parser = argparse.ArgumentParser()
    parser.add_argument("--discord-api", required=True)
    parser.add_argument("--gateway", required=True)
    parser.add_argument("--speed", type=float, required=True)
    parser.add_argument("--started-at", type=float, required=True)
    parser.add_argument("--anchored-at", type=float, required=True)
    options = parser.parse_args()
    if hanging_host := os.environ.get(HANGING_HOST):
        _hang(hanging_host)
    if lease_seconds := os.environ.get(leases.VARIABLE):
        leases.shorten_leases(float(lease_seconds))
    Route.BASE = options.discord_api
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(options.gateway)
    clock = ScaledClock(options.speed, started_at=options.started_at, anchored_at=options.anchored_at)
    crash_point = CrashPoint()
    crash_point.listen()
    threading.Thread(target=_obey, args=(clock, crash_point), daemon=True).start()
    return main([], clock, sandbox_languages(os.environ.get(VARIABLE)))


if __name__ == "__main__":
    sys.exit(run_child())
