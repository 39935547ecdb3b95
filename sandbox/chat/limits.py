"""What Discord refuses in a message or a form before looking at anything else (50035, 50006); it changes nothing."""

from sandbox.chat.errors import ApiError, bad_field, too_long
from sandbox.chat.records import FLAG_COMPONENTS_V2, Json, flatten, part_of, parts_of

CONTENT_MAX = 2000
EMBEDS_MAX = 10
EMBED_TOTAL_MAX = 6000
FILES_MAX = 10
NONCE_MAX = 25
CUSTOM_ID_MAX = 100
ROWS_MAX = 5
V2_COMPONENTS_MAX = 40
V2_TEXT_MAX = 4000
_ROW, _BUTTON, _TEXT_INPUT, _LABEL, _FILE_UPLOAD, _TEXT_DISPLAY = 1, 2, 4, 18, 19, 10
_SELECTS = frozenset({3, 5, 6, 7, 8})
_V2_ONLY = frozenset({9, 10, 11, 12, 13, 14, 17})
_EMBED_TEXTS = {"title": 256, "description": 4096}


def check_message(body: Json, *, file_count: int) -> None:
    """Content, embeds, components, nonce and number of files; raises `ApiError` 50035."""
    flags = int(body.get("flags") or 0)
    if len(body.get("content") or "") > CONTENT_MAX:
        raise too_long("content", CONTENT_MAX)
    if len(str(body.get("nonce") or "")) > NONCE_MAX:
        raise too_long("nonce", NONCE_MAX)
    if file_count > FILES_MAX:
        raise too_long("attachments", FILES_MAX)
    check_embeds(parts_of(body, "embeds"))
    components = parts_of(body, "components")
    if flags & FLAG_COMPONENTS_V2:
        if body.get("content") or body.get("embeds"):
            raise bad_field("flags", "Content and embeds cannot be used with components V2.")
        if len(list(flatten(components))) > V2_COMPONENTS_MAX:
            raise too_long("components", V2_COMPONENTS_MAX)
        if sum(len(str(one.get("content", ""))) for one in flatten(components)) > V2_TEXT_MAX:
            raise too_long("components", V2_TEXT_MAX)
    else:
        _check_rows(components)
    check_components(components, "components")


def check_not_empty(body: Json, *, file_count: int) -> None:
    """Raise `ApiError` 50006 when there is nothing to show."""
    shown = body.get("content") or body.get("embeds") or body.get("components") or body.get("sticker_ids")
    shown = shown or body.get("poll")
    if not shown and not file_count:
        raise ApiError(50006)


def check_embeds(embeds: list[Json]) -> None:
    """Number and lengths of embeds; raises `ApiError` 50035."""
    if len(embeds) > EMBEDS_MAX:
        raise too_long("embeds", EMBEDS_MAX)
    total = 0
    for index, embed in enumerate(embeds):
        texts = [(name, str(embed.get(name) or ""), limit) for name, limit in _EMBED_TEXTS.items()]
        texts.append(("footer.text", str(part_of(embed, "footer").get("text", "")), 2048))
        texts.append(("author.name", str(part_of(embed, "author").get("name", "")), 256))
        fields: list[Json] = parts_of(embed, "fields")
        if len(fields) > 25:
            raise too_long(f"embeds.{index}.fields", 25)
        for number, one in enumerate(fields):
            for name, limit in (("name", 256), ("value", 1024)):
                if not one.get(name):
                    raise bad_field(f"embeds.{index}.fields.{number}.{name}", "This field is required")
                texts.append((f"fields.{number}.{name}", str(one[name]), limit))
        for name, text, limit in texts:
            if len(text) > limit:
                raise too_long(f"embeds.{index}.{name}", limit)
        total += sum(len(text) for _, text, _ in texts)
    if total > EMBED_TOTAL_MAX:
        raise bad_field("embeds", "Embed size exceeds maximum size of 6000", "MAX_EMBED_SIZE_EXCEEDED")


def _check_rows(components: list[Json]) -> None:
    if len(components) > ROWS_MAX:
        raise too_long("components", ROWS_MAX)
    for index, row in enumerate(components):
        if row.get("type") in _V2_ONLY:
            raise bad_field(f"components.{index}.type", "Value of field 'type' must be one of (1,).")
        inner: list[Json] = parts_of(row, "components")
        if row.get("type") != _ROW or not 1 <= len(inner) <= ROWS_MAX:
            raise bad_field(f"components.{index}.components", "Must be between 1 and 5 in length.")
        if any(one.get("type") in _SELECTS for one in inner) and len(inner) > 1:
            raise bad_field(f"components.{index}.components", "A select fills its row.")


def check_components(components: list[Json], path: str) -> None:
    """Every component's own limits, and that no custom id is there twice; raises `ApiError` 50035."""
    seen: set[str] = set()
    for component in flatten(components):
        custom_id = component.get("custom_id")
        if custom_id is not None:
            if not 1 <= len(custom_id) <= CUSTOM_ID_MAX:
                raise bad_field(f"{path}.custom_id", "Must be between 1 and 100 in length.", "BASE_TYPE_BAD_LENGTH")
            if custom_id in seen:
                sentence = "Component custom id cannot be duplicated"
                raise bad_field(f"{path}.custom_id", sentence, "COMPONENT_CUSTOM_ID_DUPLICATED")
            seen.add(custom_id)
        if component.get("type") == _BUTTON:
            _check_button(component, path)
        elif component.get("type") in _SELECTS | {_TEXT_INPUT, _FILE_UPLOAD} and custom_id is None:
            raise bad_field(f"{path}.custom_id", "This field is required", "BASE_TYPE_REQUIRED")


def _check_button(button: Json, path: str) -> None:
    if len(button.get("label") or "") > 80:
        raise too_long(f"{path}.label", 80)
    if not button.get("label") and not button.get("emoji"):
        raise bad_field(f"{path}.label", "A button needs a label or an emoji.")
    is_link = button.get("style") == 5
    if is_link != ("url" in button) or is_link == ("custom_id" in button):
        raise bad_field(f"{path}.style", "A link button has a url, every other one a custom id.")
    if len(button.get("url") or "") > 512:
        raise too_long(f"{path}.url", 512)


def check_modal(modal: Json) -> None:
    """A form's title, custom id and fields; raises `ApiError` 50035."""
    components: list[Json] = parts_of(modal, "components")
    if not 1 <= len(modal.get("title") or "") <= 45:
        raise bad_field("data.title", "Must be between 1 and 45 in length.", "BASE_TYPE_BAD_LENGTH")
    if not 1 <= len(modal.get("custom_id") or "") <= CUSTOM_ID_MAX:
        raise bad_field("data.custom_id", "Must be between 1 and 100 in length.", "BASE_TYPE_BAD_LENGTH")
    if not 1 <= len(components) <= 5:
        raise bad_field("data.components", "Must be between 1 and 5 in length.", "BASE_TYPE_BAD_LENGTH")
    for index, one in enumerate(components):
        path = f"data.components.{index}"
        if one.get("type") not in (_ROW, _LABEL, _TEXT_DISPLAY):
            raise bad_field(f"{path}.type", "Value of field 'type' must be one of (1, 10, 18).")
        if one.get("type") == _LABEL and not 1 <= len(one.get("label") or "") <= 45:
            raise bad_field(f"{path}.label", "Must be between 1 and 45 in length.", "BASE_TYPE_BAD_LENGTH")
        if len(one.get("description") or "") > 100:
            raise too_long(f"{path}.description", 100)
    check_components(components, "data.components")
    for one in flatten(components):
        _check_input(one)


def _check_input(one: Json) -> None:
    if len(one.get("placeholder") or "") > 150:
        raise too_long("data.components.placeholder", 150)
    if one.get("type") == _TEXT_INPUT:
        if len(one.get("placeholder") or "") > 100:
            raise too_long("data.components.placeholder", 100)
        if len(one.get("value") or "") > (one.get("max_length") or 4000):
            raise too_long("data.components.value", one.get("max_length") or 4000)
        low, high = one.get("min_length") or 0, one.get("max_length")
        if not 0 <= low <= 4000 or (high is not None and not 1 <= high <= 4000):
            raise bad_field("data.components.max_length", "Must be between 1 and 4000.")
    if one.get("type") == _FILE_UPLOAD:
        low, high = one.get("min_values"), one.get("max_values")
        if (low is not None and not 0 <= low <= 10) or (high is not None and not 1 <= high <= 10):
            raise bad_field("data.components.max_values", "Must be between 0 and 10.")
