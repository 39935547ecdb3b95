"""Where the video of `/owner drill` is: one second, drawn by `make drill-video` and shipped with the code."""

from pathlib import Path

DRILL_VIDEO = Path(__file__).with_name("drill.mp4")
