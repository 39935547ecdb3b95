"""Discord's checks of components, of messages and of forms."""

from sandbox.chat.emojis import check_emoji
from sandbox.chat.errors import bad_field, too_long
from sandbox.chat.records import Json, flatten, parts_of

CUSTOM_ID_MAX = 100
ROWS_MAX = 5
SELECT_MAX = 25
_ROW, _BUTTON = 1, 2
_STRING_SELECT = 3
_SELECTS = frozenset({3, 5, 6, 7, 8})
_FORM_FIELDS = frozenset({4, 19, 21, 22, 23})
_ENTITIES = {5: {"user"}, 6: {"role"}, 7: {"user", "role"}, 8: {"channel"}}
_LINK, _PREMIUM = 5, 6


def check_rows(components: list[Json]) -> None:
    """Rows of a classic message: up to five, each with up to five buttons or one menu; raises `ApiError` 50035."""
    if len(components) > ROWS_MAX:
        raise too_long("components", ROWS_MAX)
    for index, row in enumerate(components):
        check_row(row, f"components.{index}")


def check_row(row: Json, path: str) -> None:
    """One row; raises `ApiError` 50035."""
    if row.get("type") != _ROW:
        raise bad_field(f"{path}.type", "Value of field 'type' must be one of (1,).")
    inner: list[Json] = parts_of(row, "components")
    if not 1 <= len(inner) <= ROWS_MAX:
        raise bad_field(f"{path}.components", "Must be between 1 and 5 in length.", "BASE_TYPE_BAD_LENGTH")
    if any(one.get("type") in _SELECTS for one in inner):
        if len(inner) > 1:
            raise bad_field(f"{path}.components", "A select fills its row.")
    elif any(one.get("type") != _BUTTON for one in inner):
        raise bad_field(f"{path}.components", "Value of field 'type' must be one of (2, 3, 5, 6, 7, 8).")


def check_components(components: list[Json], path: str) -> None:
    """Every component's own limits, and that no id is there twice; raises `ApiError` 50035."""
    seen: set[str] = set()
    numbers: set[int] = set()
    for component in flatten(components):
        kind, custom_id, number = component.get("type"), component.get("custom_id"), component.get("id")
        if number:
            if number in numbers:
                raise bad_field(f"{path}.id", "Component id cannot be duplicated", "COMPONENT_ID_DUPLICATED")
            numbers.add(number)
        if custom_id is not None:
            if not 1 <= len(custom_id) <= CUSTOM_ID_MAX:
                raise bad_field(f"{path}.custom_id", "Must be between 1 and 100 in length.", "BASE_TYPE_BAD_LENGTH")
            if custom_id in seen:
                sentence = "Component custom id cannot be duplicated"
                raise bad_field(f"{path}.custom_id", sentence, "COMPONENT_CUSTOM_ID_DUPLICATED")
            seen.add(custom_id)
        elif kind in _SELECTS | _FORM_FIELDS:
            raise bad_field(f"{path}.custom_id", "This field is required", "BASE_TYPE_REQUIRED")
        if kind == _BUTTON:
            _check_button(component, path)
        elif kind in _SELECTS:
            _check_select(component, path)


def _check_button(button: Json, path: str) -> None:
    style = int(button.get("style") or 0)
    if not 1 <= style <= _PREMIUM:
        raise bad_field(f"{path}.style", "Value of field 'style' must be one of (1, 2, 3, 4, 5, 6).")
    wanted = {_LINK: "url", _PREMIUM: "sku_id"}.get(style, "custom_id")
    for name in ("url", "sku_id", "custom_id"):
        if (button.get(name) is not None) != (name == wanted):
            raise bad_field(f"{path}.{name}", f"A button of style {style} has a {wanted} and nothing in its place.")
    bare = not button.get("label") and not button.get("emoji")
    if bare == (style != _PREMIUM):
        raise bad_field(f"{path}.label", "A button needs a label or an emoji, and a premium one has none of its own.")
    check_emoji(button.get("emoji"), path)
    if len(button.get("label") or "") > 80:
        raise too_long(f"{path}.label", 80)
    if len(button.get("url") or "") > 512:
        raise too_long(f"{path}.url", 512)


def _check_select(select: Json, path: str) -> None:
    if len(select.get("placeholder") or "") > 150:
        raise too_long(f"{path}.placeholder", 150)
    low, high = select.get("min_values"), select.get("max_values")
    low, high = 1 if low is None else int(low), 1 if high is None else int(high)
    if not 0 <= low <= SELECT_MAX or not 1 <= high <= SELECT_MAX or low > high:
        raise bad_field(f"{path}.max_values", f"Must be between 0 and {SELECT_MAX}, and not below min_values.")
    if select["type"] == _STRING_SELECT:
        check_options(select, path, low=1, high=SELECT_MAX)
        if low > len(select["options"]):
            raise bad_field(f"{path}.min_values", "More must be picked than there is.")
    chosen: list[Json] = parts_of(select, "default_values")
    marked = [one for one in parts_of(select, "options") if one.get("default")]
    if len(chosen) > high or len(marked) > high:
        raise bad_field(f"{path}.default_values", f"At most {high} can be picked.")
    if any(one.get("type") not in _ENTITIES.get(select["type"], set()) for one in chosen):
        raise bad_field(f"{path}.default_values", "Values of that type are not offered.")


def check_options(component: Json, path: str, *, low: int, high: int) -> None:
    """Number, texts and differing values of a component's options; raises `ApiError` 50035."""
    options: list[Json] = parts_of(component, "options")
    if not low <= len(options) <= high:
        raise bad_field(f"{path}.options", f"Must be between {low} and {high} in length.", "BASE_TYPE_BAD_LENGTH")
    for index, option in enumerate(options):
        for name in ("label", "value"):
            if not 1 <= len(str(option.get(name) or "")) <= 100:
                sentence = "Must be between 1 and 100 in length."
                raise bad_field(f"{path}.options.{index}.{name}", sentence, "BASE_TYPE_BAD_LENGTH")
        check_emoji(option.get("emoji"), f"{path}.options.{index}")
        if len(option.get("description") or "") > 100:
            raise too_long(f"{path}.options.{index}.description", 100)
    if len({one["value"] for one in options}) != len(options):
        raise bad_field(
            f"{path}.options", "The specified option value is already used", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED"
        )
