"""A local Videos API over real HTTP, with playable videos, that counts charges."""

from sandbox.studio.dials import Dials, Ending, ModelCard, Outcome
from sandbox.studio.drawing import EncodeError
from sandbox.studio.faults import Fault, Faults, Gate
from sandbox.studio.server import Studio, StudioDialect
from sandbox.studio.serving import serve
from sandbox.studio.state import ReceivedFile, Render, RenderState, Request, Submission

__all__ = [
    "Dials",
    "EncodeError",
    "Ending",
    "Fault",
    "Faults",
    "Gate",
    "ModelCard",
    "Outcome",
    "ReceivedFile",
    "Render",
    "RenderState",
    "Request",
    "Studio",
    "StudioDialect",
    "Submission",
    "serve",
]
