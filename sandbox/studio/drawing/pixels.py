"""The Pillow calls whose type hints need numpy, which isn't installed, behind hints that don't."""

from collections.abc import Sequence

from PIL import Image


def stretched(picture: Image.Image, size: tuple[int, int], *, fine: bool = False) -> Image.Image:
    """The picture at another size, bilinear, or bicubic when `fine`."""
    way = Image.Resampling.BICUBIC if fine else Image.Resampling.BILINEAR
    return picture.resize(size, way)  # pyright: ignore[reportUnknownMemberType] - Pillow's hint names numpy


def with_levels(picture: Image.Image, levels: Sequence[int]) -> Image.Image:
    """The picture with each level of each band replaced by the table's."""
    return picture.point(levels)  # pyright: ignore[reportUnknownMemberType] - Pillow's hint names numpy
