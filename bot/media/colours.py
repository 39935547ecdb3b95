"""A colour profile without data about people and devices: the numbers stay, every text and name goes.

It keeps the tags that affect colours, each in its known type; header fields that name programs, devices and times
become empty. The profile is rewritten, so that bytes outside of its tags go, too. Layout: docs/facts/media.md,
"Metadata".
"""

import struct

PROFILE_BYTES_MAX = 2 * 1024 * 1024  # profiles of printing presses need that
_HEADER_BYTES = 128
_TAGS_MAX = 100
_MORE_BYTES_MAX = 1024  # the texts that every profile must have
_CLASSES = frozenset({b"mntr", b"scnr", b"prtr", b"spac"})
_SPACES = frozenset({b"RGB ", b"GRAY", b"CMYK", b"Lab ", b"YCbr", b"XYZ "})
# CMM, date and time, platform, manufacturer and model of a device, creator, fingerprint, and unused fields.
_EMPTIED = ((4, 8), (24, 36), (40, 44), (48, 56), (80, 84), (84, 100), (100, 128))
_TABLES = frozenset({b"mft1", b"mft2", b"mAB ", b"mBA "})
_KEPT = {
    **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC", b"kTRC"), frozenset({b"curv", b"para"})),
    **dict.fromkeys((b"rXYZ", b"gXYZ", b"bXYZ", b"wtpt", b"bkpt", b"lumi"), frozenset({b"XYZ "})),
    **dict.fromkeys((b"A2B0", b"A2B1", b"A2B2", b"B2A0", b"B2A1", b"B2A2", b"gamt"), _TABLES),
    **dict.fromkeys((b"D2B0", b"D2B1", b"D2B2", b"D2B3", b"B2D0", b"B2D1", b"B2D2", b"B2D3"), frozenset({b"mpet"})),
    b"chad": frozenset({b"sf32"}),
    b"cicp": frozenset({b"cicp"}),
}


def clean_profile(data: bytes) -> bytes | None:
    """The profile with its colours only, unchanged if it is so already; None for an invalid profile."""
    size = int.from_bytes(data[:4])
    if not _HEADER_BYTES + 4 <= size <= min(len(data), PROFILE_BYTES_MAX) or data[36:40] != b"acsp":
        return None
    if data[12:16] not in _CLASSES or data[16:20] not in _SPACES:
        return None
    kept = _kept_tags(data[:size])
    if not kept:
        return None
    texts = _texts(is_newer=data[8] >= 4)
    header = bytearray(data[:_HEADER_BYTES])
    for start, stop in _EMPTIED:
        header[start:stop] = bytes(stop - start)
    return _written(header, [*texts, *kept], size + _MORE_BYTES_MAX)


def _kept_tags(data: bytes) -> list[tuple[bytes, bytes]]:
    """Signature and element of each tag that affects colours; none at all for an invalid table."""
    count = int.from_bytes(data[_HEADER_BYTES : _HEADER_BYTES + 4])
    table_end = _HEADER_BYTES + 4 + 12 * count
    if count > _TAGS_MAX or table_end > len(data):
        return []
    kept: dict[bytes, bytes] = {}
    for at in range(_HEADER_BYTES + 4, table_end, 12):
        name, (start, length) = data[at : at + 4], struct.unpack_from(">II", data, at + 4)
        if start < table_end or start + length > len(data) or length < 8:
            return []
        if name not in kept and data[start : start + 4] in _KEPT.get(name, ()):
            kept[name] = data[start : start + length]
    return list(kept.items())


def _texts(*, is_newer: bool) -> list[tuple[bytes, bytes]]:
    """The required name and rights, without content, in the type of the profile's version."""
    if is_newer:
        text = "-".encode("utf-16-be")
        element = b"mluc" + struct.pack(">IIIHHII", 0, 1, 12, 0x656E, 0x5553, len(text), 28) + text
        return [(b"desc", element), (b"cprt", element)]
    name = b"desc" + struct.pack(">II", 0, 2) + b"-\0" + bytes(4 + 4 + 2 + 1 + 67)
    return [(b"desc", name), (b"cprt", b"text" + bytes(4) + b"-\0")]


def _written(header: bytearray, tags: list[tuple[bytes, bytes]], max_bytes: int) -> bytes | None:
    """The profile of these tags, equal elements once; None if it would take more than `max_bytes`."""
    start = _HEADER_BYTES + 4 + 12 * len(tags)
    table, elements, places = bytearray(struct.pack(">I", len(tags))), bytearray(), dict[bytes, int]()
    for name, element in tags:
        if element not in places:
            places[element] = start + len(elements)
            elements += element + bytes(-len(element) % 4)
        if start + len(elements) > max_bytes:
            return None
        table += name + struct.pack(">II", places[element], len(element))
    whole = header + table + elements
    whole[:4] = len(whole).to_bytes(4)
    return bytes(whole)
