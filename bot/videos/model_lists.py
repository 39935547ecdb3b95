"""Reads what a provider says about its models: `GET /models` and `GET /videos/models`. Pure.

The facts are in docs/facts/provider.md, "Lists of models". All of it is foreign text: what doesn't fit is left out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar, cast

from bot.jobs.catalogue import Catalogue
from bot.jobs.offered_models import Role
from bot.videos.json_values import at, first_of, json_object, number

MODELS_MAX = 200
TEXT_MAX_CHARACTERS = 100
_VALUES_MAX = 25
_LIST_KEYS = ("data", "models", "items", "list")
_FRAMES: dict[str, Role] = {"first_frame": "first", "last_frame": "last"}
_ABOUT = ("supported_resolutions", "supported_aspect_ratios", "allowed_passthrough_parameters")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class ListedModel:
    """One model as its provider describes it. What it doesn't say is None, False or empty.

    `prices` and `about` are names and texts as they came, each of at most 100 printable characters.
    """

    id: str
    label: str | None = None
    sizes: tuple[str, ...] = ()
    seconds: tuple[str, ...] = ()
    frames: tuple[Role, ...] | None = None
    seed: bool = False
    sound: bool = False
    prices: tuple[tuple[str, str], ...] = ()
    about: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def is_described(self) -> bool:
        """Whether it comes with more than its name."""
        return bool(self.sizes or self.seconds or self.frames is not None or self.prices or self.about)


@dataclass(frozen=True, slots=True)
class ModelList:
    """At most 200 models, and how many more there were: too many, twice, or with a name that can't be used."""

    models: tuple[ListedModel, ...]
    left_out: int = 0


def read_model_list(body: object, secret: str) -> ModelList | None:
    """The models of a decoded body; None if it is no list of models. A text with the `secret` in it is left out."""
    entries = _found_entries(body)
    if entries is None:
        return None
    models: dict[str, ListedModel] = {}
    others = 0
    for entry in entries:
        if _makes_other_things(entry):
            others += 1
        elif len(models) < MODELS_MAX and (model := _read_model(entry, secret)) is not None:
            models.setdefault(model.id, model)
    return ModelList(tuple(models.values()), len(entries) - others - len(models))


def read_model_ids(body: object) -> frozenset[str] | None:
    """The names of all models in a decoded body, however many and of any kind; None if it is no list of models."""
    entries = _found_entries(body)
    if entries is None:
        return None
    names = (entry if isinstance(entry, str) else _id_of(json_object(entry) or {}) for entry in entries)
    return frozenset(name for name in names if isinstance(name, str))


def clean_line(value: object, secret: str) -> str | None:
    """A text on one line, cut to 100 characters; None if there is none, or if it contains the `secret`."""
    if not isinstance(value, str) or (secret and secret in value):
        return None
    printable = "".join(character if character.isprintable() else " " for character in value[: 4 * TEXT_MAX_CHARACTERS])
    return " ".join(printable.split())[:TEXT_MAX_CHARACTERS].strip() or None


def _found_entries(body: object) -> list[object] | None:
    holders = (body, *(at(body, (key,)) for key in _LIST_KEYS))
    return next((found for each in holders if (found := _entries(each)) is not None), None)


def _id_of(about: Mapping[str, object]) -> object:
    return first_of((about,), "id", "name", "model")


def _entries(value: object) -> list[object] | None:
    return cast("list[object]", value) if isinstance(value, list) else None


def _makes_other_things(entry: object) -> bool:
    """Whether a model says that it makes no videos, as OpenRouter's chat models do."""
    made = _entries(at(entry, ("architecture", "output_modalities")))
    return bool(made) and "video" not in made


def _read_model(entry: object, secret: str) -> ListedModel | None:
    about = json_object(entry) or {}
    model_id = entry if isinstance(entry, str) else _id_of(about)
    # A cut name would be another model's.
    if not isinstance(model_id, str) or model_id != clean_line(model_id, secret):
        return None
    skus = json_object(about.get("pricing_skus")) or {}
    first = islice(skus.items(), _VALUES_MAX)
    pairs = [(clean_line(name, secret), clean_line(_text(price), secret)) for name, price in first]
    words = [(name, _lines(about.get(name), secret)) for name in _ABOUT]
    frames = about.get("supported_frame_images")
    return ListedModel(
        id=model_id,
        label=clean_line(about.get("name"), secret),
        sizes=_each(about.get("supported_sizes"), _size),
        seconds=_each(about.get("supported_durations"), _seconds),
        frames=None if _entries(frames) is None else _each(frames, _frame),
        seed=about.get("seed") is True,
        sound=about.get("generate_audio") is True,
        prices=tuple((name, price) for name, price in pairs if name and price),
        about=tuple((name, values) for name, values in words if values),
    )


def _lines(values: object, secret: str) -> tuple[str, ...]:
    return _each(values, lambda value: clean_line(value, secret))


def _each(values: object, read: Callable[[object], _T | None]) -> tuple[_T, ...]:
    """The different readable values of a list, at most as many as a command can offer."""
    found = (read(value) for value in (_entries(values) or [])[: 4 * _VALUES_MAX])
    return tuple(dict.fromkeys(value for value in found if value is not None))[:_VALUES_MAX]


def _size(value: object) -> str | None:
    try:
        return Catalogue.of(("model",), (value,), ("1",)).sizes[0] if isinstance(value, str) else None
    except ValueError:
        return None


def _seconds(value: object) -> str | None:
    read = number(value)
    if read is None:
        return None
    try:
        return Catalogue.of(("model",), ("1x1",), (f"{read:g}",)).seconds[0]
    except ValueError:
        return None


def _frame(value: object) -> Role | None:
    return _FRAMES.get(value) if isinstance(value, str) else None


def _text(value: object) -> object:
    return f"{value:g}" if isinstance(value, int | float) and number(value) is not None else value
