"""Pictures as JSON's values, for the columns of jobs and drafts."""

from collections.abc import Iterable
from typing import Any

from bot.jobs.model import Reference

_OF_VIDEO = "video"


def as_column(pictures: Iterable[Reference]) -> list[object]:
    """The column of those pictures."""
    return [as_value(picture) for picture in pictures]


def as_value(picture: Reference) -> list[object]:
    """One picture."""
    of_video = [_OF_VIDEO] if picture.of_video else []
    return [picture.sha256, picture.suffix, picture.size_bytes, *of_video]


def read_column(column: Any) -> tuple[Reference, ...]:
    """The pictures in a column. Raises ValueError or TypeError for anything but a list of pictures."""
    return tuple(
        Reference(sha256, suffix, size_bytes, of_video=_OF_VIDEO in marks)
        for sha256, suffix, size_bytes, *marks in column
    )
