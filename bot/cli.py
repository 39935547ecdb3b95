"""The commands of the process and their exit codes."""

import argparse
import asyncio
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from enum import IntEnum
from pathlib import Path
from urllib.parse import unquote, urlsplit

import structlog
from sqlalchemy import URL

from bot import VERSION
from bot.app import LeftBehindError, migrate_only, run
from bot.backup_command import back_up_database
from bot.chat.words import Language, read_languages
from bot.connection import DiscordRefusedError
from bot.data_folder import AlreadyRunningError, DataFolderError
from bot.discovery import write_providers
from bot.jobs.backup_target import BackupError
from bot.jobs.database import StoreUnavailableError
from bot.jobs.migrating import DamagedDatabaseError, MovedDatabaseError, NewerDatabaseError
from bot.jobs.migrating_shared import ServedDatabaseError, UnusableServerError
from bot.jobs.notices import ShardTakenError
from bot.jobs.transfer import TransferError
from bot.ops.clock import Clock, SystemClock
from bot.ops.logs import start_logging
from bot.ops.terminal import flush, open_standard_streams, print_to, printable
from bot.ops.watchdog import Watchdog
from bot.settings import Settings, SettingsError, load_settings, read_settings
from bot.transfer import read_address
from bot.web.listening import ListenError

_FOR_THE_OPERATOR = (
    SettingsError,
    DataFolderError,
    DamagedDatabaseError,
    NewerDatabaseError,
    MovedDatabaseError,
    LeftBehindError,
    TransferError,
    BackupError,
    UnusableServerError,
    ShardTakenError,
    ListenError,
    DiscordRefusedError,
)
# What can be given, and what the help says of it.
_COMMANDS = {
    "run": "starts the bot; the default",
    "check": "tests settings, database, providers, Discord and the machine",
    "migrate": "brings the database to this version; with --from moves it",
    "backup": "copies the SQLite database to FILE, also while the bot runs",
    "providers": "with --write asks the providers what they offer",
}
_log = structlog.stdlib.get_logger(__name__)


class ExitCode(IntEnum):
    """How the process ends; a supervisor can act on it (78 is the sysexits code for a configuration error)."""

    OK = 0
    FAILURE = 1
    ALREADY_RUNNING = 75
    CONFIGURATION = 78


def main(
    arguments: Sequence[str] | None = None,
    clock: Clock | None = None,
    languages: Mapping[str, Language] | None = None,
) -> ExitCode:
    """Run one command; a reason to end early is one line on standard error.

    `clock` and `languages` (all existing ones, by their tags) are for the sandbox. An unknown command ends with 2,
    which is argparse's own.
    """
    open_standard_streams()
    explained = "\n".join(f"  {name:10} {what}" for name, what in _COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="python -m bot", description="A Discord bot that makes videos.", epilog=f"commands:\n{explained}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("command", nargs="?", choices=tuple(_COMMANDS), default="run", help="see below")
    parser.add_argument("file", nargs="?", metavar="FILE", help="with backup: the new file to copy the database to")
    parser.add_argument("--version", action="version", version=VERSION)
    parser.add_argument(
        "--from", dest="source", metavar="URL",
        help="with migrate: move a stopped bot's data from that database, such as sqlite:///data/bot.db",
    )  # fmt: skip
    parser.add_argument(
        "--write", dest="target", metavar="FILE", type=Path,
        help="with providers: write a providers file from what the configured addresses say about themselves",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="with check: print the findings as JSON")
    parser.add_argument(
        "--all", dest="everything", action="store_true",
        help="with check: check the permissions in all servers, not only in the first 100",
    )  # fmt: skip
    given = _read(parser, arguments)
    if (given.json or given.everything) and given.command != "check":
        parser.error("--json and --all go with check.")
    if given.source is not None and given.command != "migrate":
        parser.error("--from goes with migrate.")
    if (given.target is not None) is not (given.command == "providers"):
        parser.error("--write goes with providers, and providers needs it.")
    if (given.file is not None) is not (given.command == "backup"):
        parser.error("FILE goes with backup, and backup needs it.")
    with Watchdog() as watchdog, asyncio.Runner() as runner:
        code = _code_of(given, clock or SystemClock(), languages or read_languages(), runner)
        # The runner waits for threads at its end; the watchdog cuts off one that hangs.
        watchdog.leave_with(code)
    return code


def _read(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> argparse.Namespace:
    try:
        return parser.parse_args(arguments)
    finally:
        # What --help and --version print, which end the process.
        with suppress(OSError):
            flush(sys.stdout)


def _code_of(
    given: argparse.Namespace, clock: Clock, languages: Mapping[str, Language], runner: asyncio.Runner
) -> ExitCode:
    try:
        return _carry_out(given, clock, languages, runner)
    except _FOR_THE_OPERATOR as error:
        return _say(error, ExitCode.CONFIGURATION)
    except (AlreadyRunningError, ServedDatabaseError) as error:
        return _say(error, ExitCode.ALREADY_RUNNING)
    except (StoreUnavailableError, OSError) as error:
        return _say(error, ExitCode.FAILURE)
    except KeyboardInterrupt:
        return _say("Interrupted.", ExitCode.FAILURE)
    except Exception as error:  # noqa: BLE001  # the last line; the log says where it broke
        if sys.stderr.isatty():
            # On a terminal show the error, not forty lines of traceback: LOG_FORMAT=json 2>file keeps those.
            _log.error("unexpected error", error=repr(error))
        else:
            _log.exception("unexpected error")
        return _say(error, ExitCode.FAILURE)


def _carry_out(
    given: argparse.Namespace, clock: Clock, languages: Mapping[str, Language], runner: asyncio.Runner
) -> ExitCode:
    if given.command == "check":
        # Only here: its imports would take a part of each start.
        from bot.check.command import check

        found = read_settings()
        secrets = _secrets(found.settings, None)
        start_logging(found.settings.log_level, found.settings.log_format, secrets, clock.now)
        checking = check(found, clock, languages, secrets, json=given.json, everything=given.everything)
        return ExitCode(runner.run(checking))
    address = None if given.source is None else read_address(given.source)
    doubts: list[str] = []
    settings = load_settings(
        secrets=given.command not in {"migrate", "backup"}, token=given.command != "providers", warn=doubts.append
    )
    start_logging(settings.log_level, settings.log_format, _secrets(settings, address), clock.now)
    for doubt in doubts:
        _log.warning("settings", doubt=doubt)
    match given.command:
        case "migrate":
            migrate_only(settings, address, clock.now())
        case "backup":
            print_to(sys.stdout, printable(back_up_database(settings, given.file, clock.now())))
        case "providers":
            written = runner.run(write_providers(settings, given.target, clock))
            models = "1 model" if written.offered == 1 else f"{written.offered} models"
            more = f" Comments in it have {written.others} more." if written.others else ""
            print_to(sys.stdout, printable(f"{given.target} is written: it offers {models}.{more}"))
        case _:
            runner.run(run(settings, clock, languages))
    return ExitCode.OK


def _say(error: Exception | str, code: ExitCode) -> ExitCode:
    mistakes = error.mistakes if isinstance(error, SettingsError) and sys.stderr.isatty() else (error,)
    with suppress(OSError):
        for line in mistakes:
            print_to(sys.stderr, printable(str(line)))
    return code


def _secrets(settings: Settings, source: URL | None) -> tuple[str, ...]:
    """What no line of the log may contain."""
    addresses = (url.get_secret_value() for url in (settings.database_url, settings.discord_proxy) if url is not None)
    passwords = [password for url in addresses if (password := urlsplit(url).password)]
    of_source = None if source is None else source.password
    keys = (settings.videos_api_key.get_secret_value(), *(provider.api_key for provider in settings.setup.providers))
    # In an address a password is written with percent signs, in a request without.
    return settings.discord_token.get_secret_value(), *keys, *passwords, *map(unquote, passwords), of_source or ""
