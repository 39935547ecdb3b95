"""A colour profile gives the same colours as before, without any names."""

import io
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from bot.media.colours import clean_profile
from tests.unit.bot.media.photos import LARGE_SPACE, SPACE, TELLING_SPACE, chunk, pixels, plain, profile, with_chunks
from tests.unit.bot.media.samples import jpeg_segment, vp8x, webp
from tests.unit.bot.media.test_damaged import decoded, taken

RED = struct.pack(">4sIiii", b"XYZ ", 0, 33_750, 15_800, -70)  # that of Display P3
OTHER_SPACE = profile(red=RED)


def turned(data: bytes) -> bytes:
    """What the profile makes of a picture's colours."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(data))
    made = ImageCms.profileToProfile(pixels(), source, ImageCms.createProfile("sRGB"), renderingIntent=1)
    assert made is not None
    return made.tobytes()


@pytest.mark.parametrize("data", [TELLING_SPACE, OTHER_SPACE])
def test_colours_stay_and_names_go(data: bytes) -> None:
    """C11: the same colours, no text, no device, no date; cleaned again it is the same."""
    cleaned = clean_profile(data)
    assert cleaned is not None
    assert turned(cleaned) == turned(data)
    assert b"SECRET" not in cleaned
    assert b"ADAS" not in cleaned
    assert cleaned[24:36] == bytes(12)
    assert clean_profile(cleaned) == cleaned
    assert "SECRET" not in ImageCms.getProfileInfo(ImageCms.ImageCmsProfile(io.BytesIO(cleaned)))


def test_the_two_colours_differ() -> None:
    """Or the comparison would say nothing."""
    assert turned(TELLING_SPACE) != turned(OTHER_SPACE)


def jpeg_with(data: bytes, parts: int = 1) -> bytes:
    size = -(-len(data) // parts)
    made = [data[at : at + size] for at in range(0, len(data), size)]
    bodies = [b"ICC_PROFILE\0" + bytes([n, len(made)]) + one for n, one in enumerate(made, 1)]
    jpeg = plain("JPEG")
    return jpeg[:20] + b"".join(jpeg_segment(0xE2, body) for body in reversed(bodies)) + jpeg[20:]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_every_format_gets_the_clean_profile(kind: str) -> None:
    """C11: and a profile that is none goes, since nothing can be made of it."""
    kept = taken(plain(kind, icc_profile=TELLING_SPACE))
    assert kept is not None
    with Image.open(io.BytesIO(kept)) as opened:
        assert opened.info["icc_profile"] == SPACE
    assert b"SECRET" not in kept
    assert taken(kept) == kept
    kept = taken(plain(kind, icc_profile=b"SECRET, and no profile" * 9))
    assert kept is not None
    assert b"SECRET" not in kept
    assert decoded(kept) == decoded(plain(kind))
    assert taken(kept) == kept


def test_parts_in_any_order_are_one_profile() -> None:
    """A profile over several segments is put together by their numbers."""
    kept = taken(jpeg_with(TELLING_SPACE, 5))
    assert kept is not None
    with Image.open(io.BytesIO(kept)) as opened:
        assert opened.info["icc_profile"] == SPACE
    large = jpeg_with(LARGE_SPACE, 4)
    assert taken(large) == large, "clean already: as it came"


def test_parts_that_make_no_profile_go() -> None:
    """A number that is missing, twice or absurd: no decoder makes anything of it."""
    jpeg = plain("JPEG")
    for numbers in ([(1, 2)], [(1, 1), (1, 1)], [(0, 1)], [(2, 2), (3, 2)]):
        parts = b"".join(jpeg_segment(0xE2, b"ICC_PROFILE\0" + bytes(n) + TELLING_SPACE) for n in numbers)
        assert taken(jpeg[:20] + parts + jpeg[20:]) == jpeg
    assert taken(jpeg[:20] + jpeg_segment(0xE2, b"ICC_PROFILE\0") + jpeg[20:]) == jpeg


def test_the_name_of_a_pngs_profile_goes() -> None:
    """C11: a PNG gives its profile a name of up to 79 letters, and may hide more behind the packed bytes."""
    png = plain("PNG", icc_profile=SPACE)
    kept = taken(png)
    assert kept is not None
    assert b"ICC Profile" not in kept
    at = png.index(b"iCCP") - 4
    body = png[at + 8 : at + 8 + int.from_bytes(png[at : at + 4])]
    plain_png = plain("PNG")
    for changed in (body + b"SECRET", body.replace(b"ICC Profile", b"SECRET")):
        assert taken(with_chunks(plain_png, chunk(b"iCCP", changed))) == kept
    for broken in (b"SECRET", b"SECRET\0", b"SECRET\0\1" + body, b"SECRET\0\0spoilt", body[:-9]):
        assert taken(with_chunks(plain_png, chunk(b"iCCP", broken))) == plain_png


def test_a_profile_that_unfolds_too_far_goes() -> None:
    """A bomb in place of a profile is not unfolded."""
    import zlib

    bomb = b"icc\0\0" + zlib.compress(bytes(64 * 1024 * 1024), 9)
    assert taken(with_chunks(plain("PNG"), chunk(b"iCCP", bomb))) == plain("PNG")


def animation(*more: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    """An animated WebP as it comes, and with more chunks in each of its frames."""
    data = plain("WEBP", save_all=True, append_images=[pixels(seed=2), pixels(seed=3)])
    chunks, at = list[tuple[bytes, bytes]](), 12
    while at < len(data):
        name, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        chunks.append((name, data[at + 8 : at + 8 + length]))
        at += 8 + length + length % 2
    inner = webp(*more)[12:]
    told = [(name, body[:16] + inner + body[16:] + inner if name == b"ANMF" else body) for name, body in chunks]
    return data, webp(*told)


def test_metadata_inside_the_frames_of_an_animation_goes() -> None:
    """C11: each frame may hold Exif, XMP and anything else; what is left is the animation as it was."""
    data, telling = animation((b"EXIF", b"SECRET exif"), (b"XMP ", b"SECRET!"), (b"NOTE", b"SECRET note."))
    assert b"SECRET" in telling
    assert taken(telling) == data
    assert taken(data) == data


def test_a_frame_without_a_picture_is_damaged() -> None:
    """A frame that is cut off inside, or empty, is a picture that is not whole."""
    frames = [(b"ANMF", bytes(16)), (b"ANMF", bytes(16) + b"VP8L\xff\0\0\0cut"), (b"ANMF", b"short")]
    for frame in frames:
        assert taken(webp(vp8x(64, 48, flags=2), (b"ANIM", bytes(6)), frame)) is None


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_any_damage_is_survived(data: st.DataObject) -> None:
    """For any changed bytes, it is a clean profile or none, and hardly longer than it was."""
    bent = bytearray(TELLING_SPACE)
    for _ in range(data.draw(st.integers(0, 6))):
        bent[data.draw(st.integers(0, 400))] = data.draw(st.integers(0, 255))
    cleaned = clean_profile(bytes(bent[: data.draw(st.integers(0, len(bent)))]))
    if cleaned is not None:
        assert clean_profile(cleaned) == cleaned
        assert len(cleaned) <= len(bent) + 1_024
        assert b"SECRET name" not in cleaned
