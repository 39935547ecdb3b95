"""Pictures that are hard to draw: of rare kinds, hostile or broken. Each is small."""

import io
import struct
import zlib

from PIL import Image

from tests.unit.bot.media.photos import SPACE, chunk, exif_bytes, pixels, plain
from tests.unit.bot.media.samples import picture, png_bomb, png_header


def saved(kind: str, image: Image.Image | None = None, **options: object) -> bytes:
    """A picture of any kind that Pillow writes."""
    out = io.BytesIO()
    (image or pixels()).save(out, kind, **options)
    return out.getvalue()


def sixteen_bits(colour: int, value: int = 0xC000) -> bytes:
    """A PNG with sixteen bits a channel, all of them alike. 0 is grey, 2 RGB, 4 grey with alpha, 6 RGBA."""
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    rows = b"".join(b"\0" + struct.pack(">H", value) * channels * 64 for _ in range(48))
    return png_header(64, 48, depth=16, colour=colour) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def _gif(width: int, height: int) -> bytes:
    screen = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    return screen + b",\0\0\0\0" + struct.pack("<HHB", width, height, 0) + b"\x02\x02\x44\x01\0;"


def _bmp(width: int, height: int) -> bytes:
    return (
        b"BM"
        + struct.pack("<IHHI", 63, 0, 0, 54)
        + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, *[0] * 6)
        + bytes(9)
    )


_GREY = pixels(mode="L")
_PALETTE = _GREY.convert("P")
# Suffix, bytes, and the mode of what is drawn: RGBA only where something shows through.
WHOLE = {
    "a CMYK JPEG": ("jpg", plain("JPEG", pixels(mode="CMYK")), "RGB"),
    "a progressive JPEG": ("jpg", plain("JPEG", progressive=True), "RGB"),
    "a grey JPEG": ("jpg", plain("JPEG", _GREY), "RGB"),
    "a grey JPEG with a profile for colours": ("jpg", plain("JPEG", _GREY, icc_profile=SPACE), "RGB"),
    "a JPEG with nonsense for a profile": ("jpg", plain("JPEG", icc_profile=b"x" * 500), "RGB"),
    "a JPEG of one row": ("jpg", plain("JPEG", pixels((12_000, 1))), "RGB"),
    "a PNG of one column": ("png", plain("PNG", pixels((1, 12_000))), "RGB"),
    "a PNG of one pixel": ("png", plain("PNG", pixels((1, 1))), "RGB"),
    "a grey PNG of 16 bits": ("png", sixteen_bits(0), "RGB"),
    "an RGB PNG of 16 bits": ("png", sixteen_bits(2), "RGB"),
    "a grey PNG of 16 bits with alpha": ("png", sixteen_bits(4), "RGBA"),
    "an RGBA PNG of 16 bits": ("png", sixteen_bits(6), "RGBA"),
    "an RGBA PNG without a hole": ("png", plain("PNG", pixels().convert("RGBA")), "RGB"),
    "a palette": ("png", plain("PNG", _PALETTE), "RGB"),
    "a palette with one colour of none": ("png", plain("PNG", _PALETTE, transparency=3), "RGBA"),
    "a palette with alpha": ("png", plain("PNG", _PALETTE, transparency=bytes(range(256))), "RGBA"),
    "a PNG of two colours": ("png", plain("PNG", _GREY.convert("1")), "RGB"),
    "a PNG of two colours, one of none": ("png", plain("PNG", _GREY.convert("1"), transparency=1), "RGBA"),
    "a grey PNG with alpha": ("png", plain("PNG", pixels(mode="LA")), "RGBA"),
    "an animated PNG": ("png", plain("PNG", save_all=True, append_images=[pixels(seed=2)]), "RGB"),
    "a WebP with alpha": ("webp", plain("WEBP", pixels(mode="RGBA")), "RGBA"),
    "an animated WebP": ("webp", plain("WEBP", save_all=True, append_images=[pixels(seed=2)]), "RGB"),
    "16 megapixels of one colour": ("png", png_bomb(4_000), "RGB"),
}

BROKEN = {
    "nothing": ("png", b""),
    "a text": ("png", b"a text"),
    "a JPEG called PNG": ("png", plain("JPEG")),
    "a PNG called JPEG": ("jpg", plain("PNG")),
    "a PNG of no size": ("png", png_header(0, 0)),
    "a PNG with nonsense behind its signature": ("png", b"\x89PNG\r\n\x1a\n" + bytes(900)),
    "a PNG cut in half": ("png", plain("PNG")[:4_000]),
    "a JPEG cut in its head": ("jpg", plain("JPEG")[:200]),
    "a WebP cut in half": ("webp", plain("WEBP")[:3_000]),
}
HEAVY = {
    "a PNG with a side over the limit": ("png", png_bomb(12_001)),
    "a PNG of 900 megapixels": ("png", png_bomb(30_000)),
}

# Kinds that no provider takes: the reader, the bytes, the size and the mode of what becomes of it.
FOREIGN = {
    "a GIF": ("GIF", picture("GIF", (64, 48)), (64, 48), "RGB"),
    "an animated GIF": (
        "GIF", saved("GIF", save_all=True, append_images=[pixels(seed=2)], duration=40), (64, 48), "RGB"
    ),
    "a GIF with a colour of none": ("GIF", saved("GIF", _PALETTE, transparency=3), (64, 48), "RGBA"),
    "a BMP": ("BMP", saved("BMP"), (64, 48), "RGB"),
    "a BMP of two colours": ("BMP", saved("BMP", _GREY.convert("1")), (64, 48), "RGB"),
    "an AVIF": ("AVIF", saved("AVIF"), (64, 48), "RGB"),
    "an AVIF with alpha": ("AVIF", saved("AVIF", pixels(mode="RGBA")), (64, 48), "RGBA"),
    "an AVIF on its side": ("AVIF", saved("AVIF", exif=b"Exif\0\0" + exif_bytes(6)), (48, 64), "RGB"),
}  # fmt: skip
FOREIGN_BROKEN = {
    "a GIF without a frame": b"GIF89a" + struct.pack("<HHBBB", 9, 9, 0x80, 0, 0) + bytes(6) + b";",
    "a GIF of no size": _gif(0, 0),
    "a GIF cut in half": saved("GIF")[:1_500],
    "a BMP cut in half": saved("BMP")[:4_000],
    "an AVIF cut in half": saved("AVIF")[:200],
}
FOREIGN_HEAVY = {
    "a GIF of 4,294 megapixels": _gif(65_535, 65_535),
    "a GIF of 65 megapixels": _gif(8_100, 8_100),
    "a BMP of 900 megapixels": _bmp(30_000, 30_000),
    "a BMP of 65 megapixels": _bmp(8_100, -8_100),
}
