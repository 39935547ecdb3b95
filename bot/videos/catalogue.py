"""The offered models, sizes and lengths."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.jobs.reasons import Reason, Refusal

_SIZE = re.compile(r"[1-9][0-9]{0,4}x[1-9][0-9]{0,4}")
_SECONDS = re.compile(r"(?=.*[1-9])[0-9]{1,4}(\.[0-9]{1,3})?")
_MODEL_MAX_CHARACTERS = 100  # a Discord choice holds no more (docs/facts/discord.md)
_GIVEN_MAX_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The offered models, sizes and lengths, in the order in which they are shown; the first model is the default.

    Building one raises ValueError with one sentence when a list is empty or an entry is invalid.
    """

    models: tuple[str, ...]
    sizes: tuple[str, ...]
    seconds: tuple[str, ...]

    def __post_init__(self) -> None:
        for what, entries in (("model", self.models), ("size", self.sizes), ("length", self.seconds)):
            if not entries:
                raise ValueError(f"At least one {what} must be offered.")
            if len(set(entries)) != len(entries):
                raise ValueError(f"A {what} is offered twice.")
        for model in self.models:
            if not model or not model.isprintable() or len(model) > _MODEL_MAX_CHARACTERS:
                raise ValueError(f"'{model[:_GIVEN_MAX_CHARACTERS]}' cannot be the name of a model.")
        for size in self.sizes:
            if not _SIZE.fullmatch(size):
                raise ValueError(f"'{size[:_GIVEN_MAX_CHARACTERS]}' is not a size like 1280x720.")
        for seconds in self.seconds:
            if not _SECONDS.fullmatch(seconds):
                raise ValueError(f"'{seconds[:_GIVEN_MAX_CHARACTERS]}' is not a number of seconds like 8.")

    @classmethod
    def of(cls, models: Iterable[str], sizes: Iterable[str], seconds: Iterable[str]) -> "Catalogue":
        """A catalogue from lists as people write them: blanks around an entry and repeats are forgiven, so is 'X'."""
        return cls(
            models=_tidy(models),
            sizes=_tidy(size.lower() for size in sizes),
            seconds=_tidy(seconds),
        )

    @property
    def default_model(self) -> str:
        """The model of a request without one."""
        return self.models[0]

    def check(self, model: str | None, size: str | None, seconds: str | None) -> Refusal | None:
        """None if every choice is offered (an unset one always is), else the first reason to refuse."""
        for reason, given, choices in (
            (Reason.MODEL_UNKNOWN, model, self.models),
            (Reason.SIZE_UNKNOWN, size, self.sizes),
            (Reason.SECONDS_UNKNOWN, seconds, self.seconds),
        ):
            if given is not None and given not in choices:
                return Refusal(reason, {"given": given[:_GIVEN_MAX_CHARACTERS], "choices": choices})
        return None


def _tidy(entries: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(stripped for entry in entries if (stripped := entry.strip())))
