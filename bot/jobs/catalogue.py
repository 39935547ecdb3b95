"""The offered models, each with its sizes, lengths, pictures and options, and what a request may choose of them."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

from bot.jobs.model import REFERENCES_MAX, VideoRequest
from bot.jobs.offered_models import Frames, OfferedModel, Option, can_end
from bot.jobs.option_values import joined, judge_option
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
    def options(self) -> tuple[Option, ...]:
        """The options that any model has, each once, as a command shows them."""
        every = [option for model in self.models for option in model.options]
        names = dict.fromkeys(option.name for option in every)
        return tuple(joined(option for option in every if option.name == name) for name in names)

    @property
    def has_frames(self) -> bool:
        """Whether any model takes a picture as the last frame."""
        return any(can_end(model) for model in self.models)

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
        if typed in self.names:
            return typed
        return next((model.name for model in self.models if typed == model.label), typed)

    def check(self, request: VideoRequest, uploads: int = 0, inherited: str | None = None) -> Refusal | None:
        """The first reason to refuse the request for its model; None if the model takes all of it.

        `uploads`: how many pictures come with it beside its own. `inherited` as for `find`. What is unset is taken.
        """
        model = self.find(request.model, inherited)
        if model is None:
            given = request.model if request.model is not None else inherited or ""
            return Refusal(Reason.MODEL_UNKNOWN, {"given": given[:_GIVEN_MAX_CHARACTERS], "choices": self.labels})
        judges = _judges(request, len(request.references) + uploads)
        for judge in judges:
            if refusal := judge(model):
                return self._with_models(refusal, model, judge, judges)
        return None

    def _with_models(self, no: Refusal, model: OfferedModel, judge: "_Judge", judges: "Sequence[_Judge]") -> Refusal:
        """The refusal with the other models that take what this one doesn't, those that take the whole request first.

        If there is none, it isn't the model that is to be changed.
        """
        able = [one for one in self.models if judge(one) is None]
        whole = [one for one in able if all(judge(one) is None for judge in judges)]
        if not able:
            return no
        labels = tuple(one.label for one in whole or able)
        return Refusal(no.reason, {**no.named, "model": model.label, "models": labels})


_Judge = Callable[[OfferedModel], Refusal | None]


def _judges(request: VideoRequest, pictures: int) -> list[_Judge]:
    """One for each part of the request that a model may not take."""
    parts: list[_Judge] = [
        lambda model: _judge_frames(request.frames, model),
        lambda model: _judge_pictures(pictures, pictures_of(model)),
        lambda model: _judge_choice(Reason.SIZE_UNKNOWN, request.size, model.sizes),
        lambda model: _judge_choice(Reason.SECONDS_UNKNOWN, request.seconds, model.seconds),
    ]
    for name, value in request.options:
        # First whether there is such an option: the models that have it are named, also if the value is out of bounds.
        parts += [partial(judge_option, name=name), partial(judge_option, name=name, value=value)]
    return parts


def _judge_pictures(count: int, limit: int) -> Refusal | None:
    if count <= limit:
        return None
    return Refusal(Reason.REFERENCES_TOO_MANY, {"limit": limit}) if limit else Refusal(Reason.REFERENCES_NONE)


def _judge_frames(frames: Frames | None, model: OfferedModel) -> Refusal | None:
    if frames is None or can_end(model):
        return None
    return Refusal(Reason.LAST_UNSUPPORTED if frames == "pair" else Reason.LOOP_UNSUPPORTED)


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
