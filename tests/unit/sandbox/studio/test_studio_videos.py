"""The videos themselves: playable, as long and large as asked, showing what they are, drawn once."""

import asyncio
import io
import re
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from sandbox.studio import EncodeError, Studio
from sandbox.studio.drawing import Brief, Encoder, draw_frames, find_ffmpeg, pad_to
from sandbox.studio.drawing.lettering import set_text, width_of
from sandbox.studio.drawing.palette import palette_of
from tests.unit.sandbox.studio.client import Client, picture


def brief(prompt: str = "A cat", references: tuple[bytes, ...] = (), parent: Brief | None = None) -> Brief:
    return Brief(prompt, "gpt-4o-video", 320, 180, 4, 2, references, parent)


def facts_of(path: Path) -> tuple[float, str, str, str]:
    """Length in seconds, size, codec and pixel format as ffmpeg sees them, after it has played the whole file."""
    play = subprocess.run(
        [find_ffmpeg(), "-v", "error", "-i", str(path), "-f", "null", "-"], capture_output=True, text=True, check=False
    )
    assert (play.returncode, play.stderr) == (0, "")
    said = subprocess.run([find_ffmpeg(), "-i", str(path)], capture_output=True, text=True, check=False).stderr
    length = re.search(r"Duration: (\d+):(\d+):([\d.]+)", said)
    stream = re.search(r"Video: (\w+).*?, (yuv\w+)[^,]*.*?, (\d+x\d+)", said)
    assert length, said
    assert stream, said
    seconds = int(length[1]) * 3600 + int(length[2]) * 60 + float(length[3])
    return seconds, stream[3], stream[1], stream[2]


def difference(one: Image.Image, other: Image.Image) -> float:
    """How much two pictures differ, 0 to 255."""
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "seconds"),
    [("1280x720", "4"), ("1080x1920", "8"), ("1920x1080", "4"), ("640x640", "5.2"), ("64x64", "1"), ("64x1024", "0.5")],
)
async def test_a_video_plays_as_asked(client: Client, studio: Studio, size: str, seconds: str) -> None:
    """Every video plays without error in a common format, with the size and the length asked for."""
    render = await client.completed(prompt="A cat", size=size, seconds=seconds)
    path = await studio.video(render)
    length, shape, codec, pixels = await asyncio.to_thread(facts_of, path)
    assert length == pytest.approx(float(seconds), abs=0.011)
    assert (shape, codec, pixels) == (size, "h264", "yuv420p")
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


async def test_a_remix_of_a_remix_plays(client: Client, studio: Studio) -> None:
    """A chain of remixes with pictures is drawn from the first on, though none was requested before."""
    parent = await client.completed(prompt="A cat", size="320x180")
    for number in range(2):
        file = ("input_reference", picture(colour="red"), "one.png", "image/png")
        answer = await client.upload(f"/videos/{parent.id}/remix", file, prompt=f"More {number}")
        parent = await client.ready(answer.body["id"])
    assert (await asyncio.to_thread(facts_of, await studio.video(parent)))[0] == 4


def frames_of(path: Path) -> list[Image.Image]:
    """All pictures of a 320x180 video."""
    command = [find_ffmpeg(), "-v", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"]
    data = subprocess.run(command, capture_output=True, check=True).stdout
    step = 320 * 180 * 3
    return [Image.frombytes("RGB", (320, 180), data[at : at + step]) for at in range(0, len(data), step)]


async def test_a_made_remix_begins_where_its_parent_ended(client: Client, studio: Studio) -> None:
    """In the file itself the remix opens with its parent's last picture, and goes on with its own."""
    parent = await client.completed(prompt="A cat", size="320x180")
    child = (await client.send("POST", f"/videos/{parent.id}/remix", json={"prompt": "A dog"})).body["id"]
    made = await asyncio.to_thread(frames_of, await studio.video(await client.ready(child)))
    last = io.BytesIO()
    (await asyncio.to_thread(frames_of, await studio.video(parent)))[-1].save(last, "PNG")
    wanted = list(draw_frames(brief("A dog", parent=brief()), last.getvalue()))
    assert len(made) == len(wanted) == 8
    assert max(difference(one, other) for one, other in zip(made, wanted, strict=True)) < 4
    assert difference(made[0], next(draw_frames(brief("A dog", parent=brief())))) > 8


async def test_equal_requests_share_a_file(client: Client, studio: Studio) -> None:
    """The same request is drawn once; another prompt, size, picture or parent makes another file."""
    one = await client.completed(prompt="A cat", size="320x180")
    same = await client.completed(prompt="A cat", size="320x180")
    assert await studio.video(one) == await studio.video(same)
    other = await client.completed(prompt="A dog", size="320x180")
    child = (await client.send("POST", f"/videos/{one.id}/remix", json={"prompt": "A cat"})).body["id"]
    paths = {await studio.video(render) for render in (one, other, await client.ready(child))}
    assert len(paths) == 3


def test_a_brief_is_known_by_all_that_it_shows() -> None:
    """Briefs share a key only if nothing that is drawn differs."""
    briefs = [
        brief(),
        brief("A dog"),
        brief(references=(picture(),)),
        brief(references=(picture(colour="red"),)),
        brief(parent=brief()),
        brief(parent=brief("A dog")),
        brief(parent=brief(parent=brief())),
    ]
    assert len({one.key for one in briefs}) == len(briefs)
    assert brief().key == brief().key


def test_something_moves_and_it_is_repeatable() -> None:
    """Neighbouring pictures differ, and the same brief gives the same pictures."""
    frames = list(draw_frames(brief()))
    assert len(frames) == 8
    assert all(difference(one, other) > 0 for one, other in pairwise(frames))
    assert [frame.tobytes() for frame in draw_frames(brief())] == [frame.tobytes() for frame in frames]


def test_prompt_and_references_can_be_seen() -> None:
    """Prompts of the same colours look different, and a reference's colour is in the picture."""
    plain, titled = (list(draw_frames(brief(prompt)))[3] for prompt in ("red", "red, and then much more of it"))
    assert difference(plain, titled) > 1
    shown = list(draw_frames(brief("red", (picture(colour="#00ff00"),))))[3]
    greens = sum(count for count, colour in shown.getcolors(1 << 20) or [] if colour == (0, 255, 0))
    assert greens > 1000


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "size"),
    [("PNG", (1, 1)), ("JPEG", (3000, 2000)), ("WEBP", (2000, 20)), ("PNG", (20, 2000)), ("WEBP", (1, 1))],
)
def test_any_picture_can_be_a_reference(kind: str, size: tuple[int, int]) -> None:
    """Pictures of any shape and kind, up to four and more, are drawn."""
    assert len(list(draw_frames(brief(references=(picture(kind, size),) * 5)))) == 8


def test_a_remix_opens_with_its_parents_last_picture() -> None:
    """The first pictures of a remix show the parent's last one, the later ones don't."""
    last = io.BytesIO()
    Image.new("RGB", (320, 180), "#00ff00").save(last, "PNG")
    frames = list(draw_frames(brief("red", parent=brief()), last.getvalue()))
    greens = [
        sum(count for count, colour in frame.getcolors(1 << 20) or [] if colour == (0, 255, 0)) for frame in frames
    ]
    assert greens[0] > 1000
    assert greens[-1] == 0


def test_what_changed_is_said_in_words() -> None:
    """A remix knows what is new besides its prompt."""
    child = Brief("A dog", "other", 180, 320, 8, 2, (picture(), picture()), brief())
    assert child.changes == ("gpt-4o-video to other", "320x180 to 180x320", "4 s to 8 s", "2 new pictures")
    assert brief(parent=brief()).changes == ()


def test_the_prompt_chooses_the_colours() -> None:
    """A word that names a mood sets the sky; other prompts have colours of their own, always the same."""
    red, green, blue = palette_of("deep in the ocean").sky_bottom
    assert blue > red
    assert green > red
    assert palette_of("abc") == palette_of("abc") != palette_of("abd")


@pytest.mark.parametrize("text", ["word " * 900, "x" * 4000, "猫がいる" * 50, "ÄÖÜ ☂ 🐈", "", "\n\n"])
def test_any_text_fits(text: str) -> None:
    """For any prompt, its lines stay within the given width and height."""
    block = set_text(text, width=300, height=200, largest=40, smallest=12)
    assert block.height <= 200
    assert all(width_of(line, block.font) <= 300 for line in block.lines)
    assert len(list(draw_frames(brief(text)))) == 8


async def test_a_video_can_be_made_too_large(client: Client, studio: Studio) -> None:
    """Padded to a size it has exactly that many bytes, over every door, and still plays."""
    studio.dials.megabytes = 3.5
    render = await client.completed(prompt="A cat", size="320x180")
    path = await studio.video(render)
    assert path.stat().st_size == 3_500_000
    assert (await asyncio.to_thread(facts_of, path))[0] == 4
    url = (await client.poll(render)).body["url"]
    assert len((await client.send("GET", url, key=None)).body) == 3_500_000


def test_padding_never_cuts(tmp_path: Path) -> None:
    """A size smaller than the video leaves it as it is."""
    (tmp_path / "one.mp4").write_bytes(b"x" * 100)
    pad_to(tmp_path / "one.mp4", tmp_path / "two.mp4", 50)
    assert (tmp_path / "two.mp4").read_bytes() == b"x" * 100


def test_a_failed_encoding_leaves_nothing_behind(tmp_path: Path) -> None:
    """If ffmpeg fails, the error says so and no half file stays."""
    encoder = Encoder(find_ffmpeg())
    with pytest.raises(EncodeError, match="ffmpeg ended"):
        encoder.encode(draw_frames(brief()), 8, 4, "no-such-preset", tmp_path / "one.mp4")
    encoder.close()
    with pytest.raises(EncodeError, match="closed"):
        encoder.encode(draw_frames(brief()), 8, 4, "ultrafast", tmp_path / "one.mp4")
    assert list(tmp_path.iterdir()) == []


async def test_a_drawing_that_fails_is_a_server_error(client: Client, studio: Studio) -> None:
    """If ffmpeg fails, the file is answered with a 500 in the envelope, over the API and over the file host."""
    studio.dials.encoder_preset = "no-such-preset"
    render = await client.completed(prompt="A cat", size="320x180")
    url = (await client.poll(render)).body["url"]
    for answer in (await client.send("GET", url, key=None), await client.send("GET", f"/videos/{render.id}/content")):
        assert (answer.status, answer.error_code) == (500, "server_error")


async def test_videos_that_are_alike_differ_in_their_files(client: Client, studio: Studio) -> None:
    """Videos of one size and length are drawn once; each file plays, is as asked, and is no other's."""
    studio.dials.alike = True
    cat, dog = [await client.completed(prompt=prompt, size="320x180") for prompt in ("A cat", "A dog")]
    tall = await client.completed(prompt="A cat", size="180x320", seconds="8")
    files = [await studio.video(render) for render in (cat, dog, tall)]
    assert [facts_of(file)[:2] for file in files] == [(4.0, "320x180"), (4.0, "320x180"), (8.0, "180x320")]
    assert len({file.read_bytes() for file in files}) == 3
    assert frames_of(files[0])[1].tobytes() == frames_of(files[1])[1].tobytes()


async def test_stopping_ends_the_drawing(client: Client, studio: Studio) -> None:
    """A video that is being drawn when the studio stops is given up, and no half file stays behind."""
    studio.dials.frames_per_second = 60
    render = await client.completed(prompt="A cat", seconds="60", size="1920x1080")
    drawing = asyncio.create_task(studio.video(render))
    await client.poll(render)
    await studio.stop()
    with pytest.raises(EncodeError):
        await drawing
    assert list(studio.folder.glob("*.part.mp4")) == []
