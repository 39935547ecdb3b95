"""`python -m bot backup FILE`: copies the database of the settings, while the bot runs or not.

It needs no token, takes no lock and changes nothing else.
"""

import os
import shlex
import signal
from contextlib import suppress

from sqlalchemy import URL, make_url

from bot.data_folder import database_path
from bot.jobs.backup import back_up
from bot.jobs.backup_target import BackupError
from bot.settings import Settings

# Behind the bot, which may need the processor for people.
_NICENESS = 10


def back_up_database(settings: Settings, file: str, now: float) -> str:
    """Make the copy and return a line about it. Raises as `back_up` does; `BackupError` on PostgreSQL."""
    if settings.database_url is not None:
        url = make_url(settings.database_url.get_secret_value())
        raise BackupError(f"DATABASE_URL leads to PostgreSQL, which has a command for that: {dump_command(url, file)}")
    # As for SIGINT: what is unfinished is deleted.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(OSError):
        os.nice(_NICENESS)
    made = back_up(database_path(settings.data_dir), file, now)
    jobs = "1 job" if made.jobs == 1 else f"{made.jobs:,} jobs"
    return f"{file} is written and checked: {jobs}, {made.size_bytes / 1_000_000:,.1f} MB."


def dump_command(url: URL, file: str) -> str:
    """The shell command that backs up that PostgreSQL database to the file; it asks for the password."""
    options = {"sslmode": str(url.query["ssl"])} if "ssl" in url.query else {}
    address = URL.create("postgresql", url.username, None, url.host, url.port, url.database, options)
    return f"(umask 077; pg_dump --format=custom --file={shlex.quote(file)} {shlex.quote(str(address))})"
