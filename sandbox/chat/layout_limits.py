"""Discord's checks of the layout of a message with components V2."""

from collections.abc import Callable

from sandbox.chat.component_limits import check_row
from sandbox.chat.errors import bad_field, too_long
from sandbox.chat.records import Json, flatten, part_of, parts_of

COMPONENTS_MAX = 40
TEXT_MAX = 4000
ITEMS_MAX = 10
DESCRIPTION_MAX = 1024
_ROW, _BUTTON, _SECTION, _TEXT, _THUMBNAIL, _GALLERY, _FILE, _SEPARATOR, _CONTAINER = 1, 2, 9, 10, 11, 12, 13, 14, 17
_INSIDE = frozenset({_ROW, _SECTION, _TEXT, _GALLERY, _FILE, _SEPARATOR})
_ON_TOP = _INSIDE | {_CONTAINER}
_SCHEMES = ("http://", "https://", "attachment://")


def check_layout(components: list[Json]) -> None:
    """Which component may be where, how many of them, and each one's own limits; raises `ApiError` 50035."""
    every = list(flatten(components))
    if len(every) > COMPONENTS_MAX:
        raise too_long("components", COMPONENTS_MAX)
    if sum(len(str(one.get("content") or "")) for one in every) > TEXT_MAX:
        sentence = f"Cannot exceed maximum total text length of {TEXT_MAX}"
        raise bad_field("components", sentence, "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED")
    _check_parts(components, "components", _ON_TOP)


def _check_parts(parts: list[Json], path: str, allowed: frozenset[int]) -> None:
    for index, part in enumerate(parts):
        here = f"{path}.{index}"
        if part.get("type") not in allowed:
            raise bad_field(f"{here}.type", f"Value of field 'type' must be one of {sorted(allowed)}.")
        _CHECKS[part["type"]](part, here)


def _check_container(part: Json, path: str) -> None:
    inner: list[Json] = parts_of(part, "components")
    if not inner:
        raise bad_field(f"{path}.components", "This field is required", "BASE_TYPE_REQUIRED")
    color = part.get("accent_color")
    if color is not None and not 0 <= color <= 0xFFFFFF:
        raise bad_field(f"{path}.accent_color", "int value should be between 0 and 16777215.", "NUMBER_TYPE_MAX")
    _check_parts(inner, f"{path}.components", _INSIDE)


def _check_section(part: Json, path: str) -> None:
    inner: list[Json] = parts_of(part, "components")
    if not 1 <= len(inner) <= 3:
        raise bad_field(f"{path}.components", "Must be between 1 and 3 in length.", "BASE_TYPE_BAD_LENGTH")
    _check_parts(inner, f"{path}.components", frozenset({_TEXT}))
    accessory = part_of(part, "accessory")
    if accessory.get("type") == _THUMBNAIL:
        _check_item(accessory, f"{path}.accessory")
    elif accessory.get("type") != _BUTTON:
        raise bad_field(f"{path}.accessory", "A section has a button or a thumbnail beside it.", "BASE_TYPE_REQUIRED")


def _check_text(part: Json, path: str) -> None:
    if not part.get("content"):
        raise bad_field(f"{path}.content", "Must be between 1 and 4000 in length.", "BASE_TYPE_BAD_LENGTH")


def _check_gallery(part: Json, path: str) -> None:
    items: list[Json] = parts_of(part, "items")
    if not 1 <= len(items) <= ITEMS_MAX:
        raise bad_field(f"{path}.items", f"Must be between 1 and {ITEMS_MAX} in length.", "BASE_TYPE_BAD_LENGTH")
    for index, item in enumerate(items):
        _check_item(item, f"{path}.items.{index}")


def _check_item(item: Json, path: str) -> None:
    url = str(part_of(item, "media").get("url") or "")
    if not url.startswith(_SCHEMES):
        raise bad_field(f"{path}.media.url", f"Scheme must be one of {_SCHEMES}.", "URL_TYPE_INVALID_SCHEME")
    if len(item.get("description") or "") > DESCRIPTION_MAX:
        raise too_long(f"{path}.description", DESCRIPTION_MAX)


def _check_file(part: Json, path: str) -> None:
    # An edit may bring back the file's link.
    if not str(part_of(part, "file").get("url") or "").startswith(_SCHEMES):
        raise bad_field(f"{path}.file.url", "A file is named as attachment://<filename>.", "URL_TYPE_INVALID_SCHEME")


def _check_separator(part: Json, path: str) -> None:
    if part.get("spacing") not in (None, 1, 2):
        raise bad_field(f"{path}.spacing", "Value must be one of {1, 2}.", "BASE_TYPE_CHOICES")


_CHECKS: dict[int, Callable[[Json, str], None]] = {
    _ROW: check_row,
    _SECTION: _check_section,
    _TEXT: _check_text,
    _GALLERY: _check_gallery,
    _FILE: _check_file,
    _SEPARATOR: _check_separator,
    _CONTAINER: _check_container,
}
