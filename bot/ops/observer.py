"""What the parts of the bot report as it happens: requests, messages, bytes, writes. By default nothing listens.

Each is reported from one place. Labels are of small closed sets, never ids. An observer must not raise, and must not
take time.
"""

import re

_WORD = re.compile(r"(?<!^)(?=[A-Z])")


class Observer:
    """Hears everything and does nothing; `bot.web` counts it."""

    def provider_answered(self, provider: str, request: str, outcome: str, seconds: float) -> None:
        """A request to that provider ended: what it was for, what came of it, and how long it took."""

    def discord_answered(self, outcome: str) -> None:
        """A request about a message ended, as the circuit breaker towards Discord counts it."""

    def message_sent(self, kind: str, outcome: str, uploaded_bytes: int) -> None:
        """A try to post a message ended; `uploaded_bytes` is the size of its file, if it was posted."""

    def video_fetched(self, arrived_bytes: int) -> None:
        """A download of a video ended, whole or not."""

    def write_ended(self, seconds: float, *, is_stored: bool) -> None:
        """A write to the database ended; the time includes that in the queue of writes."""


SILENT = Observer()


def outcome_name(fault: type[Exception]) -> str:
    """The outcome of a request that ended with such a fault: its class, as labels are written."""
    return _WORD.sub("_", fault.__name__).lower()
