"""Where things stand on the page: what is written can be read, and nothing lies over it."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from sandbox.chat.records import MIB
from tests.browser.files import BOAT
from tests.browser.visit import PHONE, Visit, a_visit

pytestmark = pytest.mark.asyncio(loop_scope="module")
LONG = "A paper boat sails down a rainy street at dusk, past lit windows and a sleeping cat"


async def box_of(found: Locator) -> dict[str, float]:
    box = await found.bounding_box()
    assert box is not None
    return {**box, "bottom": box["y"] + box["height"]}


async def drop(page: Page, name: str) -> None:
    """Let a picture fall on the page, as from a folder."""
    carried = await page.evaluate_handle(
        """name => {
             const carried = new DataTransfer();
             carried.items.add(new File(["x"], name, { type: "image/png" }));
             return carried;
           }""",
        name,
    )
    await page.dispatch_event("body", "drop", {"dataTransfer": carried})


async def test_a_phone_shows_what_is_written(browser: Browser, tmp_path: Path) -> None:
    """A prompt has the whole width and as many lines as it needs; a reply's line is one line; Escape ends backstage."""
    async with a_visit(tmp_path, browser, size=PHONE) as visit:
        ada, page = visit.visitor, visit.page
        bar = await ada.begin("video")
        prompt = bar.get_by_label("prompt", exact=True)
        empty = await box_of(prompt)
        assert empty["width"] > PHONE[0] * 0.75
        await prompt.fill(LONG)
        assert (await box_of(prompt))["height"] > 1.5 * empty["height"]
        assert await prompt.evaluate("one => one.scrollHeight <= one.clientHeight + 1")
        await prompt.press("Enter")
        video = ada.video("A paper boat sails")
        await expect(video).to_be_visible()
        await ada.reply(video, "In a long and heavy snow storm over the old harbour of a small town")
        await ada.reply(ada.video("snow storm"), "where did you get the idea?")
        for line in await page.get_by_role("button", name="Replying to Video Bot").all():
            assert (await box_of(line))["height"] < 26
        await ada.backstage()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("complementary", name="Backstage")).to_be_hidden()
        await (await ada.backstage()).get_by_label("or exactly").press("Escape")
        await expect(ada.button("Backstage")).to_be_focused()


async def test_a_complaint_covers_nothing_and_a_drop_opens_nothing(visit: Visit) -> None:
    """A too large file is refused with its size in MB, above the draft; a dropped file leaves the choices closed."""
    ada, page = visit.visitor, visit.page
    bar = await ada.begin("video")
    await bar.get_by_label("prompt", exact=True).fill("A paper boat")
    length = await ada.add_option(bar, "seconds")
    await expect(page.get_by_role("option").first).to_be_visible()
    await drop(page, BOAT["name"])
    await expect(bar.get_by_text(BOAT["name"])).to_be_visible()
    await expect(page.get_by_role("option")).to_have_count(0)
    await expect(length).to_be_focused()
    await ada.press(f"Remove {BOAT['name']}", bar)
    large = {**BOAT, "buffer": b"\x89PNG" + bytes(10 * MIB)}
    await ada.pick_file(ada.button("reference Choose, drop or paste a file", bar), large)
    await ada.press("Send command", bar)
    complaint = page.get_by_text("is larger than 10 MB.")
    await expect(complaint).to_be_visible()
    assert (await box_of(complaint))["bottom"] < (await box_of(bar))["y"]
    await ada.press("Dismiss this message")
    await expect(complaint).to_be_hidden()
