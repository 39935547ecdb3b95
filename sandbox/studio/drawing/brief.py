"""The content of a video as one frozen value: equal briefs make equal videos."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Self


@dataclass(frozen=True)
class Brief:
    """Everything that the pictures of one video depend on. (No slots: the computed key is kept.)"""

    prompt: str
    model: str
    width: int
    height: int
    seconds: float
    frames_per_second: float
    references: tuple[bytes, ...] = ()
    parent: Self | None = None

    @property
    def ancestors(self) -> "tuple[Brief, ...]":
        """The videos that this one came from, the first one first, the direct parent last."""
        return (*self.parent.ancestors, self.parent) if self.parent else ()

    @property
    def origin(self) -> "Brief":
        """The video at the beginning of the chain, which may be this one."""
        return self.parent.origin if self.parent else self

    @property
    def backdrop(self) -> bytes | None:
        """The picture that the scene is painted from: its own first one, else that of the nearest ancestor with one."""
        if self.references:
            return self.references[0]
        return self.parent.backdrop if self.parent else None

    @property
    def frame_count(self) -> int:
        """How many pictures it has, at least one."""
        return max(1, round(self.seconds * self.frames_per_second))

    @property
    def changes(self) -> tuple[str, ...]:
        """The differences from the parent besides the prompt, in words."""
        before = self.parent
        if before is None:
            return ()
        said: list[str] = []
        if before.model != self.model:
            said.append(f"{before.model} to {self.model}")
        if (before.width, before.height) != (self.width, self.height):
            said.append(f"{before.width}x{before.height} to {self.width}x{self.height}")
        if before.seconds != self.seconds:
            said.append(f"{before.seconds:g} s to {self.seconds:g} s")
        if self.references:
            count = len(self.references)
            said.append("1 new picture" if count == 1 else f"{count} new pictures")
        return tuple(said)

    @cached_property
    def key(self) -> str:
        """A name that two briefs share only if their videos look the same."""
        digest = hashlib.sha256()
        facts = (self.prompt, self.model, self.width, self.height, self.seconds, self.frames_per_second)
        digest.update(repr(facts).encode())
        for reference in self.references:
            digest.update(hashlib.sha256(reference).digest())
        if self.parent:
            digest.update(self.parent.key.encode())
        return digest.hexdigest()[:32]
