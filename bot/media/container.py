"""Reads what a video file is made of: kind, codecs, pixel format, size, length, and where its index is.

Reading is bounded, also where a file claims huge lengths. The layouts: docs/facts/media.md, "Videos".
"""

from pathlib import Path

from bot.media.container_facts import Container, ContainerKind
from bot.media.mp4_reader import read_mp4
from bot.media.sniffing import SNIFF_BYTES, sniff
from bot.media.webm_reader import read_webm

__all__ = ["Container", "ContainerKind", "read_container"]


def read_container(path: Path) -> Container | None:
    """The container of a file; None if it begins as no video does, or can't be opened.

    Blocks for a few reads of the file. Never raises on foreign bytes.
    """
    try:
        with path.open("rb") as file:
            size_bytes = file.seek(0, 2)
            file.seek(0)
            match sniff(file.read(SNIFF_BYTES)):
                case "video/mp4":
                    return read_mp4(file, size_bytes)
                case "video/webm":
                    return read_webm(file, size_bytes)
                case None:
                    return None
    except OSError:
        return None
