"""Values of a model's options: whether an option takes one, and how they are kept and sent. Pure."""

from collections.abc import Iterable, Mapping
from typing import cast

from bot.jobs.offered_models import OfferedModel, Option, OptionValue
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.storable_text import storable

# What a request chooses: names of options and their values, sorted by name.
Chosen = tuple[tuple[str, OptionValue], ...]

_GIVEN_MAX_CHARACTERS = 60


def chosen_options(values: Mapping[str, OptionValue | None]) -> Chosen:
    """The values that were given; an option that was left out has its default."""
    kept = ((name, storable(value) if isinstance(value, str) else value) for name, value in values.items())
    return tuple(sorted((name, value) for name, value in kept if value is not None and value != ""))


def judge_value(option: Option, value: OptionValue) -> Refusal | None:
    """Why the option doesn't take that value, with its bounds; None if it does."""
    match option.type:
        case "choice" if isinstance(value, str):
            fits, reason, bounds = value in option.choices, Reason.OPTION_CHOICE, {"choices": option.choices}
        case "integer" if isinstance(value, int) and not isinstance(value, bool):
            fits, reason, bounds = _judge_integer(option, value)
        case "text" if isinstance(value, str):
            fits = option.max_length is None or len(value) <= option.max_length
            reason, bounds = Reason.OPTION_TOO_LONG, {"limit": option.max_length}
            return None if fits else Refusal(reason, {"option": option.name, "given": len(value), **bounds})
        case "switch" if isinstance(value, bool):
            return None
        case _:
            # The request is older than the option as it is now.
            return Refusal(Reason.OPTION_CHANGED, {"option": option.name})
    given = value[:_GIVEN_MAX_CHARACTERS] if isinstance(value, str) else value
    return None if fits else Refusal(reason, {"option": option.name, "given": given, **bounds})


def judge_option(model: OfferedModel, name: str, value: OptionValue | None = None) -> Refusal | None:
    """The same for the model's option of that name; None is the default."""
    option = next((one for one in model.options if one.name == name), None)
    if option is None:
        return Refusal(Reason.OPTION_UNKNOWN, {"option": name})
    return None if value is None else judge_value(option, value)


def options_that_fit(model: OfferedModel, chosen: Chosen) -> Chosen:
    """Those of the values that the model takes."""
    return tuple((name, value) for name, value in chosen if judge_option(model, name, value) is None)


def options_on_wire(model: OfferedModel, chosen: Chosen) -> Chosen:
    """What is sent for a request of that model: under the provider's names the values, and else the defaults."""
    given = dict(chosen)
    values = ((option.wire, given.get(option.name, option.default)) for option in model.options)
    return tuple((wire, value) for wire, value in values if value is not None)


def joined(options: Iterable[Option]) -> Option:
    """One option for all models that have it, as a command shows it: all choices, the widest bounds.

    They have the same name and type; the first one's description is shown.
    """
    same = tuple(options)
    lows, highs, lengths = ([getattr(one, bound) for one in same] for bound in ("minimum", "maximum", "max_length"))
    return Option(
        same[0].name,
        same[0].type,
        same[0].wire,
        same[0].description,
        choices=tuple(dict.fromkeys(choice for one in same for choice in one.choices)),
        minimum=None if None in lows else min(lows),
        maximum=None if None in highs else max(highs),
        max_length=None if None in lengths else max(lengths),
    )


def as_column(chosen: Chosen) -> list[list[OptionValue]]:
    """The values as their column holds them."""
    return [[name, value] for name, value in chosen]


def read_column(column: object) -> Chosen:
    """The values of a column; it is NULL in rows that are older. Raises ValueError or TypeError for anything else."""
    pairs = cast("list[tuple[object, object]]", column or [])
    if not all(isinstance(name, str) and isinstance(value, str | int | bool) for name, value in pairs):
        raise TypeError("not a list of names and values")
    return cast("Chosen", tuple((name, value) for name, value in pairs))


def _judge_integer(option: Option, value: int) -> tuple[bool, Reason, dict[str, object]]:
    """Whether the number is within the bounds, and the reason that names those that the option has."""
    low, high = option.minimum, option.maximum
    fits = (low is None or value >= low) and (high is None or value <= high)
    if low is None:
        return fits, Reason.OPTION_TOO_HIGH, {"maximum": high}
    if high is None:
        return fits, Reason.OPTION_TOO_LOW, {"minimum": low}
    return fits, Reason.OPTION_RANGE, {"minimum": low, "maximum": high}
