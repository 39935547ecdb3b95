"""The sources of settings: the environment, `.env` of the working directory, and files that hold one secret each."""

import errno
import io
import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream

FILE = ".env"
_FILE_MAX_BYTES = 1024 * 1024
_SECRET_MAX_BYTES = 4096
_SECRETS_FOLDER = Path("/run/secrets")

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Raw:
    """Every name, in capitals, with its text. An empty text is left out: it means the default."""

    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    file: Mapping[str, str] = field(default_factory=dict[str, str])

    def all(self) -> dict[str, str]:
        """The merged values: the environment wins."""
        return {**self.file, **self.environment}


def read_raw(mistake: Say, warn: Say) -> Raw:
    """Both sources. Faults of `.env` itself go to `mistake` and `warn`."""
    text = _read_dotenv(mistake, warn)
    values = dotenv_values(stream=io.StringIO(text)) if text else {}
    return Raw(_tidy(os.environ), _tidy(values))


def read_secret(name: str, path: str, mistake: Say, warn: Say) -> str | None:
    """The secret in the file that the setting `name` names, such as `VIDEOS_API_KEY_FILE`; None if it can't be used."""
    about = f"{name} is wrong: the file {path!r}"
    try:
        mode, content = read_plain(path, _SECRET_MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        mistake(f"{about} can't be read ({reason_of(error)}).")
        return None
    if not is_kept_for_us(path):
        if mode & (stat.S_IWGRP | stat.S_IWOTH):
            mistake(f"{about} may be changed by others on this machine: run chmod 600 on it.")
            return None
        if mode & stat.S_IROTH:
            warn(f"The file {path!r} of {name} may be read by everybody on this machine.")
    if len(content) > _SECRET_MAX_BYTES:
        mistake(f"{about} holds more than {_SECRET_MAX_BYTES} bytes; it must hold the secret alone.")
        return None
    # A non-ASCII text is no key: it is refused with the value.
    secret = content.decode("utf-8", "replace").removesuffix("\n").removesuffix("\r")
    if not secret:
        mistake(f"{about} is empty; it must hold the secret alone.")
        return None
    return secret


def _read_dotenv(mistake: Say, warn: Say) -> str:
    """The text of `.env`; nothing if there is none, or if it can't be used."""
    if not os.path.lexists(FILE):
        return ""
    try:
        mode, content = read_plain(FILE, _FILE_MAX_BYTES + 1)
    except OSError as error:
        mistake(f"The file .env can't be read ({reason_of(error)}).")
        return ""
    if mode & (stat.S_IRWXO | stat.S_IWGRP):
        mistake("The file .env holds secrets and is open to others on this machine: run chmod 600 .env.")
    elif mode & stat.S_IRGRP:
        warn("The file .env holds secrets and may be read by its group: chmod 600 .env keeps them to you.")
    if len(content) > _FILE_MAX_BYTES:
        mistake("The file .env is larger than 1 MiB.")
        return ""
    try:
        # As Windows editors write it: with or without a byte order mark.
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        mistake("The file .env is not UTF-8 text: save it as such.")
        if b"\0" in content:
            return ""
        # The rest of it is judged all the same.
        text = content.decode("utf-8-sig", "replace")
    broken = [binding.original.line for binding in parse_stream(io.StringIO(text)) if binding.error]
    if broken:
        lines = ", ".join(str(line) for line in broken[:10])
        mistake(f"The file .env has lines that are not NAME=value: {lines}.")
    return text


def read_plain(path: str, max_bytes: int) -> tuple[int, bytes]:
    """The mode and the first bytes of a plain file; a pipe is not waited for. Raises OSError, ValueError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "it is a folder" if stat.S_ISDIR(mode) else "it is not a plain file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return mode, file.read(max_bytes)
    finally:
        os.close(descriptor)


def is_kept_for_us(path: str) -> bool:
    """Whether a service manager put the file there for this process alone."""
    folders = [_SECRETS_FOLDER]
    if given := os.environ.get("CREDENTIALS_DIRECTORY"):
        folders.append(Path(given))
    resolved = os.path.realpath(path)
    return any(Path(resolved).is_relative_to(os.path.realpath(folder)) for folder in folders)


def _tidy(values: Mapping[str, str | None]) -> dict[str, str]:
    return {name.upper(): value for name, value in values.items() if value}


def reason_of(error: Exception) -> str:
    """Why a file could not be read, in the words of the system."""
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else "its name is no path"
