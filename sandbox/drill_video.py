"""Draws the one-second MP4 that `/owner drill` posts; `make drill-video` writes it beside the code that posts it."""

import tempfile
from pathlib import Path

from bot.engine.requests.drill_video import DRILL_VIDEO
from sandbox.studio.drawing import Brief, Encoder, draw_frames, find_ffmpeg

_BRIEF = Brief("This is only a drill", "drill", 320, 180, 1.0, 8.0)


def draw_drill(to: Path) -> None:
    """Write the video to that file. Raises `EncodeError`."""
    with tempfile.TemporaryDirectory() as folder:
        drawn = Path(folder) / "drill.mp4"
        Encoder(find_ffmpeg()).encode(draw_frames(_BRIEF), _BRIEF.frame_count, _BRIEF.seconds, "veryslow", drawn)
        to.write_bytes(drawn.read_bytes())


if __name__ == "__main__":
    draw_drill(DRILL_VIDEO)
