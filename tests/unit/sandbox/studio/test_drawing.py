"""What a video shows of its prompt, its parent and its pictures."""

import io
from collections.abc import Iterable
from itertools import islice

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from sandbox.studio.drawing import Brief, draw_frames
from sandbox.studio.drawing.layout import Layout
from sandbox.studio.drawing.lettering import runs_of, set_text, strokes_of, width_of
from sandbox.studio.drawing.signs import Sign, signs_of
from sandbox.studio.drawing.wording import missing_in, words_of

pytestmark = pytest.mark.slow

TEXTS = st.text(st.sampled_from("abAB ,.!é猫\n"), max_size=60)
Pixel = tuple[int, int, int]


def brief(prompt: str, parent: Brief | None = None, *references: bytes, per_second: int = 12) -> Brief:
    return Brief(prompt, "gpt-4o-video", 640, 360, 4, per_second, references, parent)


def png(colour: str, size: tuple[int, int] = (640, 360)) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", size, colour).save(data, "PNG")
    return data.getvalue()


def pixels_of(frame: Image.Image, colour: Pixel) -> int:
    return sum(count for count, one in frame.getcolors(1 << 20) or [] if one == colour)


def marked(words: Iterable[str], marks: Iterable[bool]) -> list[str]:
    return [word for word, mark in zip(words, marks, strict=True) if mark]


def test_changed_words_are_those_that_the_other_prompt_lacks() -> None:
    """Words count without their marks and capitals, wherever they stand."""
    was, now = "A paper boat, at dusk", "At night: a paper boat!"
    assert marked(words_of(now), missing_in(now, was)) == ["night:"]
    assert marked(words_of(was), missing_in(was, now)) == ["dusk"]


@given(TEXTS, TEXTS)
@example("!", "?")
def test_marks_fit_the_words(text: str, other: str) -> None:
    """Each word has a mark; a prompt changes nothing of itself; words that both have are marked in neither."""
    marks = missing_in(text, other)
    assert len(marks) == len(words_of(text))
    assert not any(missing_in(text, text))
    assert all(missing_in(text, ""))
    new = marked(words_of(text), marks)
    assert all(missing_in(" ".join(new), other))
    assert not set(new) & set(words_of(other))


@given(TEXTS, st.integers(20, 200), st.data())
def test_set_text_keeps_its_marks(text: str, width: int, data: st.DataObject) -> None:
    """However text is broken into lines, its runs give the same lines, and each word has its own mark."""
    block = set_text(text, width=width, height=2000, largest=24, smallest=12)
    marks = data.draw(st.lists(st.booleans(), min_size=len(block.words), max_size=len(block.words)))
    lines = runs_of(block, marks)
    assert [" ".join(run.text for run in runs) for runs in lines] == list(block.lines)
    for wanted in (True, False):
        seen = "".join(run.text for runs in lines for run in runs if run.marked == wanted)
        words = "".join(word for word, mark in zip(block.words, marks, strict=True) if mark == wanted)
        assert seen.replace(" ", "") == words
    assert all(
        run.x + run.width <= width_of(line, block.font) + 2
        for line, runs in zip(block.lines, lines, strict=True)
        for run in runs
    )
    assert len(strokes_of(block, 0, 0, marks, 1)) == sum(run.marked for runs in lines for run in runs)


def test_a_remix_shows_the_changed_words() -> None:
    """The opening and the title have the accent's colour where words are new, and next to none of it where none are."""
    parent = brief("A red fox in the snow")
    seen: dict[str, tuple[int, int]] = {}
    for prompt in ("A red fox in the snow", "A red fox and seventeen ravens in the snow"):
        frames = list(draw_frames(brief(prompt, parent, per_second=2), png("black")))
        # The last part of the time bar has the same colour, so only the upper three quarters count.
        opening, title = (frame.crop((0, 40, 640, 270)) for frame in (frames[0], frames[-1]))
        accent = Layout(brief(prompt, parent)).palette.accent
        seen[prompt] = pixels_of(opening, accent), pixels_of(title, accent)
    same, changed = seen.values()
    assert changed[0] > same[0] + 150
    assert changed[1] > same[1] + 150


def test_a_remix_leads_from_its_parents_last_picture_into_its_own_scene() -> None:
    """The parent's picture is still, grows, and fades out; then nothing of it is left."""
    frames = list(draw_frames(brief("A blue fox", brief("A red fox")), png("#00ff00")))
    greens = [
        sum(count for count, (r, g, b) in frame.getcolors(1 << 20) or [] if g > 150 and g > 2 * max(r, b))
        for frame in frames
    ]
    resting = greens[0]
    assert resting > 20_000
    assert max(greens) > resting * 1.5
    assert greens[-1] == 0
    assert len(set(greens[:8])) <= 2


def test_a_remix_keeps_what_it_says_nothing_of() -> None:
    """Colours and weather are the parent's, unless the new prompt names its own."""
    night = brief("A city at night in the rain")
    same = brief("Now with a cat", night)
    snowy = brief("It is snowing at dawn", same)
    assert signs_of(same) == signs_of(night) == {Sign.CITY, Sign.STARS, Sign.RAIN}
    assert signs_of(snowy) == {Sign.CITY, Sign.CLOUDS, Sign.SNOW}
    assert Layout(same).palette == Layout(night).palette != Layout(snowy).palette
    assert signs_of(brief("xyz")) == {Sign.CLOUDS}


def test_the_scene_is_painted_from_the_picture() -> None:
    """A reference's colours are in the sky, also in a remix that brings no picture of its own."""
    parent = brief("xyz", None, png("#ff0000"), per_second=2)
    plain, painted, child = (
        list(draw_frames(one))[-1].getpixel((320, 20))
        for one in (brief("xyz", per_second=2), parent, brief("xyz", parent, per_second=2))
    )
    assert painted[0] > plain[0] + 20
    assert child == painted


def test_every_sign_moves() -> None:
    """For every object that a prompt brings into the scene, neighbouring pictures differ there."""
    for word in ("rain", "snow", "leaves", "stars", "clouds", "city", "water", "lanterns", "birds"):
        one, other = islice(draw_frames(brief(f"xyz {word}")), 20, 22)
        assert one.crop((0, 0, 640, 320)).tobytes() != other.crop((0, 0, 640, 320)).tobytes(), word
