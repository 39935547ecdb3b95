"""One line of log per event, with secrets taken out of it; it knows no jobs, only keys and values.

discord.py and aiohttp write tokens and signed links into their own messages at DEBUG (docs/facts/discord.md), so the
cleaning happens at the root handler, over the finished text of every line and traceback.
"""

import logging
import re
import sys
from collections.abc import Iterable
from typing import Literal

import structlog

_HIDDEN = "[hidden]"
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(/(?:interactions|webhooks)/\d+/)[^/\s\"'?\\]+"), rf"\1{_HIDDEN}"),
    (re.compile(r"(?i)(authorization\W{1,6}(?:bearer |bot )?)[^\s\"',}\\]+"), rf"\1{_HIDDEN}"),
    (re.compile(r"(https?://[^\s\"'<>?\\]+\?)[^\s\"'<>\\]+"), rf"\1{_HIDDEN}"),
    (re.compile(r"(?i)(['\"]token['\"]:\s*['\"])[^'\"]+"), rf"\1{_HIDDEN}"),
)


class Redactor:
    """Takes known secrets, and whatever looks like one, out of a text."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = tuple(sorted((secret for secret in secrets if secret), key=len, reverse=True))

    def clean(self, text: str) -> str:
        """The text without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text


class _CleanFormatter(logging.Formatter):
    """Formats with another formatter, then cleans; a line break inside an event can never start a line of its own."""

    def __init__(self, inner: logging.Formatter, redactor: Redactor, *, one_line: bool) -> None:
        super().__init__()
        self._inner = inner
        self._redactor = redactor
        self._one_line = one_line

    def format(self, record: logging.LogRecord) -> str:
        text = self._redactor.clean(self._inner.format(record))
        return text.replace("\r", "\\r").replace("\n", "\\n") if self._one_line else text


def start_logging(level: str, form: Literal["auto", "json", "console"], secrets: Iterable[str]) -> None:
    """Send every log line of the process to standard error: coloured on a terminal, JSON otherwise.

    `secrets` are the values that must never appear; `level` is a name such as "info".
    """
    coloured = form == "console" or (form == "auto" and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if coloured:
        last: list[structlog.typing.Processor] = [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
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
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_CleanFormatter(formatter, Redactor(secrets), one_line=not coloured))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.captureWarnings(capture=True)
