"""What the commands print: always whole lines, quiet where the program that reads them has ended."""

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import TextIO

_STANDARD_STREAMS = 3


def open_standard_streams() -> None:
    """Open those of the three that the process was started without.

    Otherwise the next file, such as the database, would get the number of one, and a message would be written into it.
    """
    while (opened := os.open(os.devnull, os.O_RDWR)) < _STANDARD_STREAMS:
        pass
    os.close(opened)
    if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison]  # as Python does without the descriptor
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115  # for the whole process
    if sys.stderr is None:  # pyright: ignore[reportUnnecessaryComparison]  # as above
        sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115  # the same


def printable(text: str) -> str:
    """The text on one line, without what would control a terminal: a path may have any character."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def print_to(stream: TextIO, text: str) -> None:
    """Print the text and a line break at once. Raises OSError with one line, unless the stream's reader has ended."""
    encoding = stream.encoding or "utf-8"
    try:
        with _leaving_nothing(stream):
            # A terminal may lack a letter.
            stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    except OSError as error:
        raise OSError(f"This could not be printed ({error.strerror}): {text}") from error


def flush(stream: TextIO) -> None:
    """Print what others have written. Raises OSError, unless the stream's reader has ended."""
    with _leaving_nothing(stream):
        pass


@contextmanager
def _leaving_nothing(stream: TextIO) -> Generator[None]:
    """Python prints what is left at its end, and would fail again."""
    try:
        yield
        stream.flush()
    except OSError as error:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        if not isinstance(error, BrokenPipeError):
            raise
