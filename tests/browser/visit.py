"""The set-up of the browser tests: the whole stage with the page on it, and a real browser that visits it.

What a test does there it does through `Visitor`, which knows only what a person sees: labels, roles, words.
"""

import os
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    async_playwright,
    expect,
)

from sandbox.page.demo_world import DemoWorld, build_demo_world
from sandbox.page.server import PageServer
from sandbox.providers import StudioPlan
from sandbox.stage import Stage
from tests.browser.chromium import MISSING, find_chromium
from tests.browser.visitor import Visitor
from tests.e2e.messages import time_passes_until
from tests.e2e.scene import QUICK, quick_dials

WIDE = (1280, 800)
PHONE = (390, 844)
# Two cores, and other tests beside this one: slow is no fault.
PATIENCE_MS = 30_000
# A proxy without a listener: nothing that the page or the browser requests from outside arrives.
NOWHERE = "http://127.0.0.1:9"
ARGUMENTS = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync",
    "--disable-component-update", f"--proxy-server={NOWHERE}", "--autoplay-policy=user-gesture-required",
]  # fmt: skip
# A refusal is answered with 422 and said on the page; the browser notes each of them as an error of its own.
REFUSAL = re.compile(r"Failed to load resource: .* status of 422")


@dataclass(frozen=True)
class Visit:
    """The stage, its demo world, and one tab of a browser that shows it."""

    stage: Stage
    demo_world: DemoWorld
    address: str
    page: Page
    visitor: Visitor
    troubles: list[str]

    @property
    def paid(self) -> int:
        """How many renders the provider has charged."""
        return len(self.stage.studio.renders)

    @property
    def videos_posted(self) -> int:
        """How many messages with a video were ever posted, deleted ones too."""
        return sum(bool(one.attachments) and one.author.bot for one in self.stage.chat.posts)

    async def let_pass_until(self, predicate: Callable[[], bool]) -> None:
        """Let time pass, a little at a time, until that is so."""
        await time_passes_until(self.stage, predicate)


@asynccontextmanager
async def a_browser() -> AsyncIterator[Browser]:
    """A Chromium without a window, that can reach nothing but this machine."""
    chromium = find_chromium()
    assert chromium is not None, MISSING
    expect.set_options(timeout=PATIENCE_MS)
    alone = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS + alone)
        yield browser
        await browser.close()


@asynccontextmanager
async def a_visit(
    folder: Path,
    browser: Browser,
    *,
    size: tuple[int, int] = WIDE,
    dark: bool = False,
    settings: dict[str, str] | None = None,
    with_bot: bool = True,
    providers: Mapping[str, StudioPlan] | None = None,
    **turned: object,
) -> AsyncIterator[Visit]:
    """The page on a stage of its own; the bot is there, unless a test brings another one.

    Afterwards nothing may have gone wrong in the browser.
    """
    chosen = QUICK | (settings or {})
    async with Stage(folder, settings=chosen, dials=quick_dials(**turned), providers=providers) as stage:
        demo_world = build_demo_world(stage.chat)
        server = PageServer(stage, demo_world)
        await server.start()
        context = await a_context(browser, size=size, dark=dark)
        troubles = note_troubles(context, server.address)
        try:
            if with_bot:
                await stage.start_bot(OWNER_IDS=str(demo_world.owner.id))
            page = await context.new_page()
            visitor = Visitor(page)
            if with_bot:
                await visitor.open(server.address)
            else:
                await page.goto(server.address)
            yield Visit(stage, demo_world, server.address, page, visitor, troubles)
        except BaseException:
            print(stage.bot.log())  # noqa: T201  # pytest shows it with the failure
            raise
        finally:
            await context.close()
            await server.stop()
        assert troubles == []
        assert stage.chat.unknown_routes == []


async def a_context(browser: Browser, *, size: tuple[int, int] = WIDE, dark: bool = False) -> BrowserContext:
    """A profile of the browser of its own, in which nothing moves for show."""
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="Europe/London",
        has_touch=size == PHONE,
        is_mobile=size == PHONE,
    )
    context.set_default_timeout(PATIENCE_MS)
    return context


def note_troubles(context: BrowserContext, address: str) -> list[str]:
    """What the browser complains of from now on: errors, warnings, exceptions, answers like 404, outside addresses."""
    troubles: list[str] = []

    def said(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not REFUSAL.search(message.text):
            troubles.append(f"{message.type}: {message.text}")

    def asked(request: Request) -> None:
        if not request.url.startswith((address, "data:", f"blob:{address}")):
            troubles.append(f"asked outside: {request.url}")

    context.on("console", said)
    context.on("request", asked)
    context.on("weberror", lambda error: troubles.append(f"exception: {error.error}"))
    return troubles


async def picture_of(message: Locator, path: Path) -> Path:
    """A picture of that message alone, in that file, which is returned."""
    await message.scroll_into_view_if_needed()
    await message.page.mouse.move(0, 0)
    await message.screenshot(path=path, scale="css", animations="disabled", caret="hide")
    return path


async def stop_in_the_middle(message: Locator) -> None:
    """Play that message's video and stop it, so that it shows its middle, without a sign of loading."""
    await message.locator("video").evaluate(
        """async (video) => {
             await video.play();
             video.pause();
             video.currentTime = 0.8;
             await new Promise((done) => video.addEventListener("seeked", done, { once: true }));
           }"""
    )
    await expect(message.locator("video")).to_have_js_property("readyState", 4)
