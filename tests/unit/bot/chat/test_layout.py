"""Messages in blocks: with any content, Discord takes them."""

import discord
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat import cards
from bot.chat.cards import Block, Button, Layout, Message, PageButton, Picture
from bot.chat.custom_ids import Action, ButtonId, MessageKind, PageId, PageKind
from bot.chat.escape import discord_length
from bot.jobs.model import new_job_id
from tests.figures import figure

BUTTON = st.builds(
    lambda label: Button(ButtonId(MessageKind.LIST, Action.DETAILS, new_job_id()), label), st.text(max_size=100)
)
PAGE = st.builds(lambda number: PageButton(PageId(PageKind.STATUS, number), "Older"), st.integers(1, 99))
PICTURE = st.none() | st.builds(lambda alt: Picture("frame-AAAAAAAA.jpg", b"jpeg", alt), st.text(max_size=1_200))
LINE = st.text(st.sampled_from("a`🦊é "), max_size=1_500)
BLOCK = st.builds(Block, st.lists(LINE, max_size=6).map("\n".join), PICTURE, st.lists(BUTTON, max_size=7).map(tuple))
LAYOUT = st.builds(Layout, st.lists(BLOCK, min_size=1, max_size=14).map(tuple), st.lists(PAGE, max_size=6).map(tuple))


def parts(components: list[dict]) -> list[dict]:
    found: list[dict] = []
    for part in components:
        inside = part.get("components", []) + [one for one in (part.get("accessory"),) if one]
        found += [part, *parts(inside)]
    return found


@pytest.mark.slow
@settings(max_examples=figure(60, 600), deadline=None)
@given(LAYOUT, st.none() | st.just("prompt"))
async def test_every_layout_is_within_bounds(layout: Layout, text_file: str | None) -> None:
    """At most 40 components and 4,000 characters of text, with something in each; the files are those it names."""
    message = Message(layout=layout, text_file=text_file)
    view = cards.to_discord(message)["view"]
    assert isinstance(view, discord.ui.LayoutView)
    shown = parts(view.to_components())
    assert len(shown) <= 40
    words = [part["content"] for part in shown if part["type"] == 10]
    assert sum(map(discord_length, words)) <= 4_000
    assert all(one.strip() for one in words)
    named = {part["file"]["url"] for part in shown if part["type"] == 13}
    named |= {part["media"]["url"] for part in shown if part["type"] == 11}
    assert named == {f"attachment://{file.filename}" for file in cards.files_of(message)}


async def test_a_layout_replaces_words_and_buttons() -> None:
    """A layout can only be edited into another one: a sentence becomes a block."""
    button = Button(ButtonId(MessageKind.LIST, Action.DETAILS, new_job_id()), "Details")
    layout = cards.as_layout(Message("Sorry.", cards.Embed("Title", "text"), (button,))).layout
    assert layout == Layout((Block("Sorry.\nTitle\ntext", buttons=(button,)),))
    assert "content" not in cards.to_discord(Message(layout=layout))
    assert cards.as_layout(Message(layout=layout)) == Message(layout=layout)


async def test_the_view_of_a_layout_is_not_kept() -> None:
    """Presses are routed by their custom ids, so discord.py need not remember it."""
    assert cards.to_discord(Message(layout=Layout((Block("x"),))))["view"].is_finished()
