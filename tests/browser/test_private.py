"""A private video in a real browser: the option in the slash bar, the answer in the channel, the video in the DM."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from bot.chat.words import Key
from tests.browser.visit import a_visit
from tests.wording import rendered, sentence

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_private_video_is_in_the_direct_messages(browser: Browser, tmp_path: Path) -> None:
    """The channel shows a private answer alone; card and video are one click away, and the video plays."""
    async with a_visit(tmp_path, browser, render_seconds=100) as visit:
        ada = visit.visitor
        await ada.ask_for_video("A secret boat", private="True")
        answer = ada.message(rendered(Key.ANSWER_PRIVATE))
        await expect(answer).to_be_visible()
        link = re.search(r"\[([^]]+)\]", sentence(Key.ANSWER_PRIVATE, video="K3M9Q2XA", link="https://discord.com"))
        assert link is not None
        await ada.press(link[1], answer)
        card = ada.message("A secret boat")
        await expect(card).to_contain_text(rendered(Key.PRIVATE))
        visit.stage.jump(110)
        video = ada.video("A secret boat")
        await expect(video).to_contain_text(rendered(Key.VIDEO_READY))
        await ada.play(video)
        assert (visit.paid, visit.videos_posted) == (1, 1)
