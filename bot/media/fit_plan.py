"""How a picture is fitted to the size of a video, as pure decisions: nothing is read or drawn here.

Sizes are texts such as `1280x720`, as models offer them.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from bot.jobs.offered_models import FitMode

# A picture that keeps less than this share of itself when it covers the video isn't cropped unasked.
_KEPT_MIN = 0.5


class Shape(NamedTuple):
    """A picture as people see it: its width and height in pixels, and whether its bytes have to be turned for that."""

    width: int
    height: int
    turned: bool = False


@dataclass(frozen=True, slots=True)
class Redraw:
    """A picture to be redrawn, upright, with this width and height: cropped to cover it, or whole between bars."""

    width: int
    height: int
    mode: Literal["cover", "contain"]

    @property
    def name(self) -> str:
        """What tells its file from others of the same picture. It outlives the process."""
        return f"{self.width}x{self.height}-{self.mode}"


def plan_fit(shape: Shape, size: str, mode: FitMode) -> Redraw | None:
    """How the picture becomes one for a video of that size; None if it is sent as it is.

    One that would lose too much is shown whole: who requested it was asked, or it is the frame of a video.
    """
    width, height = sides(size)
    if mode == "off" or shape == (width, height, False):
        return None
    return Redraw(width, height, "contain" if loses_too_much(shape, size, mode) else mode)


def share_kept(shape: Shape, size: str) -> float:
    """The share of the picture that is still seen when it covers a video of that size: above 0, at most 1."""
    width, height = sides(size)
    ratio = (shape.width * height) / (shape.height * width)
    return min(ratio, 1 / ratio)


def loses_too_much(shape: Shape, size: str, mode: FitMode) -> bool:
    """Whether covering a video of that size would cost the picture more than half of itself."""
    return mode == "cover" and share_kept(shape, size) < _KEPT_MIN


def nearest_size(shape: Shape, sizes: Iterable[str]) -> str:
    """That of the sizes whose shape is nearest to the picture's; of those as near, the first. Needs at least one."""
    picture = math.log(shape.width / shape.height)

    def distance(size: str) -> float:
        width, height = sides(size)
        # The same shape in other pixels is as near: logarithms differ in their last digits.
        return round(abs(math.log(width / height) - picture), 6)

    return min(sizes, key=distance)


def sides(size: str) -> tuple[int, int]:
    """The width and height in pixels of a size such as `1280x720`."""
    width, _, height = size.partition("x")
    return int(width), int(height)
