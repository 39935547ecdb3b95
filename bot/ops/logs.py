"""The log: one line per event, with secrets removed.

discord.py and aiohttp write tokens and signed links into their own messages at DEBUG (docs/facts/discord.md), so the
cleaning happens at the root handler, over the finished text of every line and traceback.
"""

import json
import logging
import re
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Literal, TextIO
from urllib.parse import quote

import structlog

_HIDDEN = "[hidden]"
_OTHERS = ("aiohttp", "aiosqlite", "alembic", "asyncio", "discord", "sqlalchemy")
# A quotation mark as in text, in a Python value, or in JSON inside JSON.
_QUOTE = r"""\\*['"]"""
# The separator of a name and its value; on a terminal with colours.
_GAP = r"(?:\x1b\[[\d;]*m|\W){1,16}"
# JSON may write a slash as `\/` and an ampersand as `\u0026`, and JSON inside JSON doubles the backslashes.
_SLASHES = r"(?:\\*/){2}"
_ESCAPED = r"\\+(?:/|u[0-9a-f]{4})"
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(/(?:interactions|webhooks)/\d+/)[^/\s\"'?\\]+"), rf"\1{_HIDDEN}"),
    (
        re.compile(
            rf"(?i)(authorization{_GAP}(?:b{_QUOTE})?(?:(?:bearer|bot|basic|digest)\s+)?)[^\s\"',}}\\\x1b]+",
        ),
        rf"\1{_HIDDEN}",
    ),
    (
        re.compile(
            rf"(?i)(https?:{_SLASHES}(?:[^\s\"'<>?\\]|{_ESCAPED})+\?)(?:[^\s\"'<>\\]|{_ESCAPED})+",
        ),
        rf"\1{_HIDDEN}",
    ),
    (re.compile(rf"(\w:{_SLASHES})[^\s\"'<>/\\@]*:[^\s\"'<>/\\@]+@"), rf"\1{_HIDDEN}@"),
    (re.compile(rf"(?i)({_QUOTE}token{_QUOTE}\s*:\s*b?{_QUOTE})[^'\"\\]+"), rf"\1{_HIDDEN}"),
)


class Redactor:
    """Removes known secrets, and texts that look like one."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets if secret for form in _forms_of(secret)}
        self._secrets = tuple(sorted(forms, key=len, reverse=True))

    def clean(self, text: str) -> str:
        """The text without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text


def _forms_of(secret: str) -> set[str]:
    """A secret as it is, in an address, as a Python value, and all of these in JSON."""
    as_bytes = secret.encode("utf-8", "backslashreplace")
    plain = {secret, quote(as_bytes), quote(as_bytes, safe=""), repr(secret)[1:-1], repr(as_bytes)[2:-1]}
    return plain | {json.dumps(form)[1:-1] for form in plain}


class _CleanFormatter(logging.Formatter):
    """Formats with another formatter, then cleans; a line break inside an event can never start a new line."""

    def __init__(self, inner: logging.Formatter, redactor: Redactor, *, one_line: bool) -> None:
        super().__init__()
        self._inner = inner
        self._redactor = redactor
        self._one_line = one_line

    def format(self, record: logging.LogRecord) -> str:
        text = self._redactor.clean(self._inner.format(record))
        return text.replace("\r", "\\r").replace("\n", "\\n") if self._one_line else text


class _CleanHandler(logging.StreamHandler[TextIO]):
    """Writes lines; a call whose arguments do not fit becomes a line too, without them."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # the name is the standard library's
        """Instead of a traceback with the raw arguments, log the place of the mistake."""
        said = f"a line could not be logged: {record.pathname}:{record.lineno}"
        mistake = logging.LogRecord(record.name, logging.ERROR, record.pathname, record.lineno, said, None, None)
        try:
            self.stream.write(self.format(mistake) + self.terminator)
            self.flush()
        except (OSError, ValueError):
            # Standard error itself is gone: there is nowhere to write.
            return


def _stamp_with(now: Callable[[], float]) -> structlog.typing.Processor:
    """Puts the time of that clock on each line, so that skipped hours show in the log."""

    def stamp(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        when = datetime.fromtimestamp(now(), UTC).isoformat(timespec="microseconds")
        event["timestamp"] = when.replace("+00:00", "Z")
        return event

    return stamp


def _shorten(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Log an error that says all in one line, such as an outage, without the traceback of each place that met it."""
    given = event.get("exc_info")
    error = given if isinstance(given, BaseException) else sys.exc_info()[1] if given is True else None
    if getattr(error, "in_one_line", False):
        del event["exc_info"]
        event["error"] = str(error)
    return event


def start_logging(
    level: str,
    form: Literal["auto", "json", "console"],
    secrets: Iterable[str],
    now: Callable[[], float] = time.time,
) -> None:
    """Send every log line of the process to standard error: coloured on a terminal, JSON otherwise.

    `secrets` are the values that must never appear; `level` is a name such as "info"; `now` gives seconds since the
    epoch.
    """
    coloured = form == "console" or (form == "auto" and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        _stamp_with(now),
        _shorten,
    ]
    if coloured:
        last: list[structlog.typing.Processor] = [
            # The plain form of tracebacks: others break lines, secrets with them, and show local variables.
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
        ]
    else:
        last = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )
    handler = _CleanHandler(sys.stderr)
    handler.setFormatter(_CleanFormatter(formatter, Redactor(secrets), one_line=not coloured))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _OTHERS:
        # At INFO they log their own start and each connection; faults are logged at WARNING.
        logging.getLogger(name).setLevel(logging.NOTSET if level.upper() == "DEBUG" else logging.WARNING)
    logging.captureWarnings(capture=True)
