"""Photographs as phones and cameras write them: real pictures from Pillow, and all else that such files carry."""

import io
import random
import struct
import zlib
from typing import Any

from PIL import ExifTags, Image, ImageCms, PngImagePlugin

from bot.media.colours import clean_profile
from tests.unit.bot.media.samples import jpeg_segment, mp4, picture

# What must never be sent on: words in every kind of metadata, and the degrees of a place as Exif writes them.
PLACE = struct.pack("<6I", 52, 1, 30, 1, 59_817, 1_009)
SECRETS = (PLACE, b"SECRET")
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><dc:creator>SECRET xmp</dc:creator></x:xmpmeta>"


def profile(*more: tuple[bytes, bytes], red: bytes | None = None) -> bytes:
    """A colour profile with a screen's and a person's name in it, and with more tags; `red` is another primary."""
    plain = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    tags: list[tuple[bytes, bytes]] = []
    for number in range(int.from_bytes(plain[128:132])):
        name, start, length = struct.unpack_from(">4sII", plain, 132 + 12 * number)
        tags.append((name, red if red is not None and name == b"rXYZ" else plain[start : start + length]))
    secret = b"text\0\0\0\0SECRET name of Ada's screen\0"
    tags = [tag for tag in tags if tag[0] not in {b"desc", b"cprt"}]
    tags += [(name, secret) for name in (b"desc", b"cprt", b"dmnd", b"dmdd", b"dscm", b"mmod", b"targ", b"prVt")]
    head = bytearray(plain[:128])
    head[48:56], head[80:84] = b"SECRETAD", b"ADAS"
    head[24:36] = struct.pack(">6H", 2026, 1, 2, 3, 4, 5)
    table, body = b"", b""
    tags += more
    start = 132 + 12 * len(tags)
    for name, element in tags:
        table += name + struct.pack(">II", start + len(body), len(element))
        body += element + bytes(-len(element) % 4)
    whole = bytes(head) + len(tags).to_bytes(4) + table + body + b"SECRET behind all tags"
    return len(whole).to_bytes(4) + whole[4:]


def _clean(data: bytes) -> bytes:
    cleaned = clean_profile(data)
    assert cleaned is not None
    return cleaned


TELLING_SPACE = profile()
SPACE = _clean(TELLING_SPACE)
LARGE_SPACE = _clean(profile((b"A2B0", b"mft2" + random.Random(1).randbytes(200_000))))


def pixels(size: tuple[int, int] = (64, 48), mode: str = "RGB", seed: int = 1) -> Image.Image:
    """A picture that no turning or mirroring leaves as it is."""
    count = size[0] * size[1] * len(Image.new(mode, (1, 1)).getbands())
    return Image.frombytes(mode, size, random.Random(seed).randbytes(count))


def exif(orientation: int | None = 6) -> Image.Exif:
    """What a phone writes about a photo: who, what with, when, where, and a small picture of it."""
    made = Image.Exif()
    made.endian = "<"
    if orientation is not None:
        made[ExifTags.Base.Orientation] = orientation
    made[ExifTags.Base.Make] = "SECRET camera"
    made[ExifTags.Base.DateTime] = "2026:01:02 SECRET"
    inner = made.get_ifd(ExifTags.IFD.Exif)
    inner[ExifTags.Base.BodySerialNumber] = "SECRET serial"
    inner[ExifTags.Base.MakerNote] = b"SECRET note" + picture("JPEG", (16, 12))
    place = made.get_ifd(ExifTags.IFD.GPSInfo)
    place[ExifTags.GPS.GPSLatitudeRef] = "N"
    place[ExifTags.GPS.GPSLatitude] = (52.0, 30.0, 59_817 / 1_009)
    place[ExifTags.GPS.GPSAreaInformation] = b"ASCII\0\0\0SECRET beach"
    return made


def exif_bytes(orientation: int | None = 6, order: str = "<") -> bytes:
    """The same as a TIFF structure; Pillow shortens fractions as it likes, so the place is put there by hand."""
    made = exif(orientation)
    made.endian = order
    return made.tobytes().removeprefix(b"Exif\0\0") + PLACE + b"SECRET tail"


def phone_photo(kind: str = "JPEG", orientation: int | None = 6, image: Image.Image | None = None) -> bytes:
    """A whole photo of that Pillow format with all metadata that the format can hold, and a video behind its end."""
    write = {"JPEG": _jpeg, "PNG": _png, "WEBP": _webp}[kind]
    return write(image or pixels(), orientation)


def plain(kind: str, image: Image.Image | None = None, **options: Any) -> bytes:
    """A picture of that format with nothing to take away."""
    out = io.BytesIO()
    options = {"lossless": True} | options if kind == "WEBP" else options
    if kind in {"JPEG", "MPO"} and "exif" in options:
        options = options | {"exif": b"Exif\0\0" + options["exif"]}
    (image or pixels()).save(out, kind, **options)
    return out.getvalue()


def inserted(data: bytes, *segments: bytes) -> bytes:
    """A JPEG with more segments behind its first one."""
    at = 4 + int.from_bytes(data[4:6])
    return data[:at] + b"".join(segments) + data[at:]


def chunk(name: bytes, body: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def with_chunks(data: bytes, *chunks: bytes, at: int = 33) -> bytes:
    """A PNG with more chunks, behind its header unless `at` says otherwise."""
    return data[:at] + b"".join(chunks) + data[at:]


def _jpeg(image: Image.Image, orientation: int | None) -> bytes:
    told = {"exif": exif_bytes(orientation), "icc_profile": TELLING_SPACE, "comment": b"SECRET comment", "xmp": XMP}
    data = plain("MPO", image, save_all=True, append_images=[pixels((20, 10), seed=2)], **told)
    more = (
        jpeg_segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + b"SECRET" * 4_000),
        jpeg_segment(0xE0, b"JFXX\0\x10SECRET" + picture("JPEG", (8, 8))),
        jpeg_segment(0xEB, b"JP\0\x01SECRET credentials"),
        jpeg_segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\x0a\x1c\x02\x50\0\x06SECRET"),
    )
    return inserted(data, *more) + plain("JPEG", pixels((20, 10)), exif=exif_bytes(1)) + mp4(b"SECRET film")


def _png(image: Image.Image, orientation: int | None) -> bytes:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", "SECRET author")
    texts.add_itxt("XML:com.adobe.xmp", XMP.decode())
    data = plain("PNG", image, exif=exif_bytes(orientation), icc_profile=TELLING_SPACE, pnginfo=texts)
    late = chunk(b"zTXt", b"SECRET key\0\0" + zlib.compress(b"a note")) + chunk(b"tIME", b"\x07\xea\1\2SEC")
    return data[:-12] + late + chunk(b"caBX", b"SECRET credentials") + data[-12:] + b"PK\x03\x04SECRET archive"


def _webp(image: Image.Image, orientation: int | None) -> bytes:
    data = plain("WEBP", image, exif=exif_bytes(orientation), icc_profile=TELLING_SPACE, xmp=XMP)
    body = data[12:] + b"NOTE\x07\0\0\0SECRET!\0"
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body + b"SECRET tail"
