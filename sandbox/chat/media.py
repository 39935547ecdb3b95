"""Pictures and files that embeds and components name: found among a message's files, returned as Discord does."""

from sandbox.chat.errors import bad_field
from sandbox.chat.files import FileStore, picture_size
from sandbox.chat.records import Attachment, Json, flatten

_SCHEME = "attachment://"
_MEDIA = ("media", "file")
_EMBED_MEDIA = (
    ("image", "url"),
    ("thumbnail", "url"),
    ("video", "url"),
    ("footer", "icon_url"),
    ("author", "icon_url"),
)


def check_named(components: list[Json], attachments: list[Attachment]) -> None:
    """Raise `ApiError` 50035 when a component names a file that the message does not have."""
    names = {one.file_name for one in attachments}
    for url in _urls(components):
        if url.startswith(_SCHEME) and url.removeprefix(_SCHEME) not in names:
            sentence = f"The referenced attachment {url.removeprefix(_SCHEME)!r} was not found."
            raise bad_field("components", sentence, "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND")


def _urls(components: list[Json]) -> list[str]:
    found: list[str] = []
    for one in flatten(components):
        for holder in (one, *one.get("items", [])):
            found += [str(holder[name]["url"]) for name in _MEDIA if holder.get(name)]
    return found


def shown_components(files: FileStore, components: list[Json], attachments: list[Attachment]) -> list[Json]:
    """Components with the data of each of their pictures and files, and with fresh links to them."""
    return [_shown(files, one, attachments) for one in components]


def _shown(files: FileStore, component: Json, attachments: list[Attachment]) -> Json:
    done = dict(component)
    for name in ("components", "items"):
        if name in done:
            done[name] = shown_components(files, done[name] or [], attachments)
    for name in ("component", "accessory"):
        if done.get(name):
            done[name] = _shown(files, done[name], attachments)
    for name in _MEDIA:
        if done.get(name):
            known = _find(files, str(done[name]["url"]), attachments)
            done[name] = _item(files, str(done[name]["url"]), known)
            if name == "file" and known is not None:
                done |= {"name": known.file_name, "size": known.size_bytes}
    return done


def _item(files: FileStore, url: str, known: Attachment | None) -> Json:
    if known is None:
        # Nothing is fetched from outside: a foreign picture stays unknown, like one that can't be loaded.
        return {"url": url, "proxy_url": url, "width": None, "height": None, "placeholder": None, "loading_state": 3}
    link = files.link(known)
    size = picture_size(known)
    return {
        "url": link,
        "proxy_url": link,
        "width": size[0] if size else None,
        "height": size[1] if size else None,
        "placeholder": None,
        "content_type": known.content_type,
        "loading_state": 2,
        "flags": 0,
        "attachment_id": str(known.id),
    }


def linked_embeds(files: FileStore, embeds: list[Json], attachments: list[Attachment]) -> list[Json]:
    """Embeds with links in place of the names of the message's own files."""
    return [_shown_embed(files, one, attachments) for one in embeds]


def _shown_embed(files: FileStore, embed: Json, attachments: list[Attachment]) -> Json:
    done = dict(embed)
    for name, key in _EMBED_MEDIA:
        part = done.get(name)
        known = _find(files, str(part.get(key) or ""), attachments) if part else None
        if part and known is not None:
            link = files.link(known)
            done[name] = {**part, key: link, f"proxy_{key}": link}
    return done


def _find(files: FileStore, url: str, attachments: list[Attachment]) -> Attachment | None:
    """The file with that name, or behind a link that was given out earlier."""
    if url.startswith(_SCHEME):
        return next((one for one in attachments if one.file_name == url.removeprefix(_SCHEME)), None)
    if files.origin and url.startswith(files.origin):
        number = url.split("?", maxsplit=1)[0].split("/")[-2]
        return next((one for one in attachments if str(one.id) == number), None)
    return None
