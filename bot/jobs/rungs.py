"""The rungs of the delivery ladder: the ways a finished video reaches its requester, and why each is taken.

The values are stored with jobs and messages.
"""

from enum import StrEnum

from bot.jobs.denials import Denial


class Rung(StrEnum):
    """One way to deliver a finished video."""

    UPLOAD = "upload"  # the file as the provider made it
    REPACK = "repack"  # the same pictures and sound in an MP4 that begins with its index
    CONVERT = "convert"  # another codec, at the same size in pixels
    FIT = "fit"  # fewer bytes, at the same size in pixels
    SMALLER = "smaller"  # fewer pixels
    LINK = "link"  # the provider's public link
    PARENT = "parent"  # in the channel above the thread
    DM = "dm"  # in the requester's direct messages
    KEEP = "keep"  # not posted; *Post it* tries again


# Those that ffmpeg makes, in the order in which they are begun. None is begun twice for a job.
BY_FFMPEG = (Rung.REPACK, Rung.CONVERT, Rung.FIT, Rung.SMALLER)


class Why(StrEnum):
    """Why a rung is taken, and not a better one."""

    FITS = "fits"  # nothing speaks against the file
    MAY_FIT = "may fit"  # Discord's answer is not known yet, and is remembered
    SIZE = "size"  # the file is larger than the place takes
    INDEX = "index"  # the index isn't at the beginning, or the container isn't MP4
    CODEC = "codec"  # some programs can't play its pictures or its sound
    EXPLICIT = "explicit"  # Discord's filter for explicit content blocks the file there
    UPLOADS = "uploads"  # Discord has limited uploads to that server
    GONE = "gone"  # the channel, thread or server is not there any more
    ACCESS = "access"  # the bot may not post there
    CLOSED = "closed"  # the thread is locked
    TYPE = "type"  # no kind of channel that takes messages
    AUTOMOD = "automod"  # the server's own rules block the words
    DM = "dm"  # the person takes no messages from the bot
    OTHER = "other"


def why_of(denial: Denial) -> Why:
    """The reason that one of Discord's permanent refusals gives."""
    return Why(denial.value)
