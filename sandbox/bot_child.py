"""The bot's process as the sandbox starts it: the unmodified bot, pointed at local servers and at a clock of ours.

discord.py has no setting for where Discord is, and the bot has none either, so that nothing can send its token
elsewhere; here both addresses are patched from outside (docs/facts/discord.md, "A stand-in").
"""

import argparse
import os
import sys
import threading

import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.cli import ExitCode, main
from sandbox.clock import ScaledClock
from sandbox.dying import DeathAtCommit
from sandbox.loopback import stay_on_loopback


def _obey(clock: ScaledClock, death: DeathAtCommit) -> None:
    """Do what the sandbox says on standard input, a socket, one thing per line, and answer each.

    `jump 60` lets time pass, `step -3600` sets the wall clock alone, `die 3 before` kills at the third commit from now.
    """
    for line in sys.stdin:
        order, _, words = line.strip().partition(" ")
        match order:
            case "jump":
                clock.jump(float(words))
            case "step":
                clock.step(float(words))
            case "die":
                number, _, when = words.partition(" ")
                death.arm(int(number), "before" if when == "before" else "after")
            case _:
                raise ValueError(f"The sandbox said {line!r}.")
        os.write(sys.stdin.fileno(), b".")


def run_child() -> ExitCode:
    """Read where the world is from the command line, then run the bot as `python -m bot` would."""
    stay_on_loopback()
    parser = argparse.ArgumentParser()
    parser.add_argument("--discord-api", required=True)
    parser.add_argument("--gateway", required=True)
    parser.add_argument("--speed", type=float, required=True)
    parser.add_argument("--started-at", type=float, required=True)
    parser.add_argument("--anchored-at", type=float, required=True)
    options = parser.parse_args()
    Route.BASE = options.discord_api
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(options.gateway)
    clock = ScaledClock(options.speed, started_at=options.started_at, anchored_at=options.anchored_at)
    death = DeathAtCommit()
    death.listen()
    threading.Thread(target=_obey, args=(clock, death), daemon=True).start()
    return main([], clock)


if __name__ == "__main__":
    sys.exit(run_child())
