"""One scripted story against the running bot, printed as the conversation that people would see.

Ada makes a video from a prompt and a picture. Ben replies to it, is asked, and agrees. He changes his own video by a
reply, without a question. A prompt of Ada's is refused. `/status` shows her all of it.
"""

import io
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw

from sandbox.chat import Call, Channel, File, Message, Person
from sandbox.stage import Stage
from sandbox.studio import Dials

_WAIT_SECONDS = 60.0
_SETTINGS = {"POLL_MIN_SECONDS": "0.5", "POLL_MAX_SECONDS": "2", "REPLY_GRACE_SECONDS": "1"}
_PROMPT = "A paper boat sails down a rainy street at dusk, camera low over the water"
_FIRST_CHANGE = "The same street, but at night, with lanterns in the windows"
_SECOND_CHANGE = "Now the boat carries a small lantern of its own"
_REFUSED = "A forbidden scene"


async def tell_story(videos: Path) -> None:
    """Play the story and leave its videos in that folder. Raises OSError if a port or a file can't be had."""
    dials = Dials(render_seconds=3.0, frames_per_second=12.0, progress="percent")
    with tempfile.TemporaryDirectory(prefix="video-bot-") as folder:
        async with Stage(Path(folder), settings=_SETTINGS, dials=dials) as stage:
            print("A local Discord, a local Videos API, and the real bot between them. No token, no key, no network.\n")
            await stage.start_bot()
            story = _Story(stage, videos)
            await story.play()
            code = await stage.bot.terminate()
            print(f"\n{story.sum_up()} The bot exited with code {code}.")


class _Story:
    """The scenes, each printed after it happened."""

    def __init__(self, stage: Stage, videos: Path) -> None:
        self._stage = stage
        self._videos = videos
        guild = stage.chat.add_guild("Night Shift")
        self._channel: Channel = guild.add_channel("videos")
        self._ada: Person = stage.chat.add_person("Ada")
        self._ben: Person = stage.chat.add_person("Ben")
        for person in (self._ada, self._ben):
            guild.join(person)

    async def play(self) -> None:
        """All scenes, in order."""
        print("── #videos in Night Shift ──")
        call = await self._ada.slash(
            self._channel, "video", prompt=_PROMPT, size="1280x720", seconds="4", reference=_picture()
        )
        first = await self._follow(call, "paper-boat.mp4")
        reply = await self._ben.reply(first, _FIRST_CHANGE)
        second = await self._follow(await self._agreed(reply), "lanterns.mp4")
        reply = await self._ben.reply(second, _SECOND_CHANGE)
        await self._follow(reply, "lantern-boat.mp4")
        await self._refusal(await self._ada.slash(self._channel, "video", prompt=_REFUSED))
        status = await self._ada.slash(self._channel, "status")
        answer = await status.wait_state("message", timeout_seconds=_WAIT_SECONDS)
        self._print(status)
        if answer.message is not None:
            self._print(answer.message)

    def sum_up(self) -> str:
        """The counts of the two servers, and where the videos are."""
        paid = len(self._stage.renders)
        posted = sum(bool(message.attachments) for message in self._stage.chat.posts)
        return f"Paid submissions: {paid}. Videos posted: {posted}. They are in {self._videos.resolve()}."

    async def _follow(self, asked: Call | Message, name: str) -> Message:
        """Print the request, its first card, and the video; keep the video under that name."""
        self._print(asked)
        asked_at = asked.interaction.id if isinstance(asked, Call) else asked.id
        card = await self._next(asked_at, lambda message: not message.attachments)
        self._print(card)
        video = await self._next(asked_at, lambda message: bool(message.attachments))
        self._print(video)
        self._videos.mkdir(parents=True, exist_ok=True)
        shutil.copy(video.attachments[0].path, self._videos / name)
        return video

    async def _agreed(self, reply: Message) -> Call:
        """A reply to another person's video is asked about first; its author agrees."""
        self._print(reply)
        question = await self._next(reply.id, lambda message: bool(message.buttons))
        self._print(question)
        return await self._ben.click(question, "Remix")

    async def _refusal(self, call: Call) -> None:
        self._print(call)
        self._print(await self._next(call.interaction.id, lambda message: bool(message.pinged)))

    async def _next(self, after: int, is_meant: Callable[[Message], bool]) -> Message:
        return await self._stage.chat.wait_message(
            self._channel,
            lambda message: message.id > after and message.author.bot and not message.ephemeral and is_meant(message),
            timeout_seconds=_WAIT_SECONDS,
        )

    def _print(self, what: Call | Message) -> None:
        print(self._stage.chat.transcript_entry(what), flush=True)


def _picture() -> File:
    """A drawn paper boat on water."""
    image = Image.new("RGB", (640, 360), "#27364a")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 230, 640, 360), fill="#1b5e7a")
    draw.polygon(((220, 220), (420, 220), (370, 265), (270, 265)), fill="#f4efe4")
    draw.polygon(((320, 120), (320, 218), (240, 218)), fill="#e9dfca")
    draw.polygon(((326, 140), (326, 218), (390, 218)), fill="#d8c9a8")
    data = io.BytesIO()
    image.save(data, "PNG")
    return File("paper-boat.png", data.getvalue(), content_type="image/png")
