"""The look of the studio's videos: pictures from a brief, encoded as MP4."""

from sandbox.studio.drawing.brief import Brief
from sandbox.studio.drawing.encoder import EncodeError, Encoder, find_ffmpeg, label, pad_to
from sandbox.studio.drawing.frames import draw_frames

__all__ = ["Brief", "EncodeError", "Encoder", "draw_frames", "find_ffmpeg", "label", "pad_to"]
