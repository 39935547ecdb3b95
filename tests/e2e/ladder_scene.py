"""The scene of the delivery ladder: a provider that hands out a chosen file, and an ffmpeg whose runs are counted."""

from pathlib import Path

from sandbox.chat import Message
from sandbox.chat.faults import Request
from sandbox.stage import Stage
from tests.e2e import inspection
from tests.e2e.messages import ever_posted
from tests.e2e.scene import Scene
from tests.encoded_videos import encoded, program

MIB = 1024 * 1024
PUBLIC = "https://files.example.com"
# It notes each run, waits as long as it has to, and is the real one then, or fails.
_SCRIPT = """#!/bin/sh
folder="${{0%/*}}"
echo "$*" >> "$folder/runs"
while [ -e "$folder/hold" ]; do /bin/sleep 0.05; done
[ -e "$folder/broken" ] && exit 1
exec {program} "$@"
"""


class CountedFfmpeg:
    """An ffmpeg in a folder of its own; `settings` let a bot find it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.settings = {"PATH": str(folder)}
        script = folder / "ffmpeg"
        script.write_text(_SCRIPT.format(program=program()), encoding="utf-8")
        script.chmod(0o755)

    @property
    def encodes(self) -> list[str]:
        """The command of each run that made a video: not those that only list its streams or draw its first frame."""
        runs = self._folder / "runs"
        lines = runs.read_text(encoding="utf-8").splitlines() if runs.exists() else []
        return [line for line in lines if line.endswith("out.mp4")]

    def hold(self) -> None:
        """Let each run wait from now on."""
        (self._folder / "hold").touch()

    def release(self) -> None:
        """Let them go on."""
        (self._folder / "hold").unlink(missing_ok=True)

    def break_down(self) -> None:
        """Let each run fail."""
        (self._folder / "broken").touch()


def hand_out(stage: Stage, name: str, **drawn: object) -> bytes:
    """Let the provider hand out a video of that kind (`tests.encoded_videos`) from now on; returns its bytes."""
    content = encoded(name, **drawn)  # pyright: ignore[reportArgumentType] - of `encoded`
    path = stage.folder / f"{len(content)}-{name}"
    path.write_bytes(content)
    stage.studio.dials.file = path
    return content


async def made(scene: Scene, prompt: str) -> Message:
    """Ask for a video, and wait until it is delivered, anywhere; it was posted once and paid once."""
    await scene.ada.slash(scene.channel, "video", prompt=prompt)
    return await delivered(scene, prompt)


async def delivered(scene: Scene, prompt: str, *, seconds: float = 60) -> Message:
    """Wait until the video of that prompt is delivered; it was posted once and paid once."""
    await inspection.job(scene.stage, prompt, "delivered", timeout_seconds=seconds)
    places = {post.channel for post in scene.chat.posts}
    found = [post for place in places for post in ever_posted(scene.chat, place, "video") if prompt in post.text]
    assert len(found) == 1, prompt
    assert scene.studio.paid(prompt) == 1
    return found[0]


def uploads(scene: Scene) -> list[Request]:
    """Every request of the bot with a video, in this scene's server."""
    here = tuple(f"/channels/{place}/messages" for place in scene.guild.channels)
    return [one for one in scene.chat.requests if one.path.endswith(here) and any(map(_is_video, one.files))]


def _is_video(name: str) -> bool:
    return name.rpartition(".")[2] in {"mp4", "webm", "mkv"}


def posted_file(message: Message) -> Path:
    """The file that is attached to the message."""
    (attachment,) = message.attachments
    return attachment.path
