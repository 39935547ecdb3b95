"""Redraws a picture with Pillow: run as a script by `redrawing.py`, in a confined process of its own.

    python -I redraw_script.py SOURCE TARGET KIND WIDTH HEIGHT MODE MOST_PIXELS MOST_BYTES

KIND is the name of Pillow's reader, such as PNG; no other one is tried. MODE is `cover`, `contain` or `keep`, which
keeps the picture's own size; WIDTH and HEIGHT are then not used. The first frame of an animation is drawn, upright, in
sRGB, without metadata: as JPEG, or as PNG if something of it is transparent or it comes from a drawing.

What is relied on: docs/facts/media.md, "Pillow".
"""

import importlib
import io
import math
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from PIL import Image, ImageCms, ImageOps

# Exit codes; any other is a crash.
DAMAGED, TOO_HEAVY, TOO_LARGE = 3, 4, 5
# Pictures with large even areas, which JPEG blurs.
_DRAWN = ("PNG", "GIF", "BMP")
_JPEG_QUALITIES = (95, 85, 70)
_SIXTEEN_BITS = 256


def main(source: Path, target: Path, kind: str, width: int, height: int, mode: str, most: tuple[int, int]) -> int:
    """Draw the picture; the exit code. `most`: pixels of the source, bytes of the target."""
    try:
        if kind == "HEIF":
            # An extra, and slow to import.
            importlib.import_module("pillow_heif").register_heif_opener()
        # The limit below is lower than Pillow's own, and says what is wrong.
        Image.MAX_IMAGE_PIXELS = None
        with Image.open(source, formats=(kind,)) as image:
            image.seek(0)
            if image.width * image.height > most[0]:
                return TOO_HEAVY
            if mode != "keep":
                # A JPEG can be decoded at a half, a quarter or an eighth of its size: as small as still covers all.
                share = max(width, height) / min(image.size)
                image.draft(None, (math.ceil(image.width * share), math.ceil(image.height * share)))
            drawn = _upright(image)
    except MemoryError:
        return TOO_HEAVY
    except Exception as error:  # noqa: BLE001 - Pillow raises many kinds for files that are none
        sys.stderr.write(f"{type(error).__name__}: {error}"[:300])
        return DAMAGED
    if mode == "cover":
        drawn = ImageOps.fit(drawn, (width, height), Image.Resampling.LANCZOS)
    elif mode == "contain":
        drawn = ImageOps.pad(drawn, (width, height), Image.Resampling.LANCZOS, color="black")
    content = _encoded(drawn, as_png=kind in _DRAWN, most_bytes=most[1])
    if content is None:
        return TOO_LARGE
    target.write_bytes(content)
    return 0


def _upright(image: Image.Image) -> Image.Image:
    """The picture as people see it, in sRGB: as RGB, or as RGBA if something of it may be transparent."""
    profile = image.info.get("icc_profile")
    has_alpha = image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info
    ImageOps.exif_transpose(image, in_place=True)
    turned = image
    if turned.mode.startswith("I"):
        deep: Any = turned.convert("I")  # some of its types are those of a package that the bot doesn't have
        turned = deep.point(_in_eight_bits).convert("L")
    alpha = turned.convert("RGBA").getchannel("A") if has_alpha else None
    if profile and turned.mode in {"L", "RGB", "RGBA", "CMYK"}:
        # A profile that can't be read is left out, as a browser does.
        with suppress(ImageCms.PyCMSError, OSError, ValueError):
            plain = turned.convert("RGB") if turned.mode == "RGBA" else turned
            given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            wanted = cast("Any", ImageCms).createProfile("sRGB")  # its types are incomplete
            turned = ImageCms.profileToProfile(plain, given, wanted, outputMode="RGB") or plain
    drawn = turned if turned.mode == "RGB" else turned.convert("RGB")
    if alpha is not None and alpha.getextrema() != (255, 255):
        drawn.putalpha(alpha)
    return drawn


def _in_eight_bits(value: Any) -> Any:
    return value * (1 / _SIXTEEN_BITS)


def _encoded(image: Image.Image, *, as_png: bool, most_bytes: int) -> bytes | None:
    """The file, without metadata; None if it has too many bytes in every way."""
    image.info.clear()
    if as_png or image.mode == "RGBA":
        content = io.BytesIO()
        image.save(content, "PNG")
        if len(content.getvalue()) <= most_bytes:
            return content.getvalue()
    flat = image if image.mode == "RGB" else image.convert("RGB")
    for quality in _JPEG_QUALITIES:
        content = io.BytesIO()
        flat.save(content, "JPEG", quality=quality, subsampling=0)
        if len(content.getvalue()) <= most_bytes:
            return content.getvalue()
    return None


if __name__ == "__main__":
    given = sys.argv[1:]
    sys.exit(
        main(
            Path(given[0]), Path(given[1]), given[2], int(given[3]), int(given[4]), given[5],
            (int(given[6]), int(given[7])),
        )
    )  # fmt: skip
