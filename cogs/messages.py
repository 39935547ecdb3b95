"""What a message of anyone's shows: whether it is whole, a button of the bot's, its pictures, a video."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

import discord

from bot.chat.custom_ids import ButtonId, parse_button
from bot.jobs.model import Upload
from cogs.facts import uploads_of

_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".heic", ".avif")


def is_whole(message: discord.Message) -> bool:
    """Whether it has the parts of every message: discord.py also makes messages of incomplete events."""
    author: object = getattr(message, "author", None)
    content: object = getattr(message, "content", None)
    return (
        isinstance(author, discord.User | discord.Member)
        and isinstance(content, str)
        and all(map(is_id, (message.id, author.id, message.channel.id)))
    )


def is_id(number: int | None) -> bool:
    """Whether it can be an id of Discord's: a whole number below 2**63, which fits a database column."""
    return number is not None and 0 < number < 2**63


def button_on(message: discord.Message, me: int | None) -> ButtonId | None:
    """A button of the bot's on its own message: it shows which message it is. `me` is the bot's id."""
    if message.author.id != me:
        return None
    for part in _parts(message.components):
        if (button := parse_button(getattr(part, "custom_id", None) or "")) is not None:
            return button
    return None


def pictures_on(message: discord.Message) -> tuple[Upload, ...]:
    """The pictures that people see on it, by Discord's claims: attached ones, those of embeds, those among components;
    or else its attached videos.

    Of what lies elsewhere on the web it is Discord's own copy.
    """
    attached = [file for file in message.attachments if _is_picture(file.content_type, file.filename)]
    copies = [embed.image.proxy_url or embed.thumbnail.proxy_url for embed in message.embeds]
    for part in _parts(message.components):
        if isinstance(part, discord.MediaGalleryComponent):
            copies += [
                item.media.proxy_url for item in part.items if _is_picture(item.media.content_type, item.media.url)
            ]
        elif isinstance(part, discord.ThumbnailComponent):
            copies.append(part.media.proxy_url)
    if not attached and not any(copies):
        # The first frame of a video is its picture.
        attached = [file for file in message.attachments if (file.content_type or "").startswith("video/")]
    known = {urlsplit(file.url).path for file in attached}
    found = {path: url for url in copies if url and (path := urlsplit(url).path) not in known}
    return uploads_of(*attached) + tuple(Upload(url, _name_in(path), None) for path, url in found.items())


def shows_video(message: discord.Message) -> bool:
    """Whether people see a video on it, attached or behind a link."""
    attached = any((file.content_type or "").startswith("video/") for file in message.attachments)
    return attached or any(embed.type in ("video", "gifv") for embed in message.embeds)


def _is_picture(content_type: str | None, name: str) -> bool:
    return content_type.startswith("image/") if content_type else urlsplit(name).path.lower().endswith(_SUFFIXES)


def _name_in(path: str) -> str:
    return unquote(PurePosixPath(path).name) or "picture"


def _parts(components: list[Any]) -> Iterator[Any]:
    """Every component, with those inside and beside it."""
    for part in components:
        yield part
        yield from _parts(getattr(part, "children", []))
        if (beside := getattr(part, "accessory", None)) is not None:
            yield beside
