"""A message as a frozen value that tests can read, and the one place that turns it into discord.py's own objects."""

import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import discord

from bot.chat.cards._button import Button, as_item
from bot.chat.cards._layout import Block, Layout, as_view, picture_files
from bot.chat.escape import clip
from bot.jobs.model import UserId

TEXT_FILE_NAME = "prompt.txt"
# A translation that is too long is cut: otherwise Discord refuses the whole message.
_CONTENT_MAX, _TITLE_MAX, _DESCRIPTION_MAX, _FOOTER_MAX = 2000, 256, 4096, 2048
BLURPLE, GREEN, RED, AMBER, GREY = 0x5865F2, 0x2D7D46, 0xD83C3E, 0xE0A030, 0x80848E


@dataclass(frozen=True, slots=True)
class Embed:
    """The framed part of a message.

    At most: title 256, description 4,096, footer 2,048 characters, and 6,000 all together (docs/facts/discord.md,
    "Sizes").
    """

    title: str | None = None
    description: str | None = None
    footer: str | None = None
    colour: int = BLURPLE


@dataclass(frozen=True, slots=True)
class Message:
    """A message: at most 2,000 characters of content, one embed, 25 buttons. Only `ping` is ever pinged.

    `text_file` is text that is too long to be shown; it is attached as `prompt.txt` when the message is posted.
    `described` tells people who can't see the video that is attached what it shows: at most 1,024 characters of plain
    text (docs/facts/discord.md, "Sizes").
    `layout` takes the place of content, embed and buttons.
    """

    content: str = ""
    embed: Embed | None = None
    buttons: tuple[Button, ...] = ()
    ping: UserId | None = None
    text_file: str | None = None
    described: str | None = None
    layout: Layout | None = None


def without_pictures(message: Message) -> Message:
    """The same message without the pictures of its layout."""
    if message.layout is None:
        return message
    bare = tuple(replace(block, picture=None) for block in message.layout.blocks)
    return replace(message, layout=replace(message.layout, blocks=bare))


def to_discord(message: Message) -> dict[str, Any]:
    """The message as keyword arguments of discord.py's `send` and `edit`; call it inside the running event loop.

    The view is already stopped, since discord.py would otherwise keep it and its buttons for the life of the process
    (docs/facts/discord.md, "Components"); presses are routed by their custom ids alone.
    """
    everyone_it_may_ping = [discord.Object(message.ping)] if message.ping is not None else []
    pinging = {
        "allowed_mentions": discord.AllowedMentions(
            everyone=False, roles=False, users=everyone_it_may_ping, replied_user=False
        )
    }
    if message.layout is not None:
        return pinging | {"view": as_view(message.layout, TEXT_FILE_NAME if message.text_file is not None else None)}
    return pinging | {
        "content": clip(message.content, _CONTENT_MAX),
        "embed": None if message.embed is None else _embed(message.embed),
        "view": _view(message.buttons) if message.buttons else None,
    }


def as_layout(message: Message) -> Message:
    """The same message as a layout: a layout can't be edited into anything else (docs/facts/discord.md)."""
    if message.layout is not None:
        return message
    embed = message.embed or Embed()
    texts = (message.content, embed.title, embed.description, embed.footer)
    block = Block("\n".join(text for text in texts if text), buttons=message.buttons)
    return replace(message, content="", embed=None, buttons=(), layout=Layout((block,)))


def video_file(message: Message, file: Path, name: str) -> discord.File:
    """The video that the message brings, under that name, and its description; good for one attempt."""
    return discord.File(file, filename=name, description=message.described)


def files_of(message: Message) -> list[discord.File]:
    """The file for text that is too long to be shown, and the pictures; each `File` is good for one attempt."""
    pictures = [] if message.layout is None else picture_files(message.layout)
    if message.text_file is None:
        return pictures
    # Halves of surrogate pairs can't be encoded: they become question marks.
    text = message.text_file.encode("utf-8", "replace")
    return [discord.File(io.BytesIO(text), filename=TEXT_FILE_NAME), *pictures]


def _embed(embed: Embed) -> discord.Embed:
    made = discord.Embed(
        title=_clipped(embed.title, _TITLE_MAX),
        description=_clipped(embed.description, _DESCRIPTION_MAX),
        colour=embed.colour,
    )
    if embed.footer:
        made.set_footer(text=clip(embed.footer, _FOOTER_MAX))
    return made


def _clipped(text: str | None, limit: int) -> str | None:
    return None if text is None else clip(text, limit)


def _view(buttons: tuple[Button, ...]) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    for button in buttons:
        view.add_item(as_item(button))
    view.stop()
    return view
