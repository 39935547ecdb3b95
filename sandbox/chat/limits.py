"""Discord's checks of a message (50035, 50006)."""

from sandbox.chat.component_limits import check_components, check_rows
from sandbox.chat.errors import ApiError, bad_field, too_long
from sandbox.chat.layout_limits import check_layout
from sandbox.chat.model import Message
from sandbox.chat.records import FLAG_COMPONENTS_V2, Json, part_of, parts_of

CONTENT_MAX = 2000
EMBEDS_MAX = 10
EMBED_TOTAL_MAX = 6000
FILES_MAX = 10
NONCE_MAX = 25
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
        if body.get("poll") or body.get("sticker_ids"):
            raise bad_field("flags", "Polls and stickers cannot be used with components V2.")
        check_layout(components)
    else:
        check_rows(components)
    check_components(components, "components")


def check_edit(message: Message, body: Json, *, file_count: int) -> None:
    """The same for a change; with a new layout the remaining parts of the message count as well."""
    flags = message.flags & FLAG_COMPONENTS_V2 | int(body.get("flags") or 0)
    kept = len(parts_of(body, "attachments")) if "attachments" in body else len(message.attachments) + file_count
    stays: Json = {"content": message.content, "embeds": message.embeds} if flags & FLAG_COMPONENTS_V2 else {}
    check_message({**stays, **body, "flags": flags}, file_count=max(kept, file_count))


def check_not_empty(body: Json, *, file_count: int) -> None:
    """Raise `ApiError` 50006 for an empty message."""
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
