"""A message of several blocks with pictures and buttons, as a frozen value, and its form in Components V2.

Discord takes 40 components and 4,000 characters (docs/facts/discord.md, "Sizes"). What doesn't fit is left out, so that
the message is never refused: lines from the end of the longest block, and blocks from the end.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import discord
from discord import ui

from bot.chat.cards._button import Button, PageButton, as_item
from bot.chat.escape import NO_TEXT, clip, discord_length

COMPONENTS_MAX, TEXT_MAX = 40, 4_000
_ALT_MAX = 1_024
_IN_A_ROW = 5
T = TypeVar("T", "ui.LayoutView", "ui.Container[ui.LayoutView]")


@dataclass(frozen=True, slots=True)
class Picture:
    """A small picture that is sent along; `name` is its file's name, `alt` describes it."""

    name: str
    content: bytes
    alt: str


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of text, a picture beside them, and at most five buttons below."""

    text: str
    picture: Picture | None = None
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """Blocks in a frame, one below the other, and the buttons under the frame."""

    blocks: tuple[Block, ...]
    buttons: tuple[PageButton, ...] = ()
    colour: int | None = None


def count_components(layout: Layout, *, with_file: bool = False) -> int:
    """How many components the layout has; `with_file`: with a text file in it."""
    between = max(0, len(layout.blocks) - 1)
    inside = sum((3 if block.picture else 1) + _row(block.buttons) for block in layout.blocks)
    return 1 + inside + between + _row(layout.buttons) + with_file


def count_characters(layout: Layout) -> int:
    """How long its texts are, in Discord's units."""
    return sum(discord_length(block.text) for block in layout.blocks)


def fitted(layout: Layout, *, with_file: bool = False) -> Layout:
    """The layout, or as much of it as Discord takes."""
    blocks = [replace(block, buttons=block.buttons[:_IN_A_ROW]) for block in layout.blocks]
    layout = replace(layout, blocks=tuple(blocks), buttons=layout.buttons[:_IN_A_ROW])
    while len(layout.blocks) > 1 and count_components(layout, with_file=with_file) > COMPONENTS_MAX:
        layout = replace(layout, blocks=layout.blocks[:-1])
    while (over := count_characters(layout) - TEXT_MAX) > 0:
        texts = [block.text for block in layout.blocks]
        longest = max(range(len(texts)), key=lambda index: discord_length(texts[index]))
        short = replace(layout.blocks[longest], text=_shorter(texts[longest], over))
        layout = replace(layout, blocks=(*layout.blocks[:longest], short, *layout.blocks[longest + 1 :]))
    return layout


def as_view(layout: Layout, file_name: str | None = None) -> ui.LayoutView:
    """The layout as discord.py takes it, with that file at its end; already stopped, as all our views."""
    layout = fitted(layout, with_file=file_name is not None)
    view = ui.LayoutView(timeout=None)
    frame: ui.Container[ui.LayoutView] = ui.Container(accent_colour=layout.colour)
    for number, block in enumerate(layout.blocks):
        if number:
            frame.add_item(ui.Separator())
        if block.picture is None:
            frame.add_item(ui.TextDisplay(block.text.strip() or NO_TEXT))
        else:
            shown = ui.Thumbnail[ui.LayoutView](
                f"attachment://{block.picture.name}", description=clip(block.picture.alt, _ALT_MAX)
            )
            frame.add_item(ui.Section(block.text.strip() or NO_TEXT, accessory=shown))
        _add_row(frame, block.buttons)
    if file_name is not None:
        frame.add_item(ui.File(f"attachment://{file_name}"))
    view.add_item(frame)
    _add_row(view, layout.buttons)
    view.stop()
    return view


def picture_files(layout: Layout) -> list[discord.File]:
    """The pictures; each `File` is good for one attempt."""
    shown = [block.picture for block in fitted(layout).blocks if block.picture is not None]
    return [discord.File(io.BytesIO(picture.content), filename=picture.name) for picture in shown]


def _row(buttons: Sequence[Button | PageButton]) -> int:
    return 1 + len(buttons) if buttons else 0


def _add_row(holder: T, buttons: Sequence[Button | PageButton]) -> None:
    if buttons:
        holder.add_item(ui.ActionRow(*map(as_item, buttons)))


def _shorter(text: str, over: int) -> str:
    """Without its last line, since a code span ends with its line; of a single line the beginning."""
    above, broken, _last = text.rpartition("\n")
    if broken:
        return above
    return clip(text, max(1, discord_length(text) - over))
