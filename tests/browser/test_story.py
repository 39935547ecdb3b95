"""The first minute of a newcomer, in a real browser: a video from words and a picture, a reply, a remix."""

import pytest
from playwright.async_api import expect

from tests.browser.scene import Visit
from tests.browser.things import BOAT

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_video_and_its_remix(visit: Visit) -> None:
    """`/video` with a picture shows a card, then a video that plays; a reply to it makes the next one."""
    ada = visit.visitor
    await ada.ask_for_video("A paper boat in the rain", picture=BOAT)
    video = ada.message("A paper boat in the rain").filter(has=ada.videos())
    await ada.play(video)
    await ada.reply(video, "Now at night, with lanterns")
    remix = ada.message("Now at night, with lanterns").filter(has=ada.videos())
    await ada.play(remix)
    await expect(ada.videos()).to_have_count(2)
    assert (visit.paid, visit.videos_posted) == (2, 2)
