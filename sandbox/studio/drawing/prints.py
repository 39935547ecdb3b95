"""Pictures as framed paper prints, arranged in a field."""

import io
import math
from dataclasses import dataclass

from PIL import Image, ImageOps

_LARGEST_SIDE = 1280
_PRINTS_MAX = 4
_SHADOW = (8, 9, 14, 110)
_PAPER = (250, 248, 242, 255)


@dataclass(frozen=True, slots=True)
class Print:
    """A framed picture (RGBA) and where its corner belongs."""

    image: Image.Image
    x: int
    y: int


def opened(data: bytes) -> Image.Image:
    """A picture from its file: upright, RGB, and small enough to work with."""
    with Image.open(io.BytesIO(data)) as source:
        source.draft("RGB", (_LARGEST_SIDE, _LARGEST_SIDE))
        upright = ImageOps.exif_transpose(source)
        if max(upright.size) > _LARGEST_SIDE:
            upright.thumbnail((_LARGEST_SIDE, _LARGEST_SIDE))
        return upright.convert("RGB")


def print_edge(unit: float) -> tuple[int, int]:
    """How wide a print's paper edge is, and its shadow to the right and below."""
    return round(unit * 1.1), round(unit * 0.7)


def print_of(picture: Image.Image, box: tuple[int, int], unit: float) -> Image.Image:
    """The picture with a paper edge and a thin shadow, at most as large as the box."""
    edge, shadow = print_edge(unit)
    room = max(8, box[0] - 2 * edge - shadow), max(8, box[1] - 2 * edge - shadow)
    inside = ImageOps.contain(picture, room, Image.Resampling.BILINEAR)
    width, height = inside.width + 2 * edge, inside.height + 2 * edge
    card = Image.new("RGBA", (width + shadow, height + shadow))
    card.paste(_SHADOW, (shadow, shadow, width + shadow, height + shadow))
    card.paste(_PAPER, (0, 0, width, height))
    card.paste(inside, (edge, edge))
    return card


def lay_out(files: tuple[bytes, ...], area: tuple[int, int, int, int], unit: float, *, columns_max: int) -> list[Print]:
    """Up to four pictures, centred in a grid within `area` (left, top, right, bottom)."""
    pictures = [opened(data) for data in files[:_PRINTS_MAX]]
    if not pictures:
        return []
    left, top, right, bottom = area
    columns = min(columns_max, len(pictures))
    rows = math.ceil(len(pictures) / columns)
    gap = round(unit * 3)
    box = (right - left - gap * (columns - 1)) // columns, (bottom - top - gap * (rows - 1)) // rows
    prints: list[Print] = []
    for number, picture in enumerate(pictures):
        image = print_of(picture, box, unit)
        x = left + (number % columns) * (box[0] + gap) + (box[0] - image.width) // 2
        y = top + (number // columns) * (box[1] + gap) + (box[1] - image.height) // 2
        prints.append(Print(image, x, y))
    return prints
