"""How the studio's videos look: pictures from a brief, encoded as MP4; knows no jobs, no HTTP and no event loop."""

from sandbox.studio.drawing.brief import Brief
from sandbox.studio.drawing.encoder import EncodeError, Encoder, find_ffmpeg, pad_to
from sandbox.studio.drawing.frames import draw_frames

__all__ = ["Brief", "EncodeError", "Encoder", "draw_frames", "find_ffmpeg", "pad_to"]
