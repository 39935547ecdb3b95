"""What the command up to its input keeps ffmpeg from, with any input."""

import socket
from pathlib import Path

import pytest

from bot.media.confined import Confined, Limits
from bot.media.container_facts import ContainerKind
from bot.media.ffmpeg_arguments import reading
from tests.encoded_videos import encoded, program

LIMITS = Limits(cpu_seconds=20, address_bytes=3 * 1024**3, file_bytes=1_000_000)


def said_of(folder: Path, command: list[str]) -> str:
    """What ffmpeg says when it reads all of that input, in lower case; it has to end with an error."""
    ended = Confined().run([*command, "-f", "null", "-"], folder, LIMITS)
    assert ended.code > 0
    return ended.said.lower()


def test_nothing_is_fetched_from_the_network(tmp_path: Path) -> None:
    """An input that leads to a server, as a playlist or a link inside of a file may, is refused before it is called."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        *command, _file = reading(program(), tmp_path / "video", "mp4")
        said = said_of(tmp_path, [*command, f"http://127.0.0.1:{server.getsockname()[1]}/video.mp4"])
        assert "not on whitelist" in said
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["mp4", "mov", "webm", "mkv"])
def test_no_other_format_is_guessed(tmp_path: Path, kind: ContainerKind) -> None:
    """A list of files in the place of the video isn't followed."""
    (tmp_path / "plays.mp4").write_bytes(encoded("plays.mp4"))
    listed = tmp_path / "video"
    listed.write_text("ffconcat version 1.0\nfile plays.mp4\n")
    assert "invalid data" in said_of(tmp_path, reading(program(), listed, kind))


@pytest.mark.slow
def test_rare_decoders_are_not_used(tmp_path: Path) -> None:
    """A codec that no provider uses is refused, however well ffmpeg knows it."""
    video = tmp_path / "video.mkv"
    limits = Limits(cpu_seconds=20, address_bytes=3 * 1024**3, file_bytes=10_000_000)
    drawn = [str(program()), "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=64x36:d=0.2", "-c:v", "ffv1", str(video)]
    assert Confined().run(drawn, tmp_path, limits).code == 0
    assert "not on whitelist" in said_of(tmp_path, reading(program(), video, "mkv"))
