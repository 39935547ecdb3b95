"""The kinds of Discord's permanent refusals of a message, by code (docs/facts/discord.md, "Refusals"). Pure."""

from enum import StrEnum


class Denial(StrEnum):
    """Why Discord refuses a message for good. The values are stored with the job, as `Job.field`."""

    GONE = "gone"  # the channel, thread or server is not there any more
    ACCESS = "access"  # the bot may not see it, or may not post in it
    CLOSED = "closed"  # a thread that is locked or can't be opened again
    TYPE = "type"  # no kind of channel that takes messages
    DM = "dm"  # this person takes no messages from the bot
    AUTOMOD = "automod"  # the server's own rules block the words
    EXPLICIT = "explicit"  # Discord's filter for explicit media blocks the file
    UPLOADS = "uploads"  # files can't be uploaded to this server just now
    OTHER = "other"


# The bot can't post there: a job that isn't paid yet would be paid in vain.
ENDS_PLACE = frozenset({Denial.GONE, Denial.ACCESS, Denial.CLOSED, Denial.TYPE, Denial.DM, Denial.AUTOMOD})
# The file is refused, or may be: a link to the video, or another place, may be accepted.
REFUSES_FILE = frozenset({Denial.EXPLICIT, Denial.UPLOADS, Denial.OTHER})

_BY_CODE = {
    10003: Denial.GONE,
    10004: Denial.GONE,
    20009: Denial.EXPLICIT,
    50003: Denial.TYPE,
    50007: Denial.DM,
    50008: Denial.TYPE,
    50024: Denial.TYPE,
    50083: Denial.CLOSED,
    50278: Denial.DM,
    200000: Denial.AUTOMOD,
    200001: Denial.AUTOMOD,
    240000: Denial.AUTOMOD,
    400001: Denial.UPLOADS,
}
_OF_THREADS = range(160004, 160010)


def denial_of(status: int, code: int) -> Denial:
    """The kind of a refusal by its code; for an unlisted one by its status."""
    if code in _BY_CODE:
        return _BY_CODE[code]
    if code in _OF_THREADS:
        return Denial.CLOSED
    if status == 404:
        return Denial.GONE
    return Denial.ACCESS if status == 403 else Denial.OTHER


def stored_denial(field: str | None) -> Denial | None:
    """The kind that was stored with a job; None if none was."""
    return Denial(field) if field in set(Denial) else None
