"""The offered models, each with its sizes, lengths and number of pictures, and what a request may choose of them."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain

from bot.jobs.model import REFERENCES_MAX, VideoRequest
from bot.jobs.offered_models import OfferedModel
from bot.jobs.reasons import Reason, Refusal

_SIZE = re.compile(r"[1-9][0-9]{0,4}x[1-9][0-9]{0,4}")
_SECONDS = re.compile(r"(?=.*[1-9])[0-9]{1,4}(\.[0-9]{1,3})?")
_MODEL_MAX_CHARACTERS = 100  # a Discord choice holds no more (docs/facts/discord.md)
_GIVEN_MAX_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The offered models, in the order in which they are shown; the first one is the default.

    Building one raises ValueError with one sentence when there is none or an entry is invalid.
    """

    models: tuple[OfferedModel, ...]

    def __post_init__(self) -> None:
        _check_list("model", self.names)
        _check_list("label", tuple(model.label for model in self.models))
        for model in self.models:
            for name in (model.name, model.label):
                if not name or not name.isprintable() or len(name) > _MODEL_MAX_CHARACTERS:
                    raise ValueError(f"'{name[:_GIVEN_MAX_CHARACTERS]}' cannot be the name of a model.")
            _check_list("size", model.sizes)
            _check_list("length", model.seconds)
            for size in model.sizes:
                if not _SIZE.fullmatch(size):
                    raise ValueError(f"'{size[:_GIVEN_MAX_CHARACTERS]}' is not a size like 1280x720.")
            for seconds in model.seconds:
                if not _SECONDS.fullmatch(seconds):
                    raise ValueError(f"'{seconds[:_GIVEN_MAX_CHARACTERS]}' is not a number of seconds like 8.")

    @classmethod
    def of(cls, models: Iterable[str], sizes: Iterable[str], seconds: Iterable[str]) -> "Catalogue":
        """Models that all take the same, from lists as people write them: blanks, repeats and 'X' are forgiven."""
        every_size, every_length = _tidy(size.lower() for size in sizes), _tidy(seconds)
        return cls(tuple(OfferedModel(name, name, (), every_size, every_length) for name in _tidy(models)))

    @property
    def names(self) -> tuple[str, ...]:
        """The models as they are stored."""
        return tuple(model.name for model in self.models)

    @property
    def labels(self) -> tuple[str, ...]:
        """The models as they are shown."""
        return tuple(model.label for model in self.models)

    @property
    def sizes(self) -> tuple[str, ...]:
        """The sizes of all models."""
        return tuple(dict.fromkeys(chain.from_iterable(model.sizes for model in self.models)))

    @property
    def seconds(self) -> tuple[str, ...]:
        """The lengths of all models."""
        return tuple(dict.fromkeys(chain.from_iterable(model.seconds for model in self.models)))

    @property
    def default(self) -> OfferedModel:
        """The model of a request without one."""
        return self.models[0]

    def find(self, name: str | None, inherited: str | None = None) -> OfferedModel | None:
        """The model of that name; None if it isn't offered.

        Without a name it is the `inherited` one, which is that of the video that a remix changes, or else the default.
        """
        wanted = inherited if name is None else name
        if wanted is None:
            return self.default
        return next((model for model in self.models if model.name == wanted), None)

    def named(self, typed: str) -> str:
        """The name of the model that a person means by its name or label; else what they typed."""
        return next((model.name for model in self.models if typed in (model.name, model.label)), typed)

    def check(self, request: VideoRequest, uploads: int = 0, inherited: str | None = None) -> Refusal | None:
        """The first reason to refuse the request for its model; None if the model takes all of it.

        `uploads`: how many pictures come with it beside its own. `inherited` as for `find`. What is unset is taken.
        """
        model = self.find(request.model, inherited)
        if model is None:
            given = request.model if request.model is not None else inherited or ""
            return Refusal(Reason.MODEL_UNKNOWN, {"given": given[:_GIVEN_MAX_CHARACTERS], "choices": self.labels})
        pictures = len(request.references) + uploads
        for judge in _JUDGES:
            if refusal := judge(model, request, pictures):
                return self._with_models(refusal, judge, model, request, pictures)
        return None

    def _with_models(
        self, no: Refusal, judge: "_Judge", model: OfferedModel, request: VideoRequest, pictures: int
    ) -> Refusal:
        """The refusal with the other models that take what this one doesn't, those that take the whole request first.

        If there is none, it isn't the model that is to be changed.
        """
        able = [one for one in self.models if judge(one, request, pictures) is None]
        whole = [one for one in able if all(judge(one, request, pictures) is None for judge in _JUDGES)]
        if not able:
            return no
        labels = tuple(one.label for one in whole or able)
        return Refusal(_OF_MODEL[no.reason], {**no.named, "model": model.label, "models": labels})


_Judge = Callable[[OfferedModel, VideoRequest, int], Refusal | None]
_OF_MODEL = {
    Reason.SIZE_UNKNOWN: Reason.SIZE_OF_MODEL,
    Reason.SECONDS_UNKNOWN: Reason.SECONDS_OF_MODEL,
    Reason.REFERENCES_TOO_MANY: Reason.REFERENCES_OF_MODEL,
    Reason.REFERENCES_NONE: Reason.REFERENCES_NOT_OF_MODEL,
}


def _judge_pictures(model: OfferedModel, _request: VideoRequest, pictures: int) -> Refusal | None:
    limit = pictures_of(model)
    if pictures <= limit:
        return None
    return Refusal(Reason.REFERENCES_TOO_MANY, {"limit": limit}) if limit else Refusal(Reason.REFERENCES_NONE)


def _judge_size(model: OfferedModel, request: VideoRequest, _pictures: int) -> Refusal | None:
    return _judge_choice(Reason.SIZE_UNKNOWN, request.size, model.sizes)


def _judge_seconds(model: OfferedModel, request: VideoRequest, _pictures: int) -> Refusal | None:
    return _judge_choice(Reason.SECONDS_UNKNOWN, request.seconds, model.seconds)


_JUDGES: tuple[_Judge, ...] = (_judge_pictures, _judge_size, _judge_seconds)


def _judge_choice(reason: Reason, given: str | None, choices: tuple[str, ...]) -> Refusal | None:
    if given is None or given in choices:
        return None
    return Refusal(reason, {"given": given[:_GIVEN_MAX_CHARACTERS], "choices": choices})


def pictures_of(model: OfferedModel) -> int:
    """How many pictures a request for that model may bring; a command has room for four."""
    return min(model.references, REFERENCES_MAX)


def _check_list(what: str, entries: tuple[str, ...]) -> None:
    if not entries:
        raise ValueError(f"At least one {what} must be offered.")
    if len(set(entries)) != len(entries):
        raise ValueError(f"A {what} is offered twice.")


def _tidy(entries: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(stripped for entry in entries if (stripped := entry.strip())))
