"""A person in front of the page: finds everything by the words and roles that it has for people, and nothing else."""

import re
from collections.abc import Sequence

from playwright.async_api import FilePayload, Locator, Page, expect

WRITE = "Write a message, or / for commands"
_TABS_MAX = 80
_PLAYS_WITHIN_MS = 20_000


class Visitor:
    """One person in one tab. What is not there yet is waited for."""

    def __init__(self, page: Page) -> None:
        self.page = page
        # Someone who listens from the start: the browser's own file dialog never opens, not even for a moment.
        page.on("filechooser", lambda _: None)

    async def open(self, address: str) -> None:
        """Go to the page and wait until the bot is there."""
        await self.page.goto(address)
        await self.sees_bot_online()

    async def sees_bot_online(self) -> None:
        """The bot is there, and so are its commands."""
        await expect(self.page.get_by_text("Bot online", exact=True)).to_be_visible()

    async def press(self, name: str | re.Pattern[str], within: Locator | None = None) -> None:
        """Press the button with that name."""
        await self.button(name, within).click()

    def button(self, name: str | re.Pattern[str], within: Locator | None = None) -> Locator:
        """The button with that name."""
        return (within or self.page).get_by_role("button", name=name, exact=isinstance(name, str))

    async def become(self, name: str) -> None:
        """Act as somebody else from now on."""
        people = self.page.get_by_role("group", name="Act as")
        await self.press(name, people)
        await expect(self.button(name, people)).to_have_attribute("aria-pressed", "true")

    def message(self, *words: str | re.Pattern[str], playing: bool = False) -> Locator:
        """The newest message that has all of these words."""
        found = self.page.get_by_role("list", name="Messages", exact=True).get_by_role("listitem")
        found = found.filter(has=self.page.get_by_role("toolbar", name="Message actions", include_hidden=True))
        for one in words:
            found = found.filter(has_text=one)
        return (found.filter(has=self.videos()) if playing else found).last

    def videos(self) -> Locator:
        """All players on the page."""
        return self.page.locator("video")

    def video(self, *words: str) -> Locator:
        """The newest message with these words and a player."""
        return self.message(*words, playing=True)

    @property
    def composer(self) -> Locator:
        """Where one writes."""
        return self.page.get_by_label(WRITE)

    async def write(self, text: str) -> None:
        """Say something in the composer."""
        await self.composer.fill(text)
        await self.composer.press("Enter")

    async def begin(self, command: str) -> Locator:
        """Type a command's name and pick it from the list that comes up; returns its bar."""
        await self.composer.press_sequentially(f"/{command}")
        entry = self.page.get_by_text(f"/{command}", exact=True)
        await self.page.get_by_role("option").filter(has=entry).click()
        bar = self.page.get_by_role("form", name=f"/{command}")
        await expect(bar).to_be_visible()
        return bar

    async def add_option(self, bar: Locator, name: str) -> Locator:
        """Add one of the further options and return its field."""
        further = bar.get_by_role("group", name="Further options")
        await self.press(f"+ {name}", further)
        return bar.get_by_label(name, exact=True)

    async def pick_file(self, opener: Locator, files: FilePayload | Sequence[FilePayload]) -> None:
        """Press what opens the browser's own file dialog, pick there, and see what was picked."""
        async with self.page.expect_file_chooser() as chooser:
            await opener.click()
        await (await chooser.value).set_files(files)
        for file in [files] if isinstance(files, dict) else files:
            await expect(self.page.get_by_text(file["name"], exact=True).last).to_be_visible()

    async def ask_for_video(self, prompt: str, *, picture: FilePayload | None = None, **options: str) -> None:
        """Use `/video` with the slash bar, as with a mouse."""
        bar = await self.begin("video")
        await bar.get_by_label("prompt", exact=True).fill(prompt)
        for name, value in options.items():
            field = await self.add_option(bar, name)
            await field.fill(value)
            await self.page.get_by_role("option", name=value, exact=True).click()
        if picture is not None:
            await self.press("+ reference", bar.get_by_role("group", name="Further options"))
            await self.pick_file(self.button(re.compile("Choose, drop or paste a file"), bar), picture)
        await self.press("Send command", bar)

    async def reply(self, message: Locator, text: str) -> None:
        """Answer a message by its Reply button, with the ping on."""
        await message.hover()
        await self.press("Reply", message)
        await expect(self.page.get_by_text("Replying to")).to_be_visible()
        await self.write(text)

    async def play(self, message: Locator) -> Locator:
        """Press play on the message's video and see that time passes in it; returns the video."""
        video = message.locator("video")
        await video.scroll_into_view_if_needed()
        await video.focus()
        await video.press("Space")
        await self.runs(video)
        return video

    async def runs(self, video: Locator, *, until: float = 0) -> None:
        """The video plays: its time advances (and comes to `until` seconds)."""
        await video.evaluate(
            """(video, [until, patience]) => new Promise((done, fail) => {
                 const start = video.currentTime;
                 const end = performance.now() + patience;
                 const look = () => {
                   if (video.error) fail(new Error(video.error.message));
                   else if (video.currentTime > Math.max(start + 0.2, until)) done();
                   else if (performance.now() > end) fail(new Error(`It stands at ${video.currentTime} s.`));
                   else requestAnimationFrame(look);
                 };
                 look();
               })""",
            [until, _PLAYS_WITHIN_MS],
        )

    async def tab_to(self, goal: Locator, *, back: bool = False) -> None:
        """Go on with the Tab key until the focus is there."""
        for _ in range(_TABS_MAX):
            if await goal.count() and await goal.evaluate("one => one === document.activeElement"):
                return
            await self.page.keyboard.press("Shift+Tab" if back else "Tab")
        raise AssertionError(f"The Tab key does not lead to {goal}.")

    async def backstage(self) -> Locator:
        """Open backstage, where it isn't open yet, and return it."""
        panel = self.page.get_by_role("complementary", name="Backstage")
        if not await panel.is_visible():
            await self.press("Backstage")
        await expect(panel).to_be_visible()
        return panel

    async def lose(self, side: str, what: str, answer: str = "Response lost") -> None:
        """Plan backstage that the next one of these requests goes wrong."""
        panel = (await self.backstage()).get_by_role("region", name=side, exact=True)
        await panel.get_by_label("The next").select_option(what)
        await self.press(re.compile(f"^{answer}"), panel)
        await expect(panel.get_by_text(f"1 × {what}")).to_be_visible()
