"""Buttons as frozen values, and as discord.py's own."""

from dataclasses import dataclass
from typing import Any, Literal

import discord

from bot.chat.custom_ids import ButtonId, PageId
from bot.chat.escape import clip

Style = Literal["primary", "secondary", "danger"]

_LABEL_MAX = 80


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message; `label` has at most 80 characters. A disabled one is grey and can't be pressed."""

    id: ButtonId
    label: str
    style: Style = "secondary"
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class PageButton:
    """A button that shows a page of a list in place of the one that it is on."""

    id: PageId
    label: str


def as_item(button: Button | PageButton) -> "discord.ui.Button[Any]":
    """The button as discord.py takes it."""
    of_page = isinstance(button, PageButton)
    return discord.ui.Button(
        custom_id=str(button.id),
        label=clip(button.label, _LABEL_MAX),
        style=discord.ButtonStyle.secondary if of_page else discord.ButtonStyle[button.style],
        disabled=False if of_page else button.disabled,
    )
