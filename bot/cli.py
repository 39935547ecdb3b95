"""The commands of the process and their exit codes; what the bot does is not its business."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from enum import IntEnum

import structlog

from bot.app import AlreadyRunningError, migrate_only, run
from bot.connection import DiscordRefusedError
from bot.jobs.database import StoreUnavailableError
from bot.jobs.migrating import DamagedDatabaseError
from bot.ops.clock import Clock, SystemClock
from bot.ops.logs import start_logging
from bot.settings import Settings, SettingsError, load_settings

_log = structlog.stdlib.get_logger(__name__)


class ExitCode(IntEnum):
    """How the process ends; a supervisor can act on it (78 is the sysexits code for a configuration error)."""

    OK = 0
    FAILURE = 1
    ALREADY_RUNNING = 75
    CONFIGURATION = 78


def main(arguments: Sequence[str] | None = None, clock: Clock | None = None) -> ExitCode:
    """Run one command; whatever ends it early is said in one line on standard error. `clock` is for the sandbox."""
    parser = argparse.ArgumentParser(prog="python -m bot", description="A Discord bot that makes videos.")
    parser.add_argument("command", nargs="?", choices=("run", "migrate"), default="run")
    command = parser.parse_args(arguments).command
    clock = clock or SystemClock()
    try:
        settings = load_settings()
        start_logging(settings.log_level, settings.log_format, _secrets(settings), clock.now)
        if command == "migrate":
            migrate_only(settings)
        else:
            asyncio.run(run(settings, clock))
    except (SettingsError, DamagedDatabaseError, DiscordRefusedError) as error:
        return _say(error, ExitCode.CONFIGURATION)
    except AlreadyRunningError as error:
        return _say(error, ExitCode.ALREADY_RUNNING)
    except (StoreUnavailableError, OSError) as error:
        return _say(error, ExitCode.FAILURE)
    except Exception as error:  # noqa: BLE001  # the last line; the log says where it broke
        _log.exception("the bot broke")
        return _say(error, ExitCode.FAILURE)
    return ExitCode.OK


def _say(error: Exception, code: ExitCode) -> ExitCode:
    print(error, file=sys.stderr)  # noqa: T201  # the one line that a person at the terminal reads
    return code


def _secrets(settings: Settings) -> tuple[str, str]:
    return settings.discord_token.get_secret_value(), settings.videos_api_key.get_secret_value()
