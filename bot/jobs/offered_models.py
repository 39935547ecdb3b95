"""What a provider's model takes: sizes, lengths, pictures, options and prices, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

OptionType = Literal["choice", "integer", "switch", "text"]
OptionValue = str | int | bool
FitMode = Literal["cover", "contain", "off"]
Role = Literal["reference", "first", "last"]
# The pictures of a request as its frames: the first one and the last one, or one that is both.
Frames = Literal["pair", "loop"]
Use = tuple[int, Role]
PICTURES_OF_FRAMES: Mapping[Frames, int] = {"pair": 2, "loop": 1}


@dataclass(frozen=True, slots=True)
class Option:
    """A setting of a model beyond model, size and length. `name` is that of the slash option, `wire` the provider's.

    `minimum` and `maximum` bound an integer, `max_length` a text in characters. A price is multiplied by `price_factor`
    when the option has another value than its default.
    """

    name: str
    type: OptionType
    wire: str
    description: str
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    max_length: int | None = None
    default: OptionValue | None = None
    price_factor: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Price:
    """What a video costs, in units of `currency`: `per_video`, or `per_second`, which differs for some sizes.

    `sizes` has the price of a video or of a second, as the other two, of the sizes that differ.
    """

    currency: str
    per_video: Decimal | None = None
    per_second: Decimal | None = None
    sizes: Mapping[str, Decimal] = field(default_factory=dict[str, Decimal])


@dataclass(frozen=True, slots=True)
class Route:
    """A provider of a model, by the provider's name in the settings, and the name that it has for the model."""

    provider: str
    model: str


@dataclass(frozen=True, slots=True)
class OfferedModel:
    """A model that people can choose. `routes` are its providers, the preferred one first.

    `name` is stored with jobs; `label` is shown. `references` is the number of pictures that it takes.
    """

    name: str
    label: str
    routes: tuple[Route, ...]
    sizes: tuple[str, ...]
    seconds: tuple[str, ...]
    references: int = 4
    roles: tuple[Role, ...] = ("reference",)
    price: Price | None = None
    options: tuple[Option, ...] = ()


def can_end(model: OfferedModel) -> bool:
    """Whether the model takes a picture of the last frame, too."""
    return {"first", "last"} <= set(model.roles) and model.references > 1


def uses_of_pictures(model: OfferedModel | None, pictures: int, frames: Frames | None = None) -> tuple[Use, ...]:
    """What is sent for the pictures of a request: their positions and roles. A loop sends its picture twice."""
    if frames is not None and pictures:
        return (0, "first"), (pictures - 1, "last")
    return tuple(enumerate(roles_of_pictures(model, pictures)))


def roles_of_pictures(model: OfferedModel | None, pictures: int) -> tuple[Role, ...]:
    """What each picture of a request is: a reference, or the first and then the last frame where the model takes no
    references.
    """
    frames: tuple[Role, ...] = tuple(role for role in ("first", "last") if model is not None and role in model.roles)
    if model is None or "reference" in model.roles or pictures > len(frames):
        return ("reference",) * pictures
    return frames[:pictures]
