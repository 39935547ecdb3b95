"""A cache of rendered files: each video is drawn once, on demand, off the event loop, two at a time."""

import asyncio
import io
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from sandbox.studio.drawing import Brief, Encoder, draw_frames, find_ffmpeg, label, pad_to
from sandbox.studio.state import Render, StudioState

_DRAWN_AT_ONCE = 2
_BYTES_PER_MEGABYTE = 1_000_000


class _Drawn(NamedTuple):
    """A video's file, and its last picture as JPEG."""

    video: bytes
    last_frame: bytes


# For the dial `alike`: by what such videos have in common, for all studios of this process.
_ALIKE: dict[tuple[str, str], _Drawn] = {}


class RenderFiles:
    """The videos of one studio, as files in its folder; equal requests share one file."""

    def __init__(self, folder: Path, state: StudioState) -> None:
        """Raises EncodeError if there is no ffmpeg."""
        self._folder = folder
        self._state = state
        self._encoder = Encoder(find_ffmpeg())
        self._briefs: dict[str, Brief] = {}
        self._drawings: dict[str, asyncio.Task[Path]] = {}
        self._free = asyncio.Semaphore(_DRAWN_AT_ONCE)

    def begin(self, render: Render) -> None:
        """Start to draw a video that will be requested soon."""
        self._drawing(self._brief(render))

    async def video(self, render: Render) -> Path:
        """The render's MP4, drawn by now, padded as the dial says, or the dial's file; raises EncodeError."""
        if self._state.dials.file is not None:
            return self._state.dials.file
        drawn = await asyncio.shield(self._drawing(self._brief(render)))
        megabytes = self._state.dials.megabytes
        if megabytes is None:
            return drawn
        size_bytes = round(megabytes * _BYTES_PER_MEGABYTE)
        padded = drawn.with_name(f"{drawn.stem}-{size_bytes}.mp4")
        if not padded.exists():
            await asyncio.to_thread(pad_to, drawn, padded, size_bytes)
        return padded

    def _brief(self, render: Render) -> Brief:
        """The content of the render; fixed at the first request, so that its file stays the same."""
        if (known := self._briefs.get(render.id)) is not None:
            return known
        dials = self._state.dials
        width, height = render.asked.width_height
        references = tuple(reference.data for reference in render.references)
        parent = self._state.find(render.parent_id) if render.parent_id else None
        brief = Brief(
            render.prompt,
            render.model,
            width,
            height,
            float(render.seconds),
            dials.frames_per_second,
            references,
            self._brief(parent) if parent else None,
        )
        self._briefs[render.id] = brief
        return brief

    def _drawing(self, brief: Brief) -> "asyncio.Task[Path]":
        task = self._drawings.get(brief.key)
        if task is None:
            task = asyncio.create_task(self._draw(brief), name=f"draw {brief.key}")
            self._drawings[brief.key] = task
        return task

    async def _draw(self, brief: Brief) -> Path:
        to = self._folder / f"{brief.key}.mp4"
        if to.exists() and self._last_frame(brief).exists():
            return to
        before: bytes | None = None
        if self._state.dials.alike:
            async with self._free:
                await asyncio.to_thread(self._label_alike, brief, to, self._state.dials.encoder_preset)
            return to
        if brief.parent:
            await self._drawing(brief.parent)
            before = await asyncio.to_thread(self._last_frame(brief.parent).read_bytes)
        async with self._free:
            await asyncio.to_thread(self._encode, brief, before, to, self._state.dials.encoder_preset)
        return to

    def _label_alike(self, brief: Brief, to: Path, preset: str) -> None:
        """Copy the one video of that size and length, with a name of its own in it."""
        plain = replace(brief, prompt="", references=(), parent=None)
        drawn = _ALIKE.get((plain.key, preset))
        if drawn is None:
            with tempfile.TemporaryDirectory(dir=self._folder) as folder:
                file = Path(folder) / "alike.mp4"
                last = self._encoder.encode(draw_frames(plain), plain.frame_count, plain.seconds, preset, file)
                drawn = _ALIKE[plain.key, preset] = _Drawn(file.read_bytes(), _as_jpeg(last))
        self._last_frame(brief).write_bytes(drawn.last_frame)
        to.write_bytes(label(drawn.video, brief.key))

    def _encode(self, brief: Brief, before: bytes | None, to: Path, preset: str) -> None:
        last = self._encoder.encode(draw_frames(brief, before), brief.frame_count, brief.seconds, preset, to)
        self._last_frame(brief).write_bytes(_as_jpeg(last))

    def _last_frame(self, brief: Brief) -> Path:
        return self._folder / f"{brief.key}.jpg"

    async def close(self) -> None:
        """Stop drawing; waiting callers get an EncodeError."""
        self._encoder.close()
        await asyncio.gather(*self._drawings.values(), return_exceptions=True)


def _as_jpeg(picture: Image.Image) -> bytes:
    kept = io.BytesIO()
    picture.save(kept, "JPEG", quality=85)
    return kept.getvalue()
