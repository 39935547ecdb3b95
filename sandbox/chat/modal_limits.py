"""Discord's checks of a form (docs/facts/discord.md, "Forms")."""

from sandbox.chat.component_limits import CUSTOM_ID_MAX, check_components, check_options
from sandbox.chat.errors import bad_field, too_long
from sandbox.chat.records import Json, flatten, parts_of

FIELDS_MAX = 5
TEXT_MAX = 4000
FILES_MAX = 10
_ROW, _TEXT_INPUT, _TEXT_DISPLAY, _LABEL, _FILES, _RADIO, _CHECKBOXES, _CHECKBOX = 1, 4, 10, 18, 19, 21, 22, 23
_SELECTS = frozenset({3, 5, 6, 7, 8})
_IN_LABELS = _SELECTS | {_TEXT_INPUT, _FILES, _RADIO, _CHECKBOXES, _CHECKBOX}
_COUNTED = _SELECTS | {_FILES, _CHECKBOXES}


def check_modal(modal: Json) -> None:
    """A form's title, custom id and fields; raises `ApiError` 50035."""
    components: list[Json] = parts_of(modal, "components")
    _check_length(modal.get("title"), "data.title", 45)
    _check_length(modal.get("custom_id"), "data.custom_id", CUSTOM_ID_MAX)
    if not 1 <= len(components) <= FIELDS_MAX:
        raise bad_field("data.components", "Must be between 1 and 5 in length.", "BASE_TYPE_BAD_LENGTH")
    for index, one in enumerate(components):
        _check_top(one, f"data.components.{index}")
    check_components(components, "data.components")
    for one in flatten(components):
        _check_field(one, "data.components")


def _check_top(top: Json, path: str) -> None:
    kind = top.get("type")
    inner: list[Json] = parts_of(top, "components")
    if kind == _ROW:
        if len(inner) != 1 or inner[0].get("type") != _TEXT_INPUT:
            raise bad_field(f"{path}.components", "A row of a form holds one text input.")
        _check_length(inner[0].get("label"), f"{path}.components.0.label", 45)
    elif kind == _LABEL:
        _check_length(top.get("label"), f"{path}.label", 45)
        if len(top.get("description") or "") > 100:
            raise too_long(f"{path}.description", 100)
        child: Json = top.get("component") or {}
        if child.get("type") not in _IN_LABELS:
            raise bad_field(f"{path}.component.type", f"Value of field 'type' must be one of {sorted(_IN_LABELS)}.")
    elif kind == _TEXT_DISPLAY:
        _check_length(top.get("content"), f"{path}.content", TEXT_MAX)
    else:
        raise bad_field(f"{path}.type", "Value of field 'type' must be one of (1, 10, 18).")


def _check_field(one: Json, path: str) -> None:
    kind = one.get("type")
    if one.get("disabled"):
        raise bad_field(f"{path}.disabled", "Nothing in a form can be disabled.")
    if kind == _TEXT_INPUT:
        _check_text(one, path)
    elif kind == _FILES:
        _check_range(one, path, FILES_MAX)
    elif kind == _RADIO:
        check_options(one, path, low=2, high=10)
        if sum(bool(option.get("default")) for option in one["options"]) > 1:
            raise bad_field(f"{path}.options", "One option alone can be the default.")
    elif kind == _CHECKBOXES:
        check_options(one, path, low=1, high=10)
        _check_range(one, path, 10)
        if (one.get("min_values") or 0) > len(one["options"]):
            raise bad_field(f"{path}.min_values", "More must be picked than there is.")
    if kind in _COUNTED and one.get("required") is not False and one.get("min_values") == 0:
        raise bad_field(f"{path}.min_values", "A required component cannot have min_values of 0.")


def _check_text(one: Json, path: str) -> None:
    if len(one.get("placeholder") or "") > 100:
        raise too_long(f"{path}.placeholder", 100)
    low, high = one.get("min_length") or 0, one.get("max_length")
    high = TEXT_MAX if high is None else high
    if not 0 <= low <= TEXT_MAX or not 1 <= high <= TEXT_MAX or low > high:
        raise bad_field(f"{path}.max_length", "Must be between 1 and 4000, and not below min_length.")
    if len(one.get("value") or "") > high:
        raise too_long(f"{path}.value", high)


def _check_range(one: Json, path: str, limit: int) -> None:
    low, high = one.get("min_values"), one.get("max_values")
    low, high = 0 if low is None else low, limit if high is None else high
    if not 0 <= low <= limit or not 1 <= high <= limit or low > high:
        raise bad_field(f"{path}.max_values", f"Must be between 0 and {limit}, and not below min_values.")


def _check_length(text: str | None, path: str, limit: int) -> None:
    if not 1 <= len(text or "") <= limit:
        raise bad_field(path, f"Must be between 1 and {limit} in length.", "BASE_TYPE_BAD_LENGTH")
